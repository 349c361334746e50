"""Co-moments: what Pearson's correlation of every two numeric columns needs, over all rows."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.statistics.column_view import ColumnView
from pipelines.statistics.encoding import offsets
from pipelines.statistics.table_view import TableView

Matrix = npt.NDArray[np.float64]

SMALL, LARGE = 2.0**-200, 2.0**200  # of numbers between them, products are floats
WIDEST = 1000  # numeric columns; of more, a matrix costs more than the rest of the pass


@dataclass(frozen=True, slots=True)
class CoMoments:
    """For each pair of columns, over the rows where both are finite numbers.

    `n[i, j]` rows, `mean[i, j]` the mean of column i there, as an offset from `pivot[i]`,
    `square[i, j]` the sum of its squared distances from that mean, `product[i, j]` that of the
    products of both columns' distances. Where no row lacks a value, `n` is 1 by 1 and `mean` and
    `square` have one column. Merging is Chan's, pair by pair. All but the pivot is in units of
    2**`power[i]`, which is 0 unless squares of the column's numbers are no floats.
    """

    name: ClassVar[str] = "comoments"

    columns: tuple[str, ...] = ()
    n: Matrix | None = None
    pivot: Matrix | None = None
    mean: Matrix | None = None
    square: Matrix | None = None
    product: Matrix | None = None
    power: Matrix | None = None

    @classmethod
    def of(cls, view: TableView) -> Self:
        numeric = [column for column in view.columns if column.encoding.is_numeric]
        names = tuple(column.series.name for column in numeric)
        if not 2 <= len(names) <= WIDEST:
            return cls()
        if not view.frame.height:
            return cls(names)
        x = np.empty((len(names), view.frame.height))
        pivot, power = np.empty((len(names), 1)), np.empty((len(names), 1))
        with np.errstate(all="ignore"):
            for row, (column, cells) in enumerate(zip(numeric, x, strict=True)):
                pivot[row], power[row] = _fill(cells, column)
            known = np.isfinite(x)
            found = _complete(x) if known.all() else _partial(x, known)
        n, mean, square, product = found
        return cls(names, n, pivot, mean, square, product, power)

    def merge(self, other: Self) -> Self:
        if self.n is None or self.pivot is None:
            return other if other.columns else self
        if other.n is None or other.pivot is None:
            return self
        power = np.maximum(self._power, other._power)
        mean, square, product = self._in(power)
        other_mean, other_square, other_product = other._in(power)
        by = -_whole(power)
        with np.errstate(all="ignore"):
            n = self.n + other.n
            share = np.divide(other.n, n, out=np.zeros_like(n), where=n > 0)
            weight = self.n * share
            apart = np.ldexp(other.pivot, by) - np.ldexp(self.pivot, by)
            delta = apart + other_mean - mean
            return type(self)(
                self.columns,
                n,
                self.pivot,
                mean + delta * share,
                square + other_square + delta * delta * weight,
                product + other_product + delta * delta.T * weight,
                power,
            )

    @property
    def _power(self) -> Matrix:
        return np.zeros((len(self.columns), 1)) if self.power is None else self.power

    def _in(self, power: Matrix) -> tuple[Matrix, Matrix, Matrix]:
        """The mean, squares and products in units of 2**power."""
        assert self.mean is not None
        assert self.square is not None
        assert self.product is not None
        by = _whole(self._power) - _whole(power)
        if not by.any():
            return self.mean, self.square, self.product
        mean, square = np.ldexp(self.mean, by), np.ldexp(self.square, 2 * by)
        return mean, square, np.ldexp(self.product, by + by.T)

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


def _fill(cells: Matrix, column: ColumnView) -> tuple[float, float]:
    """The cells as offsets from the first number; what is null is NaN. Returns pivot and power.

    Decimals count in units of their last digit. Integers beyond 2**53 would be cut as floats.
    """
    if column.word != "number":
        codes = column.codes
        pivot = float(codes[0]) if len(codes) else 0.0
        cells[:] = np.nan
        cells[~column.nulls if column.null_count else slice(None)] = offsets(codes, int(pivot))
        return pivot, 0.0
    cells[:] = column.series.cast(pl.Float64).to_numpy()
    first = float(cells[np.isfinite(cells).argmax()])
    pivot, power = first if np.isfinite(first) else 0.0, _power_of(cells)
    by = -int(power) if np.isfinite(power) else 0
    if by:
        np.ldexp(cells, by, out=cells)
    cells -= np.ldexp(pivot, by)
    return pivot, power


def _power_of(cells: Matrix) -> float:
    """The power of two that suits the largest number; -inf of zeros, so that others are taken."""
    low, high = cells.min(), cells.max()
    if not np.isfinite(low + high):
        finite = cells[np.isfinite(cells)]
        low, high = finite.min(initial=0.0), finite.max(initial=0.0)
    largest = max(-low, high)
    if SMALL < largest < LARGE:
        return 0.0
    return float(np.frexp(largest)[1]) if largest else -np.inf


def _whole(power: Matrix) -> npt.NDArray[np.int64]:
    return np.where(np.isfinite(power), power, 0.0).astype(np.int64)


def _complete(x: Matrix) -> tuple[Any, ...]:
    mean = x.mean(axis=1)[:, None]
    x -= mean
    product = x @ x.T
    square = np.diagonal(product)[:, None].copy()
    return np.full((1, 1), float(x.shape[1])), mean, square, product


def _partial(x: Matrix, known: npt.NDArray[np.bool_]) -> tuple[Any, ...]:
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
    return n, centre + mean, np.maximum(square, 0.0), product
