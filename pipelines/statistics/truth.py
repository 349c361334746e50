"""Truth: how often a boolean is true."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pipelines.statistics.column_view import ColumnView


@dataclass(frozen=True, slots=True)
class Truth:
    """How many values are true, and how many false."""

    name: ClassVar[str] = "truth"

    true: int = 0
    false: int = 0

    @classmethod
    def of(cls, view: ColumnView) -> Self:
        true = int(view.present.sum())
        return cls(true, len(view.present) - true)

    def merge(self, other: Self) -> Self:
        return type(self)(self.true + other.true, self.false + other.false)

    def result(self) -> dict[str, Any]:
        return {"trueCount": self.true, "falseCount": self.false}
