"""Budget: how much a state may hold. A function of the number of columns, and of nothing else."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Budget:
    """Up to `exact` distinct values a column has no estimates; beyond it, sketches of these sizes.

    `ranks`: values a level of the quantile sketch. `distinct`: hashes kept to count distinct
    values; the error at 99 % is 2.576 / sqrt(distinct). `frequent`: counters for top values.
    `text_bytes`: beyond it, the long texts among the exact values are only kept in part.
    """

    exact: int = 1 << 17
    ranks: int = 2048
    distinct: int = 1 << 15
    frequent: int = 4096
    text_bytes: int = 16 << 20
    sample: int = 5000

    @classmethod
    def of(cls, columns: int) -> Self:
        """Wide tables get smaller states, so that all together stay within memory.

        >>> Budget.of(500).exact, Budget.of(10_000).exact
        (131072, 1250)
        """
        sample = max(100, min(5000, 5_000_000 // max(1, columns)))
        if columns <= 500:
            return cls(text_bytes=min(16 << 20, (1 << 30) // max(1, columns)), sample=sample)
        exact = max(1024, 12_500_000 // columns)
        return cls(exact, 128, 2816, 128, exact * 32, sample)
