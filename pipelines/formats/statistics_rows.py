"""Statistics rows: what ReadStat tells of a file, and its rows, typed by how they are stored."""

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO

import polars as pl
import pyreadstat

from connectors.base import StoredObject
from connectors.errors import CorruptFile, ParserOutOfMemory, UnknownFormat
from pipelines.formats.naming import unique_columns
from pipelines.formats.statistics_dates import dated, scale_of

READERS: Mapping[str, Callable[..., tuple[Any, Any]]] = {
    "sas7bdat": pyreadstat.read_sas7bdat,
    "xport": pyreadstat.read_xport,
    "sav": pyreadstat.read_sav,
    "por": pyreadstat.read_por,
    "dta": pyreadstat.read_dta,
}
WHOLE: Mapping[str, pl.DataType] = {"int8": pl.Int8(), "int16": pl.Int16(), "int32": pl.Int32()}


def about(file: StoredObject, layout: str) -> Any:
    """The names, types, labels and formats of the variables. Raises ReadError."""
    with _errors(file.name), file.open() as stream:
        source = _Source(stream)
        with source.own_errors():
            return READERS[layout](source, metadataonly=True, disable_datetime_conversion=True)[1]


def rows(file: StoredObject, family: str, layout: str, first: int, limit: int) -> pl.DataFrame:
    """So many rows, typed by what each column's storage and format say. Raises ReadError."""
    with _errors(file.name), file.open() as stream:
        source = _Source(stream)
        with source.own_errors():
            values, told = READERS[layout](
                source,
                output_format="dict",
                row_offset=first,
                row_limit=limit,
                disable_datetime_conversion=True,
            )
        if len(values) != len(told.column_names):
            raise CorruptFile(f"{file.name} has two variables of one name")
        names = unique_columns(told.column_names)
        columns = [
            _column(name, values[own], told, own, family)
            for name, own in zip(names, told.column_names, strict=True)
        ]
        return pl.DataFrame(columns)


def _column(name: str, values: list[Any], told: Any, own: str, family: str) -> pl.Series:
    stored = told.readstat_variable_types[own]
    if stored.startswith("string"):
        return pl.Series(name, values, pl.String)
    if stored in WHOLE:
        series = pl.Series(name, values, WHOLE[stored])
    else:
        series = pl.Series(name, values, pl.Float32 if stored == "float" else pl.Float64)
    scale = scale_of(family, told.original_variable_types[own])
    return series if scale is None else dated(series.cast(pl.Float64), scale)


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
