"""ORC: fragments of whole stripes, which are what its library reads at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import polars as pl
import pyarrow as pa
from pyarrow import orc

from connectors.base import StoredObject
from connectors.errors import (
    CorruptFile,
    EmptyInput,
    LimitExceeded,
    ParserOutOfMemory,
    UnknownFormat,
)
from pipelines.containers.limits import Limits
from pipelines.containers.spooled import as_seekable
from pipelines.formats.alignment import aligned
from pipelines.formats.arrow_frames import WIDE_BYTES, Expansion, refuse_types, to_frame
from pipelines.formats.base import Chunk, Origin, RowAccount, TablePlan
from pipelines.formats.naming import table_name
from pipelines.formats.orc_tail import wide_bytes
from pipelines.formats.signatures import NOT_CONTROLS

MAGIC = b"ORC"
FRAGMENT_BYTES = 32 << 20
CHUNK_ROWS = 65_536


@dataclass(frozen=True, slots=True)
class Stripes:
    """The stripes [first, end) of a file; none of an empty one."""

    file: StoredObject
    first: int
    end: int
    size_bytes: int
    limits: Limits

    def chunks(self, schema: pl.Schema) -> Iterator[Chunk]:
        is_empty = True
        for frame in self._frames():
            piece = aligned(frame, schema)
            schema = piece.schema
            is_empty = False
            yield Chunk(piece, RowAccount(parsed=piece.height))
        if is_empty:
            yield Chunk(pl.DataFrame(schema=schema), RowAccount())

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
            if len(reader.schema) > limits.max_columns:
                raise LimitExceeded(
                    f"{file.name} has {len(reader.schema)} columns, more than"
                    f" {limits.max_columns} (max_columns)",
                    limit="max_columns",
                )
            refuse_types(file.name, reader.schema)
            _refuse_repeats(file.name, reader, source.size or 0, limits)
            schema = to_frame(reader.schema.empty_table()).schema
            stripes, writer = reader.nstripes, reader.writer
        if not schema:
            raise EmptyInput(f"{file.name} has no columns")
        yield TablePlan(
            name=table_name(file.name),
            origin=origin,
            format=self.name,
            schema=schema,
            fragments=tuple(_fragments(source, stripes, limits, is_split=file.seekable)),
            size_bytes=source.size or 0,
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


def _fragments(
    file: StoredObject, stripes: int, limits: Limits, *, is_split: bool
) -> Iterator[Stripes]:
    """Adjacent stripes, as many as lie in so many bytes; a file that was unpacked whole."""
    size = file.size or 0
    step = max(1, stripes * FRAGMENT_BYTES // max(size, 1)) if is_split else max(stripes, 1)
    for first in range(0, max(stripes, 1), step):
        end = min(first + step, stripes)
        yield Stripes(file, first, end, size * (end - first) // max(stripes, 1), limits)


@contextmanager
def _errors(name: str) -> Iterator[None]:
    try:
        yield
    except MemoryError as error:
        raise ParserOutOfMemory(f"{name} takes more memory than a reader may use") from error
    except pa.ArrowNotImplementedError as error:
        raise UnknownFormat(f"{name} uses a part of ORC that is not read: {error}") from error
    except (
        pa.ArrowException,
        OSError,
        LookupError,
        ValueError,
        OverflowError,
        pl.exceptions.PolarsError,
        pl.exceptions.PanicException,
    ) as error:
        if "out of range for nanosecond" in str(error):
            raise UnknownFormat(
                f"{name} holds times before 1678 or after 2261, which are not read: {error}"
            ) from error
        raise CorruptFile(f"{name} is not sound ORC: {error}") from error
