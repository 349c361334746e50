"""Scan: fragments, read once: parsed in chunks, written to a Parquet part, folded into states.

This runs in a sandboxed child, of the runner or of a Ray Data task; what it returns is small.
"""

import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import IO, Any, BinaryIO, cast

import polars as pl

from connectors.errors import MetricFoundryError, ReadError, SourceChanged, SourceError
from connectors.object_store import ObjectStore, StoreConfig
from pipelines import sandbox_child
from pipelines.artifacts import PARQUET_TYPE
from pipelines.cells import json_values
from pipelines.formats.alignment import united
from pipelines.formats.base import Fragment, RowAccount
from pipelines.ingest import Part
from pipelines.part_writer import PartWriter
from pipelines.rejects import FragmentRejects
from pipelines.skipped_rows import SkippedRows
from pipelines.statistics.as_read import AsRead
from pipelines.statistics.table_fold import TableFold
from pipelines.statistics.table_states import TableStates

PREVIEW_ROWS = 5
SPOOL_BYTES = 64 << 20
GROUP_ROWS, GROUP_BYTES = 1 << 15, 16 << 20  # of a row group, at least, if there is more


@dataclass(frozen=True, slots=True)
class Piece:
    """A fragment, its number in the table, and where its part and its rejects may go."""

    index: int
    fragment: Fragment
    part_key: str
    rejects_key: str


@dataclass(frozen=True, slots=True)
class PartOrder:
    """Consecutive fragments to scan into one part, and the schema that their rows shall have.

    Most parts are one fragment; small members of an archive share one. A part is called after its
    first fragment. Without `keeps_raw`, rejects are listed without their bytes.
    """

    table: int
    pieces: tuple[Piece, ...]
    schema: pl.Schema
    store: StoreConfig
    keeps_raw: bool = True

    @property
    def index(self) -> int:
        return self.pieces[0].index

    @property
    def size_bytes(self) -> int:
        return sum(piece.fragment.size_bytes for piece in self.pieces)

    def alone(self) -> "list[PartOrder]":
        """The same fragments, each as a part of its own."""
        return [replace(self, pieces=(piece,)) for piece in self.pieces]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a fragment could not be read."""

    code: str
    message: str
    hint: str
    retryable: bool

    @classmethod
    def of(cls, error: MetricFoundryError) -> "Fault":
        return cls(error.stable_code, str(error), error.advice, error.retryable)


@dataclass(frozen=True, slots=True)
class FragmentReading:
    """What became of the rows of one fragment; `span` is as in `Chunk.span`, for all of it."""

    index: int
    account: RowAccount = field(default_factory=RowAccount)
    rejected: Mapping[str, int] = field(default_factory=dict)
    rejects_key: str | None = None
    repaired: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    skipped_rows: SkippedRows = field(default_factory=SkippedRows)
    as_read: AsRead = field(default_factory=AsRead)
    span: tuple[int, int] | None = None
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class PartResult:
    """What scanning a part gave.

    Without a `part`, nothing was written: `schema` is wider than what was asked for, a fragment
    broke when some of its rows had been taken, or none could be read.
    """

    table: int
    schema: pl.Schema
    readings: tuple[FragmentReading, ...]
    part: Part | None = None
    states: TableStates | None = None
    preview: tuple[Mapping[str, Any], ...] = ()

    @property
    def index(self) -> int:
        return self.readings[0].index

    @property
    def rows(self) -> int:
        return sum(reading.account.data for reading in self.readings)


def scan_part(order: PartOrder) -> PartResult:
    """Read the fragments, write the part, fold its states; a fragment may fail, and says so."""
    store = ObjectStore(order.store)
    with tempfile.SpooledTemporaryFile(SPOOL_BYTES) as spool:
        making = PartMaking(order, spool)
        readings = tuple(making.read(piece, store) for piece in order.pieces)
        if not making.holds or all(reading.fault for reading in readings):
            return PartResult(order.table, making.schema, readings)
        part = making.finish()
        spool.seek(0)
        store.put_file(part.key, cast("BinaryIO", spool), PARQUET_TYPE)
    preview = tuple(making.preview)
    return PartResult(order.table, order.schema, readings, part, making.fold.states(), preview)


class PartMaking:
    """A part while its rows come in. Small chunks wait for others, to share a row group."""

    def __init__(self, order: PartOrder, spool: IO[bytes]) -> None:
        self._order = order
        self._rows = self._bytes = 0
        self._is_torn = False
        self._waiting: list[pl.DataFrame] = []
        self._waiting_rows = self._waiting_bytes = 0
        self._writer = PartWriter(spool)
        self.schema = order.schema
        self.fold = TableFold(order.schema, fragment=order.index)
        self.preview: list[Mapping[str, Any]] = []

    @property
    def holds(self) -> bool:
        """Whether all rows so far have the schema that was asked for, and are to stay."""
        return self.schema == self._order.schema and not self._is_torn

    def read(self, piece: Piece, store: ObjectStore) -> FragmentReading:
        """All rows of a fragment. Where it fails after its first rows, nothing holds any more."""
        account, taken, before = RowAccount(), 0, self.schema
        repaired: Counter[str] = Counter()
        skipped: Counter[str] = Counter()
        skipped_rows = SkippedRows()
        null_tokens: dict[str, Counter[str]] = {}
        utc_offsets: dict[str, Counter[str]] = {}
        span: tuple[int, int] | None = None
        with FragmentRejects(keeps_raw=self._order.keeps_raw) as rejects:
            try:
                for chunk in piece.fragment.chunks(self._order.schema):
                    account += chunk.rows
                    repaired.update(chunk.repaired)
                    skipped.update(chunk.skipped)
                    if chunk.skipped_rows:
                        skipped_rows = skipped_rows.then(chunk.skipped_rows)
                    _count(null_tokens, chunk.null_tokens)
                    _count(utc_offsets, chunk.utc_offsets)
                    rejects.add(chunk.rejects)
                    if chunk.span is not None:
                        span = (span[0] if span else chunk.span[0], chunk.span[1])
                    taken += chunk.frame.height
                    self._take(chunk.frame)
                    so_far = self._bytes + (span[1] - span[0] if span else 0)
                    rows = self._rows + account.data
                    sandbox_child.report((self._order.table, self._order.index, rows, so_far))
            except SourceChanged:
                raise  # the whole plan is void; another attempt makes a new one
            except (ReadError, SourceError) as error:
                self._is_torn = self._is_torn or taken > 0
                self.schema = before  # its rows will not be in the table
                return FragmentReading(piece.index, fault=Fault.of(error))
            kept = self.holds and rejects.put(store, piece.rejects_key)
        self._rows += account.data
        self._bytes += piece.fragment.size_bytes
        return FragmentReading(
            piece.index,
            account,
            rejects.reasons,
            piece.rejects_key if kept else None,
            repaired,
            skipped,
            skipped_rows,
            AsRead(null_tokens, utc_offsets),
            span,
        )

    def finish(self) -> Part:
        self._flush()
        return self._writer.finish(self._order.schema, self._order.pieces[0].part_key)

    def _take(self, frame: pl.DataFrame) -> None:
        self.schema = united(self.schema, frame.schema)
        if not (self.holds and frame.height):
            return
        if len(self.preview) < PREVIEW_ROWS:
            self.preview += _preview(frame.head(PREVIEW_ROWS - len(self.preview)))
        self._waiting.append(frame)
        self._waiting_rows += frame.height
        self._waiting_bytes += int(frame.estimated_size())
        if self._waiting_rows >= GROUP_ROWS or self._waiting_bytes >= GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            frame = self._waiting[0] if len(self._waiting) == 1 else pl.concat(self._waiting)
            self._waiting, self._waiting_rows, self._waiting_bytes = [], 0, 0
            self.fold.add(frame)
            self._writer.write(frame)


def _count(counters: dict[str, Counter[str]], found: Mapping[str, Mapping[str, int]]) -> None:
    for column, words in found.items():
        counters.setdefault(column, Counter()).update(words)


def _preview(rows: pl.DataFrame) -> list[Mapping[str, Any]]:
    columns = [json_values(column) for column in rows.iter_columns()]
    return [dict(zip(rows.columns, row, strict=True)) for row in zip(*columns, strict=True)]


def preload(store: StoreConfig) -> None:
    """Make ready what every child needs: the code and the client."""
    import pipelines.source_plan  # noqa: F401

    ObjectStore(store).client  # noqa: B018 - made and kept; it connects in the child
