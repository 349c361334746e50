"""Dates: those that have not come yet, and those that never were."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from pipelines.analytics.checks import where
from pipelines.analytics.checks.base import (
    MASKED,
    NO_VALUES,
    Conclude,
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
from pipelines.analytics.wording import count, percent, verb
from pipelines.profile import ColumnProfile
from pipelines.statistics import text_forms


def future_dates(subject: Subject) -> Iterator[Say]:
    """Dates after the day on which the job was created: a WARNING, if they are few.

    Due dates and plans lie ahead by nature, so a column with many of them is not judged.
    """
    settings, others = subject.settings.future_dates, subject.settings.impossible_dates
    for column in subject.profile.columns:
        if column.type not in {"date", "datetime"}:
            continue
        last = _last(column)
        if subject.today is None:
            yield Inconclusive(column.name, "the day of the job is not known")
        elif last is None:
            yield _timeless(column)
        elif last <= (until := subject.today + timedelta(days=settings.days)):
            yield Passed(column.name)
        else:
            look = Clock.of(column).after(until, others.latest, _sentinels(subject))
            yield Suspicion(look, _future(column, until, settings.plan))


def _future(column: ColumnProfile, until: date, plan: float) -> Conclude:
    def conclude(found: Found) -> Outcome:
        share = found.count / column.non_null_count
        if not found.count:
            return Passed(column.name)
        if share > plan:
            reason = f"{percent(share)} of its dates lie after {until}: it may hold plans"
            return Inconclusive(column.name, reason)
        issue = QualityIssue(
            rule="future_dates",
            dimension="validity",
            severity="WARNING",
            message=f"{found.count:,} of {column.non_null_count:,} dates"
            f" {verb(found.count, 'lies', 'lie')} in the future, after {until}{found.first}",
            count=found.count,
            affected=found.count,
            column=column.name,
            value=found.count / column.non_null_count,
        )
        return Failed(issue)

    return conclude


def impossible_dates(subject: Subject) -> Iterator[Say]:
    """Dates before 1800 or after 2200, and texts like 2023-02-30 among dates: a WARNING."""
    settings = subject.settings.impossible_dates
    for column in subject.profile.columns:
        if column.type == "text":
            yield from _never(column, settings.share)
        elif column.type in {"date", "datetime"}:
            first, last = _first(column), _last(column)
            if first is None or last is None:
                yield _timeless(column)
            elif settings.earliest <= first and last <= settings.latest:
                yield Passed(column.name)
            else:
                clock = Clock.of(column)
                look = clock.outside(settings.earliest, settings.latest, _sentinels(subject))
                span = f"outside of {settings.earliest} to {settings.latest}"
                yield Suspicion(look, _impossible(column, f"lies {span}", f"lie {span}"))


def _never(column: ColumnProfile, share: float) -> Iterator[Say]:
    writing = column.figures.get("writing") or {}
    never, dates = int(writing.get("impossibleDate", 0)), int(writing.get("date", 0))
    if not dates + never or dates < share * column.non_null_count:
        return
    if not never:
        yield Passed(column.name)
        return
    look = where.matching(column.name, text_forms.DATE_LIKE, text_forms.DATE)
    yield Suspicion(
        look, _impossible(column, "is in no calendar", "are in no calendar"), known=never
    )


def _impossible(column: ColumnProfile, one: str, several: str) -> Conclude:
    def conclude(found: Found) -> Outcome:
        if not found.count:
            return Passed(column.name)
        such = f", such as {found.examples[0]['value']}" if _has_value(found) else ""
        issue = QualityIssue(
            rule="impossible_dates",
            dimension="validity",
            severity="WARNING",
            message=f"{found.count:,} of {count(column.non_null_count, 'date')}"
            f" {verb(found.count, one, several)}"
            f"{such}{found.first}",
            count=found.count,
            affected=found.count,
            column=column.name,
            value=found.count / column.non_null_count,
        )
        return Failed(issue)

    return conclude


def _has_value(found: Found) -> bool:
    return bool(found.examples) and "value" in found.examples[0]


def _sentinels(subject: Subject) -> tuple[date, ...]:
    """Days that `sentinel_values` speaks of, so that no other rule does."""
    settings = subject.settings.sentinel_values
    return settings.dates if settings.enabled else ()


def sentinels_within(subject: Subject, column: ColumnProfile) -> tuple[date, ...]:
    """Those of these days that the column reaches."""
    first, last = _first(column), _last(column)
    if first is None or last is None:
        return ()
    return tuple(day for day in _sentinels(subject) if first <= day <= last)


def _timeless(column: ColumnProfile) -> Inconclusive:
    return Inconclusive(column.name, MASKED if column.figures.get("masked") else NO_VALUES)


def _first(column: ColumnProfile) -> date | None:
    return _day(column.figures.get("min"))


def _last(column: ColumnProfile) -> date | None:
    return _day(column.figures.get("max"))


def _day(text: Any) -> date | None:
    """The day of an ISO date or time; one beyond the years that Python knows is its nearest."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(str(text)).date()
    except ValueError:
        return date.min if str(text).startswith("-") else date.max
