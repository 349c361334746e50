"""Clock: how dates and times compare with a day, in polars and in DuckDB alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import polars as pl

from pipelines.analytics.checks.where import Where, quoted
from pipelines.profile import ColumnProfile


@dataclass(frozen=True, slots=True)
class Clock:
    """How a column of dates or times compares with a day."""

    column: str
    is_date: bool
    is_zoned: bool

    @classmethod
    def of(cls, column: ColumnProfile) -> "Clock":
        clock = str(column.figures.get("min") or "").partition("T")[2]
        is_zoned = any(mark in clock for mark in "Z+-")
        return cls(column.name, column.type == "date", is_zoned)

    def outside(self, first: date, last: date, but: Sequence[date] = ()) -> Where:
        """Values before the first or after the last day, without those of some days."""
        until = last + timedelta(days=1) if last < date.max else date.max
        start, end = self._literal(first), self._literal(until)
        rows = (self.value < self._moment(first)) | (self.value >= self._moment(until))
        sql = f"({quoted(self.column)} < {start} OR {quoted(self.column)} >= {end})"
        return self.without(sql, rows, but)

    def within(self, first: date, last: date, but: Sequence[date]) -> pl.Expr:
        """The values between two days, both included, without those of some days."""
        outside = self.outside(first, last).rows
        return ~outside & ~self.on(but).rows if but else ~outside

    def after(self, first: date, last: date, but: Sequence[date] = ()) -> Where:
        """Values after the first and not after the last day, without those of some days."""
        start, end = first + timedelta(days=1), last + timedelta(days=1)
        rows = (self.value >= self._moment(start)) & (self.value < self._moment(end))
        name = quoted(self.column)
        sql = f"{name} >= {self._literal(start)} AND {name} < {self._literal(end)}"
        return self.without(sql, rows, but)

    def is_comparable(self, other: "Clock") -> bool:
        """Whether one can be before the other, whatever the time zone of the reader."""
        return self.is_zoned == other.is_zoned

    def before(self, other: "Clock", own: Sequence[date] = (), its: Sequence[date] = ()) -> Where:
        """Values before that of another column in the same row.

        Beside a date without a time, the days are compared. Left aside are some days of `own`, and
        those of the other that are `its`.
        """
        one, two, name, rest = self.value, other.value, quoted(self.column), quoted(other.column)
        if self.is_date != other.is_date:
            one, two = one.cast(pl.Date), two.cast(pl.Date)
            name, rest = f"{name}::DATE", f"{rest}::DATE"
        sql, rows = f"{name} < {rest}", one < two
        for clock, days in ((self, own), (other, its)):
            found = clock.without(sql, rows, days)
            sql, rows = found.sql or sql, found.rows
        return Where(self.column, sql, rows, beside=(other.column,))

    def on(self, days: Sequence[date]) -> Where:
        """The first moment of one of these days."""
        listed = ", ".join(self._literal(day) for day in days)
        rows = pl.any_horizontal(self.value == self._moment(day) for day in days)
        return Where(self.column, f"{quoted(self.column)} IN ({listed})", rows)

    def without(self, sql: str, rows: pl.Expr, days: Sequence[date]) -> Where:
        """What a condition says, but of no value on one of these days."""
        if not days:
            return Where(self.column, sql, rows)
        left = self.on(days)
        return Where(self.column, f"{sql} AND NOT {left.sql}", rows & ~left.rows)

    @property
    def value(self) -> pl.Expr:
        """The values, of whatever zone, as they compare with one another."""
        value = pl.col(self.column)
        return value.dt.convert_time_zone("UTC") if self.is_zoned else value

    def _moment(self, day: date) -> pl.Expr:
        if self.is_date:
            return pl.lit(day)
        return pl.lit(datetime.combine(day, time(), UTC if self.is_zoned else None))

    def _literal(self, day: date) -> str:
        if self.is_date:
            return f"DATE '{day.isoformat()}'"
        if self.is_zoned:
            return f"TIMESTAMPTZ '{day.isoformat()} 00:00:00+00'"
        return f"TIMESTAMP '{day.isoformat()} 00:00:00'"
