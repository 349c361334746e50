"""Arrow IPC: files (Feather) by record batches, streams from front to end; nothing unvalidated."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import IOBase
from typing import Any, cast

import polars as pl
import pyarrow as pa

from connectors.base import StoredObject
from connectors.errors import EmptyInput
from pipelines.containers.expansion import packed_bytes
from pipelines.containers.limits import Limits
from pipelines.containers.spooled import as_seekable
from pipelines.formats.arrow_file import CHUNK_ROWS, arrow_errors, chunked, shares
from pipelines.formats.arrow_frames import Expansion, frame_schema, to_frame
from pipelines.formats.arrow_likenesses import notices
from pipelines.formats.base import Chunk, Origin, TablePlan
from pipelines.formats.flat_buffer import FlatTable
from pipelines.formats.naming import table_name
from pipelines.formats.table_width import refuse_columns

ARROW = "Arrow"
FILE_MAGIC = b"ARROW1"
CONTINUATION = b"\xff\xff\xff\xff"
LARGEST_SCHEMA_BYTES = 256 << 20
LAST_VERSION = 4  # of messages, called V5
SCHEMA = 1  # what a message holds (Message.fbs)


@dataclass(frozen=True, slots=True)
class RecordBatches:
    """The record batches [first, end) of a file, or all of a stream if `end` is None."""

    file: StoredObject
    first: int
    end: int | None
    size_bytes: int
    limits: Limits

    def chunks(self, schema: pl.Schema) -> Iterator[Chunk]:
        yield from chunked(self._frames(), schema)

    def _frames(self) -> Iterator[pl.DataFrame]:
        packed = self.file.size or packed_bytes(self.file) or 0
        expansion = Expansion(self.file.name, packed, self.limits)
        with arrow_errors(self.file.name, ARROW):
            for batch in self._batches():
                batch.validate(full=True)  # what is done with an unsound one may crash
                for start in range(0, batch.num_rows, CHUNK_ROWS):
                    piece = batch.slice(start, CHUNK_ROWS)
                    yield from map(to_frame, expansion.pieces(piece))

    def _batches(self) -> Iterator[Any]:
        with _opened(self.file) as stream:
            if self.end is None:
                yield from pa.ipc.open_stream(stream)
            else:
                reader = pa.ipc.open_file(stream)
                yield from map(reader.get_batch, range(self.first, self.end))


class ArrowIpc:
    """Apache Arrow's own formats: the file, which is Feather of version 2, and the stream."""

    name = "arrow"
    extensions = (".arrow", ".feather", ".ipc", ".arrows")
    media_types = ("application/vnd.apache.arrow.file", "application/vnd.apache.arrow.stream")

    def recognises(self, head: bytes, name: str) -> bool:  # noqa: ARG002 - the bytes are enough
        return head.startswith(FILE_MAGIC) or _is_stream(head)

    def tables(self, file: StoredObject, origin: Origin, limits: Limits) -> Iterator[TablePlan]:
        with arrow_errors(file.name, ARROW), file.open() as stream:
            is_file = stream.read(len(FILE_MAGIC)) == FILE_MAGIC
        source = as_seekable(file) if is_file else file
        with arrow_errors(file.name, ARROW), _opened(source) as stream:
            if is_file:
                reader = pa.ipc.open_file(stream)
                batches, schema = reader.num_record_batches, reader.schema
            else:
                batches, schema = None, pa.ipc.open_stream(stream).schema
            refuse_columns(file.name, len(schema), limits)
            columns = frame_schema(schema)
        if not columns:
            raise EmptyInput(f"{file.name} has no columns")
        yield TablePlan(
            name=table_name(file.name),
            origin=origin,
            format=self.name,
            schema=columns,
            fragments=tuple(_fragments(source, batches, limits, is_split=file.seekable)),
            size_bytes=source.size or 0,
            notices=tuple(notices(schema, origin)),
            details={"layout": "file" if is_file else "stream", "recordBatches": batches},
        )


def _opened(file: StoredObject) -> IOBase:
    return cast("IOBase", file.open())


def _is_stream(head: bytes) -> bool:
    """Whether it begins with the message of a schema; the first ones had no mark before."""
    start = 8 if head.startswith(CONTINUATION) else 4
    length = int.from_bytes(head[start - 4 : start], "little")
    if not 0 < length <= LARGEST_SCHEMA_BYTES or (start + length) % 8:
        return False
    try:
        message = FlatTable.of(head[start : start + length])
        version, holds = message.number(0, "h"), message.number(1, "B")
    except ValueError:
        return False
    return 0 <= version <= LAST_VERSION and holds == SCHEMA


def _fragments(
    file: StoredObject, batches: int | None, limits: Limits, *, is_split: bool
) -> Iterator[RecordBatches]:
    """Adjacent batches, as many as lie in so many bytes; a stream or an unpacked file whole."""
    size = file.size or 0
    if batches is None:
        yield RecordBatches(file, 0, None, size, limits)
        return
    for first, end, share in shares(batches, size, is_split=is_split):
        yield RecordBatches(file, first, end, share, limits)
