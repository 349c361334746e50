"""Examples: the first values of a column."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

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
        present = view.present
        if not len(present) or view.word == "null":
            return cls()
        return cls(_shown(view, present.head(FIRST)), _first_distinct(view))

    def merge(self, other: Self) -> Self:
        first = (*self.first, *other.first)[:FIRST]
        if len(self.distinct) == DISTINCT:
            return type(self)(first, self.distinct)
        distinct = dict.fromkeys((type(v), v) for v in (*self.distinct, *other.distinct))
        return type(self)(first, tuple(v for _, v in distinct)[:DISTINCT])

    def result(self) -> dict[str, Any]:
        return {"sampleValues": list(self.first), "distinctSample": list(self.distinct)}


def _first_distinct(view: ColumnView) -> tuple[Any, ...]:
    """Looks further into the column only while too few distinct values were seen."""
    found = _distinct(view.present.head(4 * DISTINCT))
    for rows in (1000, len(view.present)):
        if len(found) >= min(DISTINCT, view.distinct_bound):
            break
        found = _distinct(view.present.head(rows))
    return tuple(dict.fromkeys(_shown(view, found)))


def _distinct(values: pl.Series) -> pl.Series:
    values = as_json(values) if values.dtype.is_nested() else values
    return values.unique(maintain_order=True).head(DISTINCT)


def _shown(view: ColumnView, values: pl.Series) -> tuple[Any, ...]:
    if view.word == "text":
        return tuple(values.cast(pl.String).str.head(SHOWN))
    if view.word == "binary":
        return tuple(values.bin.encode("hex").str.head(SHOWN))
    if view.word in {"list", "struct"}:
        texts = as_json(values) if values.dtype.is_nested() else values
        return tuple(texts.str.head(SHOWN))
    return tuple(view.encoding.decode(view.encoding.codes(values)))
