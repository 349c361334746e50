"""Uniqueness: rows that repeat an earlier row."""

from pipelines.analytics.checks.base import QualityIssue, Subject, Verdict

ERROR_FROM = 0.05


def duplicate_rows(subject: Subject) -> Verdict:
    """Repeated rows: any is a WARNING, 5 % and more an ERROR."""
    found = subject.profile.duplicate_rows
    count, ratio = int(found.get("count") or 0), float(found.get("ratio") or 0.0)
    severity = "ERROR" if ratio >= ERROR_FROM else "WARNING"
    metrics = {
        **found,
        "duplicates": count,
        "ratio": ratio,
        "severity": severity if count else "OK",
    }
    metrics.pop("count", None)
    if not count:
        return Verdict(min(subject.profile.rows, 1), metrics=(metrics,))
    issue = QualityIssue(
        rule="duplicate_rows",
        dimension="uniqueness",
        severity="ERROR" if ratio >= ERROR_FROM else "WARNING",
        message=f"{count:,} {'row repeats' if count == 1 else 'rows repeat'} an earlier row"
        f" ({ratio:.2%} of the table)",
        affected=count,
        value={"count": count, "ratio": ratio},
    )
    return Verdict(1, (issue,), (metrics,))
