"""Engines: who scans the fragments; the fragment code and its bytes are the same with each."""

import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any, Protocol

from connectors.errors import ReadError
from pipelines import sandbox
from pipelines.containers.limits import Limits
from pipelines.sandbox import ChildLimits, Sandbox
from pipelines.scan import Fault, FragmentReading, PartOrder, PartResult, scan_part

INLINE_PARTS = 64
SIDE_BY_SIDE = 2


class Engine(Protocol):
    """Scans parts, in any order. Raises StorageError and the like, which are not the file's.

    A part whose fragments had to be parted comes back as several.
    """

    def scan(self, orders: Sequence[PartOrder]) -> Iterator[PartResult]: ...


def fits_inline(orders: Sequence[PartOrder], inline_bytes: int) -> bool:
    """Whether the runner itself should read this.

    A Ray Data run costs about 0.1 s and 18 ms a task; below some tens of megabytes that is more
    than a second core gives back.
    """
    size = sum(order.size_bytes for order in orders)
    return size <= inline_bytes and len(orders) <= INLINE_PARTS


def child_limits(limits: Limits) -> ChildLimits:
    """What a child may use that reads fragments."""
    return ChildLimits(limits.reader_memory_bytes, limits.reader_cpu_s)


def scan_in_child(
    children: Sandbox,
    orders: Sequence[PartOrder],
    limits: Limits,
    kind: str,
    *,
    on_progress: Callable[[Any], None] | None = None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> list[bytes]:
    """Some parts in one child; the file's faults are answers, ours are raised.

    Each answer is a pickled `PartResult`: to build its states costs more than to pass it on.
    Children are used again for calls of one `kind`. When a child dies of one of several fragments,
    each gets a child of its own, so that only the guilty one fails, and none is read thrice.
    """
    try:
        return children.run(
            _scan_all,
            orders,
            limits=child_limits(limits),
            kind=kind,
            takes_blame=len(orders) == len(orders[0].pieces) == 1,
            on_progress=on_progress,
            is_cancelled=is_cancelled,
        )
    except ReadError as error:
        if len(orders) == len(orders[0].pieces) == 1:
            return [_sealed(_failed(orders[0], error))]
    apart = orders if len(orders) > 1 else orders[0].alone()
    return [
        sealed
        for order in apart
        for sealed in scan_in_child(
            children, [order], limits, "", on_progress=on_progress, is_cancelled=is_cancelled
        )
    ]


def _scan_all(orders: Sequence[PartOrder]) -> list[bytes]:
    return [_sealed(scan_part(order)) for order in orders]


def _sealed(result: PartResult) -> bytes:
    return pickle.dumps(result, protocol=5)


def _failed(order: PartOrder, error: ReadError) -> PartResult:
    reading = FragmentReading(order.index, fault=Fault.of(error))
    return PartResult(order.table, order.schema, (reading,))


@dataclass(frozen=True)
class InlineEngine:
    """Reads within the runner, in its children."""

    name: str
    children: Sandbox
    limits: Limits
    on_read: Callable[[int, int, int, int], None]
    is_cancelled: Callable[[], bool]

    def scan(self, orders: Sequence[PartOrder]) -> Iterator[PartResult]:
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            futures = [pool.submit(self._one, order) for order in orders]
            try:
                for future in as_completed(futures):
                    yield from future.result()
            finally:
                for future in futures:
                    future.cancel()

    def _one(self, order: PartOrder) -> list[PartResult]:
        if self.is_cancelled():
            raise sandbox.Cancelled
        sealed = scan_in_child(
            self.children,
            [order],
            self.limits,
            self.name,
            on_progress=lambda report: self.on_read(*report),
            is_cancelled=self.is_cancelled,
        )
        return [pickle.loads(each) for each in sealed]  # noqa: S301 - our own child's answers
