"""Exact: figures of numbers by arithmetic without rounding, by their definitions in docs/."""

import math
from collections.abc import Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

DIGITS = 60
PERCENTS = (1, 5, 25, 50, 75, 95, 99)


def scaled(values: Sequence[Any]) -> tuple[list[int], Fraction]:
    """Finite numbers of one kind as whole multiples of one unit."""
    if isinstance(values[0], int):
        return list(values), Fraction(1)
    if isinstance(values[0], float):
        ratios = [value.as_integer_ratio() for value in values]
        deepest = max(bottom.bit_length() for _, bottom in ratios) - 1
        whole = [top << (deepest - bottom.bit_length() + 1) for top, bottom in ratios]
        return whole, Fraction(1, 1 << deepest)
    places = max(-int(value.as_tuple().exponent) for value in values)
    with localcontext() as context:
        context.prec = 120
        return [int(Decimal(value).scaleb(places)) for value in values], Fraction(10) ** -places


class Moments:
    """Sum, mean, sample variance, population skewness g1 and excess kurtosis g2."""

    def __init__(self, whole: Sequence[int], unit: Fraction) -> None:
        n = len(whole)
        pivot = sorted(whole)[n // 2]
        sums = [0, 0, 0, 0]
        for value in whole:
            d = value - pivot
            square = d * d
            sums[0] += d
            sums[1] += square
            sums[2] += square * d
            sums[3] += square * square
        s1, s2, s3, s4 = (Fraction(s) for s in sums)
        m = s1 / n
        self.total = (s1 + n * pivot) * unit
        self.mean = self.total / n
        c2 = s2 - n * m * m
        c3 = s3 - 3 * m * s2 + 2 * n * m**3
        c4 = s4 - 4 * m * s3 + 6 * m * m * s2 - 3 * n * m**4
        self.variance = c2 / (n - 1) * unit * unit if n > 1 else None
        self.stddev = None if self.variance is None else root(self.variance)
        self.skewness = self.kurtosis = None
        if c2 > 0:
            self.skewness = c3 / n / (c2 / n * root(c2 / n))
            self.kurtosis = (c4 / n) / (c2 / n) ** 2 - 3


def root(value: Fraction) -> Fraction:
    """A square root to 60 digits and more."""
    if not value:
        return Fraction(0)
    shift = 2 * DIGITS * 4 + max(0, value.denominator.bit_length() - value.numerator.bit_length())
    shift += shift % 2
    return Fraction(math.isqrt((value.numerator << shift) // value.denominator), 1 << shift // 2)


def quantile(ordered: Sequence[int], share: Fraction) -> Fraction:
    """Linear interpolation between the two ranks around it (numpy's default)."""
    rank = share * (len(ordered) - 1)
    below = rank.numerator // rank.denominator
    low, high = ordered[below], ordered[min(below + 1, len(ordered) - 1)]
    return low + (high - low) * (rank - below)


def quantiles(ordered: Sequence[int], unit: Fraction) -> dict[str, Fraction]:
    return {f"p{p}": quantile(ordered, Fraction(p, 100)) * unit for p in PERCENTS}


def mad(ordered: Sequence[int], unit: Fraction) -> Fraction:
    """The median distance from the median."""
    twice = int(2 * quantile(ordered, Fraction(1, 2)))
    distances = sorted(abs(2 * value - twice) for value in ordered)
    return quantile(distances, Fraction(1, 2)) * unit / 2


def pearson(left: Sequence[Any], right: Sequence[Any]) -> Fraction | None:
    """Pearson's r of two columns of the same rows."""
    a, b = scaled(left)[0], scaled(right)[0]
    n, pa, pb = len(a), a[len(a) // 2], b[len(b) // 2]
    a, b = [x - pa for x in a], [x - pb for x in b]
    sa, sb = sum(a), sum(b)
    saa, sbb = n * sum(x * x for x in a) - sa * sa, n * sum(x * x for x in b) - sb * sb
    sab = n * sum(x * y for x, y in zip(a, b, strict=True)) - sa * sb
    if not saa or not sbb:
        return None
    return Fraction(sab) / root(Fraction(saa) * sbb)
