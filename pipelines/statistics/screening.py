"""Screening: which of very many columns correlate, from the row sample, never all pairs at once."""

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.statistics.comoments import WIDEST
from pipelines.statistics.encoding import Codes, Encoding, offsets

Matrix = npt.NDArray[np.float64]
Single = npt.NDArray[np.float32]

BLOCK = 1024
KEPT = 400  # columns that are left; those of the 200 strongest pairs are always among them
SLACK = 6.0  # standard errors that chance may add to the best of millions of pairs
LEAST_ROWS = 10  # of which some cells are missing; Fisher's z is no good approximation of fewer
LEAST_SPREAD = 1e-5  # of a column's variance: less, on the common rows, is single precision's noise


def is_due(schema: pl.Schema) -> bool:
    return sum(dtype.is_numeric() for dtype in schema.dtypes()) > WIDEST


def screened(sample: pl.DataFrame) -> tuple[tuple[str, ...], Matrix, npt.NDArray[np.int64]]:
    """The columns with the strongest partner, their correlations and the rows behind each.

    Correlations are those of the rows where both columns have a value.
    """
    numeric = sample.select(pl.selectors.numeric())
    chosen = strongest(best_partners(reals(numeric)), KEPT).tolist()
    kept = numeric[:, chosen]
    return tuple(kept.columns), *pairwise(reals(kept))


def strongest(scores: Matrix, limit: int) -> npt.NDArray[np.intp]:
    """Where the largest finite scores stand, in ascending order of place."""
    order = np.argsort(-scores, kind="stable")[:limit]
    return np.sort(order[np.isfinite(scores[order])])


def reals(frame: pl.DataFrame) -> Matrix:
    """A row for each row, as offsets from a column's first number; what is no number is NaN.

    Whether columns go together does not depend on where they lie, but their digits do.
    """
    found = np.full((frame.height, frame.width), np.nan, order="F")
    for place, column in enumerate(frame.iter_columns()):
        there, codes = _numbers(column)
        if len(codes):
            found[there, place] = offsets(codes, codes[:1].tolist()[0])
    return found


def _numbers(column: pl.Series) -> tuple[npt.NDArray[np.bool_], Codes]:
    """Which cells hold a finite number, and these; without expressions, which wide tables feel."""
    if column.dtype.is_float():
        reals = column.cast(pl.Float64).to_numpy()
        known = np.isfinite(reals)
        return known, reals[known] + 0.0
    if not column.null_count():
        return np.ones(len(column), np.bool_), Encoding.of(column.dtype).codes(column)
    values = column.alias("")  # polars takes some names for patterns
    there = values.is_not_null()
    return there.to_numpy(), Encoding.of(column.dtype).codes(values.filter(there))


def best_partners(x: Matrix) -> Matrix:
    """How surely each column of `x` (rows by columns, NaN is missing) correlates with another.

    The score is Fisher's z of the strongest correlation less six of its standard errors (1921),
    so that a few common rows that happen to lie on a line do not pass for a strong pair; -inf
    where a column has no partner. Columns meet block by block in single precision: work grows with
    the square of the columns, memory does not.
    """
    z, known = standardised(x)
    scores = np.full(z.shape[1], -np.inf)
    whole = np.asarray(known.all(axis=0))
    for left in range(0, len(scores), BLOCK):
        for right in range(left, len(scores), BLOCK):
            one, two = slice(left, left + BLOCK), slice(right, right + BLOCK)
            is_whole = whole[one].all() and whole[two].all()
            if is_whole:  # one number of rows, so the strongest is the surest
                found = np.abs(z[:, one].T @ z[:, two])
            else:
                found = _partial(z[:, one], z[:, two], known[:, one], known[:, two])
            if left == right:
                np.fill_diagonal(found, 0.0 if is_whole else -np.inf)
            for place, best in ((one, found.max(axis=1)), (two, found.max(axis=0))):
                sure = _surely(best, np.float32(len(z))) if is_whole else best
                scores[place] = np.maximum(scores[place], sure)
    scores[~z.any(axis=0)] = -np.inf
    return np.round(scores, 4)  # what lies beyond depends on how many threads multiply


def pairwise(x: Matrix) -> tuple[Matrix, npt.NDArray[np.int64]]:
    """Pearson's r of every two columns over the rows that have both, and how many those are."""
    known = np.isfinite(x)
    there = known.astype(np.float64)
    with np.errstate(all="ignore"):
        x = np.where(known, x - np.where(known, x, 0.0).sum(axis=0) / there.sum(axis=0), 0.0)
        n = there.T @ there
        total = x.T @ there
        square = np.maximum((x * x).T @ there - total * total / n, 0.0)
        product = x.T @ x - total * total.T / n
        r = product / np.sqrt(square * square.T)
    return np.where(np.isfinite(r), np.clip(r, -1.0, 1.0), np.nan), n.astype(np.int64)


def standardised(x: Matrix) -> tuple[Single, npt.NDArray[np.bool_]]:
    """Columns of mean 0 and length 1, missing cells and columns without spread as 0."""
    known = np.isfinite(x)
    n = np.maximum(known.sum(axis=0), 1)
    with np.errstate(all="ignore"):
        filled = np.where(known, x, 0.0)
        filled = np.where(known, filled - filled.sum(axis=0) / n, 0.0)
        filled /= np.maximum(np.abs(filled).max(axis=0, initial=0.0), np.finfo(float).tiny)
        norm = np.sqrt((filled * filled).sum(axis=0))
        return np.nan_to_num(filled / np.where(norm > 0, norm, 1.0)).astype(np.float32), known


def _partial(
    one: Single, two: Single, known: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]
) -> Single:
    """The scores of two blocks some of whose cells are missing."""
    here, there = known.astype(np.float32).T, other.astype(np.float32)
    with np.errstate(all="ignore"):
        n = here @ there
        ours, theirs = one.T @ there, here @ two
        our_square, their_square = (one * one).T @ there, here @ (two * two)
        our_spread = our_square - ours * ours / n
        their_spread = their_square - theirs * theirs / n
        r = (one.T @ two - ours * theirs / n) / np.sqrt(our_spread * their_spread)
    flat = (our_spread <= LEAST_SPREAD * our_square) | (their_spread <= LEAST_SPREAD * their_square)
    r[flat | (n < LEAST_ROWS)] = np.nan
    return _surely(r, n)


def _surely(r: Single, n: Single | np.float32) -> Single:
    with np.errstate(all="ignore"):
        z = np.arctanh(np.minimum(np.abs(r), np.float32(1 - 1e-6)))
        z -= np.float32(SLACK) / np.sqrt(n - np.float32(3))
    return np.where(np.isfinite(z) & (n > 3), z, np.float32(-np.inf))
