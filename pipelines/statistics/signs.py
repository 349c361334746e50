"""Signs: zeros, negatives and what is not a finite number."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from pipelines.statistics.column_view import ColumnView


@dataclass(frozen=True, slots=True)
class Signs:
    """How many values are zero, below zero (minus infinity included), infinite, not a number."""

    name: ClassVar[str] = "signs"

    zeros: int = 0
    negatives: int = 0
    infinities: int = 0
    nans: int = 0

    @classmethod
    def of(cls, view: ColumnView) -> Self:
        values, counts = view.runs.values, view.runs.counts
        below, upto = (int(np.searchsorted(values, 0, side=side)) for side in ("left", "right"))
        zeros, negatives = int(counts[below:upto].sum()), int(counts[:below].sum())
        if values.dtype != np.float64:
            return cls(zeros, negatives)
        nans = int(counts[np.isnan(values)].sum())
        return cls(zeros, negatives, int(counts[np.isinf(values)].sum()), nans)

    def merge(self, other: Self) -> Self:
        return type(self)(
            self.zeros + other.zeros,
            self.negatives + other.negatives,
            self.infinities + other.infinities,
            self.nans + other.nans,
        )

    def result(self) -> dict[str, Any]:
        return {
            "zeros": self.zeros,
            "negatives": self.negatives,
            "infinities": self.infinities,
            "nans": self.nans,
        }
