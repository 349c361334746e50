"""Sentinels: values that stand for a missing one, such as -999 and 1900-01-01."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from pipelines.analytics.checks import where
from pipelines.analytics.checks.base import (
    MASKED,
    Failed,
    Found,
    Inconclusive,
    Outcome,
    Passed,
    QualityIssue,
    Say,
    Subject,
    Suspicion,
)
from pipelines.analytics.checks.clock import Clock
from pipelines.analytics.checks.settings import ImpossibleDates, SentinelValues
from pipelines.analytics.wording import amount, count
from pipelines.profile import ColumnProfile

THREE_DIGITS, LEAST = 100, 2
EPOCH = date(1970, 1, 1).toordinal()


def sentinel_values(subject: Subject) -> Iterator[Say]:
    """Values such as -999 and 1900-01-01 that stand for a missing one: a WARNING.

    A number is one if it is listed and far from the ordinary ones: by twice their range, or as
    the only negative; one of two digits, which may well be a number, must stand in two rows. A
    day, if a year parts it from the ordinary ones. So 999 among 0 to 5,000 is a number. Looked at
    are columns that have a listed value at an end or among the most frequent.
    """
    settings, sensible = subject.settings.sentinel_values, subject.settings.impossible_dates
    for column in subject.profile.columns:
        is_time = column.type in {"date", "datetime"}
        if not (column.is_numeric or is_time):
            continue
        if column.figures.get("masked"):
            yield Inconclusive(column.name, MASKED)
        elif column.is_numeric and (numbers := _numbers_of(column, settings)):
            for value in numbers:
                yield _number(column, value, settings)
        elif is_time and (days := _days_of(column, settings, sensible)):
            for day in days:
                yield _day(column, day, settings, sensible)
        else:
            yield Passed(column.name)


def _seen(column: ColumnProfile) -> tuple[list[Any], list[Any]]:
    """The ends of a column, and its most frequent values."""
    ends = [column.figures.get("min"), column.figures.get("max")]
    if None in ends:
        return [], []
    return ends, [entry["value"] for entry in column.figures.get("topValues") or ()]


def _numbers_of(column: ColumnProfile, settings: SentinelValues) -> list[float]:
    """The listed numbers that may be there; all between the ends, once one end is listed."""
    ends, top = ([float(value) for value in values] for values in _seen(column))
    listed = [float(value) for value in settings.numbers]
    if ends and not set(ends).isdisjoint(listed):
        return sorted(value for value in listed if ends[0] <= value <= ends[1])
    return sorted(value for value in listed if value in top)


def _days_of(
    column: ColumnProfile, settings: SentinelValues, sensible: ImpossibleDates
) -> list[date]:
    """The listed days that may be there; all between the ends, once one end is odd."""
    ends, top = ([str(value)[:10] for value in values] for values in _seen(column))
    listed = {day.isoformat(): day for day in sorted(settings.dates)}
    odd = {*listed, *(end for end in ends[:1] if end < sensible.earliest.isoformat())}
    odd |= {end for end in ends[1:] if end > sensible.latest.isoformat()}
    if ends and not odd.isdisjoint(ends):
        return [day for text, day in listed.items() if ends[0] <= text <= ends[1]]
    return [day for text, day in listed.items() if text in top]


def _number(column: ColumnProfile, value: float, settings: SentinelValues) -> Suspicion:
    def conclude(found: Found) -> Outcome:
        if found.low is None or found.high is None or not found.count:
            return Passed(column.name)
        low, high = float(found.low), float(found.high)
        if 0 < value < THREE_DIGITS and found.count < LEAST:
            return Passed(column.name)
        is_far = max(low - value, value - high) > settings.gap * (high - low)
        if not is_far and not value < 0 <= low:
            return Passed(column.name)
        told = amount(int(value) if value.is_integer() else value)
        return _issue(column, found, told, f"{amount(low)} and {amount(high)}")

    ordinary = ~where.numbers(column.name, settings.numbers).rows
    return Suspicion(where.numbers(column.name, [value]), conclude, others=ordinary)


def _day(
    column: ColumnProfile, day: date, settings: SentinelValues, sensible: ImpossibleDates
) -> Suspicion:
    def conclude(found: Found) -> Outcome:
        if found.low is None or found.high is None or not found.count:
            return Passed(column.name)
        low, high = _day_of(found.low), _day_of(found.high)
        if max((low - day).days, (day - high).days) < settings.days:
            return Passed(column.name)
        return _issue(column, found, day.isoformat(), f"{low} and {high}")

    clock = Clock.of(column)
    ordinary = clock.within(sensible.earliest, sensible.latest, settings.dates)
    return Suspicion(clock.on([day]), conclude, others=ordinary)


def _day_of(days: int) -> date:
    """The day so many days after 1970-01-01, or the nearest one that Python knows."""
    return date.fromordinal(min(max(days + EPOCH, 1), date.max.toordinal()))


def _issue(column: ColumnProfile, found: Found, told: str, others: str) -> Failed:
    first = f"{found.first}," if found.first else ""
    return Failed(
        QualityIssue(
            rule="sentinel_values",
            dimension="completeness",
            severity="WARNING",
            message=f"{told} in {count(found.count, 'row')}{first}"
            f" seems to stand for a missing value: ordinary ones lie between {others}",
            count=found.count,
            affected=found.count,
            column=column.name,
            value=told,
        )
    )
