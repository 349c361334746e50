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
    told = [
        column
        for column in profile.columns
        if (column.figures.get("distinctCount") or 0) >= 2 and not column.figures.get("masked")
    ]
    cells = (_comparable(profile.sample.get_column(column.name)) for column in told)
    numbered = pl.DataFrame([each.alias(str(place)) for place, each in enumerate(cells)])
    hashes = numbered.select(pl.all().hash(seed=0))  # at once, which very many columns feel
    for column, own, hashed in zip(told, numbered, hashes, strict=True):
        groups.setdefault(_key(column, own, hashed), []).append(column.name)
    return [names for names in groups.values() if len(names) > 1]


def _comparable(values: pl.Series) -> pl.Series:
    return values.cast(pl.Float64) if values.dtype.is_numeric() else values


def _key(column: ColumnProfile, values: pl.Series, hashed: pl.Series) -> tuple[Any, ...]:
    numeric = values.dtype.is_numeric()
    figures = [column.figures.get(name) for name in ALIKE]
    alike = [float(each) if numeric and each is not None else each for each in figures]
    kind = "number" if numeric else str(values.dtype)
    digest = sha256(hashed.to_numpy().tobytes()).digest()
    return (kind, column.null_count, *map(str, alike), digest)
