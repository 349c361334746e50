"""Rank correlation: Spearman's, of the columns of a row sample all at once."""

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.analytics.relations.relation import DIGITS, Compared, Relation
from pipelines.analytics.relations.strongest import above_diagonal, strongest
from pipelines.statistics import screening
from pipelines.statistics.comoments import WIDEST

LEAST_ROWS = 5
SPARE = 2  # times as many candidates as are listed, where common rows change the ranks

Matrix = npt.NDArray[np.float64]


def spearman(frame: pl.DataFrame, limit: int) -> Compared:
    """The strongest pairs of numeric columns by Spearman's rho (1904), ties at their mean rank.

    All pairs are compared by each column's own ranks. Where cells are missing, the ranks of the
    pairs in the list are taken anew among the rows that have both, as the coefficient demands.
    """
    if frame.width < 2:
        return Compared()
    names = frame.columns
    ranks = _ranks(frame)
    if len(names) > WIDEST:
        chosen = screening.strongest(screening.best_partners(ranks), screening.KEPT)
        names, ranks = [names[place] for place in chosen.tolist()], ranks[:, chosen]
    matrix, counts = screening.pairwise(ranks)
    strength = np.round(above_diagonal(matrix), DIGITS)
    strength[counts < LEAST_ROWS] = np.nan
    is_whole = bool(np.isfinite(ranks).all())
    lefts, rights, pairs = strongest(strength, limit if is_whole else SPARE * limit)
    listed = [
        Relation(names[left], names[right], _of_common(ranks[:, left], ranks[:, right]), n)
        for left, right, n in zip(
            lefts.tolist(), rights.tolist(), counts[lefts, rights].tolist(), strict=True
        )
    ]
    listed.sort(key=lambda found: -abs(found.strength))  # stable: ties stay in column order
    kept = tuple(found for found in listed if np.isfinite(found.strength))[:limit]
    return Compared(kept, pairs, frame.width, len(names))


def _ranks(frame: pl.DataFrame) -> Matrix:
    """Ranks from 1 in each column, ties at their mean; NaN where a cell is no finite number."""
    floats = pl.selectors.float()
    finite = frame.with_columns(pl.when(floats.is_finite()).then(floats))
    return screening.reals(finite.select(pl.all().rank("average")))


def _of_common(left: Matrix, right: Matrix) -> float:
    both = np.isfinite(left) & np.isfinite(right)
    common = pl.DataFrame({"left": left[both], "right": right[both]})
    matrix, _ = screening.pairwise(_ranks(common))
    return round(float(matrix[0, 1]), DIGITS)
