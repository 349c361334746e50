"""Screening: which of very many columns correlate, from the row sample."""

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.statistics.comoments import WIDEST

Matrix = npt.NDArray[np.float64]

BLOCK = 1024


def is_due(schema: pl.Schema) -> bool:
    return sum(dtype.is_numeric() for dtype in schema.dtypes()) > WIDEST


def screened(sample: pl.DataFrame) -> tuple[tuple[str, ...], Matrix, npt.NDArray[np.int64]]:
    """The columns with the strongest partner, their correlations and the rows behind each.

    Columns are compared block by block in float32, so that no matrix of all pairs is ever held.
    A null counts as the mean of its column while screening; the correlations that are returned
    are those of the rows where both columns have a value.
    """
    numeric = sample.select(pl.selectors.numeric())
    scores = _strongest(_standardised(numeric))
    chosen = np.sort(np.argsort(-scores, kind="stable")[:WIDEST])
    names = tuple(numeric.columns[index] for index in chosen)
    return names, *_pairwise(_reals(numeric.select(names)))


def _reals(frame: pl.DataFrame) -> Matrix:
    reals = frame.cast(pl.Float64).to_numpy().copy()
    reals[~np.isfinite(reals)] = np.nan
    return reals


def _standardised(frame: pl.DataFrame) -> npt.NDArray[np.float32]:
    x = _reals(frame)
    known = np.isfinite(x)
    n = np.maximum(known.sum(axis=0), 1)
    with np.errstate(all="ignore"):
        x = np.where(known, x, 0.0)
        x = np.where(known, x - x.sum(axis=0) / n, 0.0)
        norm = np.sqrt((x * x).sum(axis=0))
        return np.nan_to_num(x / np.where(norm > 0, norm, 1.0)).astype(np.float32)


def _strongest(z: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The largest absolute correlation of each column with another."""
    width = z.shape[1]
    best = np.zeros(width, np.float32)
    for left in range(0, width, BLOCK):
        for right in range(left, width, BLOCK):
            r = np.abs(z[:, left : left + BLOCK].T @ z[:, right : right + BLOCK])
            if left == right:
                np.fill_diagonal(r, 0.0)
            rows, columns = r.shape
            best[left : left + rows] = np.maximum(best[left : left + rows], r.max(axis=1))
            best[right : right + columns] = np.maximum(best[right : right + columns], r.max(axis=0))
    return best


def _pairwise(x: Matrix) -> tuple[Matrix, npt.NDArray[np.int64]]:
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
