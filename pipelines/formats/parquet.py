"""Parquet: fragments of whole row groups, read in batches that stay small whatever they claim."""

import json
import struct
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, BinaryIO

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from connectors.base import StoredObject
from connectors.errors import EmptyInput, PasswordProtected
from pipelines.containers.limits import Limits
from pipelines.containers.spooled import as_seekable
from pipelines.formats.arrow_file import CHUNK_ROWS, FRAGMENT_BYTES, arrow_errors, chunked
from pipelines.formats.arrow_frames import Expansion, empty, frame_schema, to_frame
from pipelines.formats.arrow_likenesses import lasting
from pipelines.formats.arrow_likenesses import notices as likeness_notices
from pipelines.formats.base import Chunk, Notice, Origin, TablePlan
from pipelines.formats.naming import table_name
from pipelines.formats.table_width import refuse_columns

MAGIC, ENCRYPTED_MAGIC = b"PAR1", b"PARE"
FOOTER = struct.Struct("<L4x")  # its length, then the magic
SIGNATURE_BYTES = 28
INTERVAL = struct.Struct("<LLL")
CHUNK_BYTES = 32 << 20
VALUE_BYTES = 16
BUFFER_BYTES = 1 << 20
THRIFT_STRING_BYTES = 100 << 20
THRIFT_CONTAINER_ITEMS = 1_000_000
INDEX_BYTES = 4  # a column that takes more a value is hardly a dictionary, and slower as one
DICTIONARY_ENCODINGS = {"RLE_DICTIONARY", "PLAIN_DICTIONARY"}


@dataclass(frozen=True, slots=True)
class RowGroups:
    """Adjacent row groups of a file; none of an empty one."""

    file: StoredObject
    indices: tuple[int, ...]
    size_bytes: int
    limits: Limits

    def chunks(self, schema: pl.Schema) -> Iterator[Chunk]:
        yield from chunked(self._frames(), schema)

    def _frames(self) -> Iterator[pl.DataFrame]:
        with _errors(self.file.name), self.file.open() as stream:
            metadata = _open(stream).metadata
            parquet = _open(stream, _dictionaries(metadata, self.indices), metadata)
            expansion = Expansion(self.file.name, self.file.size or 0, self.limits)
            intervals = _intervals(metadata)
            for index in self.indices:
                rows = _batch_rows(metadata, index)
                for batch in parquet.iter_batches(rows, row_groups=[index], use_threads=False):
                    batch.validate(full=True)
                    plain = _with_texts(batch, intervals)
                    yield from map(to_frame, expansion.pieces(plain))


class Parquet:
    """Apache Parquet. Types are kept as they are."""

    name = "parquet"
    extensions = (".parquet", ".pq", ".parq")
    media_types = ("application/vnd.apache.parquet",)

    def recognises(self, head: bytes, name: str) -> bool:  # noqa: ARG002 - the magic is enough
        return head.startswith((MAGIC, ENCRYPTED_MAGIC))

    def tables(self, file: StoredObject, origin: Origin, limits: Limits) -> Iterator[TablePlan]:
        source = as_seekable(file)
        if source.read(0, len(MAGIC)) == ENCRYPTED_MAGIC:
            raise PasswordProtected(f"{file.name} has an encrypted footer")
        with _errors(file.name), source.open() as stream:
            parquet = _open(stream)
            metadata = parquet.metadata
            _refuse_encrypted(source, metadata)
            refuse_columns(file.name, metadata.num_columns, limits)
            arrow, intervals = parquet.schema_arrow, _intervals(metadata)
            schema = frame_schema(_with_texts(empty(arrow), intervals).schema)
            notices = (
                *_index_notices(arrow, origin),
                *_interval_notices(intervals, origin),
                *_inner_interval_notices(metadata, origin),
                *likeness_notices(arrow, origin),
            )
        if not schema:
            raise EmptyInput(f"{file.name} has no columns")
        yield TablePlan(
            name=table_name(file.name),
            origin=origin,
            format=self.name,
            schema=schema,
            fragments=tuple(_fragments(source, metadata, limits, is_split=file.seekable)),
            size_bytes=source.size or 0,
            notices=notices,
            details={"rowGroups": metadata.num_row_groups, "createdBy": _created_by(metadata)},
        )


def _index_notices(schema: pa.Schema, origin: Origin) -> Iterator[Notice]:
    """An index with a name that pandas keeps as a range, and as no column of the file."""
    try:
        told = json.loads((schema.metadata or {}).get(b"pandas", b"{}"))["index_columns"]
        ranges = [index for index in told if isinstance(index, dict) and index["name"] is not None]
        says = [f"{i['name']!r}, from {i['start']} in steps of {i['step']}" for i in ranges]
    except (ValueError, LookupError, TypeError, RecursionError):
        return
    for index in says:
        message = f"an index of pandas that is no column of the file was left out: {index}"
        yield Notice("parquet.index", message, "INFO", origin.input, origin.member)


def _intervals(metadata: pq.FileMetaData) -> frozenset[str]:
    """Columns of so many months, days and milliseconds, of which pyarrow has the bytes."""
    leaves = _interval_leaves(metadata)
    return frozenset(leaf.name for leaf in leaves if leaf.path == leaf.name)


def _interval_leaves(metadata: pq.FileMetaData) -> list[Any]:
    leaves = map(metadata.schema.column, range(metadata.num_columns))
    return [e for e in leaves if e.converted_type == "INTERVAL" and e.length == INTERVAL.size]


def _with_texts(rows: Any, intervals: frozenset[str]) -> Any:
    """A batch or table with these columns as texts."""
    for index, field in enumerate(rows.schema):
        if field.name in intervals:
            values = (value.as_py() for value in rows.column(index))
            texts = pa.array([None if each is None else _interval(each) for each in values], "str")
            rows = rows.set_column(index, field.name, texts)
    return rows


def _interval(raw: bytes) -> str:
    months, days, milliseconds = INTERVAL.unpack(raw)
    return lasting(months, days, milliseconds * 1_000_000)


def _interval_notices(intervals: frozenset[str], origin: Origin) -> Iterator[Notice]:
    for name in sorted(intervals):
        message = f"column {name!r} lasts months, days and milliseconds, and was read as text"
        where = (origin.input, origin.member, None, name)
        yield Notice("arrow.likeness", message, "WARNING", *where)


def _inner_interval_notices(metadata: pq.FileMetaData, origin: Origin) -> Iterator[Notice]:
    """Of such values within lists and structs, which stay the bytes that they are."""
    for leaf in _interval_leaves(metadata):
        if leaf.path != leaf.name:
            message = (
                f"{leaf.path} lasts months, days and milliseconds, and was left as the 12 bytes"
                " that they are"
            )
            where = (origin.input, origin.member, None, leaf.path.partition(".")[0])
            yield Notice("arrow.likeness", message, "WARNING", *where)


def _created_by(metadata: pq.FileMetaData) -> str | None:
    """Which program wrote the file; None where that is no text."""
    try:
        written: str | None = metadata.created_by
    except UnicodeDecodeError:
        return None
    return written


def _refuse_encrypted(file: StoredObject, metadata: pq.FileMetaData) -> None:
    """A footer that is no secret itself is signed, and then the library aborts at its columns.

    Raises PasswordProtected.
    """
    end = file.size or 0
    (length,) = FOOTER.unpack(file.read(end - FOOTER.size, end))
    if length == metadata.serialized_size + SIGNATURE_BYTES:
        raise PasswordProtected(f"{file.name} holds encrypted columns")


def _open(
    stream: BinaryIO,
    dictionaries: Sequence[str] = (),
    metadata: pq.FileMetaData | None = None,
) -> pq.ParquetFile:
    return pq.ParquetFile(
        stream,
        metadata=metadata,
        read_dictionary=list(dictionaries),
        buffer_size=BUFFER_BYTES,
        pre_buffer=False,
        coerce_int96_timestamp_unit="us",
        thrift_string_size_limit=THRIFT_STRING_BYTES,
        thrift_container_size_limit=THRIFT_CONTAINER_ITEMS,
    )


def _fragments(
    file: StoredObject, metadata: pq.FileMetaData, limits: Limits, *, is_split: bool
) -> Iterator[RowGroups]:
    """Row groups, adjacent small ones together; sizes are only hints, for the packing of tasks.

    A file that must be unpacked first stays whole: each fragment would unpack it again.
    """
    indices: list[int] = []
    size = 0
    for index in range(metadata.num_row_groups):
        group = metadata.row_group(index)
        group_bytes = max(group.total_byte_size, 0)
        if is_split and indices and size + group_bytes > FRAGMENT_BYTES:
            yield RowGroups(file, tuple(indices), size, limits)
            indices, size = [], 0
        indices.append(index)
        size += group_bytes
    yield RowGroups(file, tuple(indices), size, limits)


def _dictionaries(metadata: pq.FileMetaData, indices: Sequence[int]) -> list[str]:
    """Text columns that are read as dictionaries, since their values may repeat at length."""
    paths: dict[str, None] = {}
    for index in indices:
        group = metadata.row_group(index)
        for position in range(group.num_columns):
            column = group.column(position)
            repeats = column.total_uncompressed_size < INDEX_BYTES * column.num_values
            is_text = column.physical_type == "BYTE_ARRAY"
            if is_text and repeats and DICTIONARY_ENCODINGS & set(column.encodings):
                paths[column.path_in_schema] = None
    return list(paths)


def _batch_rows(metadata: pq.FileMetaData, index: int) -> int:
    """How many rows to read at once, by their width. Metadata may lie; it can only slow us down."""
    group = metadata.row_group(index)
    columns = map(metadata.schema.column, range(metadata.num_columns))
    width = sum(max(VALUE_BYTES, column.length or 0) for column in columns)
    claimed = group.total_byte_size // group.num_rows if group.num_rows > 0 else 0
    return max(1, min(CHUNK_ROWS, CHUNK_BYTES // max(width, claimed, 1)))


def _errors(name: str) -> AbstractContextManager[None]:
    return arrow_errors(name, "Parquet", (("crypt", PasswordProtected, "holds encrypted columns"),))
