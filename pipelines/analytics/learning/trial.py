"""Trial: each model judged by rows that it has not seen, and whether it beats guessing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import KFold, StratifiedKFold

from pipelines.analytics.learning import models
from pipelines.analytics.learning.features import Matrix, Usable
from pipelines.analytics.learning.nearness import Places, nearest
from pipelines.analytics.learning.task import FOLDS, Task

MOST_FEATURES = 40
IMBALANCED = 0.8  # the share of the most frequent class from which accuracy says little
SURE = 2.5  # standard errors

Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Fold:
    """A part of the rows that tests what the others teach; models see the features at `places`."""

    learned: Booleans = field(repr=False)
    tested: Booleans = field(repr=False)
    places: Places = field(repr=False)


@dataclass(frozen=True)
class Trial:
    """How one model did: its score in each fold, and what it said of each row it had not seen.

    `said` has a number a row, or for classes the probability of each. `fitted` has a model a fold.
    """

    name: str
    scores: Mapping[str, tuple[float, ...]]
    said: Matrix = field(repr=False)
    fitted: tuple[Any, ...] = field(repr=False, default=())

    @property
    def predicted(self) -> Matrix:
        return self.said.argmax(axis=1).astype(np.float64) if self.said.ndim == 2 else self.said

    def mean(self, measure: str) -> float:
        return float(np.mean(self.scores[measure]))

    def spread(self, measure: str) -> float:
        """The standard deviation over the folds; nothing where only the last digits differ."""
        spread = float(np.std(self.scores[measure], ddof=1))
        return spread if spread > 1e-12 * abs(self.mean(measure)) else 0.0


def folds(usable: Usable, task: Task) -> list[Fold]:
    """Three of them; classes are spread evenly over them."""
    kind = StratifiedKFold if task.is_classification else KFold
    splits = kind(FOLDS, shuffle=True, random_state=models.SEED).split(task.answers, task.answers)
    made = []
    for _, tested in splits:
        mask = np.zeros(len(task.answers), np.bool_)
        mask[tested] = True
        made.append(Fold(~mask, mask, nearest(usable, task, ~mask, MOST_FEATURES)))
    return made


def tried(name: str, usable: Usable, task: Task, parts: Sequence[Fold]) -> Trial:
    """The model, learning anew for each fold."""
    shape = (len(task.answers), len(task.classes)) if task.is_classification else len(task.answers)
    said = np.zeros(shape)
    fitted, found = [], []
    for part in parts:
        features = [usable.features[place] for place in part.places]
        estimator = models.make(name, task, features)
        estimator.fit(usable.matrix[part.learned][:, part.places], task.answers[part.learned])
        said[part.tested] = answers_of(estimator, usable.matrix[part.tested][:, part.places], task)
        fitted.append(estimator)
        found.append(scores(said[part.tested], task.answers[part.tested], task))
    return Trial(
        name,
        {measure: tuple(score[measure] for score in found) for measure in found[0]},
        said,
        tuple(fitted),
    )


def answers_of(estimator: Any, inputs: Matrix, task: Task) -> Matrix:
    said = estimator.predict_proba(inputs) if task.is_classification else estimator.predict(inputs)
    return np.asarray(said, np.float64)


def scores(said: Matrix, actual: Matrix, task: Task) -> dict[str, float]:
    """Accuracy and macro-F1, or R², RMSE and MAE."""
    if task.is_classification:
        predicted = said.argmax(axis=1)
        return {
            "accuracy": float((predicted == actual).mean()),
            "macroF1": _macro_f1(predicted, actual.astype(np.int64), len(task.classes)),
        }
    off = said - actual
    total = float(np.square(actual - actual.mean()).sum())
    squared = float(np.square(off).sum())
    return {
        "r2": 1 - squared / total if total else 0.0,
        "rmse": float(np.sqrt(squared / len(actual))),
        "mae": float(np.abs(off).mean()),
    }


def _macro_f1(predicted: npt.NDArray[Any], actual: npt.NDArray[Any], classes: int) -> float:
    """The mean over the classes that occur of 2 hits / (said + there)."""
    hits = np.bincount(actual[predicted == actual], minlength=classes)
    there = np.bincount(actual, minlength=classes)
    either = np.bincount(predicted, minlength=classes) + there
    occur = either > 0
    return float((2 * hits[occur] / either[occur]).mean())


def measure_of(task: Task) -> str:
    """The score that decides."""
    if not task.is_classification:
        return "r2"
    counts = task.counts
    return "macroF1" if counts.max() / counts.sum() >= IMBALANCED else "accuracy"


def beats(trial: Trial, baseline: Trial, task: Task) -> bool:
    """Whether the model is better than guessing by more than chance would have it.

    It must be so in the mean of the folds, by more than their differences spread, and over all
    rows by two and a half standard errors of what it gains in each (Diebold and Mariano's test).
    """
    measure = measure_of(task)
    gained = np.subtract(trial.scores[measure], baseline.scores[measure])
    if gained.mean() <= gained.std(ddof=1):
        return False
    gain = _gain(trial, baseline, task)
    error = gain.std(ddof=1) / np.sqrt(len(gain))
    return bool(gain.mean() > SURE * error)


def _gain(trial: Trial, baseline: Trial, task: Task) -> Matrix:
    """What the model is better in each row; where classes are imbalanced each weighs the same."""
    actual = task.answers
    if not task.is_classification:
        scale = np.ptp(actual) or 1.0
        off, guessed = (trial.said - actual) / scale, (baseline.said - actual) / scale
        return np.asarray(np.square(guessed) - np.square(off), np.float64)
    right = (trial.predicted == actual).astype(np.float64)
    guessed_right = (baseline.predicted == actual).astype(np.float64)
    weights = np.ones(len(actual))
    if measure_of(task) == "macroF1":
        weights = (len(actual) / len(task.classes) / task.counts)[actual.astype(np.int64)]
    return np.asarray(weights * (right - guessed_right), np.float64)


def best(trials: Sequence[Trial], task: Task) -> Trial:
    """The first of those with the highest mean."""
    return max(trials, key=lambda trial: round(trial.mean(measure_of(task)), 9))
