"""Co-moments: what Pearson's correlation of every two numeric columns needs, over all rows."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.statistics.table_view import TableView

Matrix = npt.NDArray[np.float64]

WIDEST = 1000  # numeric columns; of more, a matrix costs more than the rest of the pass


@dataclass(frozen=True, slots=True)
class CoMoments:
    """For each pair of columns, over the rows where both are finite numbers.

    `n[i, j]` rows, `mean[i, j]` the mean of column i there, as an offset from `pivot[i]`,
    `square[i, j]` the sum of its squared distances from that mean, `product[i, j]` that of the
    products of both columns' distances. Where no row lacks a value, `n` is 1 by 1 and `mean` and
    `square` have one column. Merging is Chan's, pair by pair.
    """

    name: ClassVar[str] = "comoments"

    columns: tuple[str, ...] = ()
    n: Matrix | None = None
    pivot: Matrix | None = None
    mean: Matrix | None = None
    square: Matrix | None = None
    product: Matrix | None = None

    @classmethod
    def of(cls, view: TableView) -> Self:
        numeric = [column for column in view.columns if column.encoding.is_numeric]
        names = tuple(column.series.name for column in numeric)
        if not 2 <= len(names) <= WIDEST:
            return cls()
        if not view.frame.height:
            return cls(names)
        x = np.empty((len(names), view.frame.height))
        for row, column in zip(x, numeric, strict=True):
            row[:] = column.series.cast(pl.Float64).to_numpy()
        known = np.isfinite(x)
        pivot = x[np.arange(len(names)), known.argmax(axis=1)]
        pivot = np.where(np.isfinite(pivot), pivot, 0.0)[:, None]
        with np.errstate(all="ignore"):
            x -= pivot
            return cls(names, *(_complete(x, pivot) if known.all() else _partial(x, known, pivot)))

    def merge(self, other: Self) -> Self:
        if self.n is None or self.pivot is None:
            return other if other.columns else self
        if other.n is None or other.pivot is None:
            return self
        assert self.mean is not None
        assert self.square is not None
        assert self.product is not None
        assert other.mean is not None
        assert other.square is not None
        assert other.product is not None
        with np.errstate(all="ignore"):
            n = self.n + other.n
            share = np.divide(other.n, n, out=np.zeros_like(n), where=n > 0)
            weight = self.n * share
            delta = (other.pivot - self.pivot) + other.mean - self.mean
            return type(self)(
                self.columns,
                n,
                self.pivot,
                self.mean + delta * share,
                self.square + other.square + delta * delta * weight,
                self.product + other.product + delta * delta.T * weight,
            )

    def correlation(self) -> Matrix:
        """Pearson's r; NaN where a column is constant or the rows are fewer than two."""
        k = len(self.columns)
        if self.square is None or self.product is None:
            return np.full((k, k), np.nan)
        with np.errstate(all="ignore"):
            scale = np.sqrt(self.square) * np.sqrt(self.square.T)
            r = np.where(scale > 0, np.clip(self.product / scale, -1.0, 1.0), np.nan)
        diagonal = np.diagonal(r)
        np.fill_diagonal(r, np.where(np.isfinite(diagonal), 1.0, np.nan))
        symmetric: Matrix = (r + r.T) / 2
        return symmetric

    def pair_counts(self) -> npt.NDArray[np.int64]:
        shape = (len(self.columns), len(self.columns))
        n = np.zeros((1, 1)) if self.n is None else self.n
        return np.broadcast_to(n, shape).astype(np.int64)


def _complete(x: Matrix, pivot: Matrix) -> tuple[Any, ...]:
    mean = x.mean(axis=1)[:, None]
    x -= mean
    product = x @ x.T
    square = np.diagonal(product)[:, None].copy()
    return np.full((1, 1), float(x.shape[1])), pivot, mean, square, product


def _partial(x: Matrix, known: npt.NDArray[np.bool_], pivot: Matrix) -> tuple[Any, ...]:
    there = known.astype(np.float64)
    x[~known] = 0.0
    centre = (x.sum(axis=1) / np.maximum(there.sum(axis=1), 1.0))[:, None]
    x -= centre
    x *= there
    n = there @ there.T
    total = x @ there.T
    mean = np.divide(total, n, out=np.zeros_like(n), where=n > 0)
    square = (x * x) @ there.T - total * mean
    product = x @ x.T - total * mean.T
    return n, pivot, centre + mean, np.maximum(square, 0.0), product
