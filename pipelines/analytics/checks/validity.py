"""Validity: numbers far from where the rest of their column lies."""

from collections.abc import Mapping
from typing import Any

from pipelines.analytics.checks.base import QualityIssue, Subject, Verdict
from pipelines.analytics.fences import Spread, spread
from pipelines.analytics.outliers import Tail

WARNING_FROM = 0.01
ERROR_FROM = 0.05
EXAMPLES = 5


def numeric_range(subject: Subject) -> Verdict:
    """Share of values outside mean ± 3 standard deviations: 1 % is a WARNING, 5 % an ERROR.

    Counted over all rows; never more than 1 in 9 for any distribution (Chebyshev).
    """
    spreads = [found for column in subject.profile.columns if (found := spread(column))]
    judged = [_judge(found, subject.tails.get(found.column, Tail())) for found in spreads]
    return Verdict(
        len(judged),
        tuple(issue for _, issue in judged if issue),
        tuple(metrics for metrics, _ in judged),
    )


def _judge(found: Spread, tail: Tail) -> tuple[Mapping[str, Any], QualityIssue | None]:
    ratio = tail.beyond / found.count
    severity = "ERROR" if ratio >= ERROR_FROM else "WARNING" if ratio >= WARNING_FROM else "OK"
    metrics = {
        "column": found.column,
        "lowerBound": found.lower,
        "upperBound": found.upper,
        "minObserved": found.minimum,
        "maxObserved": found.maximum,
        "sampleCount": found.count,
        "violationCount": tail.beyond,
        "violationRatio": ratio,
        "severity": severity,
    }
    if ratio < WARNING_FROM:
        return metrics, None
    issue = QualityIssue(
        rule="numeric_range",
        dimension="validity",
        severity="ERROR" if ratio >= ERROR_FROM else "WARNING",
        message=f"{tail.beyond:,} of {found.count:,} values ({ratio:.1%}) lie more than"
        " 3 standard deviations from the mean",
        affected=tail.beyond,
        column=found.column,
        value=ratio,
        bounds={"lower": found.lower, "upper": found.upper},
        examples=tail.examples[:EXAMPLES],
    )
    return metrics, issue
