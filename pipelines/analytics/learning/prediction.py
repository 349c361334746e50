"""Prediction: a target, tried with each model; the best of them, and what it looks at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.analytics.learning import models
from pipelines.analytics.learning.features import Feature, Matrix, Usable
from pipelines.analytics.learning.importance import importances
from pipelines.analytics.learning.leakage import leaks
from pipelines.analytics.learning.nearness import Places, nearest
from pipelines.analytics.learning.task import Task
from pipelines.analytics.learning.trial import (
    MOST_FEATURES,
    Trial,
    answers_of,
    beats,
    best,
    folds,
    tried,
)


@dataclass(frozen=True)
class Prediction:
    """What came of a task. `usable` holds the rows of the task, without what gives it away.

    `places` are the features of `model`, which has learned from all rows, and `model_said` is what
    it says of them. `lost` is the importance of every feature in each fold. All three are None
    where no model beats the baseline.
    """

    task: Task
    usable: Usable
    baseline: Trial
    trials: tuple[Trial, ...]
    best: Trial
    places: Places = field(repr=False)
    model: Any = None
    model_said: Matrix | None = field(default=None, repr=False)
    lost: Matrix | None = field(default=None, repr=False)

    @property
    def beats_baseline(self) -> bool:
        return self.model is not None

    @property
    def features(self) -> tuple[Feature, ...]:
        return tuple(self.usable.features[place] for place in self.places.tolist())

    @property
    def excluded(self) -> Mapping[str, str]:
        """Every other column but the target, with its reason."""
        used = {feature.column for feature in self.features}
        surplus = f"only the {MOST_FEATURES} columns that go best with the target are used"
        left = {each.column: surplus for each in self.usable.features if each.column not in used}
        return {
            name: reason
            for name, reason in {**self.usable.excluded, **left}.items()
            if name != self.task.column
        }


def predict(task: Task, usable: Usable) -> Prediction | str:
    """Try the task with each model, or say why there is nothing to learn from.

    `usable` holds all sampled rows.
    """
    inputs = usable.of(task.rows).without({task.column: ""})
    inputs = inputs.without(leaks(inputs, task.answers, task.column))
    parts = folds(inputs, task)
    if not all(len(part.places) for part in parts):
        return "no other column is left to predict it from"
    baseline = tried(models.BASELINE, inputs, task, parts)
    trials = tuple(tried(name, inputs, task, parts) for name in models.CANDIDATES)
    chosen = best(trials, task)
    everywhere = parts[0].learned | parts[0].tested
    places = nearest(inputs, task, everywhere, MOST_FEATURES)
    found = Prediction(task, inputs, baseline, trials, chosen, places)
    if not beats(chosen, baseline, task):
        return found
    seen = inputs.matrix[:, places]
    model = models.settle(models.make(chosen.name, task, found.features).fit(seen, task.answers))
    return Prediction(
        task,
        inputs,
        baseline,
        trials,
        chosen,
        places,
        model,
        answers_of(model, seen, task),
        importances(chosen, inputs, task, parts),
    )
