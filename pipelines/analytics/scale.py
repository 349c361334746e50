"""Scale: from values to places on paper, and the round numbers to write beside them."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight map of values from `low` to `high` onto places from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place of a value; what lies outside stands at the nearer end.

        >>> Scale(0, 10, 100, 200)(2.5), Scale(0, 10, 100, 200)(99), Scale(5, 5, 0, 10)(5)
        (125.0, 200.0, 5.0)
        """
        # Halves first: high - low of the largest floats is infinite.
        width = self.high / 2 - self.low / 2
        share = (value / 2 - self.low / 2) / width if width > 0 else 0.5
        return self.start + (self.end - self.start) * min(1.0, max(0.0, share))


def ticks(low: float, high: float, at_most: int = 6) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten apart) from low to high.

    >>> ticks(0, 97, 5), ticks(-0.3, 0.4, 4)
    ([0.0, 20.0, 40.0, 60.0, 80.0], [-0.2, 0.0, 0.2, 0.4])
    """
    width = high - low
    if not (math.isfinite(width) and width > 0):
        return [low]
    raw = width / at_most
    power = math.floor(math.log10(raw))
    steps = (factor * 10.0**power for factor in (1, 2, 5, 10))
    step = next((step for step in steps if step >= raw * (1 - 1e-9)), raw)
    if not step or low + step == low or high - step == high:
        return [low, high]
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(index * step, max(0, -power)) + 0.0 for index in range(first, last + 1)]
