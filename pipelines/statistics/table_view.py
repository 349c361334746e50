"""Table view: some consecutive rows of a fragment, and where they lie in it."""

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from pipelines.statistics.budget import Budget
from pipelines.statistics.column_view import ColumnView


@dataclass(frozen=True)
class TableView:
    """The rows from `first_row` (from 0) of fragment number `fragment`."""

    frame: pl.DataFrame
    fragment: int = 0
    first_row: int = 0

    @cached_property
    def budget(self) -> Budget:
        return Budget.of(self.frame.width)

    @cached_property
    def columns(self) -> tuple[ColumnView, ...]:
        return tuple(ColumnView(series, self.budget) for series in self.frame.iter_columns())
