"""Importance: what a model loses of its score when one column's values are shuffled."""

from collections.abc import Sequence

import numpy as np

from pipelines.analytics.learning import models
from pipelines.analytics.learning.features import Matrix, Usable
from pipelines.analytics.learning.sampling import evenly
from pipelines.analytics.learning.task import Task
from pipelines.analytics.learning.trial import Fold, Trial, answers_of, measure_of, scores

TESTED_ROWS = 400


def importances(trial: Trial, usable: Usable, task: Task, parts: Sequence[Fold]) -> Matrix:
    """The loss for each fold (rows) and feature (columns), in rows that the model has not seen.

    Permutation importance (Breiman, 2001; Fisher, Rudin and Dominici, 2019). Columns that say the
    same share it, since the model may turn to the other.
    """
    lost = np.zeros((len(parts), len(usable.features)))
    measure = measure_of(task)
    for at, (part, estimator) in enumerate(zip(parts, trial.fitted, strict=True)):
        tested = np.flatnonzero(part.tested)
        rows = tested[evenly(len(tested), TESTED_ROWS)]
        inputs, actual = usable.matrix[rows][:, part.places], task.answers[rows]
        order = np.random.RandomState(models.SEED + at).permutation(len(rows))
        shuffled = np.tile(inputs, (len(part.places) + 1, 1))
        for column in range(len(part.places)):
            block = slice((column + 1) * len(rows), (column + 2) * len(rows))
            shuffled[block, column] = inputs[order, column]
        said = answers_of(estimator, shuffled, task)
        reached = [
            scores(said[start : start + len(rows)], actual, task)[measure]
            for start in range(0, len(said), len(rows))
        ]
        lost[at, part.places] = reached[0] - np.array(reached[1:])
    return lost
