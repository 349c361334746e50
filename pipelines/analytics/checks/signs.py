"""Signs: numbers below zero, where a column's name or its other values speak against them."""

import re
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
    Severity,
    Subject,
    Suspicion,
)
from pipelines.analytics.checks.settings import NegativeValues, SentinelValues
from pipelines.analytics.fences import number
from pipelines.analytics.wording import amount, count, percent, verb
from pipelines.profile import ColumnProfile
from pipelines.semantic_types.kind import told

# What is counted or measured from nothing on; and what says that it is a change, or may be owed.
COUNTED = re.compile(
    r"\b(prices?|qty|quantit(y|ies)|ages?|counts?|number of|num|population|weights?|heights?"
    r"|widths?|lengths?|depths?|sizes?|distances?|durations?|areas?|volumes?|salar(y|ies)|wages?"
    r"|speeds?|votes|visits|clicks|views|bytes|pages|rooms|mileage)\b"
)
CHANGED = re.compile(
    r"\b(change[sd]?|diff(erence)?s?|delta|net|growth|adj(ust(ed|ment)?)?|corrections?|balance"
    r"|deviation|error|log|ln|z|scores?|gain|loss|offset|shift|trend|anomaly|residuals?|rel(ative)?"
    r"|returns?|bias|effects?|coef(ficient)?s?|beta|estimate|slope|rank|std|norm(ali[sz]ed)?|scaled|below|above)\b"
)
MOST = 0.1  # of the values; more are no mistake


def negative_values(subject: Subject) -> Iterator[Say]:
    """Numbers below zero: a WARNING where the column counts or measures by its name, else an INFO.

    A name counts for nothing where more than a tenth of the values is negative. Without one, the
    negatives are few, and the lowest lies farther below zero than half of all values lie above it.
    """
    settings, sentinels = subject.settings.negative_values, subject.settings.sentinel_values
    for column in subject.profile.columns:
        if column.is_numeric:
            yield _judged(column, settings, sentinels)


def _judged(column: ColumnProfile, settings: NegativeValues, sentinels: SentinelValues) -> Say:
    if column.figures.get("masked"):
        return Inconclusive(column.name, MASKED)
    negatives = int(column.figures.get("negatives") or 0)
    severity = _severity(column, negatives, settings, sentinels)
    if severity is None:
        return Passed(column.name)

    def conclude(seen: Found) -> Outcome:
        ratio = negatives / column.non_null_count
        lowest = number(column.figures.get("min"))
        told_lowest = "" if lowest is None or lowest >= 0 else f", the lowest is {amount(lowest)}"
        issue = QualityIssue(
            rule="negative_values",
            dimension="validity",
            severity=severity,
            message=f"{negatives:,} of {count(column.non_null_count, 'value')} ({percent(ratio)})"
            f" {verb(negatives, 'lies', 'lie')} below 0{told_lowest}{seen.first}",
            count=negatives,
            affected=negatives if severity == "WARNING" else 0,
            column=column.name,
            value=ratio,
        )
        return Failed(issue)

    return Suspicion(where.negative(column.name), conclude, known=negatives)


def _severity(
    column: ColumnProfile, negatives: int, settings: NegativeValues, sentinels: SentinelValues
) -> Severity | None:
    """What negatives in the column are; None if they may be as they are, or are sentinels."""
    if not negatives or negatives == _sentinels(column, sentinels):
        return None
    ratio, name = negatives / column.non_null_count, told(column.name)
    if COUNTED.search(name) and not CHANGED.search(name):
        return "WARNING" if ratio <= MOST else None
    lowest = number(column.figures.get("min"))
    median = number((column.figures.get("quantiles") or {}).get("p50"))
    if column.non_null_count < settings.rows or ratio > settings.share or median is None:
        return None
    return "INFO" if lowest is None or lowest >= 0 or -lowest > median else None


def _sentinels(column: ColumnProfile, settings: SentinelValues) -> int:
    """How many of the negatives another rule will speak of, as far as can be seen."""
    if not settings.enabled:
        return 0
    listed = {float(value) for value in settings.numbers if value < 0}
    told = [e for key in ("topValues", "bottomValues") for e in column.figures.get(key) or ()]
    counts = {float(entry["value"]): int(entry["count"]) for entry in told}
    return sum(count for value, count in counts.items() if value in listed)
