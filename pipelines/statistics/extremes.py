"""Extremes: the smallest and the largest value."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from pipelines.statistics.column_view import ColumnView
from pipelines.statistics.encoding import Encoding

KEPT = 4096  # characters; cutting keeps the order, so the cut minimum is the minimum, cut


@dataclass(frozen=True, slots=True)
class Extremes:
    """The least and greatest finite number, or the first and last time."""

    name: ClassVar[str] = "extremes"

    encoding: Encoding
    low: float | int | None = None
    high: float | int | None = None

    @classmethod
    def of(cls, view: ColumnView) -> Self:
        values = view.runs.finite().values
        if not len(values):
            return cls(view.encoding)
        return cls(view.encoding, values[0:1].tolist()[0], values[-1:].tolist()[0])

    def merge(self, other: Self) -> Self:
        lows = [value for value in (self.low, other.low) if value is not None]
        highs = [value for value in (self.high, other.high) if value is not None]
        return type(self)(self.encoding, min(lows, default=None), max(highs, default=None))

    def result(self) -> dict[str, Any]:
        if self.low is None or self.high is None:
            return {"min": None, "max": None, "range": None}
        low, high = self.encoding.decode(np.array([self.low, self.high], dtype=object))
        return {"min": low, "max": high, "range": self.encoding.span(self.low, self.high)}


@dataclass(frozen=True, slots=True)
class TextExtremes:
    """The first and last text by code point, which is the order of UTF-8 bytes."""

    name: ClassVar[str] = "extremes"

    low: str | None = None
    high: str | None = None

    @classmethod
    def of(cls, view: ColumnView) -> Self:
        texts = view.texts if view.text_runs is None else view.text_runs.values
        low, high = texts.min(), texts.max()
        if not isinstance(low, str) or not isinstance(high, str):
            return cls()
        return cls(low[:KEPT], high[:KEPT])

    def merge(self, other: Self) -> Self:
        lows = [value for value in (self.low, other.low) if value is not None]
        highs = [value for value in (self.high, other.high) if value is not None]
        return type(self)(min(lows, default=None), max(highs, default=None))

    def result(self) -> dict[str, Any]:
        return {"min": self.low, "max": self.high}
