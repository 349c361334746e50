"""Strongest: the largest entries of a matrix, picked without sorting all of them."""

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.intp]


def strongest(strength: npt.NDArray[np.float64], limit: int) -> tuple[Places, Places, int]:
    """Rows and columns of the `limit` largest entries, largest first, and how many there are.

    NaN is no entry. Equal entries keep the order of the matrix, row by row.

    >>> rows, columns, entries = strongest(np.array([[1.0, 3.0], [np.nan, 2.0]]), 2)
    >>> rows.tolist(), columns.tolist(), entries
    ([0, 1], [1, 1], 3)
    """
    flat = np.where(np.isnan(strength), -1.0, strength).ravel()
    entries = int((flat >= 0).sum())
    if entries > limit:
        weakest = np.partition(flat, flat.size - limit)[flat.size - limit]
        above = np.flatnonzero(flat > weakest)
        equal = np.flatnonzero(flat == weakest)[: limit - above.size]
        chosen = np.concatenate([above, equal])
    else:
        chosen = np.flatnonzero(flat >= 0)
    order = chosen[np.lexsort((chosen, -flat[chosen]))]
    rows, columns = np.unravel_index(order, strength.shape)
    return rows, columns, entries


def above_diagonal(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Absolute values of the pairs (i, j) with i < j; all else is NaN."""
    return np.where(np.tri(len(matrix), dtype=bool), np.nan, np.abs(matrix))
