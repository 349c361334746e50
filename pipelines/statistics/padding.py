"""Padding: texts with white space around them, or with nothing else in them."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from pipelines.statistics.column_view import ColumnView


@dataclass(frozen=True, slots=True)
class Padding:
    """How many texts are blank (white space only, at least one), and padded (not blank)."""

    name: ClassVar[str] = "padding"

    blank: int = 0
    padded: int = 0

    @classmethod
    def of(cls, view: ColumnView) -> Self:
        runs = view.text_runs
        texts = view.texts if runs is None else runs.values
        full = texts.str.len_bytes().to_numpy()
        bare = texts.str.strip_chars().str.len_bytes().to_numpy()
        changed = full != bare
        weights = np.ones(len(texts), np.int64) if runs is None else runs.counts
        return cls(
            int(weights[changed & (bare == 0)].sum()), int(weights[changed & (bare > 0)].sum())
        )

    def merge(self, other: Self) -> Self:
        return type(self)(self.blank + other.blank, self.padded + other.padded)

    def result(self) -> dict[str, Any]:
        return {"blank": self.blank, "padded": self.padded}
