"""Check contract: what a rule says of each column, in the words of DAMA's quality dimensions."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import polars as pl

from pipelines.analytics.checks.settings import QualityOptions, RuleSettings
from pipelines.analytics.checks.where import Again, Where
from pipelines.analytics.outliers import Tail
from pipelines.profile import TableProfile

Dimension = Literal["completeness", "uniqueness", "validity", "consistency"]
Severity = Literal["ERROR", "WARNING", "INFO"]
Metrics = Mapping[str, Any]

NO_ROWS = "the table has no rows"
NO_VALUES = "the column has no values"
MASKED = "its values are masked"


@dataclass(frozen=True, slots=True)
class QualityIssue:
    """One judgement. `count` rows are concerned; `affected` cells (of a table: rows) cost score.

    What costs nothing in the score, such as an INFO, has nothing affected. `sql` is the condition
    or query of the rows, where there is one.
    """

    rule: str
    dimension: Dimension
    severity: Severity
    message: str
    count: int
    affected: int = 0
    column: str | None = None
    value: Any = None
    bounds: Mapping[str, float] | None = None
    examples: tuple[Mapping[str, Any], ...] = ()
    sql: str | None = None

    def to_wire(self) -> dict[str, Any]:
        wire: dict[str, Any] = {
            "rule": self.rule,
            "severity": self.severity,
            "message": self.message,
            "column": self.column,
            "value": self.value,
            "bounds": self.bounds,
            "dimension": self.dimension,
            "count": self.count,
            "affected": self.affected,
            "examples": [dict(example) for example in self.examples] or None,
            "sql": self.sql,
        }
        return {name: value for name, value in wire.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Found:
    """What a look at the rows found: how many, the first of them, and the ends of all others.

    `low` and `high` are days since 1970-01-01 where the values are dates or times. `values` are
    the different values of all, where SQL has to name them and they are not too many.
    """

    count: int
    examples: tuple[Mapping[str, Any], ...] = ()
    values: tuple[str, ...] = ()
    low: Any = None
    high: Any = None

    @property
    def first(self) -> str:
        """Where the first one is, for the end of a sentence."""
        return f", first in row {self.examples[0]['row']:,}" if self.examples else ""


@dataclass(frozen=True, slots=True)
class Passed:
    """Nothing to say against a column (None: the table)."""

    column: str | None
    metrics: Metrics | None = None


@dataclass(frozen=True, slots=True)
class Inconclusive:
    """A column that cannot be judged, and why."""

    column: str | None
    reason: str
    metrics: Metrics | None = None


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Rows to look at, before `conclude` says what they amount to.

    `known`: how many there are, from the states, so that a page of examples is enough. `others`:
    which values of the column to tell the smallest and the largest of. `tells`: whether examples
    are told with their values.
    """

    where: Where | Again
    conclude: "Conclude"
    known: int | None = None
    others: pl.Expr | None = None
    tells: bool = True


@dataclass(frozen=True, slots=True)
class Failed:
    """An issue, with its entry in `metrics`, and its rows if no look at them was needed."""

    issue: QualityIssue
    metrics: Metrics | None = None
    where: Where | None = None


Outcome = Passed | Inconclusive | Failed
Say = Passed | Inconclusive | Failed | Suspicion


@dataclass(frozen=True)
class Subject:
    """What a check may look at: the profile, the rows far from the mean by column, and the day.

    `today` is the day on which the job was created; None where no one knows.
    """

    profile: TableProfile
    tails: Mapping[str, Tail] = field(default_factory=dict)
    settings: QualityOptions = field(default_factory=QualityOptions)
    today: date | None = None


Conclude = Callable[[Found], Outcome]
Check = Callable[[Subject], Iterator[Say]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule by its name on the wire, and the field of `options.quality` that sets it."""

    check: Check
    dimension: Dimension

    @property
    def name(self) -> str:
        return self.check.__name__

    def settings(self, options: QualityOptions) -> RuleSettings:
        found: RuleSettings = getattr(options, self.name)
        return found
