"""Task: what is to be predicted, and in which rows."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.analytics.learning.features import LARGEST, MASKED, Matrix, is_identifier, numbers
from pipelines.analytics.wording import amount
from pipelines.json_value import json_value
from pipelines.profile import ColumnProfile

Problem = Literal["classification", "regression"]

FOLDS = 3
LEAST_ROWS = 30
CLASSES = 20  # more different values than these are no classes
CLASSES_OF_NUMBERS = 10
MOSTLY_FREQUENT = 0.8
NEAREST = 1e-140  # numbers closer together have squares that are no floats
NAMES = ("target", "label", "y", "class", "outcome", "response", "default", "churn")
NAMED = re.compile(rf"(?:(?:is|has)_?)?(?:{'|'.join(NAMES)})(?:ed)?(?:_?flag)?", re.IGNORECASE)


@dataclass(frozen=True)
class Task:
    """A target: `answers` holds its values as numbers, those of classes as places in `classes`.

    `rows` says which of the sampled rows are learned from; `answers` has an entry for each of them.
    """

    column: str
    problem: Problem
    rows: npt.NDArray[np.int64] = field(repr=False)
    answers: Matrix = field(repr=False)
    classes: tuple[Any, ...] = ()
    rare_rows: int = 0

    @property
    def is_classification(self) -> bool:
        return self.problem == "classification"

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """How many rows each class has."""
        return np.bincount(self.answers.astype(np.int64), minlength=len(self.classes))

    def among(self, places: npt.NDArray[Any]) -> "Task":
        """The same task over fewer rows."""
        return Task(
            self.column, self.problem, self.rows[places], self.answers[places], self.classes
        )


def is_named_as_a_target(column: str) -> bool:
    """Whether people call a column so that is to be predicted.

    >>> [is_named_as_a_target(name) for name in ("Target", "is_churned", "class size", "y")]
    [True, True, False, True]
    """
    return NAMED.fullmatch(column.strip()) is not None


def task_of(column: ColumnProfile, series: pl.Series) -> Task | str:
    """The task of predicting this column, or why that makes no sense."""
    if column.figures.get("masked"):
        return MASKED
    present = series.is_not_null()
    if series.dtype.is_float():
        present &= series.is_finite()
    rows = np.flatnonzero(present.to_numpy())
    values = series.gather(rows)
    if len(values) < LEAST_ROWS:
        return f"only {amount(len(values))} of the rows have a value in it"
    if column.type not in {"integer", "number", "decimal", "boolean", "text"}:
        return f"its type is {column.type}, which is neither a number nor a class"
    if is_identifier(column) and column.type == "text":
        return "it differs in every row, as an identifier does"
    different = values.n_unique()
    if different < 2:
        return "it holds one value only"
    if column.type in {"boolean", "text"}:
        return _classes(column, values, rows)
    answers = numbers(values)
    if different <= CLASSES_OF_NUMBERS and (answers == np.floor(answers)).all():
        return _classes(column, values, rows)
    if is_identifier(column):
        return "it differs in every row, as an identifier does"
    if np.abs(answers).max() >= LARGEST:
        return "its numbers are too large to reckon with"
    if np.ptp(answers) < NEAREST:
        return "its numbers are too close together to reckon with"
    return Task(column.name, "regression", rows, answers)


def _classes(column: ColumnProfile, values: pl.Series, rows: npt.NDArray[np.int64]) -> Task | str:
    """Classes need a row in each fold; what is rarer is left out, and counted."""
    cells = values.to_list()
    counted = Counter(cells)
    classes = sorted(value for value, count in counted.items() if count >= FOLDS)
    if len(classes) > CLASSES:
        return f"it holds {amount(len(counted))} different values, too many for classes"
    if len(classes) < 2:
        return f"fewer than two of its values occur {FOLDS} times or more"
    places = {value: place for place, value in enumerate(classes)}
    kept = [at for at, cell in enumerate(cells) if cell in places]
    if len(kept) < LEAST_ROWS or len(kept) < len(cells) * MOSTLY_FREQUENT:
        return f"it holds {amount(len(counted))} different values, many of them rare"
    return Task(
        column.name,
        "classification",
        rows[kept],
        np.array([places[cells[at]] for at in kept], np.float64),
        tuple(map(json_value, classes)),
        rare_rows=len(cells) - len(kept),
    )
