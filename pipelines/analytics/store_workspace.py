"""Store workspace: a run's hands in the object store."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from connectors import chat_model
from connectors.errors import ServiceUnavailable, SourceNotFound
from connectors.object_store import ObjectStore
from pipelines import artifacts, publish
from pipelines.analytics import retelling
from pipelines.analytics.inference import inquire_here
from pipelines.analytics.retelling import Draft, Retelling
from pipelines.analytics.workspace import Answer, Bounds, File, Slice, artifact_of
from pipelines.artifacts import Artifact
from pipelines.ingest import Ingested, Part, TableIngest
from pipelines.options import MlOptions
from pipelines.order import JobOrder
from pipelines.profile import TableProfile
from pipelines.statistics import published
from pipelines.statistics.table_states import TableStates

SIDE_BY_SIDE = 8
WHOLE_BYTES = 8 << 20  # parts up to this size are fetched by one request
SLICE_CELLS = 4 << 20
KEPT_BYTES = 64 << 20


@dataclass
class StoreWorkspace:
    """A workspace on an object store. `scan` plans and reads the inputs, `learn` asks models.

    What it has written itself it remembers, up to a bound, since later phases bundle it.
    """

    order: JobOrder
    scan: Callable[[], Ingested]
    is_cancelled: Callable[[], bool] = lambda: False
    tell: Callable[[str, float], None] = lambda _phase, _fraction: None
    learn: Callable[[TableProfile, MlOptions], Answer] = inquire_here
    _kept: dict[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def store(self) -> ObjectStore:
        return ObjectStore(self.order.store)

    def uri(self, key: str) -> str:
        return self.store.uri(key)

    def ingest(self) -> Ingested:
        return self.scan()

    def inquire(self, table: TableProfile, options: MlOptions) -> Answer:
        return self.learn(table, options)

    def retell(self, draft: Draft) -> Retelling | None:
        chat = self.order.chat
        if chat is None:
            return None
        try:
            answer = chat_model.asked(chat, retelling.INSTRUCTIONS, draft.text)
        except ServiceUnavailable as error:
            return Retelling(chat.model, reason=str(error))
        return retelling.retold(draft, answer, chat.model)

    def put(self, files: Iterable[File]) -> list[Artifact]:
        chosen = list(files)
        written = [artifact_of(self.order.job_id, file) for file in chosen]
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            list(pool.map(self._put, chosen, written))
        return written

    def _put(self, file: File, artifact: Artifact) -> None:
        self.store.put(artifact.key, file.body, file.content_type)
        self._keep(artifact.key, file.body)

    def _keep(self, key: str, body: bytes) -> None:
        if sum(map(len, self._kept.copy().values())) + len(body) <= KEPT_BYTES:
            self._kept[key] = body

    def get(self, key: str) -> bytes:
        found = self._kept.get(key)
        if found is None:
            found = self.store.get(key)
            self._keep(key, found)
        return found

    def find(self, key: str) -> bytes | None:
        try:
            return self.store.get(key)
        except SourceNotFound:
            return None

    def measure(self, keys: Sequence[str]) -> dict[str, tuple[int, str]]:
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            return dict(zip(keys, pool.map(self._measure, keys), strict=True))

    def _measure(self, key: str) -> tuple[int, str]:
        found = self.store.object(key)
        if found.size <= WHOLE_BYTES:
            return found.size, publish.sha256(self.get(key))
        return found.size, found.sha256()

    def commit(self, key: str, body: bytes) -> None:
        publish.commit(self.store, key, body)

    def sweep(self, keep: frozenset[str]) -> None:
        publish.sweep(self.store, self.order.job_id, keep)

    def states(self, table: TableIngest) -> TableStates:
        return published.read(self.get(table.states_key))

    def slices(
        self, table: TableIngest, columns: Sequence[str], matters: Callable[[Bounds], bool]
    ) -> Iterator[Slice]:
        first_row = 1
        for part in table.parts:
            number = artifacts.part_number(part.key)
            for found in _row_groups(self._open(part), first_row, columns, matters):
                yield replace(found, part=number)
            first_row += part.rows

    def _open(self, part: Part) -> pq.ParquetFile:
        if part.size <= WHOLE_BYTES:
            return pq.ParquetFile(BytesIO(self.store.get(part.key)))
        return pq.ParquetFile(self.store.object(part.key).open(), pre_buffer=True)

    def cancelled(self) -> bool:
        return self.is_cancelled()

    def on_phase(self, phase: str, fraction: float) -> None:
        self.tell(phase, fraction)


def _row_groups(
    file: pq.ParquetFile,
    first_row: int,
    columns: Sequence[str],
    matters: Callable[[Bounds], bool],
) -> Iterator[Slice]:
    """The row groups that matter; neighbours are read together, up to a bound."""
    leaves = _leaves(file.schema_arrow, columns)
    most_rows = max(1, SLICE_CELLS // len(columns))
    groups: list[int] = []
    start = end = first_row
    for index in range(file.num_row_groups):
        group = file.metadata.row_group(index)
        is_wanted = matters(_bounds(group, leaves))
        if groups and (not is_wanted or end - start + group.num_rows > most_rows):
            yield _slice(file, groups, start, columns)
            groups = []
        if is_wanted:
            start = start if groups else end
            groups.append(index)
        end += group.num_rows
    if groups:
        yield _slice(file, groups, start, columns)


def _slice(file: pq.ParquetFile, groups: list[int], start: int, columns: Sequence[str]) -> Slice:
    read = file.read_row_groups(groups, columns=list(columns))
    return Slice(start, pl.DataFrame(pl.from_arrow(read)))


def _leaves(schema: pa.Schema, columns: Sequence[str]) -> dict[str, int]:
    """Where the columns lie among the leaves of the schema; a nested column has several."""
    wanted, leaves, leaf = set(columns), {}, 0
    for column in schema:
        if column.name in wanted:
            leaves[column.name] = leaf
        leaf += _leaf_count(column.type)
    return leaves


def _leaf_count(kind: pa.DataType) -> int:
    children = [kind.field(index).type for index in range(kind.num_fields)]
    return sum(map(_leaf_count, children)) if children else 1


def _bounds(group: Any, leaves: dict[str, int]) -> dict[str, tuple[Any, Any]]:
    """The minimum and maximum of those columns that have statistics here, and that Python holds."""
    found: dict[str, tuple[Any, Any]] = {}
    for name, leaf in leaves.items():
        statistics = group.column(leaf).statistics
        if statistics is None or not statistics.has_min_max:
            continue
        with suppress(ValueError, OverflowError):  # days that Python has not
            found[name] = statistics.min, statistics.max
    return found
