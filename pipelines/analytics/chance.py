"""Chance: whether columns go together more than the luckiest of many unrelated pairs would.

How likely a coefficient is among unrelated columns is compared with an error that all pairs share
(Bonferroni's bound): noise is told of in one report of twenty, however many columns it has.
"""

from scipy import special

ERROR = 0.05
LINE = 1  # degrees of freedom of a line, beside its mean


def is_beyond(likelihood: float, pairs: int) -> bool:
    """Whether the best of so many unrelated pairs has it in less than one report of twenty."""
    return likelihood * max(1, pairs) < ERROR


def of_line(r: float, rows: int) -> float:
    """The likelihood of a correlation at least as strong, of values or of ranks (Student's t)."""
    return _of_share(r * r, LINE, rows)


def of_groups(eta: float, rows: int, levels: int) -> float:
    """The likelihood of a correlation ratio at least as large (Fisher's F)."""
    return _of_share(eta * eta, levels - 1, rows)


def of_categories(v: float, rows: int, levels: tuple[int, int]) -> float:
    """The likelihood of a Cramér's V at least as large (Pearson's chi-square).

    `v` is corrected for its bias by Bergsma (2013), which is undone for the test.
    """
    free = (levels[0] - 1) * (levels[1] - 1)
    if free < 1 or rows < 2:
        return 1.0
    least = min(side - (side - 1) ** 2 / (rows - 1) for side in levels) - 1
    if least <= 0:
        return 1.0
    return float(special.chdtrc(free, rows * (v * v * least + free / (rows - 1))))


def _of_share(share: float, free: int, rows: int) -> float:
    """Of a share of the variance that something with so many degrees of freedom explains."""
    left = rows - 1 - free
    if free < 1 or left < 1:
        return 1.0
    if share >= 1:
        return 0.0
    return float(special.fdtrc(free, left, share / (1 - share) * left / free))
