"""Completeness: cells that hold no value."""

from pipelines.analytics.checks.base import QualityIssue, Subject, Verdict
from pipelines.profile import ColumnProfile

WARNING_ABOVE = 0.2
ERROR_FROM = 0.4


def null_ratio_threshold(subject: Subject) -> Verdict:
    """Nulls: more than 20 % is a WARNING, 40 % and more an ERROR."""
    columns = subject.profile.columns
    issues = tuple(_issue(column) for column in columns if column.null_ratio > WARNING_ABOVE)
    return Verdict(len(columns), issues)


def _issue(column: ColumnProfile) -> QualityIssue:
    return QualityIssue(
        rule="null_ratio_threshold",
        dimension="completeness",
        severity="ERROR" if column.null_ratio >= ERROR_FROM else "WARNING",
        message=f"{column.null_ratio:.1%} of the values are missing"
        f" ({column.null_count:,} of {column.count:,} rows)",
        affected=column.null_count,
        column=column.name,
        value=column.null_ratio,
    )
