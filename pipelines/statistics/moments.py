"""Moments: sum, mean, variance, skewness and kurtosis of the finite values."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from pipelines.statistics.column_view import ColumnView
from pipelines.statistics.encoding import Encoding, finite
from pipelines.statistics.exact_sum import ExactSum, total

NAMES = (
    "sum",
    "mean",
    "variance",
    "stddev",
    "coefficientOfVariation",
    "skewness",
    "kurtosis",
)


@dataclass(frozen=True, slots=True)
class Moments:
    """The sum, exactly, and the second to fourth powers of the distances from the mean.

    Merging follows Pebay (2008), after Chan, Golub and LeVeque (1979). The mean is kept as an
    offset from a pivot, one of the values: near 1e9 a float has too few digits left for the
    differences between the means of parts. Variance and stddev are those of a sample (n - 1);
    skewness is g1 and kurtosis g2, the excess, of the population.

    >>> from pipelines.statistics.budget import Budget
    >>> import polars as pl
    >>> view = ColumnView(pl.Series([1, 2, 3, None]), Budget())
    >>> {name: Moments.of(view).result()[name] for name in ("sum", "mean", "stddev")}
    {'sum': 6, 'mean': 2.0, 'stddev': 1.0}
    """

    name: ClassVar[str] = "moments"

    encoding: Encoding
    n: int = 0
    sum: ExactSum | int = 0
    pivot: float | int = 0
    offset: float = 0.0
    m2: float = 0.0
    m3: float = 0.0
    m4: float = 0.0

    @classmethod
    def of(cls, view: ColumnView) -> Self:
        runs = view.runs.finite()
        values, counts = runs.values, runs.counts
        is_float = values.dtype == np.float64
        if not len(values):
            return cls(view.encoding, sum=ExactSum() if is_float else 0)
        n, pivot = runs.total, values[len(values) // 2 :][:1].tolist()[0]
        weights = counts.astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            shifted = _shift(values, pivot)
            offset = float(np.einsum("i,i->", shifted, weights)) / n
            e = shifted - offset
            square = e * e
            weighted = square * weights
            slip = float(np.einsum("i,i->", e, weights))
            return cls(
                view.encoding,
                n,
                ExactSum.of(values, counts) if is_float else total(values, counts),
                pivot,
                offset,
                float(weighted.sum()) - slip * slip / n,
                float((weighted * e).sum()),
                float((weighted * square).sum()),
            )

    def merge(self, other: Self) -> Self:
        if not other.n:
            return self
        if not self.n:
            return other
        n = self.n + other.n
        a, b = self.n / n, other.n / n
        delta = _difference(other.pivot, self.pivot) + (other.offset - self.offset)
        m2, m3 = self.m2, self.m3
        p2, p3 = other.m2, other.m3
        d = delta * delta * self.n * b
        return type(self)(
            self.encoding,
            n,
            _add(self.sum, other.sum),
            self.pivot,
            self.offset + delta * b,
            m2 + p2 + d,
            m3 + p3 + d * delta * (a - b) + 3 * delta * (a * p2 - b * m2),
            self.m4
            + other.m4
            + d * delta * delta * (a * a - a * b + b * b)
            + 6 * delta * delta * (a * a * p2 + b * b * m2)
            + 4 * delta * (a * p3 - b * m3),
        )

    def result(self) -> dict[str, Any]:
        if not self.n:
            return dict.fromkeys(NAMES)
        unit = 10.0**-self.encoding.scale
        variance = finite(self.m2 / (self.n - 1) * unit * unit if self.n > 1 else None)
        spread = self.m2 / self.n
        skewed = kurtosis = None
        if spread > 0 and math.isfinite(spread * spread) and spread * spread > 0:
            skewed = self.m3 / self.n / (spread * math.sqrt(spread))
            kurtosis = self.m4 / self.n / (spread * spread) - 3
        mean = finite(self._mean())
        stddev = None if variance is None else math.sqrt(max(0.0, variance))
        relative = stddev / abs(mean) if stddev is not None and mean else None
        return {
            "sum": self._sum(),
            "mean": mean,
            "variance": variance,
            "stddev": stddev,
            "coefficientOfVariation": finite(relative),
            "skewness": finite(skewed),
            "kurtosis": finite(kurtosis),
        }

    def _sum(self) -> Any:
        if isinstance(self.sum, ExactSum):
            return finite(self.sum.value)
        return self.encoding.decode(np.array([self.sum], dtype=object))[0]

    def _mean(self) -> float:
        exact = self.sum.exact if isinstance(self.sum, ExactSum) else Fraction(self.sum)
        return float(exact / (self.n * 10**self.encoding.scale))


def _shift(values: npt.NDArray[Any], pivot: float) -> npt.NDArray[np.float64]:
    narrow = values.dtype != np.int64 or int(values[-1]) - int(values[0]) < 2**63
    shifted = values - pivot if narrow else values.astype(object) - pivot
    return shifted.astype(np.float64)


def _difference(a: float, b: float) -> float:
    difference = float(a - b)
    return difference if math.isfinite(difference) else 0.0


def _add(a: ExactSum | int, b: ExactSum | int) -> ExactSum | int:
    if isinstance(a, ExactSum) and isinstance(b, ExactSum):
        return a.merge(b)
    assert isinstance(a, int)
    assert isinstance(b, int)
    return a + b
