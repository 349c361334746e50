"""Profiles written by hand, for tests of what only needs the value."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from pipelines.formats.base import Origin
from pipelines.profile import ColumnProfile, TableProfile


def numbers(name: str, values: Sequence[float], **figures: Any) -> ColumnProfile:
    """A numeric column of these values, with the figures that its profile would have."""
    array = np.array(values, dtype=float)
    found = {
        "mean": float(array.mean()),
        "stddev": float(array.std(ddof=1)) if len(array) > 1 else None,
        "min": float(array.min()),
        "max": float(array.max()),
    }
    return ColumnProfile(name, "number", "numeric", len(values), 0, {**found, **figures})


def text(name: str, rows: int, nulls: int = 0, **figures: Any) -> ColumnProfile:
    return ColumnProfile(name, "text", "text", rows, nulls, figures)


def table(
    *columns: ColumnProfile,
    name: str = "t",
    duplicates: Mapping[str, Any] | None = None,
    correlation: Any = None,
    pair_counts: Any = None,
) -> TableProfile:
    rows = max((column.count for column in columns), default=0)
    cells = rows * len(columns)
    nulls = sum(column.null_count for column in columns)
    correlated = tuple(column.name for column in columns if column.is_numeric)
    side = len(correlated)
    return TableProfile(
        name=name,
        origin=(Origin("data.csv"),),
        rows=rows,
        size_bytes=100,
        columns=columns,
        duplicate_rows=duplicates or {"count": 0, "ratio": 0.0},
        rows_with_nulls=0,
        completeness=1.0 - nulls / cells if cells else 1.0,
        correlated=correlated,
        correlation=np.eye(side) if correlation is None else np.array(correlation, dtype=float),
        pair_counts=np.full((side, side), rows) if pair_counts is None else np.array(pair_counts),
        sample=pl.DataFrame(),
        sample_rows=np.array([], dtype=np.int64),
    )
