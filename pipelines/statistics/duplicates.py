"""Duplicates: rows that repeat an earlier one, from the hashes of rows."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from pipelines.statistics.distinct_sketch import Z99
from pipelines.statistics.hashing import Hashes
from pipelines.statistics.runs import Counts, NumberRuns
from pipelines.statistics.table_view import TableView

KEPT = 1 << 20  # distinct rows that are counted exactly


@dataclass(frozen=True, slots=True)
class Duplicates:
    """The distinct rows, by hash, whose hash lies below 2**(64 - halvings), and how many of each.

    Which hashes are kept depends on the set of rows alone, so any split gives the same; and every
    copy of a row has the same hash, so what is kept of a row is exact.
    """

    name: ClassVar[str] = "duplicates"

    rows: int
    runs: NumberRuns
    halvings: int = 0

    @classmethod
    def of(cls, view: TableView) -> Self:
        if not view.frame.width:
            return cls(view.frame.height, _runs(np.empty(0, np.uint64)))
        return cls(view.frame.height, _runs(view.frame.hash_rows().to_numpy())).fitted()

    def merge(self, other: Self) -> Self:
        halvings = max(self.halvings, other.halvings)
        runs = self._below(halvings).merge(other._below(halvings))
        return type(self)(self.rows + other.rows, runs, halvings).fitted()

    def result(self) -> dict[str, Any]:
        repeated = self.runs.total - len(self.runs.values)
        if not self.halvings:
            return {"count": repeated, "ratio": repeated / self.rows if self.rows else 0.0}
        share = 0.5**self.halvings
        count = min(self.rows, round(repeated / share))
        lower, upper = self._bounds(repeated, share)
        bound = {"lower": lower, "upper": upper, "confidence": 0.99, "rows": self.rows}
        return {
            "count": count,
            "ratio": count / self.rows,
            "method": "hash-sample",
            "sampledRows": self.runs.total,
            **bound,
        }

    def _bounds(self, repeated: int, share: float) -> tuple[int, int]:
        """Normal, and where little or nothing was seen, what would be missed once in 100 times."""
        more = (self.runs.counts - 1).astype(np.float64)
        slack = Z99 * math.sqrt(float((more * more).sum()) * (1 - share)) / share
        unseen = math.log(0.01) / math.log1p(-share)
        upper = min(self.rows, math.ceil(repeated / share + max(slack, unseen)))
        return max(repeated, math.floor(repeated / share - slack)), upper

    def _below(self, halvings: int) -> NumberRuns:
        if halvings == self.halvings:
            return self.runs
        end = int(np.searchsorted(self.runs.values, np.uint64(1 << (64 - halvings))))
        return NumberRuns(self.runs.values[:end], self.runs.counts[:end])

    def fitted(self) -> Self:
        halvings, runs = self.halvings, self.runs
        while len(runs.values) > KEPT:
            halvings += 1
            runs = self._below(halvings)
        return self if runs is self.runs else type(self)(self.rows, runs, halvings)


def _runs(hashes: Hashes) -> NumberRuns:
    runs = NumberRuns.of(hashes)
    counts: Counts = runs.counts.astype(np.int64)
    return NumberRuns(runs.values, counts)
