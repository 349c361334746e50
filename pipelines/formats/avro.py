"""Avro: fragments of whole blocks, found by their sync marker; values decoded by fastavro."""

import io
import json
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import fastavro
import polars as pl
import pyarrow as pa
from fastavro import _read_py
from fastavro.schema import SchemaParseException, UnknownType, parse_schema

from connectors.base import StoredObject
from connectors.errors import CorruptFile, EmptyInput
from pipelines.containers.expansion import BLOCK_BYTES, Budget, StreamFile, packed_bytes
from pipelines.containers.limits import Limits
from pipelines.formats.arrow_file import CHUNK_ROWS, FRAGMENT_BYTES, arrow_errors, chunked
from pipelines.formats.arrow_frames import Expansion, frame_schema, to_frame
from pipelines.formats.arrow_likenesses import notices
from pipelines.formats.avro_blocks import (
    MAGIC,
    Header,
    blocks,
    framed,
    framed_block,
    next_block,
    read_header,
)
from pipelines.formats.avro_types import Translation, Typed, stored
from pipelines.formats.base import Chunk, Origin, TablePlan
from pipelines.formats.naming import table_name

CHUNK_BYTES = 8 << 20
RECORD_BYTES = 8  # what even a record of one byte takes, once it is a row
VALUE = "value"
UNSOUND = (
    SchemaParseException,
    UnknownType,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class AvroRange:
    """The blocks that begin in the bytes [start, end); `end` None means all of the file."""

    file: StoredObject
    header: Header
    start: int
    end: int | None
    limits: Limits

    @property
    def size_bytes(self) -> int:
        return (self.end if self.end is not None else self.file.size or 0) - self.start

    def chunks(self, schema: pl.Schema) -> Iterator[Chunk]:
        yield from chunked(self._frames(), schema)

    def _frames(self) -> Iterator[pl.DataFrame]:
        name = self.file.name
        with _errors(name):
            columns = _Columns.of(self.header, name, self.limits)
            expansion = Expansion(name, packed_bytes(self.file) or 0, self.limits)
            content = _Plain(self)
            rows: list[Any] = []
            for row in content.rows(columns):
                rows.append(row)
                if len(rows) >= content.chunk_rows:
                    yield from map(to_frame, expansion.pieces(columns.batch(rows)))
                    rows = []
            if rows:
                yield from map(to_frame, expansion.pieces(columns.batch(rows)))


class Avro:
    """Apache Avro object container files."""

    name = "avro"
    extensions = (".avro",)
    media_types = ("application/avro", "avro/binary", "application/vnd.apache.avro")

    def recognises(self, head: bytes, name: str) -> bool:  # noqa: ARG002 - the magic is enough
        return head.startswith(MAGIC)

    def tables(self, file: StoredObject, origin: Origin, limits: Limits) -> Iterator[TablePlan]:
        with _errors(file.name), file.open() as stream:
            header = read_header(stream, file.name)
            columns = _Columns.of(header, file.name, limits)
            schema = frame_schema(columns.arrow)
        if not schema:
            raise EmptyInput(f"{file.name} has no fields")
        yield TablePlan(
            name=table_name(file.name),
            origin=origin,
            format=self.name,
            schema=schema,
            fragments=tuple(_fragments(file, header, limits)),
            size_bytes=file.size or 0,
            notices=tuple(notices(columns.arrow, origin)),
            details={"codec": header.codec},
        )


@dataclass(frozen=True, slots=True)
class _Columns:
    """How records become columns; what is no record is one column."""

    stored_schema: bytes
    fields: dict[str, Typed]
    is_record: bool
    is_recursive: bool

    @classmethod
    def of(cls, header: Header, name: str, limits: Limits) -> "_Columns":
        parsed: Any = parse_schema(json.loads(header.schema))
        translation = Translation(name, limits)
        is_record = isinstance(parsed, dict) and parsed["type"] in {"record", "error"}
        fields: dict[str, Typed] = {}
        if is_record:
            translation.enter(parsed)
            for field in parsed["fields"]:
                fields[field["name"]] = translation.of(field["type"])
        else:
            fields[VALUE] = translation.of(parsed)
        plain = stored(json.loads(header.schema))
        return cls(json.dumps(plain).encode(), fields, is_record, translation.is_recursive)

    @property
    def arrow(self) -> Any:
        return pa.schema([pa.field(name, typed.arrow) for name, typed in self.fields.items()])

    def batch(self, rows: list[Any]) -> Any:
        """The rows as a record batch. Raises pa.ArrowException."""
        arrays = []
        for name, typed in self.fields.items():
            values = [row[name] for row in rows] if self.is_record else rows
            if typed.fit is not None:
                values = [typed.fit(value) for value in values]
            arrays.append(pa.array(values, typed.arrow))
        batch = pa.record_batch(arrays, names=list(self.fields))
        batch.validate(full=True)
        return batch


class _Plain:
    """The records of a range, unpacked block by block for fastavro to decode."""

    def __init__(self, part: AvroRange) -> None:
        self._part = part
        self.chunk_rows = CHUNK_ROWS

    def rows(self, columns: _Columns) -> Iterator[Any]:
        """Where records hold their like, by the slow reader: the other's stack may overflow."""
        plain = StreamFile(self._content(columns.stored_schema))
        content = io.BufferedReader(plain, BLOCK_BYTES)
        reader = _read_py.reader if columns.is_recursive else fastavro.reader
        yield from reader(content)

    def _content(self, stored_schema: bytes) -> Iterator[bytes]:
        part = self._part
        sync = part.header.sync
        budget = Budget(part.file.name, packed_bytes(part.file), part.limits)
        yield framed(stored_schema, sync)
        with part.file.open() as stream:
            if part.file.seekable:
                start = part.header.size
                if part.start > start:
                    found = next_block(stream, part.header, part.start)
                    if found is None:
                        return
                    start = found
                stream.seek(start)
            else:
                start = read_header(stream, part.file.name).size
            for block in blocks(stream, part.file.name, part.header, start, part.end):
                budget.spend(max(len(block.content), RECORD_BYTES * block.records))
                width = len(block.content) // max(block.records, 1)
                self.chunk_rows = max(1, min(CHUNK_ROWS, CHUNK_BYTES // max(width, 1)))
                yield framed_block(block, sync)


def _fragments(file: StoredObject, header: Header, limits: Limits) -> Iterator[AvroRange]:
    size = file.size
    if not file.seekable or size is None or size <= FRAGMENT_BYTES:
        yield AvroRange(file, header, header.size, None, limits)
        return
    for start in range(header.size, size, FRAGMENT_BYTES):
        yield AvroRange(file, header, start, min(start + FRAGMENT_BYTES, size), limits)


def _errors(name: str) -> AbstractContextManager[None]:
    sentence = "has a schema that is nested too deeply"
    return arrow_errors(name, "Avro", (("recursion", CorruptFile, sentence),), UNSOUND)
