"""Inquiry: one table, asked what it can predict and which of its rows lie apart."""

import warnings

import polars as pl
from threadpoolctl import threadpool_limits

from pipelines.analytics.learning import telling, wire
from pipelines.analytics.learning.anomalies import anomalies
from pipelines.analytics.learning.features import Usable, usable
from pipelines.analytics.learning.groups import Groups, grouped
from pipelines.analytics.learning.prediction import Prediction, predict
from pipelines.analytics.learning.sampling import drawn
from pipelines.analytics.learning.targets import Choice, asked, found, named
from pipelines.analytics.learning.task import LEAST_ROWS
from pipelines.analytics.workspace import Answer
from pipelines.options import MlOptions
from pipelines.profile import TableProfile


def inquire(table: TableProfile, options: MlOptions) -> Answer:
    """The fields of the payload that hold something, and the files; `reason` if it was skipped.

    One thread computes, since sums depend on how many there are.
    """
    places = drawn(table.sample_rows, options.rows)
    frame = table.sample[places]
    if frame.height < LEAST_ROWS:
        return telling.too_few_rows(frame.height), []
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a model that does not converge shows in its scores
        return _inquire(table, frame, table.sample_rows[places].tolist(), options.target)


def _inquire(
    table: TableProfile, frame: pl.DataFrame, rows: list[int], target: str | None
) -> Answer:
    offered = usable(table.columns, frame)
    choice = _chosen(table, frame, offered, target)
    outcome = predict(choice.task, offered) if choice.task else None
    if choice.way == "asked" and not isinstance(outcome, Prediction):
        return telling.asked_in_vain(choice, outcome), []
    if not offered.features:
        return {**telling.unusable(offered), "excludedColumns": wire.excluded(offered.excluded)}, []
    answered, files = _answered(table, offered, choice, outcome, rows)
    notes = [*telling.considered(choice), *answered["notes"], *telling.sampled(table, len(rows))]
    odd = wire.rounded(anomalies(offered, frame, rows))
    return {**answered, "notes": notes, "anomalies": odd}, files


def _chosen(
    table: TableProfile, frame: pl.DataFrame, offered: Usable, target: str | None
) -> Choice:
    if target is not None:
        return asked(target, table.columns, frame)
    by_name = named(table.columns, frame)
    if by_name.task:
        return by_name
    best = found(table.columns, frame, offered)
    return Choice(best.task, best.way, by_name.refused)


def _answered(
    table: TableProfile,
    offered: Usable,
    choice: Choice,
    outcome: Prediction | str | None,
    rows: list[int],
) -> Answer:
    """What the table can predict; and where nobody named a target, how its rows fall apart.

    Of a target that was found here, only success is worth telling.
    """
    tried = isinstance(outcome, Prediction) and (outcome.beats_baseline or choice.way != "found")
    if isinstance(outcome, Prediction) and tried:
        answered = wire.predicted(outcome, choice, rows)
        answered |= telling.predicted(outcome, choice, table)
        files = wire.prediction_files(outcome, rows)
        if choice.way != "found":
            return answered, files
        groups = grouped(offered)
        answered["notes"].append(telling.groups(groups))
    else:
        groups = grouped(offered)
        answered = wire.unsupervised(offered, groups)
        answered |= telling.unpredicted(choice, outcome, groups)
        files = []
    if isinstance(groups, Groups):
        answered |= wire.grouped(groups)
        answered["artifacts"] = {**answered.get("artifacts", {}), **wire.group_keys(groups)}
        files += wire.group_files(groups, rows)
    return answered, files
