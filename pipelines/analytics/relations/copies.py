"""Copies: columns that hold the same value in every sampled row, so that each is told of once."""

from hashlib import sha256
from typing import Any

import polars as pl

from pipelines.profile import ColumnProfile, TableProfile

ALIKE = ("distinctCount", "min", "max")  # of all rows; where they differ, so do the columns
LEAST_ROWS = 2


def copies(profile: TableProfile) -> list[list[str]]:
    """Groups of columns that are equal cell by cell, empty cells too; in column order.

    Columns of one value, and empty ones, are alike without being copies. Numbers are compared as
    numbers: an integer column may be a copy of a decimal one.
    """
    if profile.sample.height < LEAST_ROWS:
        return []
    groups: dict[Any, list[str]] = {}
    for column in profile.columns:
        if (column.figures.get("distinctCount") or 0) < 2 or column.figures.get("masked"):
            continue
        groups.setdefault(_key(column, profile.sample.get_column(column.name)), []).append(
            column.name
        )
    return [names for names in groups.values() if len(names) > 1]


def _key(column: ColumnProfile, values: pl.Series) -> tuple[Any, ...]:
    numeric = values.dtype.is_numeric()
    cells = values.cast(pl.Float64) if numeric else values
    hashes = cells.alias("").hash(seed=0).to_numpy().tobytes()  # a name may be a pattern
    figures = [column.figures.get(name) for name in ALIKE]
    alike = [float(each) if numeric and each is not None else each for each in figures]
    kind = "number" if numeric else str(values.dtype)
    return (kind, column.null_count, *map(str, alike), sha256(hashes).digest())
