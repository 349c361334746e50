"""Targets: the column to predict: asked for, named like one, or the most predictable."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from pipelines.analytics.learning.features import Matrix, Usable
from pipelines.analytics.learning.leakage import follows_from_a_date, known_by, leaks
from pipelines.analytics.learning.nearness import nearest
from pipelines.analytics.learning.sampling import evenly
from pipelines.analytics.learning.task import Task, is_named_as_a_target, task_of
from pipelines.analytics.measures import is_kind, is_label, is_year
from pipelines.profile import ColumnProfile

CANDIDATES = 24
PROBED_ROWS = 600
PROBED_FEATURES = 20  # that a tree sees
PROBED_COLUMNS = 200  # of a wide table
PLACES = {"latitude", "longitude"}
WORTH = 0.2  # the share of the errors of guessing that a small tree must save


@dataclass(frozen=True)
class Choice:
    """The task that was chosen, and for columns that were considered, why they were not.

    `way` is `asked`, `named` or `found`.
    """

    task: Task | None
    way: str | None = None
    refused: Mapping[str, str] = field(default_factory=dict)


def named(columns: Sequence[ColumnProfile], frame: pl.DataFrame) -> Choice:
    """The first column that is called like a target and can be one."""
    refused: dict[str, str] = {}
    for column in columns:
        if is_named_as_a_target(column.name):
            found = task_of(column, frame.get_column(column.name))
            if isinstance(found, Task):
                return Choice(found, "named", refused)
            refused[column.name] = found
    return Choice(None, None, refused)


def asked(name: str, columns: Sequence[ColumnProfile], frame: pl.DataFrame) -> Choice:
    """The column of this name, in whatever case if none has it exactly."""
    alike = [column for column in columns if column.name.casefold() == name.casefold()]
    column = next((column for column in alike if column.name == name), next(iter(alike), None))
    if column is None:
        return Choice(None, "asked", {name: "there is no such column"})
    found = task_of(column, frame.get_column(column.name))
    if isinstance(found, Task):
        return Choice(found, "asked")
    return Choice(None, "asked", {column.name: found})


def found(columns: Sequence[ColumnProfile], frame: pl.DataFrame, usable: Usable) -> Choice:
    """The column of which a small tree saves the largest share of the errors of guessing.

    A class comes before a number, and of equals the later column.
    """
    usable = usable.columns(evenly(len(usable.features), PROBED_COLUMNS).tolist())
    probed = [
        (task.is_classification, round(_saved(task, usable), 3), place, task)
        for place, task in _candidates(columns, frame, usable)
    ]
    worth = [entry for entry in probed if entry[1] >= WORTH]
    if not worth:
        return Choice(None)
    return Choice(max(worth, key=lambda entry: entry[:3])[3], "found")


def _candidates(
    columns: Sequence[ColumnProfile], frame: pl.DataFrame, usable: Usable
) -> Iterator[tuple[int, Task]]:
    """Classes first, the last columns first: that is where targets stand."""
    profiles = {column.name: column for column in columns}
    keys = list(repeated_keys(columns, usable.excluded))
    order = sorted(
        range(len(usable.features)),
        key=lambda place: (usable.features[place].kind == "number", -place),
    )
    for place in order[:CANDIDATES]:
        name = usable.features[place].column
        if not _is_sensible(profiles[name]):
            continue
        task = task_of(profiles[name], frame.get_column(name))
        is_filled = isinstance(task, Task) and len(task.rows) >= frame.height / 2
        if isinstance(task, Task) and is_filled and not known_by(keys, frame, task):
            yield place, task


def repeated_keys(columns: Sequence[ColumnProfile], excluded: Mapping[str, str]) -> Iterator[str]:
    """Columns that tell things apart of which there may be several rows; no model sees them."""
    for column in columns:
        distinct = column.figures.get("distinctCount") or 0
        is_written = column.type in {"text", "integer"} and not column.figures.get("masked")
        if column.name in excluded and is_written and 1 < distinct < column.non_null_count:
            yield column.name


def _is_sensible(column: ColumnProfile) -> bool:
    """Whether anyone would want to know it from the others: no key or code, year, place, person.

    A kind they might, even where it is written in numbers.
    """
    claim = (column.figures.get("semanticType") or {}).get("type")
    is_someone = column.figures.get("personal") is not None
    is_named = is_label(column) and not is_kind(column)
    return not (is_named or is_year(column) or claim in PLACES or is_someone)


def _saved(task: Task, usable: Usable) -> float:
    """The share of a guesser's errors that a small tree saves, learning on one half each time."""
    task = task.among(evenly(len(task.rows), PROBED_ROWS))
    inputs = usable.of(task.rows).without({task.column: ""})
    if follows_from_a_date(inputs, task.answers):
        return 0.0
    halves = np.arange(len(task.rows)) % 2 == 0
    near = {
        first: nearest(inputs, task, halves == first, PROBED_FEATURES) for first in (True, False)
    }
    both = np.union1d(near[True], near[False])
    telling = leaks(inputs.columns(both), task.answers, task.column)
    errors = guessed = 0.0
    for first, places in near.items():
        kept = [at for at in places.tolist() if inputs.features[at].column not in telling]
        if not kept:
            return 0.0
        learned, tested = halves == first, halves != first
        make = DecisionTreeClassifier if task.is_classification else DecisionTreeRegressor
        tree = make(max_depth=4, min_samples_leaf=5, random_state=0)
        tree.fit(inputs.matrix[learned][:, kept], task.answers[learned])
        actual = task.answers[tested]
        errors += _error(task, tree.predict(inputs.matrix[tested][:, kept]), actual)
        guessed += _error(task, np.full(len(actual), _guess(task, task.answers[learned])), actual)
    return 1 - errors / guessed if guessed else 0.0


def _guess(task: Task, answers: Matrix) -> float:
    if task.is_classification:
        return float(np.bincount(answers.astype(np.int64)).argmax())
    return float(answers.mean())


def _error(task: Task, predicted: Matrix, actual: Matrix) -> float:
    if task.is_classification:
        return float((predicted != actual).sum())
    return float(np.square((predicted - actual) / (np.ptp(task.answers) or 1.0)).sum())
