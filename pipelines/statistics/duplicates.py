"""Duplicates: rows that repeat an earlier one, from the hashes of rows."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from pipelines.statistics.distinct_sketch import Z99
from pipelines.statistics.hashing import Hashes
from pipelines.statistics.runs import NumberRuns
from pipelines.statistics.table_view import TableView

KEPT = 1 << 20  # distinct rows that are counted exactly


@dataclass(frozen=True, slots=True)
class Duplicates:
    """The distinct rows, by hash, whose hash lies below 2**(64 - halvings), and how many of each.

    Which hashes are kept depends on the set of rows alone, so any split gives the same; and every
    copy of a row has the same hash, so what is kept of a row is exact. Hashes wait in `loose`,
    repeats and all, until they are many: counting them in every merge would cost far more.
    """

    name: ClassVar[str] = "duplicates"

    rows: int
    loose: Hashes
    runs: NumberRuns
    halvings: int = 0

    @classmethod
    def of(cls, view: TableView) -> Self:
        nothing = np.empty(0, np.uint64)
        loose = view.frame.hash_rows().to_numpy() if view.frame.width else nothing
        return cls(view.frame.height, loose, NumberRuns.of(nothing)).fitted()

    def merge(self, other: Self) -> Self:
        loose = np.concatenate([self.loose, other.loose])
        halvings = max(self.halvings, other.halvings)
        runs = _below(self.runs, halvings).merge(_below(other.runs, halvings))
        return type(self)(self.rows + other.rows, loose, runs, halvings).fitted()

    def fitted(self) -> Self:
        is_small = max(len(self.loose), len(self.runs.values)) <= KEPT
        return self if is_small else self.counted()

    def counted(self) -> Self:
        """With no hash loose, and no more than may be kept."""
        halvings, loose = self.halvings, self.loose
        runs = self.runs.merge(NumberRuns.of(loose[loose <= _limit(halvings)]))
        while len(runs.values) > KEPT:
            halvings += 1
            runs = _below(runs, halvings)
        return type(self)(self.rows, loose[:0], runs, halvings)

    def result(self) -> dict[str, Any]:
        if len(self.loose):
            return self.counted().result()
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


def _limit(halvings: int) -> np.uint64:
    return np.uint64((1 << 64 >> halvings) - 1)


def _below(runs: NumberRuns, halvings: int) -> NumberRuns:
    end = int(np.searchsorted(runs.values, _limit(halvings), side="right"))
    return NumberRuns(runs.values[:end], runs.counts[:end])
