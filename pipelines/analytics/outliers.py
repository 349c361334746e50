"""Outliers: values three standard deviations from the mean, counted over all rows.

Mean and deviation are known only after the first pass, so this is a second one, over our own
Parquet, and pruned: only columns whose minimum or maximum crosses, only row groups that do.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import polars as pl

from pipelines.json_value import json_value
from pipelines.profile import ColumnProfile, TableProfile

THRESHOLD = 3.0  # standard deviations; S
EXAMPLES = 20

Bounds = Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Spread:
    """Where a numeric column lies; `count` is of its finite values."""

    column: str
    count: int
    mean: float
    stddev: float
    minimum: float
    maximum: float

    @property
    def lower(self) -> float:
        return self.mean - THRESHOLD * self.stddev

    @property
    def upper(self) -> float:
        return self.mean + THRESHOLD * self.stddev

    @property
    def crosses(self) -> bool:
        return self.reaches(self.minimum, self.maximum)

    def reaches(self, minimum: float, maximum: float) -> bool:
        """Whether values between these may lie on or beyond the bounds."""
        return minimum <= self.lower or maximum >= self.upper


@dataclass(frozen=True, slots=True)
class Tail:
    """The values of a column at (`count`) and strictly beyond (`beyond`) the bounds.

    `examples` are the farthest of them: value, zscore and row (from 1 in the table).
    """

    count: int = 0
    beyond: int = 0
    examples: tuple[Mapping[str, Any], ...] = ()

    def merge(self, other: "Tail") -> "Tail":
        examples = sorted(
            (*self.examples, *other.examples), key=lambda found: (-found["zscore"], found["row"])
        )
        return Tail(
            self.count + other.count, self.beyond + other.beyond, tuple(examples[:EXAMPLES])
        )


class Rows(Protocol):
    """Consecutive rows of a table, the first of which is row `first_row`."""

    @property
    def first_row(self) -> int: ...
    @property
    def frame(self) -> pl.DataFrame: ...


def spread(column: ColumnProfile) -> Spread | None:
    """The spread of a numeric column; None where it has none to speak of."""
    if not column.is_numeric:
        return None
    named = ("mean", "stddev", "min", "max")
    mean, stddev, minimum, maximum = (number(column.figures.get(name)) for name in named)
    odd = sum(int(column.figures.get(name) or 0) for name in ("infinities", "nans"))
    count = column.non_null_count - odd
    if mean is None or not stddev or minimum is None or maximum is None or count < 1:
        return None
    return Spread(column.name, count, mean, stddev, minimum, maximum)


def number(value: Any) -> float | None:
    """A figure as a float; decimals and integers beyond 2^53 travel as text."""
    return None if value is None else float(value)


def tails(
    profile: TableProfile,
    slices: Callable[[Sequence[str], Callable[[Bounds], bool]], Iterable[Rows]],
) -> dict[str, Tail]:
    """The tail of each column that has one, by one pruned pass over the table's `slices`."""
    spreads = {
        found.column: found
        for column in profile.columns
        if (found := spread(column)) and found.crosses
    }
    merged: dict[str, Tail] = {}
    if not spreads:
        return merged

    def matters(bounds: Bounds) -> bool:
        return any(
            name not in bounds or found.reaches(*(float(bound) for bound in bounds[name]))
            for name, found in spreads.items()
        )

    for rows in slices(tuple(spreads), matters):
        for name, tail in _tails_of(rows, spreads):
            merged[name] = merged.get(name, Tail()).merge(tail)
    return merged


def _tails_of(rows: Rows, spreads: Mapping[str, Spread]) -> Iterator[tuple[str, Tail]]:
    for name, found in spreads.items():
        values = rows.frame.get_column(name)
        zscores = np.abs(values.cast(pl.Float64).to_numpy() - found.mean) / found.stddev
        far = np.flatnonzero(np.isfinite(zscores) & (zscores >= THRESHOLD))
        if not far.size:
            continue
        reached = zscores[far]
        farthest = np.lexsort((far, -reached))[:EXAMPLES]
        chosen = far[farthest].tolist()
        examples = tuple(
            {"value": json_value(values[at]), "zscore": zscore, "row": rows.first_row + at}
            for at, zscore in zip(chosen, reached[farthest].tolist(), strict=True)
        )
        yield name, Tail(far.size, int((reached > THRESHOLD).sum()), examples)


def reports(tails_by_column: Mapping[str, Tail]) -> list[dict[str, Any]]:
    """The `outliers` list of descriptive_stats, the column with most extreme values first."""
    found = sorted(tails_by_column.items(), key=lambda entry: -entry[1].examples[0]["zscore"])
    return [
        {
            "column": name,
            "method": "zscore",
            "threshold": THRESHOLD,
            "count": tail.count,
            "values": [dict(example) for example in tail.examples],
        }
        for name, tail in found
    ]
