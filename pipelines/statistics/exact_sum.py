"""Exact sum: the sum of floats as if it were computed with unlimited precision."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

import numpy as np
import numpy.typing as npt

LARGEST = 2.0**900  # beyond it the extraction itself would overflow


@dataclass(frozen=True, slots=True)
class ExactSum:
    """A sum as floats that do not overlap (Shewchuk, 1997): their exact sum is the sum.

    Extraction follows Rump, Ogita and Oishi (2008): adding and taking away a large power of two
    cuts the leading bits of every number off, and those add up without rounding. However a column
    is cut, the sum rounds to the same float.

    >>> ones, rest = np.array([1e16, 1.0]), np.array([-1e16])
    >>> ExactSum.of(ones, np.array([1, 3])).merge(ExactSum.of(rest, np.array([1]))).value
    3.0
    """

    parts: tuple[float, ...] = ()

    @classmethod
    def of(cls, values: npt.NDArray[np.float64], counts: npt.NDArray[np.int64]) -> Self:
        """The sum of finite values, each taken as often as its count says."""
        largest = float(np.abs(values).max(initial=0.0))
        if largest == 0.0:
            return cls()
        if largest > LARGEST:
            pairs = zip(values.tolist(), counts.tolist(), strict=True)
            return cls(_split(sum((Fraction(v) * n for v, n in pairs), Fraction())))
        room = int(counts.sum()).bit_length() + 1
        rest: npt.NDArray[np.float64] = values
        parts: tuple[float, ...] = ()
        while True:
            top = math.ldexp(1.0, math.frexp(largest)[1] + room)
            lead = (rest + top) - top
            parts = _grow(parts, float(np.einsum("i,i->", lead, counts.astype(np.float64))))
            rest = rest - lead
            largest = float(np.abs(rest).max())
            if largest == 0.0:
                return cls(parts)

    def merge(self, other: Self) -> Self:
        parts = self.parts
        for part in other.parts:
            parts = _grow(parts, part)
        return type(self)(parts)

    @property
    def value(self) -> float:
        """The float nearest to the sum; infinite when no float is."""
        try:
            return math.fsum(self.parts)
        except OverflowError:
            return math.inf if self.exact > 0 else -math.inf

    @property
    def exact(self) -> Fraction:
        return sum((Fraction(part) for part in self.parts), Fraction())


def _grow(parts: tuple[float, ...], x: float) -> tuple[float, ...]:
    """Parts that still do not overlap, and sum to what they did plus x."""
    grown = []
    for part in parts:
        high, low = _two_sum(x, part)
        if low:
            grown.append(low)
        x = high
    return (*grown, x) if x else tuple(grown)


def _two_sum(a: float, b: float) -> tuple[float, float]:
    total = a + b
    if math.isinf(total):
        return (a, b) if abs(a) > abs(b) else (b, a)
    b_part = total - a
    return total, (a - (total - b_part)) + (b - b_part)


def _split(total: Fraction) -> tuple[float, ...]:
    parts: list[float] = []
    limit = Fraction(np.finfo(np.float64).max)
    while total:
        part = float(max(-limit, min(limit, total)))
        if not part:
            break
        parts.append(part)
        total -= Fraction(part)
    return tuple(reversed(parts))


def total(values: npt.NDArray[Any], counts: npt.NDArray[np.int64]) -> int:
    """The sum of integers, each taken as often as its count says; nothing overflows."""
    if values.dtype == object:
        return sum(int(v) * int(n) for v, n in zip(values, counts, strict=True))
    high, low = values >> 32, values & 0xFFFFFFFF
    return (int((high * counts).sum()) << 32) + int((low * counts).sum())
