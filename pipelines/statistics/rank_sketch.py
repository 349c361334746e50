"""Rank sketch: quantiles of any number of values in bounded space, without chance."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from pipelines.statistics.runs import NumberRuns


@dataclass(frozen=True, slots=True)
class RankSketch:
    """Values at levels; one at level h stands for 2**h values. `error` bounds every rank, surely.

    Levels are those of Munro and Paterson (1980) with the lazy compaction of KLL (Karnin, Lang and
    Liberty, 2016), but instead of tossing a coin, compactions of a level take the odd and the even
    ranks by turns, which loses no more and gives the same bytes on every run. Each adds at most
    2**h to the rank error; the sum is carried along, so the bound is a fact and not a confidence.
    """

    size: int
    levels: tuple[npt.NDArray[Any], ...] = ()
    turns: int = 0
    error: int = 0

    @classmethod
    def of(cls, runs: NumberRuns, size: int) -> Self:
        """Cuts the ordered values into stretches of 2**h and keeps the middle of each."""
        ends = np.cumsum(runs.counts)
        start, stop = 0, int(ends[-1]) if len(ends) else 0
        levels: dict[int, npt.NDArray[Any]] = {}
        error = 0
        while start < stop:
            level = max(0, ((stop - start) // size).bit_length() - 1)
            taken, width = (stop - start) >> level, 1 << level
            ranks = start + (width >> 1) + width * np.arange(taken)
            levels[level] = runs.values[np.searchsorted(ends, ranks, side="right")]
            error = max(error, width >> 1)
            start += taken * width
        nothing = runs.values[:0]
        return cls(
            size,
            tuple(levels.get(level, nothing) for level in range(max(levels, default=-1) + 1)),
            error=error,
        )

    @property
    def n(self) -> int:
        return sum(len(values) << level for level, values in enumerate(self.levels))

    def merge(self, other: Self) -> Self:
        height = max(len(self.levels), len(other.levels))
        levels = [_united(_at(self, h), _at(other, h)) for h in range(height)]
        turns, error = self.turns ^ other.turns, self.error + other.error
        level = 0
        while level < len(levels):
            values = levels[level]
            if len(values) >= 2 * self.size:
                even = len(values) & ~1
                kept = values[turns >> level & 1 : even : 2]
                if level + 1 == len(levels):
                    levels.append(values[:0])
                levels[level] = values[even:]
                levels[level + 1] = np.sort(np.concatenate([levels[level + 1], kept]))
                turns ^= 1 << level
                error += 1 << level
            level += 1
        return type(self)(self.size, tuple(levels), turns, error)

    def runs(self) -> NumberRuns:
        """The values that are left, each with the number that it stands for."""
        weights = [np.full(len(v), 1 << h, np.int64) for h, v in enumerate(self.levels)]
        values = np.concatenate(self.levels)
        order = np.argsort(values, kind="stable")
        return NumberRuns(values[order], np.concatenate(weights)[order])


def _at(sketch: RankSketch, level: int) -> Iterable[npt.NDArray[Any]]:
    return sketch.levels[level : level + 1]


def _united(left: Iterable[npt.NDArray[Any]], right: Iterable[npt.NDArray[Any]]) -> Any:
    arrays = [values for values in (*left, *right) if len(values)]
    if len(arrays) == 2:
        return np.sort(np.concatenate(arrays), kind="stable")
    return arrays[0] if arrays else next(iter((*left, *right)))
