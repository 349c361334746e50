"""Statistic: a mergeable state. What one pass over any split of the rows gives is the same."""

from typing import Any, ClassVar, Protocol, Self

from pipelines.statistics.column_view import ColumnView
from pipelines.statistics.table_view import TableView

Figures = dict[str, Any]


class Statistic(Protocol):
    """What is known of a column so far. A frozen dataclass of plain values, arrays and series.

    `merge` is associative, `other` holds the rows that follow, and a state of no rows changes
    nothing. `result` holds wire fields of `columnProfiles[]`; what is not exact is listed under
    `estimates`, and the fields of all statistics of a column are united.
    """

    name: ClassVar[str]

    @classmethod
    def of(cls, view: ColumnView) -> Self: ...

    def merge(self, other: Self) -> Self: ...

    def result(self) -> Figures: ...


class TableStatistic(Protocol):
    """What is known of a table across its columns so far; the same laws."""

    name: ClassVar[str]

    @classmethod
    def of(cls, view: TableView) -> Self: ...

    def merge(self, other: Self) -> Self: ...
