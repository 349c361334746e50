"""Variety: columns of one value, or of hardly another."""

from collections.abc import Iterator

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
from pipelines.analytics.checks.settings import Imbalance
from pipelines.analytics.wording import cell, count, percent, verb
from pipelines.profile import ColumnProfile

SHOWN = 1000  # characters; longer values are told in part
CATEGORIES = {"text", "boolean", "integer"}


def constant(subject: Subject) -> Iterator[Say]:
    """Columns with one value only, which tell rows apart no more than a title: an INFO."""
    least = subject.settings.constant.rows
    for column in subject.profile.columns:
        if not column.non_null_count:
            continue
        distinct = column.figures.get("distinctCount")
        is_estimate = "distinctCount" in (column.figures.get("estimates") or {})
        if distinct != 1 or is_estimate:
            yield Passed(column.name)
        elif column.non_null_count < least:
            few = count(column.non_null_count, "value")
            reason = f"{few} {verb(column.non_null_count, 'is', 'are')} too few to tell"
            yield Inconclusive(column.name, reason)
        else:
            yield _constant(column)


def _constant(column: ColumnProfile) -> Suspicion:
    top = column.figures.get("topValues") or ()
    value = cell(top[0]["value"], 60) if top else ""
    told = f", “{value}”," if value else ""
    nulls = (
        f"; {count(column.null_count, 'other row')} {verb(column.null_count, 'is', 'are')} empty"
        if column.null_count
        else ""
    )

    def conclude(_: Found) -> Outcome:
        issue = QualityIssue(
            rule="constant",
            dimension="consistency",
            severity="INFO",
            message=f"one value only{told} in {count(column.non_null_count, 'row')}{nulls}",
            count=column.non_null_count,
            column=column.name,
            value=top[0]["value"] if top else None,
        )
        return Failed(issue)

    return Suspicion(where.filled(column.name), conclude, known=column.non_null_count, tells=False)


def imbalance(subject: Subject) -> Iterator[Say]:
    """Categories of which one has 95 % of the rows and more: an INFO. The others are listed."""
    settings = subject.settings.imbalance
    for column in subject.profile.columns:
        distinct = int(column.figures.get("distinctCount") or 0)
        if column.type not in CATEGORIES or not 2 <= distinct <= settings.distinct:
            continue
        yield _balanced(column, distinct, settings)


def _balanced(column: ColumnProfile, distinct: int, settings: Imbalance) -> Say:
    rows, top = column.non_null_count, column.figures.get("topValues") or ()
    if column.figures.get("masked") or not top:
        return Inconclusive(column.name, MASKED)
    if rows < settings.rows:
        return Inconclusive(column.name, f"{count(rows, 'value')} are too few to tell")
    value, most = top[0]["value"], int(top[0]["count"])
    if most / rows < settings.share or (isinstance(value, str) and len(value) >= SHOWN):
        return Passed(column.name)
    others, kinds = rows - most, count(distinct - 1, "other value")

    def conclude(found: Found) -> Outcome:
        issue = QualityIssue(
            rule="imbalance",
            dimension="consistency",
            severity="INFO",
            message=f"“{cell(value, 40)}” has {percent(most / rows)} of the rows;"
            f" {kinds} {verb(distinct - 1, 'has', 'have')} the remaining {others:,}{found.first}",
            count=others,
            column=column.name,
            value=most / rows,
        )
        return Failed(issue)

    return Suspicion(where.other_than(column, value), conclude, known=others)
