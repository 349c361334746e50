"""Runs: distinct values with their counts. The form in which most statistics see a column."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.statistics.encoding import Codes
from pipelines.statistics.hashing import Hashes
from pipelines.statistics.ordering import ascending
from pipelines.statistics.selection import nth_largest

Counts = npt.NDArray[np.int64]

FEW = 64  # distinct texts that are sooner looked for one by one than sorted with their places
SPAN = 1 << 20  # integers this close together are counted without sorting


@dataclass(frozen=True, slots=True)
class NumberRuns:
    """Distinct codes in ascending order, NaN last and once, and how often each occurs."""

    values: Codes
    counts: Counts

    @classmethod
    def of(cls, codes: Codes, weights: Counts | None = None) -> Self:
        """Counts by sorting, or in an array when integers lie close together.

        `weights` says how often each integer stands for itself; once, where there are none.

        >>> NumberRuns.of(np.array([3, 1, 3]))
        NumberRuns(values=array([1, 3]), counts=array([1, 2]))
        """
        if codes.dtype == np.int64 and len(codes):
            low, high = int(codes.min()), int(codes.max())
            if high - low < min(SPAN, 4 * len(codes)):
                dense = np.bincount(codes - low, weights).astype(np.int64, copy=False)
                values = np.flatnonzero(dense)
                return cls(values + low, dense[values])
        if weights is not None:
            order = np.argsort(codes, kind="stable")
            ordered, starts = codes[order], run_starts(codes[order])
            sums = np.add.reduceat(weights[order], starts) if len(starts) else weights
            return cls(ordered[starts], sums)
        ordered = ascending(codes)
        starts = run_starts(ordered)
        if len(starts) == len(ordered):
            return cls(ordered, np.ones(len(ordered), np.int64))
        return cls(ordered[starts], np.diff(starts, append=len(ordered)))

    @property
    def total(self) -> int:
        return int(self.counts.sum())

    def merge(self, other: Self) -> Self:
        if not len(other.values):
            return self
        if not len(self.values):
            return other
        if np.array_equal(self.values, other.values, equal_nan=self.values.dtype == np.float64):
            return type(self)(self.values, self.counts + other.counts)
        values = np.concatenate([self.values, other.values])
        order = np.argsort(values, kind="stable")
        values = values[order]
        starts = run_starts(values)
        counts = np.concatenate([self.counts, other.counts])[order]
        return type(self)(values[starts], _added(counts, starts))

    def finite(self) -> Self:
        """Without infinities and NaN."""
        if self.values.dtype != np.float64:
            return self
        low = int(np.searchsorted(self.values, -np.inf, side="right"))
        high = int(np.searchsorted(self.values, np.inf, side="left"))
        return type(self)(self.values[low:high], self.counts[low:high])

    def take(self, index: npt.NDArray[Any]) -> Self:
        return type(self)(self.values[index], self.counts[index])

    def less(self, short: int) -> Self:
        return type(self)(self.values, self.counts - short)

    def best(self, limit: int) -> Self:
        """The most frequent values; of equally frequent ones the smaller come first."""
        return self.take(most(self.counts, limit))

    def least(self, limit: int) -> Self:
        """The rarest values; of equally rare ones the smaller come first."""
        return self.take(most(-self.counts, limit))


@dataclass(frozen=True, slots=True)
class TextRuns:
    """Distinct texts by the hash of each, in ascending order of the hashes, with their counts."""

    hashes: Hashes
    counts: Counts
    values: pl.Series

    @classmethod
    def of(cls, texts: pl.Series) -> Self:
        texts = texts.rename("v")
        hashes = texts.hash().to_numpy()
        ordered = ascending(hashes)
        starts = run_starts(ordered)
        distinct = ordered[starts]
        if len(starts) <= FEW:
            firsts = np.array([np.argmax(hashes == each) for each in distinct], np.intp)
        else:
            firsts = np.argsort(hashes)[starts]
        return cls(distinct, np.diff(starts, append=len(ordered)), texts.gather(firsts))

    @classmethod
    def empty(cls) -> Self:
        return cls(np.empty(0, np.uint64), np.empty(0, np.int64), pl.Series("v", [], pl.String))

    @property
    def total(self) -> int:
        return int(self.counts.sum())

    def merge(self, other: Self) -> Self:
        if not len(other.hashes):
            return self
        if not len(self.hashes):
            return other
        if np.array_equal(self.hashes, other.hashes):
            return type(self)(self.hashes, self.counts + other.counts, self.values)
        hashes = np.concatenate([self.hashes, other.hashes])
        order = np.argsort(hashes, kind="stable")
        hashes = hashes[order]
        starts = run_starts(hashes)
        counts = _added(np.concatenate([self.counts, other.counts])[order], starts)
        values = pl.concat([self.values, other.values])
        return type(self)(hashes[starts], counts, values.gather(order[starts]))

    def take(self, index: npt.NDArray[Any]) -> Self:
        return type(self)(self.hashes[index], self.counts[index], self.values.gather(index))

    def less(self, short: int) -> Self:
        return type(self)(self.hashes, self.counts - short, self.values)

    def best(self, limit: int) -> Self:
        """The most frequent texts; of equally frequent ones the first by code point."""
        if len(self.counts) > limit:
            least = nth_largest(self.counts, limit)
            candidates = self.take(np.flatnonzero(self.counts >= least))
        else:
            candidates = self
        frame = pl.DataFrame({"n": candidates.counts, "v": candidates.values})
        order = frame.select(pl.arg_sort_by("n", "v", descending=[True, False])).to_series()
        return candidates.take(order.head(limit).to_numpy())

    def least(self, limit: int) -> Self:
        """The rarest texts; of equally rare ones the first by code point."""
        frame = pl.DataFrame({"n": self.counts, "v": self.values}).with_row_index("at")
        lowest = frame.bottom_k(limit, by=["n", "v"]).sort("n", "v")
        return self.take(lowest["at"].to_numpy())


def most(counts: Counts, limit: int) -> npt.NDArray[np.intp]:
    """Where the largest counts are, the largest first, of equal ones the first."""
    if len(counts) > limit:
        least = nth_largest(counts, limit)
        candidates = np.flatnonzero(counts >= least)
    else:
        candidates = np.arange(len(counts))
    order = np.lexsort((np.arange(len(candidates)), -counts[candidates]))
    return candidates[order[:limit]]


def _added(counts: Counts, starts: npt.NDArray[np.intp]) -> Counts:
    """The sums over runs of at most two: what np.add.reduceat gives, only faster."""
    if len(starts) == len(counts):
        return counts
    twice = np.diff(starts, append=len(counts)) > 1
    added = counts[starts]
    added[twice] += counts[starts[twice] + 1]
    return added


def run_starts(ordered: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """Where each run of equal values begins; NaN, sorted last, is one value."""
    if not len(ordered):
        return np.empty(0, np.intp)
    new = np.empty(len(ordered), np.bool_)
    new[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    if ordered.dtype == np.float64 and np.isnan(ordered[-1]):
        new[int(np.searchsorted(ordered, np.nan)) + 1 :] = False
    return np.flatnonzero(new)
