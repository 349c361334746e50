"""Examples: the first values of a column."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl

from pipelines.statistics.column_view import ColumnView, as_json

FIRST = 5
DISTINCT = 10
SHOWN = 1000  # characters of a long text


@dataclass(frozen=True, slots=True)
class Examples:
    """The first values, and the first distinct ones, that are not null; ready for JSON."""

    name: ClassVar[str] = "examples"

    first: tuple[Any, ...] = ()
    distinct: tuple[Any, ...] = ()

    @classmethod
    def of(cls, view: ColumnView) -> Self:
        if view.word == "null" or not len(view.present):
            return cls()
        if view.is_textual:
            return cls(_shown(view, view.present.head(FIRST)), _first_distinct(view, _texts))
        first = view.encoding.decode(view.codes[:FIRST])
        return cls(tuple(first), _first_distinct(view, _codes))

    def merge(self, other: Self) -> Self:
        first = (*self.first, *other.first)[:FIRST]
        if len(self.distinct) == DISTINCT:
            return type(self)(first, self.distinct)
        distinct = dict.fromkeys((type(v), v) for v in (*self.distinct, *other.distinct))
        return type(self)(first, tuple(v for _, v in distinct)[:DISTINCT])

    def result(self) -> dict[str, Any]:
        return {"sampleValues": list(self.first), "distinctSample": list(self.distinct)}


def _first_distinct(
    view: ColumnView, within: Callable[[ColumnView, int], Sequence[Any]]
) -> tuple[Any, ...]:
    """Looks further into the column only while too few distinct values were seen."""
    found = within(view, 4 * DISTINCT)
    for rows in (1000, len(view.present)):
        if len(found) >= DISTINCT or len(found) >= view.distinct_bound:
            break
        found = within(view, rows)
    return tuple(dict.fromkeys(found))


def _texts(view: ColumnView, rows: int) -> Sequence[Any]:
    """The first distinct values of so many rows."""
    values = view.present.head(rows)
    values = as_json(values) if values.dtype.is_nested() else values
    return _shown(view, values.unique(maintain_order=True).head(DISTINCT))


def _codes(view: ColumnView, rows: int) -> Sequence[Any]:
    codes = view.codes[:rows]
    _, firsts = np.unique(codes, return_index=True)
    return view.encoding.decode(codes[np.sort(firsts)[:DISTINCT]])


def _shown(view: ColumnView, values: pl.Series) -> tuple[Any, ...]:
    if view.word == "text":
        return tuple(values.cast(pl.String).str.head(SHOWN))
    if view.word == "binary":
        return tuple(values.bin.encode("hex").str.head(SHOWN))
    texts = as_json(values) if values.dtype.is_nested() else values
    return tuple(texts.str.head(SHOWN))
