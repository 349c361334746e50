"""Distinct sketch: how many different values, from the smallest hashes."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from pipelines.statistics.hashing import SPACE, Hashes
from pipelines.statistics.selection import smallest

Z99 = 2.5758293035489004  # standard normal quantile: 99 % lie within


@dataclass(frozen=True, slots=True)
class DistinctSketch:
    """The `size` smallest hashes of all values (KMV: Bar-Yossef et al., 2002; Beyer et al., 2007).

    The union of two such sets, cut again, is that of all the values together: however a column is
    cut, the estimate is the same. A hash that is kept was kept in every part, so whether its value
    occurs only once (`once`) is known for certain, and the kept are a fair sample of all values.
    """

    size: int
    hashes: Hashes
    once: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, hashes: Hashes, counts: npt.NDArray[np.int64], size: int) -> Self:
        """Of distinct hashes, in any order, and how often the value of each occurs."""
        kept = smallest(hashes, size)
        kept = kept[np.argsort(hashes[kept])]
        return cls(size, hashes[kept], counts[kept] == 1)

    @classmethod
    def of_ordered(cls, hashes: Hashes, counts: npt.NDArray[np.int64], size: int) -> Self:
        """Of distinct hashes in ascending order."""
        return cls(size, hashes[:size], counts[:size] == 1)

    def merge(self, other: Self) -> Self:
        both = np.concatenate([self.hashes, other.hashes])
        order = np.argsort(both, kind="stable")
        both = both[order]
        new = np.append(both[1:] != both[:-1], values=True)
        alone = new & np.append(True, new[:-1])
        once = np.concatenate([self.once, other.once])[order] & alone
        return type(self)(self.size, both[new][: self.size], once[new][: self.size])

    @property
    def estimate(self) -> float:
        if len(self.hashes) < self.size:
            return float(len(self.hashes))
        return (self.size - 1) / (float(self.hashes[-1]) / SPACE)

    @property
    def bounds(self) -> tuple[float, float]:
        """At 99 % confidence."""
        if len(self.hashes) < self.size:
            return self.estimate, self.estimate
        relative = Z99 / (self.size - 2) ** 0.5
        low = self.estimate / (1 + relative)
        return max(float(self.size), low), self.estimate / (1 - relative)

    @property
    def unique(self) -> float:
        """How many values occur once."""
        return self.estimate * float(self.once.mean()) if len(self.once) else 0.0

    @property
    def unique_bounds(self) -> tuple[float, float]:
        """At 98 % confidence: 99 % of the share of the kept, and 99 % of the number of values."""
        low, high = self.bounds
        if low == high:
            return self.unique, self.unique
        n, share = len(self.once), float(self.once.mean())
        slack = Z99 * (share * (1 - share) / n) ** 0.5 + 4.6 / n  # 4.6: one in 100 sees none of n
        return low * max(0.0, share - slack), high * min(1.0, share + slack)
