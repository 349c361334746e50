"""To come: in which rows dates lie after the day of the job, first and last.

The scan does not know that day, for its states are to be merged on others. So this is a pruned
second pass over our own Parquet: only columns with such dates, only row groups that hold one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from pipelines.analytics.outliers import Bounds, Rows, Slices
from pipelines.profile import EPOCH, ColumnProfile, TableProfile
from pipelines.statistics.budget import Budget
from pipelines.statistics.column_view import ColumnView
from pipelines.statistics.dates import later


def with_rows(profile: TableProfile, slices: Slices) -> TableProfile:
    """The profile with `firstRow` and `lastRow` (from 1) of the future dates of each column."""
    known = {
        column.name: _Ends(date.fromisoformat(column.figures["future"]["asOf"]))
        for column in profile.columns
        if _most(column.figures.get("future"))
    }
    if not known:
        return profile

    def matters(bounds: Bounds) -> bool:
        return any(name not in bounds or ends.may_be(bounds[name]) for name, ends in known.items())

    for rows in slices(tuple(known), matters):
        for name, ends in known.items():
            ends.look(name, rows)
    columns = (_told(column, known.get(column.name)) for column in profile.columns)
    return replace(profile, columns=tuple(columns))


def _most(future: Mapping[str, Any] | None) -> int:
    return int(future.get("atMost", future["count"])) if future else 0


def _told(column: ColumnProfile, ends: "_Ends | None") -> ColumnProfile:
    if ends is None or not ends.first:
        return column
    future = {**column.figures["future"], "firstRow": ends.first, "lastRow": ends.last}
    return replace(column, figures={**column.figures, "future": future})


@dataclass
class _Ends:
    """The first and the last row found so far; 0 while there is none."""

    as_of: date
    first: int = 0
    last: int = 0

    def may_be(self, bounds: tuple[Any, Any]) -> bool:
        """Whether any may lie after the day: clocks of a zone are up to a day ahead of UTC."""
        high = bounds[1]
        return not isinstance(high, date) or (high.year, high.month, high.day) >= (
            self.as_of.year,
            self.as_of.month,
            self.as_of.day,
        )

    def look(self, name: str, rows: Rows) -> None:
        view = ColumnView(rows.frame.get_column(name), Budget())
        found = np.flatnonzero(later(view, (self.as_of - EPOCH).days))
        if len(found):
            self.first = self.first or rows.first_row + int(found[0])
            self.last = rows.first_row + int(found[-1])
