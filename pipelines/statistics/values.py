"""Values: which there are and how often; exactly while they fit, else by sketches with bounds."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from pipelines.statistics import hashing
from pipelines.statistics.budget import Budget
from pipelines.statistics.column_view import ColumnView
from pipelines.statistics.distinct_sketch import DistinctSketch
from pipelines.statistics.distribution import Distribution, empty
from pipelines.statistics.encoding import Encoding
from pipelines.statistics.frequent import BOTTOM, estimates, has_rare, heaviest, leads, top
from pipelines.statistics.rank_sketch import RankSketch
from pipelines.statistics.runs import NumberRuns


@dataclass(frozen=True, slots=True)
class Values:
    """The values of a column of numbers, booleans or times.

    While `distinct` is None, `runs` holds every value. Afterwards it holds the frequent ones, and
    any count may be short by up to `short`. Numbers have `ranks` then, `low` and `high` bound them.
    """

    name: ClassVar[str] = "values"

    encoding: Encoding
    budget: Budget
    rows: int
    runs: NumberRuns
    low: float = 0.0
    high: float = 0.0
    short: int = 0
    distinct: DistinctSketch | None = None
    ranks: RankSketch | None = None

    @classmethod
    def of(cls, view: ColumnView) -> Self:
        whole = cls(view.encoding, view.budget, len(view.codes), view.runs)
        return whole if len(view.runs.values) <= view.budget.exact else whole.sketched()

    def merge(self, other: Self) -> Self:
        if not other.rows:
            return self
        if not self.rows:
            return other
        if self.distinct is None and other.distinct is None:
            rows, runs = self.rows + other.rows, self.runs.merge(other.runs)
            whole = type(self)(self.encoding, self.budget, rows, runs)
            return whole if len(runs.values) <= self.budget.exact else whole.sketched()
        return self.sketched().united(other.sketched())

    def sketched(self) -> Self:
        if self.distinct is not None:
            return self
        finite = self.runs.finite()
        low, high = self._ends(finite)
        kept, short = heaviest(self.runs.counts, self.budget.frequent)
        return type(self)(
            self.encoding,
            self.budget,
            self.rows,
            self.runs.take(kept).less(short),
            low,
            high,
            short,
            DistinctSketch.of(
                hashing.of_codes(self.runs.values), self.runs.counts, self.budget.distinct
            ),
            RankSketch.of(finite, self.budget.ranks) if self.encoding.is_numeric else None,
        )

    def united(self, other: Self) -> Self:
        assert self.distinct is not None
        assert other.distinct is not None
        runs = self.runs.merge(other.runs)
        kept, short = heaviest(runs.counts, self.budget.frequent)
        both = self.ranks is not None and other.ranks is not None
        return type(self)(
            self.encoding,
            self.budget,
            self.rows + other.rows,
            runs.take(kept).less(short),
            *self._outer(other),
            self.short + other.short + short,
            self.distinct.merge(other.distinct),
            self.ranks.merge(other.ranks) if both and self.ranks and other.ranks else self.ranks,
        )

    def _outer(self, other: Self) -> tuple[float, float]:
        if self.ranks is None or not self.ranks.n:
            return other.low, other.high
        if other.ranks is None or not other.ranks.n:
            return self.low, self.high
        return min(self.low, other.low), max(self.high, other.high)

    def _ends(self, finite: NumberRuns) -> tuple[float, float]:
        if not self.encoding.is_numeric or not len(finite.values):
            return 0.0, 0.0
        ends: npt.NDArray[np.float64] = self.encoding.reals(finite.values[[0, -1]])
        return float(ends[0]), float(ends[1])

    def result(self) -> dict[str, Any]:
        best = top(self.runs, self.short)
        figures: dict[str, Any] = {
            "distinctCount": len(self.runs.values),
            "uniqueCount": int((self.runs.counts == 1).sum()),
            "topValues": self._counted(best),
        }
        if self.encoding.is_numeric:
            figures |= self._distribution()
            figures["mode"] = self._mode(best)
        if self.distinct is not None:
            counted, estimated = estimates(self.distinct, self.rows, best.counts, self.short)
            figures |= counted
            figures["estimates"] = figures.get("estimates", {}) | estimated
        elif has_rare(self.runs.counts):
            figures["bottomValues"] = self._counted(self.runs.least(BOTTOM))
        return figures

    def _counted(self, runs: NumberRuns) -> list[dict[str, Any]]:
        decoded = self.encoding.decode(runs.values)
        return [
            {"value": value, "count": int(count)}
            for value, count in zip(decoded, runs.counts, strict=True)
        ]

    def _mode(self, best: NumberRuns) -> Any:
        surely = leads(best.counts, self.short)
        return self.encoding.decode(best.values[:1])[0] if surely else None

    def _distribution(self) -> dict[str, Any]:
        if self.ranks is not None:
            if not self.ranks.n:
                return empty()
            sketch = Distribution.of(self.ranks.runs(), self.encoding, self.ranks.error)
            return sketch.figures(self.low, self.high)
        finite = self.runs.finite()
        return Distribution.of(finite, self.encoding).figures(*self._ends(finite))
