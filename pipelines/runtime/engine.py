"""Engines: who scans the fragments; the fragment code and its bytes are the same with each."""

import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any, Protocol, cast

from connectors.errors import MetricFoundryError, ReadError, SourceError
from pipelines import sandbox
from pipelines.containers.limits import Limits
from pipelines.sandbox import ChildLimits, Sandbox
from pipelines.scan import FragmentOrder, FragmentResult, scan_fragment

INLINE_FRAGMENTS = 64
SIDE_BY_SIDE = 2


@dataclass(frozen=True, slots=True)
class FragmentFailure:
    """A fragment that could not be read, which costs its table and nothing else."""

    table: int
    index: int
    code: str
    message: str
    hint: str
    retryable: bool


Scanned = FragmentResult | FragmentFailure


class Engine(Protocol):
    """Scans fragments, in any order. Raises StorageError and the like, which are not the file's."""

    def scan(self, orders: Sequence[FragmentOrder]) -> Iterator[Scanned]: ...


def fits_inline(orders: Sequence[FragmentOrder], inline_bytes: int) -> bool:
    """Whether the runner itself should read this.

    A Ray Data run costs about 0.1 s and 18 ms a task; below some tens of megabytes that is more
    than a second core gives back.
    """
    size = sum(order.size_bytes for order in orders)
    return size <= inline_bytes and len(orders) <= INLINE_FRAGMENTS


def scan_in_child(
    children: Sandbox,
    orders: Sequence[FragmentOrder],
    limits: Limits,
    kind: str,
    *,
    on_progress: Callable[[Any], None] | None = None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> list[bytes]:
    """Some fragments in one child; the file's faults are answers, ours are raised.

    Each answer is a pickled `Scanned`: to build its states costs more than to pass it on.
    Children are used again for calls of one `kind`. When one of several fragments kills its child,
    each gets a child of its own, so that only the guilty one fails, and none is read thrice.
    """
    try:
        return children.run(
            _scan_all,
            orders,
            limits=ChildLimits(limits.reader_memory_bytes, limits.reader_cpu_s),
            kind=kind,
            takes_blame=len(orders) == 1,
            on_progress=on_progress,
            is_cancelled=is_cancelled,
        )
    except ReadError as error:
        if len(orders) == 1:
            return [_sealed(_failure(orders[0], error))]
    return [
        scanned
        for order in orders
        for scanned in scan_in_child(
            children, [order], limits, "", on_progress=on_progress, is_cancelled=is_cancelled
        )
    ]


def _scan_all(orders: Sequence[FragmentOrder]) -> list[bytes]:
    return [_sealed(_scan(order)) for order in orders]


def _sealed(scanned: Scanned) -> bytes:
    return pickle.dumps(scanned, protocol=5)


def _scan(order: FragmentOrder) -> Scanned:
    try:
        return scan_fragment(order)
    except (ReadError, SourceError) as error:
        return _failure(order, error)


def _failure(order: FragmentOrder, error: MetricFoundryError) -> FragmentFailure:
    return FragmentFailure(
        order.table, order.index, error.stable_code, str(error), error.advice, error.retryable
    )


@dataclass(frozen=True)
class InlineEngine:
    """Reads within the runner, in its children."""

    name: str
    children: Sandbox
    limits: Limits
    on_rows: Callable[[int, int, int], None]
    is_cancelled: Callable[[], bool]

    def scan(self, orders: Sequence[FragmentOrder]) -> Iterator[Scanned]:
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            futures = [pool.submit(self._one, order) for order in orders]
            try:
                for future in as_completed(futures):
                    yield future.result()
            finally:
                for future in futures:
                    future.cancel()

    def _one(self, order: FragmentOrder) -> Scanned:
        if self.is_cancelled():
            raise sandbox.Cancelled
        (scanned,) = scan_in_child(
            self.children,
            [order],
            self.limits,
            self.name,
            on_progress=lambda report: self.on_rows(*report),
            is_cancelled=self.is_cancelled,
        )
        return cast("Scanned", pickle.loads(scanned))  # noqa: S301 - our own child's answer
