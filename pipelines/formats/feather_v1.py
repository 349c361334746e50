"""Feather of version 1: the columns of one table, each as Arrow has it in memory.

`feather.fbs` of Arrow: behind the columns stands a flat buffer that says where each of them begins.
Whatever it says is held against the file, of which a range of rows is read at once.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from connectors.base import StoredObject
from connectors.errors import CorruptFile, EmptyInput
from pipelines.containers.limits import Limits
from pipelines.containers.spooled import as_seekable
from pipelines.formats.arrow_file import CHUNK_ROWS, arrow_errors, chunked, shares
from pipelines.formats.arrow_frames import Expansion, frame_schema, to_frame
from pipelines.formats.base import Chunk, Origin, TablePlan
from pipelines.formats.flat_buffer import FlatTable
from pipelines.formats.naming import table_name
from pipelines.formats.signatures import NOT_CONTROLS
from pipelines.formats.table_width import refuse_columns

FEATHER = "Feather"
MAGIC = b"FEA1"
END = struct.Struct("<I4s")  # the length of the flat buffer, and the magic again
LARGEST_SCHEMA_BYTES = 256 << 20
CHUNK_BYTES = 32 << 20  # of one column
PADDED = 8  # where each part of a column begins, since version 2 of the layout
KINDS = {
    0: pa.bool_(),
    **dict(enumerate((pa.int8(), pa.int16(), pa.int32(), pa.int64()), 1)),
    **dict(enumerate((pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()), 5)),
    **dict(enumerate((pa.float32(), pa.float64(), pa.string(), pa.binary()), 9)),
    **dict(enumerate((pa.large_string(), pa.large_binary()), 17)),
}
OFFSET_BYTES = {pa.string(): 4, pa.binary(): 4, pa.large_string(): 8, pa.large_binary(): 8}
UNITS = "s", "ms", "us", "ns"
META = "nothing", "categories", "moments", "days", "times"  # what the values of a column mean
CATEGORY, TIMESTAMP, DATE, TIME = 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class Values:
    """An array of the file: where it stands, and how its type is stored."""

    stored: Any
    start: int
    size: int
    length: int
    has_nulls: bool

    @classmethod
    def of(cls, table: FlatTable | None) -> "Values":
        """Raises ValueError."""
        if table is None:
            raise ValueError("a column has no values")
        kind, encoding = table.number(0, "b"), table.number(1, "b")
        start, length, nulls, size = (table.number(field, "q") for field in (2, 3, 4, 5))
        if kind not in KINDS or encoding or min(start, size, length, nulls) < 0:
            raise ValueError(f"a column of type {kind}, encoding {encoding}, {length} values")
        return cls(KINDS[kind], start, size, length, nulls > 0)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, its values, its type, and what its values count in, if anything."""

    name: str
    values: Values
    kind: Any
    levels: Values | None = None

    @classmethod
    def of(cls, table: FlatTable) -> "Column":
        """Raises ValueError."""
        values = Values.of(table.table(1))
        stored, kind, levels = values.stored, values.stored, None
        told, meaning = table.table(3), table.number(2, "B")
        if told is not None and meaning == CATEGORY:
            levels = Values.of(told.table(0))
            kind = pa.dictionary(stored, levels.stored) if pa.types.is_integer(stored) else None
        elif told is not None and meaning == TIMESTAMP:
            kind = pa.timestamp(_unit(told), told.text(1) or None)
        elif meaning == DATE:
            kind = pa.date32()
        elif told is not None and meaning == TIME:
            unit = _unit(told)
            kind = pa.time32(unit) if unit in UNITS[:2] else pa.time64(unit)
        if kind is None or (kind != stored and kind.bit_width != stored.bit_width):
            raise ValueError(f"a column that counts {META[meaning]} is stored as {stored}")
        return cls(table.text(0), values, kind, levels)


def _unit(told: FlatTable) -> str:
    return UNITS[told.number(0, "b")]


@dataclass(frozen=True, slots=True)
class FeatherRows:
    """The rows [first, end) of a file; `padding` is what its parts are padded to."""

    file: StoredObject
    columns: tuple[Column, ...]
    first: int
    end: int
    padding: int
    size_bytes: int
    limits: Limits

    def chunks(self, schema: pl.Schema) -> Iterator[Chunk]:
        yield from chunked(self._frames(), schema)

    def _frames(self) -> Iterator[pl.DataFrame]:
        expansion = Expansion(self.file.name, self.file.size or 0, self.limits)
        with arrow_errors(self.file.name, FEATHER):
            levels = [self._levels(column) for column in self.columns]
            widest = max(column.values.size for column in self.columns)
            step = min(CHUNK_ROWS, CHUNK_BYTES * self.end // max(widest, 1)) // 8 * 8 or 8
            for first in range(self.first, self.end, step):
                end = min(first + step, self.end)
                arrays = [
                    self._column(column, words, first, end)
                    for column, words in zip(self.columns, levels, strict=True)
                ]
                fields = [pa.field(each.name, each.kind) for each in self.columns]
                batch = pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))
                batch.validate(full=True)  # what is done with an unsound one may crash
                yield from map(to_frame, expansion.pieces(batch))

    def _levels(self, column: Column) -> Any:
        if column.levels is None:
            return None
        words = self._array(column.levels, column.levels.stored, 0, column.levels.length)
        words.validate(full=True)
        return words

    def _column(self, column: Column, levels: Any, first: int, end: int) -> Any:
        if levels is None:
            return self._array(column.values, column.kind, first, end)
        indices = self._array(column.values, column.values.stored, first, end)
        return pa.DictionaryArray.from_arrays(indices, levels)

    def _array(self, values: Values, kind: Any, first: int, end: int) -> Any:
        """The values of some rows, the first of which is the first bit of a byte."""
        at = 0
        valid = None
        if values.has_nulls:
            valid = self._read(values, first // 8, -(-end // 8))
            at = self._padded(-(-values.length // 8))
        width = OFFSET_BYTES.get(values.stored)
        if width is None:
            bits = values.stored.bit_width
            held = self._read(values, at + first * bits // 8, at + -(-end * bits // 8))
            return pa.Array.from_buffers(kind, end - first, [valid, held])
        offsets = self._read(values, at + first * width, at + (end + 1) * width)
        texts = at + self._padded((values.length + 1) * width)
        begin, finish = (
            int.from_bytes(offsets[place : place + width], "little", signed=True)
            for place in (0, len(offsets) - width)
        )
        held = self._read(values, texts + begin, texts + finish)
        form = pa.int32() if width == 4 else pa.int64()
        counted: Any = pa.Array.from_buffers(form, end - first + 1, [None, offsets])
        shifted = pc.subtract(counted, counted[0]).buffers()[1]
        return pa.Array.from_buffers(kind, end - first, [valid, shifted, held])

    def _padded(self, size: int) -> int:
        return -(-size // self.padding) * self.padding

    def _read(self, values: Values, start: int, end: int) -> Any:
        size = self.file.size or 0
        if not 0 <= start <= end <= values.size or values.start + values.size > size:
            raise CorruptFile(f"{self.file.name} holds a column that does not lie in it whole")
        return pa.py_buffer(self.file.read(values.start + start, values.start + end))


class FeatherV1:
    """What Feather was before it was Arrow's file."""

    name = "feather"
    extensions = (".feather",)
    media_types = ()

    def recognises(self, head: bytes, name: str) -> bool:  # noqa: ARG002 - the bytes are enough
        """The magic is a word, so what follows must not be text."""
        return head.startswith(MAGIC) and bool(head.translate(None, NOT_CONTROLS))

    def tables(self, file: StoredObject, origin: Origin, limits: Limits) -> Iterator[TablePlan]:
        source = as_seekable(file)
        size = source.size or 0
        with arrow_errors(file.name, FEATHER):
            table = FlatTable.of(_told(source))
            told = islice(table.tables(2), limits.max_columns + 1)
            columns = tuple(map(Column.of, told))
            rows, padding = table.number(1, "q"), PADDED if table.number(3, "i") > 1 else 1
            if any(each.values.length != rows for each in columns):
                raise CorruptFile(f"{file.name} has columns of different lengths")
            refuse_columns(file.name, len(columns), limits)
            schema = frame_schema(pa.schema([pa.field(each.name, each.kind) for each in columns]))
        if not schema:
            raise EmptyInput(f"{file.name} has no columns")
        pieces = -(-rows // CHUNK_ROWS)
        yield TablePlan(
            name=table_name(file.name),
            origin=origin,
            format=self.name,
            schema=schema,
            fragments=tuple(
                FeatherRows(
                    source,
                    columns,
                    first * CHUNK_ROWS,
                    min(end * CHUNK_ROWS, rows),
                    padding,
                    share,
                    limits,
                )
                for first, end, share in shares(pieces, size, is_split=file.seekable)
            ),
            size_bytes=size,
        )


def _told(file: StoredObject) -> bytes:
    """The flat buffer at the end. Raises CorruptFile."""
    size = file.size or 0
    end = max(size - END.size, 0)
    tail = file.read(end, size)
    length, magic = END.unpack(tail) if len(tail) == END.size else (0, b"")
    if magic != MAGIC or not 0 < length <= min(end - len(MAGIC), LARGEST_SCHEMA_BYTES):
        raise CorruptFile(f"{file.name} is not sound Feather: its end is not there")
    return file.read(end - length, end)
