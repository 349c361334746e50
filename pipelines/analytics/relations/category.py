"""Category: which columns of a sample have few enough values to count them against each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.statistics import screening

MOST_LEVELS = 50
ROWS_A_LEVEL = 5  # on average; of fewer, every table looks like a relation
WORK = 2e10  # multiplications that comparing all levels of all columns may take
BLOCK = 1024  # levels
PROJECTIONS = 3
SEED = 20

Codes = npt.NDArray[np.int64]
Matrix = npt.NDArray[np.float64]
Block = tuple[slice, npt.NDArray[np.float32], npt.NDArray[np.intp]]


@dataclass(frozen=True, slots=True)
class Category:
    """A column whose cells are numbered by value, from 0; -1 where a cell is empty."""

    name: str
    levels: int
    codes: Codes = field(repr=False)

    def indicators(self) -> npt.NDArray[np.float32]:
        """A row for each row and a column for each level: 1 where the row has it, else 0."""
        found = np.zeros((len(self.codes), self.levels), np.float32)
        known = np.flatnonzero(self.codes >= 0)
        found[known, self.codes[known]] = 1.0
        return found


def categories(sample: pl.DataFrame) -> list[Category]:
    """The text and boolean columns with 2 to 50 values, each in 5 rows and more on average."""
    words = sample.select(pl.selectors.string() | pl.selectors.boolean())
    if not words.width or not words.height:
        return []
    ranks = words.select(pl.all().rank("dense"))
    found = []
    for column in ranks.iter_columns():
        codes = column.cast(pl.Int64).fill_null(0).to_numpy() - 1
        levels = int(codes.max(initial=-1)) + 1
        known = len(codes) - column.null_count()
        if 2 <= levels <= MOST_LEVELS and levels * ROWS_A_LEVEL <= known:
            found.append(Category(column.name, levels, codes))
    return found


def blocks(found: Sequence[Category]) -> Iterator[Block]:
    """Neighbouring columns: which, their indicators, and where each column's levels begin."""
    first = 0
    while first < len(found):
        last, levels = first + 1, found[first].levels
        while last < len(found) and levels + found[last].levels <= BLOCK:
            levels += found[last].levels
            last += 1
        members = found[first:last]
        sizes = np.array([category.levels for category in members])
        indicators = np.hstack([category.indicators() for category in members])
        yield slice(first, last), indicators, np.cumsum(sizes) - sizes
        first = last


def affordable(found: Sequence[Category], scores: Matrix, levels: float) -> list[Category]:
    """The best by their scores, as many as have so many levels together; in column order."""
    order = np.argsort(-scores, kind="stable")
    sizes = np.array([found[place].levels for place in order])
    kept = order[(np.cumsum(sizes) <= levels) & np.isfinite(scores[order])]
    return [found[place] for place in np.sort(kept).tolist()]


def projected(found: Sequence[Category]) -> Matrix:
    """Each column as a few random numbers a level: rows by (columns times projections).

    Two independent columns stay so, whatever numbers their levels get; of two that go together,
    the squared correlations of their projections tell how much: their mean is phi squared, divided
    by the levels less one of either. Numbers are scaled by 1 / sqrt(share), so that rare and
    frequent levels weigh alike.
    """
    generator = np.random.default_rng(SEED)
    matrix = np.full((len(found[0].codes), len(found) * PROJECTIONS), np.nan)
    for place, category in enumerate(found):
        known = category.codes >= 0
        codes = category.codes[known]
        shares = np.bincount(codes, minlength=category.levels) / len(codes)
        numbers = generator.normal(size=(category.levels, PROJECTIONS)) / np.sqrt(shares)[:, None]
        at = slice(place * PROJECTIONS, (place + 1) * PROJECTIONS)
        matrix[known, at] = numbers[codes]
    return matrix


def best_scores(ours: Matrix, theirs: Matrix, *, is_same: bool = False) -> Matrix:
    """For each of our projected columns, the largest sum of squared correlations with another.

    `theirs` has one vector a column, or is the same as `ours`; a missing cell counts as the mean.
    """
    left = screening.standardised(ours)[0]
    right = left if is_same else screening.standardised(theirs)[0]
    step = PROJECTIONS if is_same else 1
    block = screening.BLOCK // PROJECTIONS * PROJECTIONS
    best = np.full(left.shape[1] // PROJECTIONS, -np.inf)
    for start in range(0, left.shape[1], block):
        for other in range(0, right.shape[1], block):
            r = left[:, start : start + block].T @ right[:, other : other + block]
            r *= r
            sums = _summed(_summed(r.T, step).T, PROJECTIONS)
            if is_same and start == other:
                np.fill_diagonal(sums, 0.0)
            at = slice(start // PROJECTIONS, start // PROJECTIONS + len(sums))
            best[at] = np.maximum(best[at], sums.max(axis=1, initial=0.0))
    return best


def _summed(rows: npt.NDArray[np.float32], step: int) -> npt.NDArray[np.float32]:
    """The sums of so many neighbouring rows each; ten times as fast as by a fourth axis."""
    total = rows[::step].copy()
    for place in range(1, step):
        total += rows[place::step]
    return total
