"""Nearness: of many columns those that go best with the target, judged by given rows alone."""

from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.analytics.learning.features import Matrix, Usable
from pipelines.analytics.learning.task import Task

Places = npt.NDArray[np.int64]


def nearest(usable: Usable, task: Task, rows: npt.NDArray[Any], most: int) -> Places:
    """The places of at most so many features that vary in these rows, in their own order.

    `rows` chooses among the task's rows. Rows that are to test a model must not be among them, or
    the best of many useless columns would look useful.
    """
    inputs = usable.matrix[rows]
    with np.errstate(all="ignore"):
        empty = np.isnan(inputs)
        spread = np.where(empty, -np.inf, inputs).max(axis=0) > np.where(empty, np.inf, inputs).min(
            axis=0
        )
    varying = np.flatnonzero(spread)
    if len(varying) <= most:
        return varying
    answers = task.answers[rows]
    wanted = (
        (answers[:, None] == np.arange(len(task.classes))).astype(np.float64)
        if task.is_classification
        else answers[:, None]
    )
    wanted = wanted - wanted.mean(axis=0)
    weights = _explained(inputs[:, varying], wanted)
    for at, place in enumerate(varying.tolist()):
        if usable.features[place].is_category:
            weights[at] = _explained_by_categories(inputs[:, place], wanted)
    best = np.argsort(-weights, kind="stable")[:most]
    return np.sort(varying[best])


def _explained(inputs: Matrix, wanted: Matrix) -> Matrix:
    """The share of the target's variance that a line through each column explains, at best."""
    empty = np.isnan(inputs)
    means = np.where(empty, 0.0, inputs).sum(axis=0) / np.maximum((~empty).sum(axis=0), 1)
    centred = np.where(empty, 0.0, inputs - means)
    centred /= np.maximum(np.abs(centred).max(axis=0), 1e-300)
    norms = np.square(centred).sum(axis=0)[:, None] * np.square(wanted).sum(axis=0)[None, :]
    shares = np.square(centred.T @ wanted) / np.maximum(norms, 1e-300)
    return np.asarray(shares.max(axis=1), np.float64)


def _explained_by_categories(column: Matrix, wanted: Matrix) -> float:
    """The same for the means of the categories, less what as many useless ones would explain."""
    codes = np.unique(column, return_inverse=True)[1]
    counts = np.bincount(codes)
    between = np.zeros(wanted.shape[1])
    for at in range(wanted.shape[1]):
        between[at] = (np.bincount(codes, wanted[:, at]) ** 2 / counts).sum()
    total = np.maximum(np.square(wanted).sum(axis=0), 1e-300)
    chance = (len(counts) - 1) / max(len(column) - 1, 1)
    return float((between / total).max()) - chance
