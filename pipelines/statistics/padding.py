"""Padding: texts with white space around them, or with nothing else in them."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pipelines.statistics.column_view import ColumnView


@dataclass(frozen=True, slots=True)
class Padding:
    """How many texts are blank (white space only, at least one), and padded (not blank)."""

    name: ClassVar[str] = "padding"

    blank: int = 0
    padded: int = 0

    @classmethod
    def of(cls, view: ColumnView) -> Self:
        bare, counts = view.unit_bare_bytes, view.unit_counts
        changed = view.unit_bytes != bare
        if not changed.any():
            return cls()
        return cls(
            int(counts[changed & (bare == 0)].sum()), int(counts[changed & (bare > 0)].sum())
        )

    def merge(self, other: Self) -> Self:
        return type(self)(self.blank + other.blank, self.padded + other.padded)

    def result(self) -> dict[str, Any]:
        return {"blank": self.blank, "padded": self.padded}
