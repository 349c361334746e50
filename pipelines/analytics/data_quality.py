"""Data quality: every rule applied, and one score that says how much of the data is affected."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from pipelines.analytics.checks.base import Dimension, QualityIssue, Subject, Verdict
from pipelines.analytics.checks.registry import CHECKS
from pipelines.analytics.labels import labelled
from pipelines.analytics.outliers import Tail
from pipelines.profile import TableProfile

SEVERITIES = ("ERROR", "WARNING", "INFO")
OWN = ("rulesEvaluated", "score", "dimensions", "severitySummary")
LISTS = ("numericRanges", "categoricalCardinality")
COMPLETENESS, UNIQUENESS = "completeness", "uniqueness"
CELL_DIMENSIONS: tuple[Dimension, ...] = ("validity", "consistency")
DIMENSIONS = (COMPLETENESS, UNIQUENESS, *CELL_DIMENSIONS)


def assess(profile: TableProfile, tails: Mapping[str, Tail]) -> dict[str, Any]:
    """The dq_validate payload of one table."""
    subject = Subject(profile, tails)
    verdicts = {check.__name__: check(subject) for check in CHECKS}
    issues = sorted(
        (issue for verdict in verdicts.values() for issue in verdict.issues),
        key=lambda issue: SEVERITIES.index(issue.severity),
    )
    dimensions = scores(profile, issues)
    score = prod(dimensions.values())
    return {
        "rulesEvaluated": sum(verdict.evaluated for verdict in verdicts.values()),
        "issues": [issue.to_wire() for issue in issues],
        "score": score,
        "dimensions": dimensions,
        "severitySummary": summary([issue.severity for issue in issues], score),
        "metrics": _metrics(verdicts),
    }


def scores(profile: TableProfile, issues: Sequence[QualityIssue]) -> dict[str, float]:
    """The share of the data that is sound in each dimension, 0..1.

    The overall score is their product: the share that no issue touches, if issues strike
    independently. So a rule weighs as much as the data it speaks of, and no more.
    """
    cells = profile.rows * len(profile.columns)
    affected = {
        dimension: sum(issue.affected for issue in issues if issue.dimension == dimension)
        for dimension in CELL_DIMENSIONS
    }
    repeated = float(profile.duplicate_rows.get("ratio") or 0.0)
    return {
        COMPLETENESS: profile.completeness,
        UNIQUENESS: 1.0 - repeated,
        **{
            dimension: 1.0 - count / cells if cells else 1.0
            for dimension, count in affected.items()
        },
    }


def summary(severities: Sequence[str], score: float) -> dict[str, Any]:
    """The severitySummary of these issues."""
    counts = {severity: severities.count(severity) for severity in SEVERITIES}
    return {
        "bySeverity": counts,
        "maxSeverity": next((severity for severity in SEVERITIES if counts[severity]), None),
        "penalty": 1.0 - score,
        "issueCount": len(severities),
    }


def _metrics(verdicts: Mapping[str, Verdict]) -> dict[str, Any]:
    return {
        "duplicateRows": dict(verdicts["duplicate_rows"].metrics[0]),
        "numericRanges": [dict(entry) for entry in verdicts["numeric_range"].metrics],
        "categoricalCardinality": [
            dict(entry) for entry in verdicts["categorical_cardinality"].metrics
        ],
    }


def payload(
    tables: Sequence[TableProfile], assessed: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The payload of dq_validate over all tables; scores are weighted by cells."""
    if len(tables) == 1:
        return dict(assessed[0])
    weights = [max(table.rows * len(table.columns), 1) for table in tables]
    score = _weighted([entry["score"] for entry in assessed], weights)
    issues = [
        issue
        for table, entry in zip(tables, assessed, strict=True)
        for issue in labelled(entry["issues"], table.name, several=True)
    ]
    issues.sort(key=lambda issue: SEVERITIES.index(issue["severity"]))
    return {
        "rulesEvaluated": sum(entry["rulesEvaluated"] for entry in assessed),
        "issues": issues,
        "score": score,
        "dimensions": {
            name: _weighted([entry["dimensions"][name] for entry in assessed], weights)
            for name in DIMENSIONS
        },
        "severitySummary": summary([issue["severity"] for issue in issues], score),
        "metrics": _united_metrics(tables, assessed),
        "tables": [
            {
                "table": table.name,
                **{name: entry[name] for name in OWN},
                "duplicateRows": entry["metrics"]["duplicateRows"],
            }
            for table, entry in zip(tables, assessed, strict=True)
        ],
    }


def by_table(whole: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The payload of each table, out of that of all."""
    if "tables" not in whole:
        return [dict(whole)]
    return [
        {
            **{name: entry[name] for name in OWN},
            "issues": _of(entry["table"], whole["issues"]),
            "metrics": {
                "duplicateRows": entry["duplicateRows"],
                **{name: _of(entry["table"], whole["metrics"][name]) for name in LISTS},
            },
        }
        for entry in whole["tables"]
    ]


def _of(table: str, entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in entry.items() if name != "table"}
        for entry in entries
        if entry["table"] == table
    ]


def _weighted(values: Sequence[float], weights: Sequence[int]) -> float:
    """Their mean; 1 where there is nothing that could be wrong."""
    pairs = zip(values, weights, strict=True)
    total = sum(weights)
    return sum(value * weight for value, weight in pairs) / total if total else 1.0


def _united_metrics(
    tables: Sequence[TableProfile], assessed: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    duplicates = [entry["metrics"]["duplicateRows"] for entry in assessed]
    count, rows = sum(found["duplicates"] for found in duplicates), sum(t.rows for t in tables)
    grades = [found["severity"] for found in duplicates]
    worst = min(grades, key=(*SEVERITIES, "OK").index, default="OK")
    return {
        "duplicateRows": {
            "duplicates": count,
            "ratio": count / rows if rows else 0.0,
            "severity": worst,
        },
        **{
            name: [
                line
                for table, entry in zip(tables, assessed, strict=True)
                for line in labelled(entry["metrics"][name], table.name, several=True)
            ]
            for name in LISTS
        },
    }
