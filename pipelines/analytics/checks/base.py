"""Check contract: a judgement on a table's profile, in the words of DAMA's quality dimensions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pipelines.analytics.outliers import Tail
from pipelines.profile import TableProfile

Dimension = Literal["completeness", "uniqueness", "validity", "consistency"]
Severity = Literal["ERROR", "WARNING", "INFO"]


@dataclass(frozen=True, slots=True)
class QualityIssue:
    """One judgement. `affected` counts the cells (uniqueness: rows) that it speaks of.

    What costs nothing in the score, such as an INFO, has nothing affected.
    """

    rule: str
    dimension: Dimension
    severity: Severity
    message: str
    affected: int
    column: str | None = None
    value: Any = None
    bounds: Mapping[str, float] | None = None
    examples: tuple[Mapping[str, Any], ...] = ()

    def to_wire(self) -> dict[str, Any]:
        wire: dict[str, Any] = {
            "rule": self.rule,
            "severity": self.severity,
            "message": self.message,
            "column": self.column,
            "value": self.value,
            "bounds": self.bounds,
            "dimension": self.dimension,
            "count": self.affected or None,
            "examples": [dict(example) for example in self.examples] or None,
        }
        return {name: value for name, value in wire.items() if value is not None}


@dataclass(frozen=True)
class Subject:
    """What a check may look at: the profile, and the rows beyond three deviations by column."""

    profile: TableProfile
    tails: Mapping[str, Tail] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule found: how often it was applied, its issues, and its entries in `metrics`."""

    evaluated: int
    issues: tuple[QualityIssue, ...] = ()
    metrics: tuple[Mapping[str, Any], ...] = ()


Check = Callable[[Subject], Verdict]
