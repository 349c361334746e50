"""Consistency: values that do not follow the way their own column is written."""

from collections.abc import Mapping
from typing import Any

from pipelines.analytics.checks.base import QualityIssue, Subject, Verdict
from pipelines.profile import ColumnProfile

MIXED_FROM = 0.05
MANY = 50
ROWS_PER_VALUE = (2, 20)


def mixed_type(subject: Subject) -> Verdict:
    """Text columns of which at least 5 %, and not all, are numbers: a WARNING.

    Words with a few numbers among them are text; digits throughout are codes kept as text.
    """
    texts = [column for column in subject.profile.columns if column.inferred_type == "text"]
    issues = tuple(issue for column in texts if (issue := _mixed(column)))
    return Verdict(len(subject.profile.columns), issues)


def _mixed(column: ColumnProfile) -> QualityIssue | None:
    counts: Mapping[str, int] = column.figures.get("typeCounts") or {}
    total = sum(counts.values())
    numbers = counts.get("numeric", 0)
    if not total or numbers == total or numbers / total < MIXED_FROM:
        return None
    return QualityIssue(
        rule="mixed_type",
        dimension="consistency",
        severity="WARNING",
        message=f"{numbers:,} of {total:,} values are numbers, the rest are not,"
        " so the column is kept as text",
        affected=min(numbers, total - numbers),
        column=column.name,
        value=dict(counts),
    )


def categorical_cardinality(subject: Subject) -> Verdict:
    """Categories too many to group by and too few to identify: an INFO.

    That is at least 50 distinct values that each stand for 2 to 20 rows on average. Identifiers
    and free text (fewer than 2 rows a value) and real categories (more than 20) are healthy.
    """
    columns = [
        column
        for column in subject.profile.columns
        if column.inferred_type in {"text", "boolean"} and column.non_null_count
    ]
    judged = [_cardinality(column) for column in columns]
    return Verdict(
        len(judged),
        tuple(issue for _, issue in judged if issue),
        tuple(metrics for metrics, _ in judged),
    )


def _cardinality(column: ColumnProfile) -> tuple[Mapping[str, Any], QualityIssue | None]:
    rows = column.non_null_count
    distinct = int(column.figures.get("distinctCount") or 0)
    estimated = "distinctCount" in (column.figures.get("estimates") or {})
    low, high = ROWS_PER_VALUE
    thin = distinct >= MANY and low * distinct <= rows < high * distinct
    metrics = {
        "column": column.name,
        "distinctSample": distinct,
        "nonNullCount": rows,
        "ratio": distinct / rows,
        "sampleLimitHit": estimated,
        "severity": "INFO" if thin else "OK",
    }
    if not thin:
        return metrics, None
    issue = QualityIssue(
        rule="categorical_cardinality",
        dimension="consistency",
        severity="INFO",
        message=f"{distinct:,} distinct values across {rows:,} rows:"
        " too many to group by, too few to identify a row",
        affected=0,
        column=column.name,
        value=distinct,
    )
    return metrics, issue
