"""Meaning: whether values are what their column's semantic type says, and whose they are."""

from pipelines.analytics.checks.base import QualityIssue, Subject, Verdict
from pipelines.profile import ColumnProfile


def broken_checksum(subject: Subject) -> Verdict:
    """Values of a type with check digits that do not agree with the rest: a WARNING."""
    checked = [
        column
        for column in subject.profile.columns
        if (column.figures.get("semanticType") or {}).get("checksum") is not None
    ]
    issues = tuple(issue for column in checked if (issue := _broken(column)))
    return Verdict(len(checked), issues)


def _broken(column: ColumnProfile) -> QualityIssue | None:
    claim = column.figures["semanticType"]
    broken = claim.get("broken")
    if not broken:
        return None
    share = broken["count"] / column.non_null_count
    return QualityIssue(
        rule="broken_checksum",
        dimension="validity",
        severity="WARNING",
        message=f"{broken['count']:,} of {column.non_null_count:,} values ({share:.2%}) have the"
        f" form of {claim['type'].replace('_', ' ')} but not its check digits",
        affected=broken["count"],
        column=column.name,
        value=claim["type"],
        examples=tuple({"value": value} for value in broken["examples"]),
    )


def personal_data(subject: Subject) -> Verdict:
    """Columns with data about persons: an INFO, so that someone decides what becomes of them."""
    columns = subject.profile.columns
    issues = tuple(
        QualityIssue(
            rule="personal_data",
            dimension="validity",
            severity="INFO",
            message=f"personal data: {personal['why']}",
            affected=0,
            column=column.name,
            value=personal["kind"],
        )
        for column in columns
        if (personal := column.figures.get("personal"))
    )
    return Verdict(len(columns), issues)
