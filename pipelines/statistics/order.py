"""Order: whether the values only rise, or only fall, from row to row."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pipelines.statistics.column_view import ColumnView


@dataclass(frozen=True, slots=True)
class Order:
    """The first and the last value, and whether any pair of neighbours rises, falls or is equal.

    Nulls are passed over. NaN neither rises nor falls nor equals: `is_broken` then.
    """

    name: ClassVar[str] = "order"

    n: int = 0
    first: float | int | None = None
    last: float | int | None = None
    rises: bool = False
    falls: bool = False
    repeats: bool = False
    is_broken: bool = False

    @classmethod
    def of(cls, view: ColumnView) -> Self:
        codes = view.codes
        if not len(codes):
            return cls()
        before, after = codes[:-1], codes[1:]
        pairs = len(before)
        rising, falling = int((after > before).sum()), int((after < before).sum())
        equal = pairs - rising - falling
        is_broken = bool(codes.dtype.kind == "f" and (codes[-1:] != codes[-1:]).any())
        if equal and codes.dtype.kind == "f":
            equal = int((after == before).sum())
            is_broken = is_broken or rising + falling + equal < pairs
        first, last = codes[:1].tolist()[0], codes[-1:].tolist()[0]
        return cls(len(codes), first, last, rising > 0, falling > 0, equal > 0, is_broken)

    def merge(self, other: Self) -> Self:
        if self.last is None or other.first is None:
            return self if self.n else other
        end, start = self.last, other.first
        is_broken = self.is_broken or other.is_broken or not (start < end or start >= end)
        return type(self)(
            self.n + other.n,
            self.first,
            other.last,
            self.rises or other.rises or start > end,
            self.falls or other.falls or start < end,
            self.repeats or other.repeats or start == end,
            is_broken,
        )

    def result(self) -> dict[str, Any]:
        return {"monotonic": self._word()}

    def _word(self) -> str | None:
        if self.n < 2 or self.is_broken or (self.rises and self.falls):
            return None
        if not self.rises and not self.falls:
            return "constant"
        way = "increasing" if self.rises else "decreasing"
        return way if self.repeats else f"strictly_{way}"
