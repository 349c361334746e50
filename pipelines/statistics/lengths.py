"""Lengths: of texts in characters, of lists in items."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.statistics.column_view import ColumnView
from pipelines.statistics.distribution import Distribution
from pipelines.statistics.runs import NumberRuns

EXACT_BELOW = 1000  # once lengths are rounded, to three digits


@dataclass(frozen=True, slots=True)
class Lengths:
    """How many have each length; beyond `exact` different lengths, each rounded down to 3 digits.

    `low`, `high` and `total` are exact in any case.
    """

    name: ClassVar[str] = "lengths"

    exact: int
    runs: NumberRuns
    low: int | None = None
    high: int | None = None
    total: int = 0
    is_rounded: bool = False

    @classmethod
    def of(cls, view: ColumnView) -> Self:
        if view.word == "list":
            return cls._of(_list_lengths(view.present), None, view.budget.exact)
        counts = None if view.text_runs is None else view.text_runs.counts
        return cls._of(view.unit_chars, counts, view.budget.exact)

    @classmethod
    def _of(
        cls, lengths: npt.NDArray[Any], counts: npt.NDArray[np.int64] | None, exact: int
    ) -> Self:
        runs = NumberRuns.of(lengths.astype(np.int64), counts)
        if not len(lengths):
            return cls(exact, runs)
        total = int((runs.values * runs.counts).sum())
        return cls(exact, runs, int(runs.values[0]), int(runs.values[-1]), total).fitted()

    def merge(self, other: Self) -> Self:
        lows = [value for value in (self.low, other.low) if value is not None]
        highs = [value for value in (self.high, other.high) if value is not None]
        is_rounded = self.is_rounded or other.is_rounded
        left, right = (each.rounded() if is_rounded else each.runs for each in (self, other))
        return type(self)(
            self.exact,
            left.merge(right),
            min(lows, default=None),
            max(highs, default=None),
            self.total + other.total,
            is_rounded,
        ).fitted()

    def fitted(self) -> Self:
        if self.is_rounded or len(self.runs.values) <= self.exact:
            return self
        return type(self)(self.exact, self.rounded(), self.low, self.high, self.total, True)

    def rounded(self) -> NumberRuns:
        if self.is_rounded:
            return self.runs
        lengths = self.runs.values
        digits = np.floor(np.log10(np.maximum(lengths, EXACT_BELOW))).astype(np.int64) - 2
        unit = np.where(lengths < EXACT_BELOW, 1, 10**digits)
        return NumberRuns.of(lengths // unit * unit, self.runs.counts)

    def result(self) -> dict[str, Any]:
        runs = self.runs
        if self.low is None or self.high is None:
            none: dict[str, Any] = dict.fromkeys(
                ("minLength", "maxLength", "meanLength", "medianLength")
            )
            return none | {"lengthHistogram": {"edges": [], "counts": []}, "empty": 0}
        lengths = Distribution.of_reals(runs.values.astype(np.float64), runs.counts, is_whole=True)
        figures = {
            "minLength": self.low,
            "maxLength": self.high,
            "meanLength": self.total / runs.total,
            "medianLength": float(lengths.at(np.array([0.5]))[0]),
            "lengthHistogram": lengths.histogram(self.low, self.high),
            "empty": int(runs.counts[0]) if runs.values[0] == 0 else 0,
        }
        if self.is_rounded:
            bound = {
                "method": "rounded",
                "relativeError": 0.01,
                "confidence": 1.0,
                "rows": runs.total,
            }
            figures["estimates"] = {"medianLength": bound, "lengthHistogram": bound}
        return figures


def _list_lengths(lists: pl.Series) -> npt.NDArray[Any]:
    if isinstance(lists.dtype, pl.Array):
        lists = lists.arr.to_list()
    return lists.list.len().to_numpy()
