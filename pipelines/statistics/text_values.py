"""Text values: which there are and how often; exactly while they fit, else by sketches."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl

from pipelines.statistics.budget import Budget
from pipelines.statistics.column_view import ColumnView
from pipelines.statistics.distinct_sketch import DistinctSketch
from pipelines.statistics.examples import SHOWN
from pipelines.statistics.frequent import estimates, heaviest, top
from pipelines.statistics.runs import NumberRuns, TextRuns

CUT = 100  # characters kept of each text once all together take too much room


@dataclass(frozen=True, slots=True)
class TextValues:
    """The values of a column of texts, or of what is shown as text: bytes, lists and structs.

    Values are told apart by 64-bit hashes: among 100,000 two are taken for one with a probability
    below 1e-9. While `distinct` is None, `runs` holds every value; afterwards the frequent ones,
    and any count may be short by up to `short`.
    """

    name: ClassVar[str] = "values"

    budget: Budget
    rows: int
    runs: TextRuns
    short: int = 0
    distinct: DistinctSketch | None = None

    @classmethod
    def of(cls, view: ColumnView) -> Self:
        if view.text_runs is not None:
            return cls(view.budget, len(view.texts), view.text_runs).fitted()
        hashes = NumberRuns.of(view.hashes)
        kept, short = heaviest(hashes.counts, view.budget.frequent)
        rows = _first_rows(view, hashes.values[kept])
        return cls(
            view.budget,
            len(view.texts),
            TextRuns(hashes.values[kept], hashes.counts[kept] - short, view.texts.gather(rows)),
            short,
            DistinctSketch.of(hashes.values, view.budget.distinct),
        ).fitted()

    def merge(self, other: Self) -> Self:
        if not other.rows:
            return self
        if not self.rows:
            return other
        rows, runs = self.rows + other.rows, self.runs.merge(other.runs)
        if self.distinct is None and other.distinct is None:
            whole = type(self)(self.budget, rows, runs)
            return (whole if len(runs.hashes) <= self.budget.exact else whole.sketched()).fitted()
        return self.sketched().united(other.sketched()).fitted()

    def sketched(self) -> Self:
        if self.distinct is not None:
            return self
        kept, short = heaviest(self.runs.counts, self.budget.frequent)
        sketch = DistinctSketch.of(self.runs.hashes, self.budget.distinct)
        return type(self)(self.budget, self.rows, self._less(self.runs, kept, short), short, sketch)

    def united(self, other: Self) -> Self:
        assert self.distinct is not None
        assert other.distinct is not None
        runs = self.runs.merge(other.runs)
        kept, short = heaviest(runs.counts, self.budget.frequent)
        return type(self)(
            self.budget,
            self.rows + other.rows,
            self._less(runs, kept, short),
            self.short + other.short + short,
            self.distinct.merge(other.distinct),
        )

    def _less(self, runs: TextRuns, kept: Any, short: int) -> TextRuns:
        taken = runs.take(kept)
        return TextRuns(taken.hashes, taken.counts - short, taken.values)

    def fitted(self) -> Self:
        if self.runs.values.estimated_size() <= self.budget.text_bytes:
            return self
        runs = TextRuns(self.runs.hashes, self.runs.counts, self.runs.values.str.head(CUT))
        return type(self)(self.budget, self.rows, runs, self.short, self.distinct)

    def result(self) -> dict[str, Any]:
        best = top(self.runs)
        figures: dict[str, Any] = {
            "distinctCount": len(self.runs.hashes),
            "topValues": [
                {"value": value, "count": int(count)}
                for value, count in zip(best.values.str.head(SHOWN), best.counts, strict=True)
            ],
        }
        if self.distinct is not None:
            distinct, estimated = estimates(self.distinct, self.rows, best.counts, self.short)
            figures |= {"distinctCount": distinct, "estimates": estimated}
        return figures


def _first_rows(view: ColumnView, hashes: Any) -> pl.Series:
    """For each of some hashes, a row of the view that has it."""
    rows = np.flatnonzero(np.isin(view.hashes, hashes)) if len(hashes) else np.empty(0, np.intp)
    _, first = np.unique(view.hashes[rows], return_index=True)
    return pl.Series(rows[first], dtype=pl.UInt32)
