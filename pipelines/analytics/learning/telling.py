"""Telling: in plain sentences, what can be predicted, how well, and against what."""

from typing import Any

from pipelines.analytics.learning import models
from pipelines.analytics.learning.features import Usable
from pipelines.analytics.learning.groups import Groups
from pipelines.analytics.learning.prediction import Prediction
from pipelines.analytics.learning.targets import Choice
from pipelines.analytics.learning.task import LEAST_ROWS
from pipelines.analytics.learning.trial import Trial, measure_of
from pipelines.analytics.observations import Name
from pipelines.analytics.wording import amount, cell, count, percent
from pipelines.profile import TableProfile

NAMED = 3  # columns
MATTERS = 0.1
PERFECT = 0.999
REPEATED = 0.05  # the share of repeated rows from which they flatter a model

Told = dict[str, Any]


def too_few_rows(rows: int) -> Told:
    if not rows:
        return _skipped("The table has no rows, so there is nothing to learn from.")
    return _skipped(
        f"The table has {count(rows, 'row')}; what is learned from fewer than {LEAST_ROWS} rows"
        " does not hold for others."
    )


def asked_in_vain(choice: Choice, outcome: Prediction | str | None) -> Told:
    """A target was asked for that cannot be one."""
    refused = choice.refused
    if choice.task and isinstance(outcome, str):
        refused = {choice.task.column: outcome}
    column, reason = next(iter(refused.items()))
    return _skipped(f"{Name(column)} was to be predicted, but {reason}.")


def unusable(usable: Usable) -> Told:
    """No column can be a feature."""
    if not usable.excluded:
        return _skipped("The table has no columns, so there is nothing to learn from.")
    column, reason = next(iter(usable.excluded.items()))
    if len(usable.excluded) == 1:
        return _skipped(f"The only column, {Name(column)}, cannot serve a model: {reason}.")
    return _skipped(f"No column can serve a model. {Name(column)}, for one: {reason}.")


def considered(choice: Choice) -> list[str]:
    """Columns that are called like a target and cannot be one."""
    return [
        f"{Name(column)} is called like a target, but {reason}."
        for column, reason in choice.refused.items()
    ]


def sampled(table: TableProfile, rows: int) -> list[str]:
    if rows >= table.rows:
        return []
    return [f"A random sample of {count(rows, 'row')} of {amount(table.rows)} was looked at."]


def predicted(prediction: Prediction, choice: Choice, table: TableProfile) -> Told:
    """The message and notes of a task that was tried."""
    column, compared = Name(prediction.task.column), _compared(prediction)
    if prediction.beats_baseline:
        message = f"{column} can be predicted from the other columns: {compared}."
        message += _important(prediction)
    else:
        message = (
            f"{column} cannot be predicted from the other columns: {compared}. That is no better"
            " than guessing, so no model is published."
        )
    ways = {
        "found": "No column is named like a target; this one can be predicted best.",
        "named": f"{column} was chosen because it is called like a target.",
    }
    notes = [ways[choice.way]] if choice.way in ways else []
    return {"message": message, "notes": [*notes, *_caveats(prediction, table)]}


def unpredicted(choice: Choice, outcome: Prediction | str | None, found: Groups | str) -> Told:
    """The message where no target is worth telling of."""
    if choice.way == "named" and choice.task and isinstance(outcome, str):
        opening = f"{Name(choice.task.column)} is called like a target, but {outcome}."
    else:
        opening = (
            "No column is a target by its name, and none can be predicted well enough from the"
            " others."
        )
    return {"message": f"{opening} {groups(found)}", "notes": []}


def groups(found: Groups | str) -> str:
    """Whether the rows fall into groups."""
    if isinstance(found, str):
        return f"The rows were not grouped: there is {found}."
    figure = f"silhouette {found.silhouette:.2f}; 1 is perfect"
    if not found.is_clear:
        return (
            f"The rows do not fall into clear groups by their numbers: {found.count} are the best"
            f" of 2 to 8 ({figure}, {found.even:.2f} is that of rows spread evenly)."
        )
    sizes = [amount(entry["size"]) for entry in found.summary()]
    return (
        f"By their numbers the rows fall into {found.count} groups, of {', '.join(sizes[:-1])} and"
        f" {sizes[-1]} ({figure})."
    )


def _compared(prediction: Prediction) -> str:
    """The best model's score beside that of guessing."""
    task, best, baseline = prediction.task, prediction.best, prediction.baseline
    model = f"the best model ({models.WORDS[best.name]})"
    if not task.is_classification:
        explained = max(best.mean("r2"), 0.0)
        return (
            f"{model} explains {percent(round(explained, 6))} of its variation in rows that it had"
            f" not seen (R² {_score(best, 'r2')}), and is off by {amount(best.mean('mae'), 4)} on"
            f" average, where always answering the mean is off by"
            f" {amount(baseline.mean('mae'), 4)}"
        )
    usual = Name(cell(task.classes[int(task.counts.argmax())]))
    if measure_of(task) == "macroF1":
        return (
            f"{model} reaches a macro-F1 of {_score(best, 'macroF1')} in rows that it had not seen,"
            f" and always answering {usual} {baseline.mean('macroF1'):.2f}; macro-F1 weighs each"
            f" value alike, since {usual} alone is right in {_share(baseline)} of rows"
        )
    return (
        f"{model} is right in {_share(best)} of rows that it had not seen"
        f" (± {best.spread('accuracy') * 100:.1f} points between folds), and always answering"
        f" {usual} in {_share(baseline)}"
    )


def _share(trial: Trial) -> str:
    return percent(round(trial.mean("accuracy"), 6))


def _score(trial: Trial, measure: str) -> str:
    mean, spread = trial.mean(measure), trial.spread(measure)
    digits = 2 if spread >= 0.005 else 3
    return f"{mean:.{digits}f} ± {spread:.{digits}f}"


def _important(prediction: Prediction) -> str:
    names = [str(Name(column)) for column in telling_columns(prediction)[:NAMED]]
    if not names:
        return ""
    if len(names) == 1:
        return f" It looks at {names[0]} above all."
    return f" What tells most is {', '.join(names[:-1])} and {names[-1]}."


def telling_columns(prediction: Prediction) -> list[str]:
    """The columns whose shuffling costs the model more than it varies, the costliest first.

    What costs less than a tenth of what the first does is not among them.
    """
    if prediction.lost is None:
        return []
    means, spreads = prediction.lost.mean(axis=0), prediction.lost.std(axis=0, ddof=1)
    told = [at for at in prediction.places.tolist() if means[at] > max(spreads[at], 0.001)]
    told.sort(key=lambda at: -means[at])
    told = [at for at in told if means[at] >= means[told[0]] * MATTERS]
    return [prediction.usable.features[at].column for at in told]


def _caveats(prediction: Prediction, table: TableProfile) -> list[str]:
    task = prediction.task
    notes = []
    if prediction.beats_baseline and prediction.best.mean(measure_of(task)) >= PERFECT:
        first = telling_columns(prediction)[:1]
        what = f"{Name(first[0])} is" if first else "all columns are"
        notes.append(
            "That is almost too good. Check that"
            f" {what} known before {Name(task.column)} is, and does not follow from it."
        )
    if (table.duplicate_rows.get("ratio") or 0.0) >= REPEATED:
        notes.append(
            f"{percent(table.duplicate_rows['ratio'])} of all rows repeat others, which flatters a"
            " model: it may have seen a row's twin."
        )
    if task.rare_rows:
        notes.append(
            f"{count(task.rare_rows, 'row')} with a value of {Name(task.column)} that occurs once"
            " or twice were left out."
        )
    return notes


def _skipped(reason: str) -> Told:
    return {"reason": reason, "message": reason}
