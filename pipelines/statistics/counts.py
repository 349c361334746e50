"""Counts: rows and nulls of a column."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pipelines.statistics.column_view import ColumnView


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows, and how many of them are null."""

    name: ClassVar[str] = "counts"

    count: int = 0
    nulls: int = 0

    @classmethod
    def of(cls, view: ColumnView) -> Self:
        return cls(len(view.series), view.null_count)

    def merge(self, other: Self) -> Self:
        return type(self)(self.count + other.count, self.nulls + other.nulls)

    def result(self) -> dict[str, Any]:
        return {"count": self.count, "nullCount": self.nulls}
