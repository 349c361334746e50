"""Lengths: of texts in characters, of lists in items."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.statistics.column_view import ColumnView


@dataclass(frozen=True, slots=True)
class Lengths:
    """The shortest, the longest, the sum, and how many have no length at all."""

    name: ClassVar[str] = "lengths"

    n: int = 0
    low: int | None = None
    high: int | None = None
    total: int = 0
    empty: int = 0

    @classmethod
    def of(cls, view: ColumnView) -> Self:
        if view.word == "list":
            return cls._of(_list_lengths(view.present), None)
        if view.text_runs is None:
            return cls._of(view.texts.str.len_chars().to_numpy(), None)
        return cls._of(view.text_runs.values.str.len_chars().to_numpy(), view.text_runs.counts)

    @classmethod
    def _of(cls, lengths: npt.NDArray[Any], counts: npt.NDArray[np.int64] | None) -> Self:
        if not len(lengths):
            return cls()
        lengths = lengths.astype(np.int64)
        weights = np.ones_like(lengths) if counts is None else counts
        return cls(
            int(weights.sum()),
            int(lengths.min()),
            int(lengths.max()),
            int((lengths * weights).sum()),
            int(weights[lengths == 0].sum()),
        )

    def merge(self, other: Self) -> Self:
        lows = [value for value in (self.low, other.low) if value is not None]
        highs = [value for value in (self.high, other.high) if value is not None]
        return type(self)(
            self.n + other.n,
            min(lows, default=None),
            max(highs, default=None),
            self.total + other.total,
            self.empty + other.empty,
        )

    def result(self) -> dict[str, Any]:
        return {
            "minLength": self.low,
            "maxLength": self.high,
            "meanLength": self.total / self.n if self.n else None,
            "empty": self.empty,
        }


def _list_lengths(lists: pl.Series) -> npt.NDArray[Any]:
    if isinstance(lists.dtype, pl.Array):
        lists = lists.arr.to_list()
    return lists.list.len().to_numpy()
