"""Validity: numbers far from where the rest of their column lies."""

from collections.abc import Iterator, Mapping
from typing import Any

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
from pipelines.analytics.checks.settings import NumericRange, Skew
from pipelines.analytics.fences import THRESHOLDS, Spread, number, spread
from pipelines.analytics.measures import is_label
from pipelines.analytics.outliers import Tail
from pipelines.analytics.wording import amount, count, grouped, percent, verb
from pipelines.profile import ColumnProfile

TWO = 2  # distinct values
LABELS = "its numbers are labels, as keys and codes are, and measure nothing"
TOO_LARGE = "its numbers are too large to compute their deviation"


def numeric_range(subject: Subject) -> Iterator[Say]:
    """Share of values outside mean ± 3 standard deviations: 1 % is a WARNING, 5 % an ERROR.

    Counted over all rows; never more than 1 in 9 for any distribution (Chebyshev), and none at all
    among n values if n - 1 < 9 sqrt(n) (Samuelson).
    """
    settings = subject.settings.numeric_range
    for column in subject.profile.columns:
        if not column.is_numeric:
            continue
        found = spread(column)
        if found is None:
            yield _unspread(column)
        elif _is_indicator(column):
            yield Inconclusive(column.name, "it holds 0 and 1 alone, which have no range")
        else:
            tail = subject.tails.get(column.name)
            yield _ranged(found, settings, tail, measures=not is_label(column))


def _unspread(column: ColumnProfile) -> Say:
    if column.figures.get("masked"):
        return Inconclusive(column.name, MASKED)
    if number(column.figures.get("min")) is None:
        return Inconclusive(column.name, "it has no finite number")
    if number(column.figures.get("mean")) is None or column.figures.get("stddev") is None:
        if column.non_null_count < 2:
            return Inconclusive(column.name, "it has one value only")
        return Inconclusive(column.name, TOO_LARGE)
    return Inconclusive(column.name, TOO_LARGE) if column.figures["stddev"] else Passed(column.name)


def _ranged(found: Spread, settings: NumericRange, tail: Tail | None, *, measures: bool) -> Say:
    k = settings.deviations
    lower, upper = found.mean - k * found.stddev, found.mean + k * found.stddev
    look = where.deviating(found, k)

    def conclude(seen: Found) -> Outcome:
        ratio = seen.count / found.count
        grade = _grade(ratio, settings)
        if grade and not measures:
            metrics = _range_metrics(found, (lower, upper), seen.count, None)
            return Inconclusive(found.column, LABELS, metrics)
        metrics = _range_metrics(found, (lower, upper), seen.count, grade)
        if grade is None and (found.count - 1) <= k * found.count**0.5:
            reason = f"none of {count(found.count, 'value')} can lie {amount(k)} deviations out"
            return Inconclusive(found.column, reason, metrics)
        if grade is None:
            return Passed(found.column, metrics)
        far = seen.examples[0] if seen.examples and "zscore" in seen.examples[0] else None
        place = (
            f", farthest in row {far['row']:,} ({grouped(far['value'], 9)})" if far else seen.first
        )
        issue = QualityIssue(
            rule="numeric_range",
            dimension="validity",
            severity=grade,
            message=f"{seen.count:,} of {found.count:,} values ({percent(ratio)})"
            f" {verb(seen.count, 'lies', 'lie')} more than {amount(k)} standard deviations from"
            f" the mean, outside {amount(lower)} to {amount(upper)}{place}",
            count=seen.count,
            affected=seen.count,
            column=found.column,
            value=ratio,
            bounds={"lower": lower, "upper": upper},
            examples=seen.examples,
        )
        return Failed(issue, metrics, look)

    if k == THRESHOLDS["zscore"]:
        tail = tail or Tail()
        beyond = tuple(each for each in tail.examples if each["zscore"] > k)
        return conclude(Found(tail.beyond, beyond))
    if not look.reaches(found.minimum, found.maximum):
        return conclude(Found(0))
    return Suspicion(look, conclude)


def _is_indicator(column: ColumnProfile) -> bool:
    """Whether it says no and yes, as 0 and 1; however seldom, none of these is far out."""
    ends = [number(column.figures.get(name)) for name in ("min", "max")]
    return column.figures.get("distinctCount") == TWO and ends == [0.0, 1.0]


def _grade(ratio: float, settings: NumericRange) -> Severity | None:
    if not ratio or ratio < settings.warning:
        return None
    return "ERROR" if ratio >= settings.error else "WARNING"


def _range_metrics(
    found: Spread, bounds: tuple[float, float], beyond: int, grade: Severity | None
) -> Mapping[str, Any]:
    return {
        "column": found.column,
        "lowerBound": bounds[0],
        "upperBound": bounds[1],
        "minObserved": found.minimum,
        "maxObserved": found.maximum,
        "sampleCount": found.count,
        "violationCount": beyond,
        "violationRatio": beyond / found.count,
        "severity": grade or "OK",
    }


def skew(subject: Subject) -> Iterator[Say]:
    """Numbers with a tail on one side, a skewness of 3 and more: an INFO.

    Two values make no tail, however seldom one of them is.
    """
    settings = subject.settings.skew
    for column in subject.profile.columns:
        if column.is_numeric and column.figures.get("distinctCount") != TWO:
            yield _skewed(column, settings)


def _skewed(column: ColumnProfile, settings: Skew) -> Say:
    found, skewness = spread(column), number(column.figures.get("skewness"))
    if column.figures.get("masked"):
        return Inconclusive(column.name, MASKED)
    if column.non_null_count < settings.rows:
        few = count(column.non_null_count, "value")
        return Inconclusive(column.name, f"{few} are too few to speak of a shape")
    if found is None or skewness is None or abs(skewness) < settings.skewness:
        return Passed(column.name)
    if is_label(column):
        return Inconclusive(column.name, LABELS)
    is_right = skewness > 0
    bound = found.upper if is_right else found.lower
    side = f"a long tail of {'large' if is_right else 'small'} values (skewness {skewness:.1f})"

    def conclude(seen: Found) -> Outcome:
        issue = QualityIssue(
            rule="skew",
            dimension="validity",
            severity="INFO",
            message=f"{side}: {count(seen.count, 'value')} {verb(seen.count, 'lies', 'lie')}"
            f" {'above' if is_right else 'below'} {amount(bound)}{_median(column)}{seen.first}",
            count=seen.count,
            column=column.name,
            value=skewness,
        )
        return Failed(issue)

    return Suspicion(where.beyond(column.name, bound, above=is_right), conclude)


def _median(column: ColumnProfile) -> str:
    median = (column.figures.get("quantiles") or {}).get("p50")
    return "" if median is None else f", the median is {amount(median)}"
