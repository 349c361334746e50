"""Reading: what a runner does with a file, through the real sandbox; what it answers and costs."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import count, groupby
from pathlib import Path

from connectors.base import StoredObject
from connectors.errors import MetricFoundryError, ReadError
from connectors.object_store import ObjectStore
from connectors.store_config import StoreConfig
from pipelines.containers.limits import Limits
from pipelines.ingest import IngestResult
from pipelines.order import JobOrder
from pipelines.runtime.engine import InlineEngine
from pipelines.runtime.ingest_run import ingest
from pipelines.sandbox import ChildLimits, Sandbox
from pipelines.scan import preload
from pipelines.source_plan import plan

NUMBERS = count(1)
LOOK_EVERY_S = 0.004


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer as in `Attack`; seconds; the most memory of a child beyond its server's."""

    answer: str
    notices: frozenset[str]
    seconds: float
    mebibytes: int


@contextmanager
def reading_children(store: StoreConfig) -> Iterator[Sandbox]:
    """A sandbox as a runner has it, whose children can import the tests too."""
    children = Sandbox(warm=(_warm, (store,)))
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
    try:
        children.start()
    finally:
        os.environ.pop("PYTHONPATH")
        if before is not None:
            os.environ["PYTHONPATH"] = before
    try:
        yield children
    finally:
        children.close()


def _warm(store: StoreConfig) -> None:
    preload(store)
    import_module("tests.attackpack.attack")
    import_module("samples")


def outcome_of(
    content: bytes | StoredObject,
    name: str,
    children: Sandbox,
    store: StoreConfig,
    limits: Limits,
) -> Outcome:
    """Plan and scan the file in children, as for a job. Raises what is no fault of the file."""
    job = f"attack-{os.getpid()}-{next(NUMBERS)}"
    if isinstance(content, bytes):
        key = f"attacks/{job}/{name}"
        ObjectStore(store).put(key, content, "application/octet-stream")
        file: StoredObject = ObjectStore(store).object(key)
    else:
        file = content
    with _weighing(children) as weight:
        started = time.monotonic()
        try:
            result = _read(file, job, children, store, limits)
        except ReadError as error:  # its plan ended the child
            seconds = time.monotonic() - started
            return Outcome(error.stable_code, frozenset(), seconds, weight.mebibytes)
        seconds = time.monotonic() - started
    sizes = groupby(table.rows for table in result.tables)
    tables = [_counted(rows, len(list(same))) for rows, same in sizes]
    codes = sorted({failure.code for failure in result.failures})
    notices = {notice.code for table in result.tables for notice in table.notices}
    return Outcome(", ".join([*tables, *codes]), frozenset(notices), seconds, weight.mebibytes)


def _counted(rows: int, tables: int) -> str:
    counted = "1 row" if rows == 1 else f"{rows:,} rows"
    return counted if tables == 1 else f"{counted} × {tables}"


def _read(
    file: StoredObject, job: str, children: Sandbox, store: StoreConfig, limits: Limits
) -> IngestResult:
    bounds = ChildLimits(limits.reader_memory_bytes, limits.reader_cpu_s)
    found = children.run(plan, [file], limits, limits=bounds)
    order = JobOrder(job, 1, 0.0, {}, (), store, "", limits=limits)
    engine = InlineEngine(job, children, limits, lambda *_: None, lambda: False)
    return ingest(order, found, file.size or 0, lambda _: engine, lambda *_: None).result


@dataclass(frozen=True, slots=True)
class Read:
    """The rows of all frames, those that the accounts tell, error codes, and an error not ours."""

    height: int
    counted: int
    codes: tuple[str, ...]
    foreign: str = ""


def rows_read(file: StoredObject) -> Read:
    """What a file holds, without statistics or anything published."""
    height = counted = 0
    codes: list[str] = []
    try:
        found = plan([file], Limits())
        codes.extend(failure.code for failure in found.failures)
        for table in found.tables:
            try:
                for fragment in table.fragments:
                    for chunk in fragment.chunks(table.schema):
                        height += chunk.frame.height
                        counted += chunk.rows.parsed + chunk.rows.repaired
            except ReadError as error:
                codes.append(error.stable_code)
    except (MetricFoundryError, MemoryError):
        raise
    except BaseException as error:  # noqa: BLE001 - polars panics are no Exceptions
        return Read(height, counted, tuple(codes), f"{type(error).__name__}: {error}")
    return Read(height, counted, tuple(codes))


class _Weight:
    """The most memory that any child took, beyond what its server has."""

    def __init__(self, server: int) -> None:
        self._server = server
        self._own = _kibibytes(server, "VmRSS")
        self._most = self._own
        self._idle = self._children()

    @property
    def mebibytes(self) -> int:
        return max(0, self._most - self._own) >> 10

    def look(self) -> None:
        ours = self._children() - self._idle
        self._most = max([self._most, *(_kibibytes(pid, "VmHWM") for pid in ours)])

    def _children(self) -> set[int]:
        listed = Path(f"/proc/{self._server}/task/{self._server}/children").read_text()
        return set(map(int, listed.split()))


def _kibibytes(pid: int, field: str) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    found = [line for line in status.splitlines() if line.startswith(field)]
    return int(found[0].split()[1]) if found else 0


@contextmanager
def _weighing(children: Sandbox) -> Iterator[_Weight]:
    server = children._server
    assert server is not None
    weight = _Weight(server.pid)
    done = threading.Event()

    def look() -> None:
        while not done.wait(LOOK_EVERY_S):
            weight.look()

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield weight
        weight.look()
    finally:
        done.set()
        watcher.join()
