"""Date pairs: in how many rows one date lies before another, of any two columns of dates."""

from dataclasses import dataclass, field
from itertools import permutations
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.statistics.table_view import TableView

WIDEST = 12  # columns of dates; of more, only the first ones are compared
WORDS = frozenset({"date", "datetime"})
NANOSECONDS = {"ns": 1, "us": 1_000, "ms": 1_000_000}
DAY = 86_400 * 10**9


def _none() -> npt.NDArray[np.int64]:
    return np.zeros((0, 0), np.int64)


@dataclass(frozen=True, slots=True)
class DatePairs:
    """The columns of dates, by their place in the table; `before[i, j]`: rows where i is before j.

    A date and a moment are compared by their days. Moments with and without an offset are not.
    """

    name: ClassVar[str] = "date_pairs"

    places: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    before: npt.NDArray[np.int64] = field(default_factory=_none)

    @classmethod
    def of(cls, view: TableView) -> Self:
        places = [at for at, column in enumerate(view.columns) if column.word in WORDS][:WIDEST]
        if len(places) < 2:
            return cls()
        columns = [view.columns[place].series for place in places]
        before = np.zeros((len(places), len(places)), np.int64)
        for left, right in permutations(range(len(places)), 2):
            before[left, right] = _rows_before(columns[left], columns[right])
        return cls(np.array(places, np.int64), before)

    def merge(self, other: Self) -> Self:
        return type(self)(self.places, self.before + other.before)

    def result(self) -> dict[str, Any]:
        """By two columns, `left` before `right`, by place."""
        return {
            "pairs": [
                {"left": int(one), "right": int(two), "rows": int(self.before[left, right])}
                for left, one in enumerate(self.places)
                for right, two in enumerate(self.places)
                if left != right
            ]
        }


def _rows_before(left: pl.Series, right: pl.Series) -> int:
    one, two = left.dtype, right.dtype
    if isinstance(one, pl.Datetime) and isinstance(two, pl.Datetime):
        if (one.time_zone is None) != (two.time_zone is None):
            return 0
        ratio = NANOSECONDS[two.time_unit] / NANOSECONDS[one.time_unit]
        start, end = left.to_physical(), right.to_physical()
        if ratio > 1:  # what is finer is rounded away from the comparison
            start = start // int(ratio)
        elif ratio < 1:
            end = -((-end) // int(1 / ratio))
    else:
        start, end = (left, right) if one == two else (_days(left), _days(right))
        start, end = start.to_physical(), end.to_physical()
    return int((start < end).sum())


def _days(values: pl.Series) -> pl.Series:
    """Since 1970-01-01, however far they are."""
    if isinstance(values.dtype, pl.Datetime):
        return values.to_physical() // (DAY // NANOSECONDS[values.dtype.time_unit])
    return values.to_physical().cast(pl.Int64)
