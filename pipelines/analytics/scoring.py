"""Scoring: one figure a dimension, and one over all: the share of the data that is sound."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from pipelines.analytics.checks.base import Dimension, QualityIssue
from pipelines.analytics.checks.settings import QualityOptions
from pipelines.analytics.checks.uniqueness import compares_rows
from pipelines.profile import TableProfile

SEVERITIES = ("ERROR", "WARNING", "INFO")
DIMENSIONS: tuple[Dimension, ...] = ("completeness", "uniqueness", "validity", "consistency")
COMPLETENESS, UNIQUENESS = "completeness", "uniqueness"
NULLS = "null_ratio_threshold"


def scores(
    profile: TableProfile, issues: Sequence[QualityIssue], options: QualityOptions | None = None
) -> dict[str, float]:
    """The share of the data that is sound in each dimension, 0..1.

    The overall score is their product: the share that no issue touches, if issues strike
    independently. So a rule weighs as much as the data it speaks of, and no more; a cell that two
    rules of a dimension speak of counts once as far as can be told, and a rule that is off costs
    nothing.
    """
    options = options or QualityOptions()
    cells = profile.rows * len(profile.columns)
    affected: Counter[tuple[str, str]] = Counter()
    if options.null_ratio_threshold.enabled:
        affected.update({(COMPLETENESS, c.name): c.null_count for c in profile.columns})
    for issue in issues:
        if issue.column is not None and issue.rule != NULLS:
            affected[issue.dimension, issue.column] += issue.affected
    lost: dict[str, int] = dict.fromkeys(DIMENSIONS, 0)
    for (dimension, _), number in affected.items():
        lost[dimension] += min(number, profile.rows)
    sound = {name: 1.0 - number / cells if cells else 1.0 for name, number in lost.items()}
    if options.duplicate_rows.enabled and compares_rows(profile):
        sound[UNIQUENESS] *= 1.0 - float(profile.duplicate_rows.get("ratio") or 0.0)
    return sound


def summary(severities: Sequence[str], score: float) -> dict[str, Any]:
    """The severitySummary of these issues."""
    counts = {severity: severities.count(severity) for severity in SEVERITIES}
    return {
        "bySeverity": counts,
        "maxSeverity": next((severity for severity in SEVERITIES if counts[severity]), None),
        "penalty": 1.0 - score,
        "issueCount": len(severities),
    }
