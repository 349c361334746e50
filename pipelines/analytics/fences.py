"""Fences: beyond which values of a column are far from the others, by three methods."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.profile import ColumnProfile
from pipelines.statistics.encoding import LARGEST

Method = Literal["zscore", "tukey", "mad"]
Reals = npt.NDArray[np.float64]

STEADY = 0.6745  # the MAD of a normal distribution, in standard deviations


@dataclass(frozen=True, slots=True)
class Spread:
    """Where a numeric column lies; `count` is of its finite values.

    The mean is that with `rest`, for which its float has no digits left. Integers that no float
    holds are measured from `pivot`, from which they are subtracted before they become floats.
    """

    column: str
    count: int
    mean: float
    stddev: float
    minimum: float
    maximum: float
    rest: float = 0.0
    pivot: int = 0

    @property
    def centre(self) -> float:
        """The mean as a distance from the pivot; the rest is left to the caller."""
        return _apart(self.mean, self.pivot)

    def distance(self, values: pl.Expr) -> pl.Expr:
        """How far values of the column lie from the pivot."""
        whole = values.cast(pl.Int128) - self.pivot if self.pivot else values
        return whole.cast(pl.Float64)

    def distances(self, values: pl.Series) -> Reals:
        return values.alias("x").to_frame().select(self.distance(pl.col("x")))["x"].to_numpy()

    @property
    def lower(self) -> float:
        return self.mean - THRESHOLDS["zscore"] * self.stddev

    @property
    def upper(self) -> float:
        return self.mean + THRESHOLDS["zscore"] * self.stddev


@dataclass(frozen=True, slots=True)
class Fence:
    """What a method takes for far: below `lower` or above `upper`, or there if `closed`.

    Scores count `unit`s from the nearer end of the middle (`low` to `high`, each with `rest`, for
    which a float so large has no digits left). An `estimated` fence stands where an estimate of
    its quantiles puts it.
    """

    method: Method
    low: float
    high: float
    unit: float
    closed: bool = False
    estimated: bool = False
    rest: float = 0.0

    @property
    def threshold(self) -> float:
        return THRESHOLDS[self.method]

    @property
    def lower(self) -> float:
        return self.low - self.threshold * self.unit

    @property
    def upper(self) -> float:
        return self.high + self.threshold * self.unit

    def reaches(self, minimum: float, maximum: float) -> bool:
        """Whether values between these may be far."""
        if self.closed:
            far = max(self.low - minimum + self.rest, maximum - self.high - self.rest)
            return far / self.unit >= self.threshold
        return minimum < self.lower or maximum > self.upper

    def about(self, pivot: int) -> "Fence":
        """The same for distances from a pivot."""
        return replace(self, low=_apart(self.low, pivot), high=_apart(self.high, pivot))

    def scores(self, values: Reals) -> Reals:
        """How many units each value lies outside of the middle; negative inside it."""
        below, above = self.low - values + self.rest, values - self.high - self.rest
        return np.maximum(below, above) / self.unit

    def holds(self, values: Reals) -> npt.NDArray[np.bool_]:
        """Which values are far."""
        if self.closed:
            return self.scores(values) >= self.threshold
        return (values < self.lower) | (values > self.upper)


def spread(column: ColumnProfile) -> Spread | None:
    """The spread of a numeric column; None where it has none to speak of."""
    if not column.is_numeric:
        return None
    named = ("mean", "stddev", "min", "max")
    mean, stddev, minimum, maximum = (number(column.figures.get(name)) for name in named)
    odd = sum(int(column.figures.get(name) or 0) for name in ("infinities", "nans"))
    count = column.non_null_count - odd
    if mean is None or not stddev or minimum is None or maximum is None or count < 1:
        return None
    is_long = column.type == "integer" and max(-minimum, maximum) > LARGEST
    pivot = int(mean) if is_long else 0
    whole = Spread(column.name, count, mean, stddev, minimum, maximum, column.mean_rest, pivot)
    return whole if np.isfinite([whole.lower, whole.upper]).all() else None


def fences(column: ColumnProfile) -> tuple[Fence, ...]:
    """The fences that values of the column cross, by its own minimum and maximum."""
    found = spread(column)
    if found is None:
        return ()
    made = (make(column, found) for make in _METHODS.values())
    return tuple(
        fence
        for fence in made
        if fence
        and np.isfinite([fence.unit, fence.lower, fence.upper]).all()
        and fence.reaches(found.minimum, found.maximum)
    )


def _apart(value: float, pivot: int) -> float:
    return float(Fraction(value) - pivot) if pivot else value


def number(value: Any) -> float | None:
    """A figure as a float; decimals and integers beyond 2^53 travel as text."""
    return None if value is None else float(value)


def _zscore(_: ColumnProfile, found: Spread) -> Fence | None:
    return Fence("zscore", found.mean, found.mean, found.stddev, closed=True, rest=found.rest)


def _tukey(column: ColumnProfile, _: Spread) -> Fence | None:
    """Tukey (1977): 1.5 interquartile ranges outside the quartiles."""
    quantiles = column.figures.get("quantiles") or {}
    low, high = number(quantiles.get("p25")), number(quantiles.get("p75"))
    between = number(column.figures.get("iqr"))  # nearer to it than the rounded quartiles tell
    if low is None or high is None or not between:
        return None
    return Fence("tukey", low, high, between, estimated=_is_estimated(column, "quantiles"))


def _mad(column: ColumnProfile, _: Spread) -> Fence | None:
    """Iglewicz and Hoaglin (1993): a modified z-score, 0.6745 (x - median) / MAD, beyond 3.5."""
    middle = number((column.figures.get("quantiles") or {}).get("p50"))
    mad = number(column.figures.get("mad"))
    if middle is None or not mad:
        return None
    return Fence("mad", middle, middle, mad / STEADY, estimated=_is_estimated(column, "mad"))


def _is_estimated(column: ColumnProfile, figure: str) -> bool:
    return figure in (column.figures.get("estimates") or {})


THRESHOLDS: Mapping[Method, float] = {"zscore": 3.0, "tukey": 1.5, "mad": 3.5}
_METHODS: Mapping[Method, Callable[[ColumnProfile, Spread], Fence | None]] = {
    "zscore": _zscore,
    "tukey": _tukey,
    "mad": _mad,
}
