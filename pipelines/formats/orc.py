"""ORC: fragments of whole stripes, which are what its library reads at once."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, BinaryIO

import polars as pl
from pyarrow import orc

from connectors.base import StoredObject
from connectors.errors import (
    EmptyInput,
    LimitExceeded,
    UnknownFormat,
)
from pipelines.containers.limits import Limits
from pipelines.containers.spooled import as_seekable
from pipelines.formats.arrow_file import CHUNK_ROWS, arrow_errors, chunked, shares
from pipelines.formats.arrow_frames import (
    WIDE_BYTES,
    Expansion,
    frame_schema,
    to_frame,
)
from pipelines.formats.arrow_likenesses import notices
from pipelines.formats.base import Chunk, Origin, TablePlan
from pipelines.formats.naming import table_name
from pipelines.formats.orc_tail import wide_bytes
from pipelines.formats.signatures import NOT_CONTROLS
from pipelines.formats.table_width import refuse_columns

MAGIC = b"ORC"


@dataclass(frozen=True, slots=True)
class Stripes:
    """The stripes [first, end) of a file; none of an empty one."""

    file: StoredObject
    first: int
    end: int
    size_bytes: int
    limits: Limits

    def chunks(self, schema: pl.Schema) -> Iterator[Chunk]:
        yield from chunked(self._frames(), schema)

    def _frames(self) -> Iterator[pl.DataFrame]:
        expansion = Expansion(self.file.name, self.file.size or 0, self.limits)
        with _errors(self.file.name), self.file.open() as stream:
            reader = _open(stream)
            for index in range(self.first, self.end):
                stripe: Any = reader.read_stripe(index)
                stripe.validate(full=True)
                for start in range(0, stripe.num_rows, CHUNK_ROWS):
                    piece = stripe.slice(start, CHUNK_ROWS)
                    yield from map(to_frame, expansion.pieces(piece))


class Orc:
    """Apache ORC. Types are kept as they are."""

    name = "orc"
    extensions = (".orc",)
    media_types = ("application/vnd.apache.orc",)

    def recognises(self, head: bytes, name: str) -> bool:  # noqa: ARG002 - the bytes are enough
        """The magic is a word, so what follows must not be text."""
        return head.startswith(MAGIC) and bool(head.translate(None, NOT_CONTROLS))

    def tables(self, file: StoredObject, origin: Origin, limits: Limits) -> Iterator[TablePlan]:
        source = as_seekable(file)
        with _errors(file.name), source.open() as stream:
            reader = _open(stream)
            refuse_columns(file.name, len(reader.schema), limits)
            _refuse_repeats(file.name, reader, source.size or 0, limits)
            schema = frame_schema(reader.schema)
            told = tuple(notices(reader.schema, origin))
            stripes, writer = reader.nstripes, reader.writer
        if not schema:
            raise EmptyInput(f"{file.name} has no columns")
        yield TablePlan(
            name=table_name(file.name),
            origin=origin,
            format=self.name,
            schema=schema,
            fragments=tuple(
                Stripes(source, first, end, size, limits)
                for first, end, size in shares(stripes, source.size or 0, is_split=file.seekable)
            ),
            size_bytes=source.size or 0,
            notices=told,
            details={"stripes": stripes, "createdBy": writer},
        )


def _open(stream: BinaryIO) -> orc.ORCFile:
    return orc.ORCFile(stream)


def _refuse_repeats(name: str, reader: Any, size: int, limits: Limits) -> None:
    wide = wide_bytes(reader.reader.serialized_file_tail(), WIDE_BYTES)
    if wide > limits.ratio_free_bytes + limits.max_ratio * size:
        raise LimitExceeded(
            f"{name} expands, times its own size, beyond {limits.max_ratio} (max_ratio)",
            limit="max_ratio",
        )


def _errors(name: str) -> AbstractContextManager[None]:
    sentence = "holds times before 1678 or after 2261, which are not read"
    return arrow_errors(name, "ORC", (("out of range for nanosecond", UnknownFormat, sentence),))
