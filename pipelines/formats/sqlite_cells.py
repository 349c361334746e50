"""SQLite cells: each has a class of its own; a column gets the type that holds all of them."""

import base64
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.formats.cell_types import DATETIME, convert, infer
from pipelines.formats.sqlite_schema import Column

TEMPORAL = ("DATE", "DATETIME", "TIMESTAMP")
CLASSES: Mapping[type, str] = {int: "integer", float: "real", str: "text", bytes: "blob"}
EXACT_DIGITS = r"\.\d{7}"  # a datetime holds microseconds
# https://sqlite.org/datatype3.html, 3.1, in its order
AFFINITIES: tuple[tuple[str, pl.DataType], ...] = (
    ("INT", pl.Int64()),
    ("CHAR", pl.String()),
    ("CLOB", pl.String()),
    ("TEXT", pl.String()),
    ("BLOB", pl.String()),
    ("REAL", pl.Float64()),
    ("FLOA", pl.Float64()),
    ("DOUB", pl.Float64()),
)
HINTS: tuple[tuple[str, pl.DataType], ...] = (
    ("BOOL", pl.Boolean()),
    ("DATETIME", DATETIME),
    ("TIMESTAMP", DATETIME),
    ("DATE", pl.Date()),
    *AFFINITIES,
    ("NUM", pl.Float64()),
    ("DEC", pl.Float64()),
)


def affinity(declared: str) -> pl.DataType:
    """The type that SQLite itself turns values into, where it holds no others; else `Null`.

    >>> affinity("VARCHAR(20)"), affinity("DATE")
    (String, Null)
    """
    return next((dtype for word, dtype in AFFINITIES if word in declared), pl.Null())


def intended(declared: str) -> pl.DataType:
    """The type of a column without a row, by the words of its declaration.

    >>> intended("DATETIME"), intended("")
    (Datetime(time_unit='us', time_zone=None), String)
    """
    return next((dtype for word, dtype in HINTS if word in declared), pl.String())


def typed(column: Column, cells: Sequence[Any], asked: pl.DataType) -> pl.Series:
    """The cells as they were asked for, or in another type where one of them does not fit."""
    classes = set(map(type, cells)) - {type(None)}
    if not classes:
        return pl.Series(column.title, cells, pl.Null)
    if not isinstance(asked, pl.String):
        if classes == {int} and not asked.is_float():
            return _integers(column, cells, asked)
        if classes <= {int, float}:
            numbers = _numbers(cells, has_integers=int in classes)
            if numbers is not None:
                return numbers.alias(column.title)
        if classes == {str} and column.declared.startswith(TEMPORAL):
            return _moments(pl.Series("cells", cells, pl.String), asked).alias(column.title)
    if classes != {str}:
        cells = [None if cell is None else TEXTS[type(cell)](cell) for cell in cells]
    return pl.Series(column.title, cells, pl.String)


def frame_of(columns: Sequence[Column], cells: Sequence[Any], schema: pl.Schema) -> pl.DataFrame:
    """Cells row by row as typed columns; of the asked types where they fit."""
    return pl.DataFrame(
        [
            typed(column, cells[place :: len(columns)], schema.get(column.title, pl.Null()))
            for place, column in enumerate(columns)
        ]
    )


@dataclass(frozen=True, slots=True)
class Values:
    """Cells of one class, or numbers of both, of which `are_integers` says which are whole."""

    series: pl.Series
    are_integers: npt.NDArray[np.bool_] | None = None

    def cells(self, place: int | None = None) -> Any:
        """The cells as SQLite gives them; or one of them."""
        if place is not None:
            cell = self.series[place]
            is_integer = self.are_integers is not None and self.are_integers[place]
            return int(cell) if is_integer else cell
        if self.are_integers is None:
            return self.series.to_list()
        return [
            int(cell) if is_integer else cell
            for cell, is_integer in zip(self.series.to_list(), self.are_integers, strict=True)
        ]


def typed_at_once(column: Column, values: Values, asked: pl.DataType) -> pl.Series:
    """As `typed`, of values that are known to be of one class."""
    cells = values.series
    wants_text = isinstance(asked, pl.String)
    if isinstance(cells.dtype, pl.String):
        is_moment = column.declared.startswith(TEMPORAL) and not wants_text
        found = _moments(cells, asked) if is_moment else cells
    elif isinstance(cells.dtype, pl.Null):
        found = cells
    elif wants_text or (
        cells.dtype.is_integer() and ("BOOL" in column.declared or asked.is_float())
    ):
        found = typed(column, values.cells(), asked)
    else:
        found = cells
    return found.alias(column.title)


def remarks(columns: Sequence[Column], cells: Sequence[Any]) -> Iterator[tuple[str, str, str]]:
    """What a careful person would mention of a sample's columns: a title, a code, a sentence."""
    width = len(columns)
    for place, column in enumerate(columns):
        counts = Counter(map(type, cells[place::width]))
        del counts[type(None)]
        if bytes in counts:
            yield (
                column.title,
                "column.blobs",
                f"`{column.title}` holds binary values; they are given as base64 text",
            )
        if len(counts) > 1 and (str in counts or bytes in counts):
            shares = ", ".join(f"{counts[k]:,} {name}" for k, name in CLASSES.items() if counts[k])
            yield (
                column.title,
                "column.mixed",
                f"`{column.title}` mixes kinds of values ({shares} in a sample); it is text",
            )


def _integers(column: Column, cells: Sequence[int | None], asked: pl.DataType) -> pl.Series:
    may_be_boolean = isinstance(asked, pl.Boolean | pl.Null) and "BOOL" in column.declared
    if may_be_boolean and set(cells) <= {0, 1, None}:
        truths = [None if cell is None else cell == 1 for cell in cells]
        return pl.Series(column.title, truths, pl.Boolean)
    return pl.Series(column.title, cells, pl.Int64)


def _numbers(cells: Sequence[Any], *, has_integers: bool) -> pl.Series | None:
    """Integers and reals together; None if a real cannot hold one of the integers."""
    if has_integers and any(type(cell) is int and int(float(cell)) != cell for cell in cells):
        return None
    if has_integers:
        cells = [None if cell is None else float(cell) for cell in cells]
    return pl.Series("cells", cells, pl.Float64)


def _moments(texts: pl.Series, asked: pl.DataType) -> pl.Series:
    """ISO dates and times, if all cells are; an empty text or a word is none."""
    dtype = infer(texts) if isinstance(asked, pl.Null) else asked
    if not isinstance(dtype, pl.Date | pl.Datetime):
        return texts
    converted = convert(texts, dtype)
    is_exact = not converted.null_tokens and not texts.str.contains(EXACT_DIGITS).any()
    return converted.series if is_exact else texts


def _base64(cell: bytes) -> str:
    return base64.b64encode(cell).decode()


TEXTS: Mapping[type, Callable[[Any], str]] = {int: str, float: repr, str: str, bytes: _base64}
