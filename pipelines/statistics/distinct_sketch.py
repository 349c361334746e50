"""Distinct sketch: how many different values, from the smallest hashes."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from pipelines.statistics.hashing import SPACE, Hashes

Z99 = 2.5758293035489004  # standard normal quantile: 99 % lie within


@dataclass(frozen=True, slots=True)
class DistinctSketch:
    """The `size` smallest hashes of all values (KMV: Bar-Yossef et al., 2002; Beyer et al., 2007).

    The union of two such sets, cut again, is that of all the values together: however a column is
    cut, the estimate is the same.
    """

    size: int
    hashes: Hashes

    @classmethod
    def of(cls, hashes: Hashes, size: int) -> Self:
        """Of distinct hashes, in any order."""
        if len(hashes) > size:
            hashes = np.partition(hashes, size - 1)[:size]
        return cls(size, np.sort(hashes))

    def merge(self, other: Self) -> Self:
        both = np.sort(np.concatenate([self.hashes, other.hashes]), kind="stable")
        new = np.append(both[1:] != both[:-1], values=True)
        return type(self)(self.size, both[new][: self.size])

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
