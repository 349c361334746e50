"""Text values: which there are and how often; exactly while they fit, else by sketches."""

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.statistics import patterns, spellings
from pipelines.statistics.budget import Budget
from pipelines.statistics.column_view import ColumnView
from pipelines.statistics.distinct_sketch import DistinctSketch
from pipelines.statistics.examples import SHOWN
from pipelines.statistics.frequent import BOTTOM, estimates, has_rare, heaviest, top
from pipelines.statistics.hashing import Hashes
from pipelines.statistics.ordering import ascending
from pipelines.statistics.runs import TextRuns, run_starts

CUT = 100  # characters kept of each text once all together take too much room
SAMPLE = 1000


@dataclass(frozen=True, slots=True)
class TextValues:
    """The values of a column of texts, or of what is shown as text: bytes, lists and structs.

    Values are told apart by 64-bit hashes: among 100,000 two are taken for one with a probability
    below 1e-9. While `distinct` is None, `runs` and `loose` hold every value; `loose` those that
    seldom repeat and are not counted yet. Afterwards `runs` holds the frequent ones, and any count
    may be short by up to `short`; `sample` the values with the smallest hashes, counted exactly.
    """

    name: ClassVar[str] = "values"

    budget: Budget
    is_prose: bool
    rows: int
    runs: TextRuns
    loose: pl.Series
    short: int = 0
    distinct: DistinctSketch | None = None
    sample: TextRuns | None = None

    @classmethod
    def of(cls, view: ColumnView) -> Self:
        texts, none = view.texts, TextRuns.empty()
        is_prose = view.word == "text"
        if view.text_runs is None:
            return cls(view.budget, is_prose, len(texts), none, texts.rename("v")).fitted()
        return cls(view.budget, is_prose, len(texts), view.text_runs, none.values).fitted()

    def merge(self, other: Self) -> Self:
        if not other.rows:
            return self
        if not self.rows:
            return other
        if self.distinct is not None or other.distinct is not None:
            return self.sketched().united(other.sketched()).fitted()
        return dataclasses.replace(
            self,
            rows=self.rows + other.rows,
            runs=self.runs.merge(other.runs),
            loose=pl.concat([self.loose, other.loose]),
        ).fitted()

    def fitted(self) -> Self:
        """Within the budget: counts what is loose, sketches what is too much, cuts what is long."""
        room = self.budget.text_bytes
        if len(self.loose) > self.budget.exact or self.loose.estimated_size() > room:
            return self.counted()
        if self.distinct is None and len(self.runs.hashes) > self.budget.exact:
            return self.sketched()
        if self.runs.values.estimated_size() <= room:
            return self
        cut = dataclasses.replace(self.runs, values=self.runs.values.str.head(CUT))
        return dataclasses.replace(self, runs=cut)

    def counted(self) -> Self:
        """With nothing loose."""
        if not len(self.loose):
            return self
        if len(self.loose) > self.budget.exact:
            loose = self.of_loose()
            if loose is not None:
                return self.of_counted().united(loose) if len(self.runs.hashes) else loose
        runs = self.runs.merge(TextRuns.of(self.loose))
        return dataclasses.replace(self, runs=runs, loose=self.loose.clear()).fitted()

    def sketched(self) -> Self:
        whole = self.counted()
        return whole if whole.distinct is not None else whole.of_counted()

    def of_counted(self) -> Self:
        """What is counted, sketched."""
        kept, short = heaviest(self.runs.counts, self.budget.frequent)
        return dataclasses.replace(
            self,
            rows=self.runs.total,
            runs=self.runs.take(kept).less(short),
            loose=self.loose.clear(),
            short=short,
            distinct=DistinctSketch.of_ordered(
                self.runs.hashes, self.runs.counts, self.budget.distinct
            ),
            sample=self.runs.take(np.arange(min(SAMPLE, len(self.runs.hashes)))),
        )

    def of_loose(self) -> Self | None:
        """What is loose, sketched at once; None when there are few enough different texts."""
        hashes = self.loose.hash().to_numpy()
        ordered = ascending(hashes)
        starts = run_starts(ordered)
        if len(starts) <= self.budget.exact:
            return None
        distinct, counts = ordered[starts], np.diff(starts, append=len(ordered))
        kept, short = heaviest(counts, self.budget.frequent)
        frequent, sample = (
            TextRuns(
                distinct[index], counts[index], self.loose.gather(_places(hashes, distinct[index]))
            )
            for index in (kept, np.arange(min(SAMPLE, len(starts))))
        )
        return dataclasses.replace(
            self,
            rows=len(self.loose),
            runs=frequent.less(short),
            loose=self.loose.clear(),
            short=short,
            distinct=DistinctSketch.of_ordered(distinct, counts, self.budget.distinct),
            sample=sample,
        )

    def united(self, other: Self) -> Self:
        """Both sketched."""
        assert self.distinct is not None
        assert other.distinct is not None
        assert self.sample is not None
        assert other.sample is not None
        runs, sample = self.runs.merge(other.runs), self.sample.merge(other.sample)
        kept, short = heaviest(runs.counts, self.budget.frequent)
        return dataclasses.replace(
            self,
            rows=self.rows + other.rows,
            runs=runs.take(kept).less(short),
            short=self.short + other.short + short,
            distinct=self.distinct.merge(other.distinct),
            sample=sample.take(np.arange(min(SAMPLE, len(sample.hashes)))),
        )

    def result(self) -> dict[str, Any]:
        if len(self.loose):
            return self.counted().result()
        best = top(self.runs, self.short)
        figures: dict[str, Any] = {
            "distinctCount": len(self.runs.hashes),
            "uniqueCount": int((self.runs.counts == 1).sum()),
            "topValues": _counted(best),
        }
        estimated: dict[str, Any] = {}
        if self.distinct is not None:
            counted, estimated = estimates(self.distinct, self.rows, best.counts, self.short)
            figures |= counted
        elif has_rare(self.runs.counts):
            figures["bottomValues"] = _counted(self.runs.least(BOTTOM))
        if self.is_prose:
            known = self.runs if self.sample is None else self.sample
            figures["patterns"], bounds = patterns.of(known, self.rows)
            estimated |= {"patterns": bounds} if self.sample is not None else {}
            most = min(spellings.MOST, self.budget.exact // spellings.SHARE)
            if self.distinct is None and len(self.runs.hashes) <= most:
                figures["spellings"] = spellings.of(self.runs)
        return figures | {"estimates": estimated}


def _counted(runs: TextRuns) -> list[dict[str, Any]]:
    values = runs.values.str.head(SHOWN)
    return [{"value": v, "count": int(n)} for v, n in zip(values, runs.counts, strict=True)]


def _places(hashes: Hashes, wanted: Hashes) -> npt.NDArray[np.intp]:
    """Where each wanted hash stands first. Few are wanted, and their upper halves tell them."""
    halves = np.zeros(1 << 16, np.bool_)
    halves[wanted >> np.uint64(48)] = True
    near = np.flatnonzero(halves[hashes >> np.uint64(48)])
    which = np.searchsorted(wanted, hashes[near])
    which[which == len(wanted)] = 0
    is_there = wanted[which] == hashes[near] if len(wanted) else np.zeros(0, np.bool_)
    places = np.zeros(len(wanted), np.intp)
    places[which[is_there][::-1]] = near[is_there][::-1]
    return places
