"""Data quality: every rule applied, and one score that says how much of the data is affected."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import prod
from typing import Any

from pipelines.analytics.checks.base import (
    Failed,
    Found,
    Inconclusive,
    Outcome,
    Passed,
    QualityIssue,
    Rule,
    Say,
    Subject,
    Suspicion,
)
from pipelines.analytics.checks.registry import RULES
from pipelines.analytics.checks.settings import QualityOptions
from pipelines.analytics.ground import Ground
from pipelines.analytics.labels import labelled
from pipelines.analytics.outliers import Tail
from pipelines.analytics.scoring import DIMENSIONS, SEVERITIES, scores, summary
from pipelines.profile import TableProfile

OWN = ("rulesEvaluated", "score", "dimensions", "severitySummary")
LISTS = ("numericRanges", "categoricalCardinality", "keyCandidates")
PAGE = 20  # examples of an issue

Locate = Callable[[Sequence[Suspicion]], Sequence[Found]]


def unseen(suspicions: Sequence[Suspicion]) -> list[Found]:
    """What is known of suspicions where no row can be looked at."""
    return [Found(each.known or 0) for each in suspicions]


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that a rule said of a table, in the order of the columns."""

    rule: Rule
    outcomes: tuple[Outcome, ...]

    @property
    def issues(self) -> Iterator[QualityIssue]:
        return (each.issue for each in self.outcomes if isinstance(each, Failed))

    @property
    def metrics(self) -> list[dict[str, Any]]:
        return [dict(each.metrics) for each in self.outcomes if each.metrics is not None]

    def to_wire(self) -> dict[str, Any]:
        """Pass, fail or inconclusive, of the table and by column; and the reasons."""
        passed = [each for each in self.outcomes if isinstance(each, Passed)]
        unclear = [each for each in self.outcomes if isinstance(each, Inconclusive)]
        failed = list(self.issues)
        columns = dict.fromkeys(issue.column for issue in failed if issue.column is not None)
        told = "fail" if failed else "inconclusive" if unclear and not passed else "pass"
        return {
            "rule": self.rule.name,
            "dimension": self.rule.dimension,
            "verdict": told,
            "passed": list(
                dict.fromkeys(
                    each.column
                    for each in passed
                    if each.column is not None and each.column not in columns
                )
            ),
            "failed": list(columns),
            "inconclusive": [
                {name: value for name, value in (("column", each.column), ("reason", each.reason))
                 if value is not None}
                for each in unclear
            ],
        }  # fmt: skip


def assess(
    profile: TableProfile,
    tails: Mapping[str, Tail],
    locate: Locate = unseen,
    *,
    options: QualityOptions | None = None,
    today: date | None = None,
    ground: Ground | None = None,
) -> dict[str, Any]:
    """The dq_validate payload of one table.

    `locate` looks at the rows, `ground` says where they lie, and `today` is the day of the job.
    """
    options = options or QualityOptions()
    subject = Subject(profile, tails, options, today)
    ground = ground or Ground("tables")
    applied = [rule for rule in RULES if rule.settings(options).enabled]
    told = [(rule, list(rule.check(subject))) for rule in applied]
    waiting = [say for _, says in told for say in says if isinstance(say, Suspicion)]
    found = iter(locate(waiting))
    verdicts = [
        Verdict(rule, tuple(_concluded(say, found, ground) for say in says)) for rule, says in told
    ]
    issues = sorted(
        (issue for verdict in verdicts for issue in verdict.issues),
        key=lambda issue: (SEVERITIES.index(issue.severity), -issue.count),
    )
    dimensions = scores(profile, issues, options)
    score = prod(dimensions.values())
    return {
        "rulesEvaluated": sum(len(verdict.outcomes) for verdict in verdicts),
        "issues": [issue.to_wire() for issue in issues],
        "score": score,
        "dimensions": dimensions,
        "severitySummary": summary([issue.severity for issue in issues], score),
        "metrics": _metrics(profile, verdicts),
        "verdicts": [verdict.to_wire() for verdict in verdicts],
        "rulesOff": [rule.name for rule in RULES if rule not in applied],
    }


def _concluded(say: Say, found: Iterator[Found], ground: Ground) -> Outcome:
    """What a suspicion amounts to, with the places and the SQL of its rows."""
    seen, where = Found(0), None
    if isinstance(say, Suspicion):
        seen, where = next(found), say.where
        outcome = say.conclude(seen)
    else:
        outcome = say
    if not isinstance(outcome, Failed):
        return outcome
    look = where or outcome.where
    issue = outcome.issue
    examples = (issue.examples or seen.examples)[:PAGE]
    placed = tuple(ground.placed(example) for example in examples)
    sql = None if look is None else ground.query(look, seen.values)
    return Failed(replace(issue, examples=placed, sql=sql), outcome.metrics)


def _metrics(profile: TableProfile, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Figures by column, of those rules that are on; repeated rows are always told."""
    by_rule = {verdict.rule.name: verdict.metrics for verdict in verdicts}
    repeats = profile.duplicate_rows
    off = {
        **{name: value for name, value in repeats.items() if name != "count"},
        "duplicates": repeats.get("count") or 0,
        "ratio": repeats.get("ratio") or 0.0,
        "severity": "OFF",
    }
    return {
        "duplicateRows": by_rule.get("duplicate_rows", [off])[0],
        "numericRanges": by_rule.get("numeric_range", []),
        "categoricalCardinality": by_rule.get("categorical_cardinality", []),
        "keyCandidates": by_rule.get("key_candidates", []),
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
    rows = {table.name: max(table.rows, 1) for table in tables}
    issues.sort(
        key=lambda issue: (
            SEVERITIES.index(issue["severity"]),
            -issue["count"] / rows[issue["table"]],
        )
    )
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
        "verdicts": [
            verdict
            for table, entry in zip(tables, assessed, strict=True)
            for verdict in labelled(entry["verdicts"], table.name, several=True)
        ],
        "rulesOff": assessed[0]["rulesOff"] if assessed else [],
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
            "verdicts": _of(entry["table"], whole["verdicts"]),
            "rulesOff": whole["rulesOff"],
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
    worst = min(grades, key=(*SEVERITIES, "OK", "OFF").index, default="OK")
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
