"""Moments: sum, mean, variance, skewness and kurtosis of the finite values."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from pipelines.statistics.column_view import ColumnView
from pipelines.statistics.encoding import Encoding, finite, offsets
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


FAR = 1000  # deviations from 0, from which on the last bit of the mean shows
SMALL, LARGE = 2.0**-200, 2.0**200  # between them, fourth powers are exact enough, and finite


@dataclass(frozen=True, slots=True)
class Moments:
    """The sum, exactly, and the second to fourth powers of the distances from the mean.

    Merging follows Pebay (2008), after Chan, Golub and LeVeque (1979). The mean is kept as an
    offset from a pivot, one of the values: near 1e9 a float has too few digits left for the
    differences between the means of parts. `offset` and distances are in units of 2**`power`, for
    the fourth powers of very large and very small distances are no floats. Variance and stddev are
    those of a sample (n - 1); skewness is g1 and kurtosis g2, the excess, of the population.

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
    power: int = 0

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
            shifted, power = _shifted(values, pivot)
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
                power,
            )

    def merge(self, other: Self) -> Self:
        if not other.n:
            return self
        if not self.n:
            return other
        n = self.n + other.n
        a, b = self.n / n, other.n / n
        power = _common(self, other)
        offset, m2, m3, m4 = self._in(power)
        other_offset, p2, p3, p4 = other._in(power)
        delta = _apart(self.pivot, other.pivot, power) + (other_offset - offset)
        d = delta * delta * self.n * b
        return type(self)(
            self.encoding,
            n,
            _add(self.sum, other.sum),
            self.pivot,
            offset + delta * b,
            m2 + p2 + d,
            m3 + p3 + d * delta * (a - b) + 3 * delta * (a * p2 - b * m2),
            m4
            + p4
            + d * delta * delta * (a * a - a * b + b * b)
            + 6 * delta * delta * (a * a * p2 + b * b * m2)
            + 4 * delta * (a * p3 - b * m3),
            power,
        )

    @property
    def size(self) -> int | None:
        """The power of two next above the offset and the distances; None where all are 0."""
        largest = max(abs(self.offset), math.sqrt(max(0.0, self.m2)))
        return math.frexp(largest)[1] + self.power if largest else None

    def _in(self, power: int) -> tuple[float, float, float, float]:
        """The offset and the sums in units of 2**power."""
        if power == self.power:
            return self.offset, self.m2, self.m3, self.m4
        by = self.power - power
        sums = enumerate((self.offset, self.m2, self.m3, self.m4), 1)
        offset, m2, m3, m4 = (math.ldexp(value, by * degree) for degree, value in sums)
        return offset, m2, m3, m4

    def result(self) -> dict[str, Any]:
        if not self.n:
            return dict.fromkeys(NAMES)
        unit = 10.0**-self.encoding.scale
        square = max(0.0, self.m2) / (self.n - 1) * unit * unit if self.n > 1 else None
        spread = self.m2 / self.n
        skewed = kurtosis = None
        if spread > 0 and math.isfinite(spread * spread) and spread * spread > 0:
            skewed = self.m3 / self.n / (spread * math.sqrt(spread))
            kurtosis = self.m4 / self.n / (spread * spread) - 3
        mean = finite(self._mean())
        variance = None if square is None else _scaled(square, 2 * self.power)
        stddev = None if square is None else _scaled(math.sqrt(square), self.power)
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

    @property
    def rest(self) -> float:
        """What the mean is more than the float that is told of it.

        0 where no deviation would show it: beside numbers that reach from 0 to a thousand
        deviations and not farther.
        """
        mean, deviation = self._mean(), math.sqrt(max(0.0, self.m2) / self.n) if self.n else 0.0
        reach = abs(mean) * 10**self.encoding.scale
        if not math.isfinite(reach) or reach <= FAR * math.ldexp(deviation, self.power):
            return 0.0
        return float(self._exact() - Fraction(mean))

    def _sum(self) -> Any:
        if isinstance(self.sum, ExactSum):
            return finite(self.sum.value)
        return self.encoding.decode(np.array([self.sum], dtype=object))[0]

    def _mean(self) -> float:
        return float(self._exact()) if self.n else 0.0

    def _exact(self) -> Fraction:
        exact: Fraction = self.sum.exact if isinstance(self.sum, ExactSum) else Fraction(self.sum)
        whole: int = self.n * 10**self.encoding.scale
        return exact / whole


def _shifted(values: npt.NDArray[Any], pivot: float) -> tuple[npt.NDArray[np.float64], int]:
    """Ordered values as offsets from the pivot, in units of a power of two that suits them."""
    shifted = offsets(values, pivot)
    power = _suiting(max(-float(shifted[0]), float(shifted[-1])))
    if not power:
        return shifted, 0
    return np.ldexp(values, -power) - math.ldexp(pivot, -power), power


def _suiting(largest: float) -> int:
    """Of which power of two to measure distances; 1 where their fourth powers are floats so."""
    if not largest or SMALL < largest < LARGE:
        return 0
    return math.frexp(largest)[1] if math.isfinite(largest) else 1025


def _common(one: Moments, two: Moments) -> int:
    """The power that suits both, and how far they are apart."""
    between = _apart(one.pivot, two.pivot, 0)
    if not one.power and not two.power and (not between or SMALL < abs(between) < LARGE):
        return 0
    halves = math.frexp(_apart(one.pivot, two.pivot, 2))
    sizes = (one.size, two.size, halves[1] + 2 if halves[0] else None)
    largest = max((size for size in sizes if size is not None), default=0)
    return 0 if SMALL < 2.0 ** min(max(largest, -1000), 1000) < LARGE else largest


def _apart(one: float, two: float, power: int) -> float:
    """How far two pivots are apart, in units of 2**power."""
    if not power or isinstance(one, int):
        return math.ldexp(float(two - one), -power)
    return math.ldexp(two, -power) - math.ldexp(one, -power)


def _scaled(value: float, power: int) -> float | None:
    """The value times 2**power; None where no float is so large."""
    try:
        return finite(math.ldexp(value, power))
    except OverflowError:
        return None


def _add(a: ExactSum | int, b: ExactSum | int) -> ExactSum | int:
    if isinstance(a, ExactSum) and isinstance(b, ExactSum):
        return a.merge(b)
    assert isinstance(a, int)
    assert isinstance(b, int)
    return a + b
