"""Uniqueness: rows that repeat an earlier row, and keys that occur twice."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.analytics.checks.base import (
    NO_ROWS,
    Conclude,
    Failed,
    Found,
    Inconclusive,
    Outcome,
    Passed,
    QualityIssue,
    Say,
    Severity,
    Subject,
    Suspicion,
)
from pipelines.analytics.checks.settings import KeyCandidates
from pipelines.analytics.checks.where import Again
from pipelines.analytics.measures import is_called_key
from pipelines.analytics.wording import bounded, count, percent, verb
from pipelines.profile import ColumnProfile, TableProfile

KEYED = {"integer", "text"}
FINE = {"severity": "OK"}


def duplicate_rows(subject: Subject) -> Iterator[Say]:
    """Repeated rows: any is a WARNING, 5 % and more an ERROR; not of a table of one column."""
    settings, table = subject.settings.duplicate_rows, subject.profile
    found = table.duplicate_rows
    number, ratio = int(found.get("count") or 0), float(found.get("ratio") or 0.0)
    grade: Severity | None = None
    if number and (ratio > settings.warning or ratio >= settings.error):
        grade = "ERROR" if ratio >= settings.error else "WARNING"
    metrics = {**found, "duplicates": number, "ratio": ratio, "severity": grade or "OK"}
    metrics.pop("count", None)
    if number and not compares_rows(table):
        yield Inconclusive(None, "of one column values repeat, not rows", {**metrics, **FINE})
    elif grade:
        conclude = _repeated(found, number, metrics, grade)
        yield Suspicion(Again(tuple(c.name for c in table.columns)), conclude, known=number)
    elif not table.rows:
        yield Inconclusive(None, NO_ROWS, metrics)
    elif int(found.get("upper") or 0) > settings.warning * table.rows:
        reason = f"rows are compared by a sample: up to {found['upper']:,} may repeat"
        yield Inconclusive(None, reason, metrics)
    else:
        yield Passed(None, metrics)


def compares_rows(table: TableProfile) -> bool:
    """Whether two equal rows are one thing told twice; a list of values may repeat any."""
    return len(table.columns) > 1


def _repeated(
    duplicates: Mapping[str, Any], number: int, metrics: Mapping[str, Any], grade: Severity
) -> Conclude:
    bound = duplicates if "lower" in duplicates else None
    ends = {name: duplicates[name] for name in ("lower", "upper") if name in duplicates}
    rows = verb(number, "row repeats", "rows repeat")

    def conclude(found: Found) -> Outcome:
        issue = QualityIssue(
            rule="duplicate_rows",
            dimension="uniqueness",
            severity=grade,
            message=f"{bounded(number, bound)} {rows} an earlier row"
            f" ({percent(metrics['ratio'])} of the table){found.first}",
            count=number,
            affected=number,
            value={"count": number, "ratio": metrics["ratio"], **ends},
        )
        return Failed(issue, metrics)

    return conclude


def key_candidates(subject: Subject) -> Iterator[Say]:
    """Columns that are called a key and nearly are one, but have repeats: a WARNING.

    Every column that differs in all rows is a candidate, and listed in the metrics. Foreign keys
    repeat by nature: less than 95 % different values are none's business.
    """
    settings = subject.settings.key_candidates
    for column in subject.profile.columns:
        if column.type in KEYED and column.non_null_count >= settings.rows:
            yield from _key(column, settings)


def _key(column: ColumnProfile, settings: KeyCandidates) -> Iterator[Say]:
    rows = column.non_null_count
    distinct = int(column.figures.get("distinctCount") or 0)
    estimate = (column.figures.get("estimates") or {}).get("distinctCount")
    is_called = is_called_key(column.name)
    metrics = {"column": column.name, "distinct": distinct, "rows": column.count}
    if estimate is not None:
        if is_called and estimate["upper"] >= settings.unique * rows:
            most = f"{estimate['lower']:,} to {estimate['upper']:,} of {rows:,} values"
            yield Inconclusive(column.name, f"{most} differ, too many to be compared exactly")
    elif distinct == rows == column.count:
        yield Passed(column.name, metrics)
    elif is_called and distinct >= settings.unique * rows:
        yield _broken_key(column, rows - distinct)


def _broken_key(column: ColumnProfile, repeats: int) -> Say:
    if not repeats:
        reason = f"its values differ, but {count(column.null_count, 'row')} have none"
        return Inconclusive(column.name, reason)

    def conclude(found: Found) -> Outcome:
        issue = QualityIssue(
            rule="key_candidates",
            dimension="uniqueness",
            severity="WARNING",
            message=f"called and filled like a key, but {count(repeats, 'row')} of"
            f" {column.non_null_count:,} {verb(repeats, 'repeats', 'repeat')}"
            f" an earlier value{found.first}",
            count=repeats,
            affected=repeats,
            column=column.name,
            value=column.non_null_count - repeats,
        )
        return Failed(issue)

    return Suspicion(Again((column.name,), filled=True), conclude, known=repeats)
