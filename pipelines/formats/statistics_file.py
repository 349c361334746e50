"""Statistics files: what SAS, SPSS and Stata write, by ReadStat, so many rows at a time.

Value labels are told, and not put in the place of values; what the user declared missing is null.
"""

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import polars as pl
import pyreadstat

from connectors.base import StoredObject
from connectors.errors import (
    CorruptFile,
    EmptyInput,
    LimitExceeded,
    ParserOutOfMemory,
    PasswordProtected,
    UnknownFormat,
)
from pipelines.containers.limits import Limits
from pipelines.containers.spooled import as_seekable
from pipelines.formats.alignment import aligned
from pipelines.formats.base import Chunk, Origin, RowAccount, TablePlan
from pipelines.formats.naming import table_name, unique_columns
from pipelines.formats.statistics_dates import dated, scale_of

HEAD_BYTES = 1024
FRAGMENT_BYTES = 64 << 20
CHUNK_BYTES = 32 << 20
CHUNK_CELLS = 1 << 20
CHUNK_ROWS = 65_536
SAMPLE_ROWS = 1000
XPORT_RECORD_BYTES = 80
SAS_MAGIC = bytes(12) + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011")
XPORT_MAGIC = (
    b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!",
    b"HEADER RECORD*******LIBV8   HEADER RECORD!!!!!!!",
)
XPORT_MEMBERS = (b"HEADER RECORD*******MEMBER  HEADER", b"HEADER RECORD*******MEMBV8  HEADER")
SPSS_MAGIC = (b"$FL2@(#)", b"$FL3@(#)")
SPSS_ENCRYPTED = b"ENCRYPTEDSAV"
SPSS_PORTABLE = b"ASCII SPSS PORT FILE"
STATA_MAGIC = b"<stata_dta>"
STATA_RELEASES = range(104, 116)
READERS: Mapping[str, Callable[..., tuple[Any, Any]]] = {
    "sas7bdat": pyreadstat.read_sas7bdat,
    "xport": pyreadstat.read_xport,
    "sav": pyreadstat.read_sav,
    "por": pyreadstat.read_por,
    "dta": pyreadstat.read_dta,
}
WHOLE: Mapping[str, pl.DataType] = {"int8": pl.Int8(), "int16": pl.Int16(), "int32": pl.Int32()}


def layout_of(head: bytes) -> str | None:
    """Which of the layouts begins so.

    >>> layout_of(b"$FL2@(#) SPSS"), layout_of(bytes([115, 2, 1, 0])), layout_of(b"a,b")
    ('sav', 'dta', None)
    """
    if head.startswith(SAS_MAGIC):
        return "sas7bdat"
    if head.startswith(XPORT_MAGIC):
        return "xport"
    if head.startswith(SPSS_MAGIC) or head.startswith(SPSS_ENCRYPTED, 8):
        return "sav"
    if SPSS_PORTABLE in head[:256]:
        return "por"
    old = len(head) > 3 and head[0] in STATA_RELEASES and head[1] in (1, 2)
    if head.startswith(STATA_MAGIC) or (old and head[2:4] == b"\1\0"):
        return "dta"
    return None


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows [first, end) of a file; `end` None means up to the last."""

    file: StoredObject
    family: str
    layout: str
    first: int
    end: int | None
    chunk_rows: int
    size_bytes: int
    limits: Limits

    def chunks(self, schema: pl.Schema) -> Iterator[Chunk]:
        at = self.first
        while self.end is None or at < self.end:
            limit = self.chunk_rows if self.end is None else min(self.chunk_rows, self.end - at)
            frame, _ = _read(self.file, self.family, self.layout, at, limit)
            chunk = _chunk(frame, schema, self.limits)
            schema = chunk.frame.schema
            if frame.height or at == self.first:
                yield chunk
            at += frame.height
            if frame.height < limit:
                break
        if self.end is not None and at < self.end:
            raise CorruptFile(f"{self.file.name} is cut short: row {at + 1} is not there")


@dataclass(frozen=True, slots=True)
class StatisticsFile:
    """The files of one statistics package."""

    name: str
    extensions: tuple[str, ...]
    layouts: tuple[str, ...]
    media_types: tuple[str, ...] = ()

    def recognises(self, head: bytes, name: str) -> bool:  # noqa: ARG002 - the bytes are enough
        return layout_of(head) in self.layouts

    def tables(self, file: StoredObject, origin: Origin, limits: Limits) -> Iterator[TablePlan]:
        source = as_seekable(file)
        head = source.read(0, HEAD_BYTES)
        if head.startswith(SPSS_ENCRYPTED, 8):
            raise PasswordProtected(f"{file.name} is an encrypted SPSS file")
        layout = layout_of(head) or self.layouts[0]
        if layout == "xport":
            _check_xport(source)
        about = _about(source, layout)
        columns = about.number_columns or 0
        if columns > limits.max_columns:
            raise LimitExceeded(
                f"{file.name} has {columns} columns, more than {limits.max_columns} (max_columns)",
                limit="max_columns",
            )
        sample, _ = _read(source, self.name, layout, 0, SAMPLE_ROWS)
        if not sample.width:
            raise EmptyInput(f"{file.name} has no variables")
        yield TablePlan(
            name=table_name(file.name),
            origin=origin,
            format=self.name,
            schema=sample.schema,
            fragments=tuple(
                _fragments(source, self.name, layout, about, limits, is_split=file.seekable)
            ),
            size_bytes=source.size or 0,
            details=_details(about, layout),
        )


def _about(file: StoredObject, layout: str) -> Any:
    with _errors(file.name), file.open() as stream:
        source = _Source(stream)
        with source.own_errors():
            return READERS[layout](source, metadataonly=True, disable_datetime_conversion=True)[1]


def _read(
    file: StoredObject, family: str, layout: str, first: int, limit: int
) -> tuple[pl.DataFrame, Any]:
    """So many rows, typed by what each column's storage and format say."""
    with _errors(file.name), file.open() as stream:
        source = _Source(stream)
        with source.own_errors():
            values, about = READERS[layout](
                source,
                output_format="dict",
                row_offset=first,
                row_limit=limit,
                disable_datetime_conversion=True,
            )
        if len(values) != len(about.column_names):
            raise CorruptFile(f"{file.name} has two variables of one name")
        names = unique_columns(about.column_names)
        columns = [
            _column(name, values[own], about, own, family)
            for name, own in zip(names, about.column_names, strict=True)
        ]
        return pl.DataFrame(columns), about


def _column(name: str, values: list[Any], about: Any, own: str, family: str) -> pl.Series:
    stored = about.readstat_variable_types[own]
    if stored.startswith("string"):
        return pl.Series(name, values, pl.String)
    if stored in WHOLE:
        series = pl.Series(name, values, WHOLE[stored])
    else:
        series = pl.Series(name, values, pl.Float32 if stored == "float" else pl.Float64)
    scale = scale_of(family, about.original_variable_types[own])
    return series if scale is None else dated(series.cast(pl.Float64), scale)


def _chunk(frame: pl.DataFrame, schema: pl.Schema, limits: Limits) -> Chunk:
    """Blank texts are how these packages write that there is none."""
    words: dict[str, dict[str, int]] = {}
    for name, dtype in frame.schema.items():
        if dtype != pl.String:
            continue
        lengths = frame[name].str.len_bytes()
        if (lengths > limits.max_cell_bytes).any():
            raise LimitExceeded(
                f"{name} holds a longer value than {limits.max_cell_bytes} (max_cell_bytes)",
                limit="max_cell_bytes",
            )
        if blank := int((lengths == 0).sum()):
            words[name] = {"": blank}
            kept = frame[name].set(lengths == 0, None)
            frame = frame.with_columns(kept)
    return Chunk(aligned(frame, schema), RowAccount(parsed=frame.height), null_tokens=words)


def _fragments(
    file: StoredObject, family: str, layout: str, about: Any, limits: Limits, *, is_split: bool
) -> Iterator[Rows]:
    size, rows = file.size or 0, about.number_rows or 0
    columns = max(about.number_columns or 0, 1)
    width = max(sum(about.variable_storage_width.values()), 1)
    chunk_rows = max(1, min(CHUNK_ROWS, CHUNK_CELLS // columns, CHUNK_BYTES // width))
    count = min(-(-size // FRAGMENT_BYTES), rows) if is_split else 1
    step = -(-rows // max(count, 1))
    for first in range(0, max(rows, 1), max(step, 1)):
        end = first + step if first + step < rows else None
        part = size // max(count, 1)
        yield Rows(file, family, layout, first, end, chunk_rows, part, limits)


def _details(about: Any, layout: str) -> dict[str, object]:
    details: dict[str, object] = {"layout": layout, "encoding": about.file_encoding}
    told = {
        "label": about.file_label,
        "variableLabels": {k: v for k, v in about.column_names_to_labels.items() if v},
        "valueLabels": {
            column: {_plain(value): label for value, label in labels.items()}
            for column, labels in about.variable_value_labels.items()
        },
        "formats": {k: v for k, v in about.original_variable_types.items() if v},
    }
    return details | {key: value for key, value in told.items() if value}


def _plain(value: Any) -> str:
    is_whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if is_whole else str(value)


def _check_xport(file: StoredObject) -> None:
    """A transport file has no row count, and the library reads the first dataset alone."""
    if (file.size or 0) % XPORT_RECORD_BYTES:
        raise CorruptFile(f"{file.name} is cut short: it ends within a record of 80 bytes")
    members, rest = 0, b""
    for block in file.stream():
        window = rest + block
        members += sum(window.count(mark) for mark in XPORT_MEMBERS)
        rest = window[-len(XPORT_MEMBERS[0]) + 1 :]
    if members > 1:
        raise UnknownFormat(
            f"{file.name} holds {members} datasets, and transport files are read only with one;"
            " export each to a file of its own"
        )


class _Source(io.RawIOBase):
    """A file for the library, which swallows what its reading raises; this keeps it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._error: Exception | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            return self._stream.read(size)
        except Exception as error:
            self._error = error
            raise

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    @contextmanager
    def own_errors(self) -> Iterator[None]:
        try:
            yield
        finally:
            if self._error is not None:
                raise self._error


@contextmanager
def _errors(name: str) -> Iterator[None]:
    try:
        yield
    except MemoryError as error:
        raise ParserOutOfMemory(f"{name} takes more memory than a reader may use") from error
    except (
        pyreadstat.ReadstatError,
        pyreadstat.PyreadstatError,
        LookupError,
        TypeError,
        ValueError,
        OverflowError,
        pl.exceptions.PolarsError,
        pl.exceptions.PanicException,
    ) as error:
        said = str(error)
        if "allocat" in said or "memory" in said:
            raise ParserOutOfMemory(f"{name} takes more memory than a reader may use") from error
        if "Unsupported" in said:
            raise UnknownFormat(f"{name} uses what is not read: {said}") from error
        raise CorruptFile(f"{name} is not sound: {said}") from error


SAS = StatisticsFile("sas", (".sas7bdat", ".xpt", ".xport"), ("sas7bdat", "xport"))
SPSS = StatisticsFile("spss", (".sav", ".zsav", ".por"), ("sav", "por"))
STATA = StatisticsFile("stata", (".dta",), ("dta",))
