"""Profiles: everything known of a column and of a table, as one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.formats.base import Notice, Origin


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """All results of a column.

    `figures` holds the wire fields of `columnProfiles[]` beyond the head, ready for JSON: counts,
    `topValues`, `min`, `quantiles`, `histogram`, `estimates` and so on. Ratios lie in 0..1.
    """

    name: str
    type: str
    inferred_type: str
    count: int
    null_count: int
    figures: Mapping[str, Any] = field(default_factory=dict)

    @property
    def non_null_count(self) -> int:
        return self.count - self.null_count

    @property
    def null_ratio(self) -> float:
        return self.null_count / self.count if self.count else 0.0

    @property
    def is_numeric(self) -> bool:
        return self.inferred_type == "numeric"

    def to_wire(self) -> dict[str, Any]:
        """The entry of `columnProfiles[]`."""
        return {
            "name": self.name,
            "type": self.type,
            "inferredType": self.inferred_type,
            "count": self.count,
            "nullCount": self.null_count,
            "nullRatio": self.null_ratio,
            "nonNullCount": self.non_null_count,
            **self.figures,
        }


@dataclass(frozen=True)
class TableProfile:
    """All results of a table.

    `correlation` is the Pearson matrix of the columns in `correlated` (symmetric, float64, NaN
    where undefined) and `pair_counts` the rows behind each entry. `sample` is a seeded row sample
    in row order, with the source row number (from 1) in `sample_rows`.
    """

    name: str
    origin: tuple[Origin, ...]
    rows: int
    size_bytes: int
    columns: tuple[ColumnProfile, ...]
    duplicate_rows: Mapping[str, Any]
    rows_with_nulls: int
    completeness: float
    correlated: tuple[str, ...]
    correlation: npt.NDArray[np.float64]
    pair_counts: npt.NDArray[np.int64]
    sample: pl.DataFrame
    sample_rows: npt.NDArray[np.int64]
    preview: tuple[Mapping[str, Any], ...] = ()
    notices: tuple[Notice, ...] = ()
