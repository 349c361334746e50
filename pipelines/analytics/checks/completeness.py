"""Completeness: cells that hold no value."""

from collections.abc import Iterator

from pipelines.analytics.checks import where
from pipelines.analytics.checks.base import (
    NO_ROWS,
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
from pipelines.analytics.checks.settings import NullRatio
from pipelines.analytics.wording import cell, count, percent
from pipelines.profile import ColumnProfile


def null_ratio_threshold(subject: Subject) -> Iterator[Say]:
    """Nulls: more than 20 % is a WARNING, 40 % and more an ERROR.

    Of two columns that take turns, as debit and credit do, no value is missing.
    """
    settings = subject.settings.null_ratio_threshold
    turns = {one: two for pair in subject.profile.alternatives for one, two in (pair, pair[::-1])}
    for column in subject.profile.columns:
        if not column.count:
            yield Inconclusive(column.name, NO_ROWS)
        elif column.null_ratio > settings.warning or column.null_ratio >= settings.error > 0:
            other = turns.get(column.name)
            if other is None:
                yield _nulls(column, settings)
            else:
                where_not = f"it is filled where “{cell(other, 60)}” is empty, and only there"
                yield Inconclusive(column.name, where_not)
        else:
            yield Passed(column.name)


def _nulls(column: ColumnProfile, settings: NullRatio) -> Suspicion:
    def conclude(found: Found) -> Outcome:
        return Failed(
            QualityIssue(
                rule="null_ratio_threshold",
                dimension="completeness",
                severity="ERROR" if column.null_ratio >= settings.error else "WARNING",
                message=f"{percent(column.null_ratio)} of the values are missing"
                f" ({column.null_count:,} of {count(column.count, 'row')}){found.first}",
                count=column.null_count,
                affected=column.null_count,
                column=column.name,
                value=column.null_ratio,
            )
        )

    return Suspicion(where.empty(column.name), conclude, known=column.null_count, tells=False)


def all_null(subject: Subject) -> Iterator[Say]:
    """Columns without any value: a WARNING. Their nulls cost by `null_ratio_threshold` alone."""
    for column in subject.profile.columns:
        if not column.count:
            yield Inconclusive(column.name, NO_ROWS)
        elif column.non_null_count:
            yield Passed(column.name)
        else:
            yield _without_value(column)


def _without_value(column: ColumnProfile) -> Suspicion:
    def conclude(_: Found) -> Outcome:
        return Failed(
            QualityIssue(
                rule="all_null",
                dimension="completeness",
                severity="WARNING",
                message=f"no value in any of {count(column.count, 'row')}",
                count=column.count,
                column=column.name,
            )
        )

    return Suspicion(where.empty(column.name), conclude, known=column.count, tells=False)
