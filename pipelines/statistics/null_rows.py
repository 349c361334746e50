"""Null rows: rows in which any value is missing, and rows in which all are."""

from dataclasses import dataclass
from typing import ClassVar, Self

import polars as pl

from pipelines.statistics.table_view import TableView


@dataclass(frozen=True, slots=True)
class NullRows:
    """How many rows have a null, and how many have nothing else."""

    name: ClassVar[str] = "null_rows"

    some: int = 0
    all: int = 0

    @classmethod
    def of(cls, view: TableView) -> Self:
        holed = [column.series.name for column in view.columns if column.null_count]
        if not holed:
            return cls()
        nulls = [pl.col(name).is_null() for name in holed]
        only = pl.all_horizontal(nulls) if len(holed) == view.frame.width else pl.lit(value=False)
        some, every = view.frame.select(
            pl.any_horizontal(nulls).sum().alias("some"), only.sum().alias("all")
        ).row(0)
        return cls(int(some), int(every))

    def merge(self, other: Self) -> Self:
        return type(self)(self.some + other.some, self.all + other.all)
