"""Wholeness: whether numbers with a decimal point ever need it."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from pipelines.statistics.column_view import ColumnView

LARGEST = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Wholeness:
    """How many values are finite, and how many of them are whole numbers."""

    name: ClassVar[str] = "wholeness"

    finite: int = 0
    whole: int = 0

    @classmethod
    def of(cls, view: ColumnView) -> Self:
        runs = view.runs.finite()
        finite = runs.total
        one = 10**view.encoding.scale
        if one > LARGEST and runs.values.dtype == np.int64:
            is_whole = runs.values == 0
        elif one > 1:
            is_whole = runs.values % one == 0
        elif runs.values.dtype == np.float64:
            is_whole = np.trunc(runs.values) == runs.values
        else:
            return cls(finite, finite)
        return cls(finite, int(runs.counts[is_whole.astype(np.bool_)].sum()))

    def merge(self, other: Self) -> Self:
        return type(self)(self.finite + other.finite, self.whole + other.whole)

    def result(self) -> dict[str, Any]:
        return {"integerValued": self.whole == self.finite if self.finite else None}
