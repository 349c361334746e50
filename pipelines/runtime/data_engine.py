"""Data engine: large inputs fan out as Ray Data read tasks, each a few whole fragments.

A read task yields one small row a fragment: its pickled result. The data itself goes from the
task's child straight to the object store.
"""

import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pyarrow as pa
import ray
from ray.data import DataContext, Dataset, Datasource, ReadTask
from ray.data.block import BlockMetadata
from ray.exceptions import RayError

from connectors.errors import MetricFoundryError, ServiceUnavailable
from connectors.object_store import StoreConfig
from pipelines import sandbox
from pipelines.containers.limits import Limits
from pipelines.rehearsal import rehearse
from pipelines.runtime import resources
from pipelines.runtime.engine import child_limits, scan_in_child
from pipelines.sandbox import Sandbox
from pipelines.scan import PartOrder, PartResult, preload

# How fragments are packed into tasks depends on the cluster; what they yield does not.
SHARE = 0.25  # of what is left for each CPU: first large packs, at the end single fragments
SMALL_PACK_BYTES = 16 << 20
LARGE_PACK_BYTES = 256 << 20
FRAGMENT_BYTES = 1 << 20  # what a fragment costs beside its bytes, however few they are
MOST_READERS = 32  # that are started ahead
SCHEMA = pa.schema([("result", pa.large_binary())])
METADATA = BlockMetadata(num_rows=None, size_bytes=None, exec_stats=None, input_files=None)


@cache
def children_of(store: StoreConfig) -> Sandbox:
    """The sandbox of this worker process; it stays warm between tasks."""
    return Sandbox(warm=(preload, (store,)))


def warm(store: StoreConfig, limits: Limits) -> None:
    """Have readers there before they are wanted: those of a large input take seconds to start.

    A run over nothing, on every CPU up to a bound. Each reader then has a child that rehearses; a
    moment's work where they are there already.
    """
    tasks = [_start_of_a_reader(store, limits)] * min(MOST_READERS, max(1, int(_cpus())))
    for _ in _dataset(tasks, "warm-readers").iter_batches(batch_size=None):
        pass


def _start_of_a_reader(store: StoreConfig, limits: Limits) -> ReadTask:
    def start() -> Iterator[pa.Table]:
        children_of(store).rehearse(rehearse, child_limits(limits))
        yield SCHEMA.empty_table()

    return ReadTask(start, METADATA, schema=SCHEMA)


def configure() -> None:
    """Settings of Ray Data for this process, once."""
    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.execution_options.preserve_order = False
    # With one operator there is nothing to divide; the division would start one task at first, and
    # leave a CPU idle for 0.1 to 0.5 s after each.
    context.op_resource_reservation_enabled = False
    context.execution_no_progress_timeout_s = 3600


@dataclass(frozen=True)
class DataEngine:
    """Reads by Ray Data on all CPUs that the cluster gives."""

    name: str
    limits: Limits
    is_cancelled: Callable[[], bool]

    def scan(self, orders: Sequence[PartOrder]) -> Iterator[PartResult]:
        packs = packed(orders, SHARE / max(1.0, _cpus()))
        tasks = [_task(pack, self.limits, self.name) for pack in packs]
        dataset = _dataset(tasks, self.name)
        try:
            for batch in dataset.iter_batches(batch_size=None, batch_format="pyarrow"):
                for payload in batch["result"]:
                    scanned = pickle.loads(payload.as_buffer())  # noqa: S301 - our own tasks' answer
                    if isinstance(scanned, MetricFoundryError):
                        raise scanned
                    yield scanned
                if self.is_cancelled():
                    raise sandbox.Cancelled
        except RayError as error:
            raise ServiceUnavailable(f"reading was interrupted: {type(error).__name__}") from error


def _dataset(tasks: list[ReadTask], name: str) -> Dataset:
    dataset: Dataset = ray.data.read_datasource(
        _Fragments(tasks), override_num_blocks=len(tasks), **resources.READ_TASK
    )
    dataset.set_name(name)
    return dataset


def _cpus() -> float:
    resources_there: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return resources_there.get("CPU", 1.0)


def packed(orders: Sequence[PartOrder], share: float) -> list[list[PartOrder]]:
    """Consecutive fragments together, in packs that each hold `share` of what is left.

    Guided self-scheduling (Polychronopoulos and Kuck, 1987): few tasks, and yet at the end no CPU
    waits long for another.
    """
    packs: list[list[PartOrder]] = []
    left = sum(map(_cost, orders))
    size = wanted = 0.0
    for order in orders:
        if not packs or size >= wanted:
            packs.append([])
            size, wanted = 0.0, min(max(share * left, SMALL_PACK_BYTES), LARGE_PACK_BYTES)
        packs[-1].append(order)
        size += _cost(order)
        left -= _cost(order)
    return packs


def _cost(order: PartOrder) -> int:
    return order.size_bytes + FRAGMENT_BYTES


def _task(pack: list[PartOrder], limits: Limits, kind: str) -> ReadTask:
    def read() -> Iterator[pa.Table]:
        yield pa.table({"result": _answers(pack, limits, kind)}, schema=SCHEMA)

    return ReadTask(read, METADATA, schema=SCHEMA)


def _answers(pack: list[PartOrder], limits: Limits, kind: str) -> list[bytes]:
    """The results, pickled; an error of ours too, so that it keeps its type on the way."""
    try:
        return scan_in_child(children_of(pack[0].store), pack, limits, kind)
    except MetricFoundryError as error:
        return [pickle.dumps(error, protocol=5)]


class _Fragments(Datasource):
    """Read tasks that are given; Ray Data only runs them."""

    def __init__(self, tasks: list[ReadTask]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._tasks = tasks

    def estimate_inmemory_data_size(self) -> int | None:
        return None

    def get_read_tasks(self, *_: Any, **__: Any) -> list[ReadTask]:
        return self._tasks
