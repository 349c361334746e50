"""Correlation ratio: how much of a number's variation the values of a category explain."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.analytics.relations.category import (
    WORK,
    Category,
    affordable,
    best_scores,
    blocks,
    projected,
)
from pipelines.analytics.relations.relation import DIGITS, Compared, Relation
from pipelines.analytics.relations.strongest import strongest
from pipelines.statistics import screening

LEAST_ROWS = 5  # a level, on average

Matrix = npt.NDArray[np.float64]


def correlation_ratio(found: Sequence[Category], numbers: pl.DataFrame, limit: int) -> Compared:
    """The strongest pairs of a category (left) and a number (right) by eta (Pearson, 1905).

    Eta squared is the share of the variance that lies between the means of the category's values,
    over the rows that have both. It is not corrected: by chance alone it is about the number of
    values divided by the number of rows.
    """
    if not found or not numbers.width:
        return Compared()
    columns = len(found) + numbers.width
    x = screening.reals(numbers)
    found = _screened(found, x)
    known = np.isfinite(x)
    there = known.astype(np.float64)
    with np.errstate(all="ignore"):
        x = np.where(known, x, 0.0)
        x = np.where(known, x / np.maximum(np.abs(x).max(axis=0, initial=0.0), 1e-300), 0.0)
        x = np.where(known, x - x.sum(axis=0) / there.sum(axis=0), 0.0)
    squares = x * x
    values = np.full((len(found), x.shape[1]), np.nan)
    counts = np.zeros(values.shape, np.int64)
    for at, indicators, starts in blocks(found):
        levels = indicators.astype(np.float64).T
        present = np.add.reduceat(levels, starts, axis=0)
        if known.all():
            n_level = np.broadcast_to(levels.sum(axis=1)[:, None], (len(levels), x.shape[1]))
        else:
            n_level = levels @ there
        values[at], counts[at] = _eta(levels @ x, n_level, present @ squares, starts)
    values = np.round(values, DIGITS)
    lefts, rights, pairs = strongest(values, limit)
    listed = tuple(
        Relation(found[left].name, numbers.columns[right], float(values[left, right]),
                 int(counts[left, right]))
        for left, right in zip(lefts.tolist(), rights.tolist(), strict=True)
    )  # fmt: skip
    return Compared(listed, pairs, columns, len(found) + numbers.width)


def _screened(found: Sequence[Category], x: Matrix) -> Sequence[Category]:
    most = WORK / max(1, 2 * x.size)
    if sum(category.levels for category in found) <= most:
        return found
    return affordable(found, best_scores(projected(found), x), most)


def _eta(
    total: Matrix, n_level: Matrix, squares: Matrix, starts: npt.NDArray[np.intp]
) -> tuple[Matrix, npt.NDArray[np.int64]]:
    """Eta of categories by numbers, and the rows behind it.

    `total` and `n_level` are sums and counts of each level, which begin at `starts`; `squares` sums
    of squares of each category.
    """
    n, whole = np.add.reduceat(n_level, starts, axis=0), np.add.reduceat(total, starts, axis=0)
    with np.errstate(all="ignore"):
        mean = whole * whole / n
        spread = squares - mean
        between = np.divide(total * total, n_level, out=np.zeros_like(total), where=n_level > 0)
        eta = np.sqrt(np.clip((np.add.reduceat(between, starts, axis=0) - mean) / spread, 0.0, 1.0))
    groups = np.add.reduceat((n_level > 0).astype(np.float64), starts, axis=0)
    told = (groups > 1) & (n >= LEAST_ROWS * groups) & (spread > 1e-12 * squares)
    return np.where(told, eta, np.nan), n.astype(np.int64)
