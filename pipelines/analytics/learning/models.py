"""Models: what learns, in one table; a baseline that does not, and two kinds that do."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from pipelines.analytics.learning.features import Feature
from pipelines.analytics.learning.task import Task

BASELINE, LINEAR, BOOSTING = "baseline", "linear", "gradient_boosting"
WORDS: Mapping[str, str] = {
    BASELINE: "guessing",
    LINEAR: "linear model",
    BOOSTING: "gradient boosting",
}
CANDIDATES = (LINEAR, BOOSTING)  # of equals the simpler one is taken
ROUNDS = 60  # each grows a tree, and of three and more classes a tree for each
TREES = 90
LEAST_ROUNDS = 5
SEED = 0
DIGITS = 9  # a processor may differ from another one in the last of sixteen


def make(name: str, task: Task, features: Sequence[Feature]) -> Any:
    """An estimator that has learned nothing yet."""
    if name == BASELINE:
        return DummyClassifier() if task.is_classification else DummyRegressor()
    categories = [place for place, each in enumerate(features) if each.is_category]
    if name == LINEAR:
        return _linear(task, features, categories)
    per_round = len(task.classes) if len(task.classes) > 2 else 1
    rounds = max(LEAST_ROUNDS, min(ROUNDS, TREES // per_round))
    boosting = {
        "classification": HistGradientBoostingClassifier,
        "regression": HistGradientBoostingRegressor,
    }
    return boosting[task.problem](
        max_iter=rounds,
        learning_rate=min(0.4, 6 / rounds),
        max_leaf_nodes=15,
        min_samples_leaf=max(2, min(20, len(task.rows) // 15)),
        categorical_features=categories or None,
        early_stopping=False,
        random_state=SEED,
    )


def _linear(task: Task, features: Sequence[Feature], categories: list[int]) -> Pipeline:
    measures = [place for place in range(len(features)) if place not in categories]
    scaled = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()
    )
    counted = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    parts = (("measures", scaled, measures), ("categories", counted, categories))
    prepared = ColumnTransformer([part for part in parts if part[2]])  # an empty one learns nothing
    learner = LogisticRegression(max_iter=300, tol=1e-3) if task.is_classification else Ridge()
    return Pipeline([("prepared", prepared), ("learner", learner)])


def settle(estimator: Any) -> Any:
    """Round what a linear model has learned, so that processors that add otherwise agree on it."""
    if isinstance(estimator, Pipeline):
        learner = estimator.named_steps["learner"]
        measures = estimator.named_steps["prepared"].named_transformers_.get("measures")
        scaler = measures[-1] if isinstance(measures, Pipeline) else None
        for holder, names in ((learner, ("coef_", "intercept_")), (scaler, ("mean_", "scale_"))):
            for name in names if holder is not None else ():
                setattr(holder, name, rounded(getattr(holder, name)))
    return estimator


def rounded(values: Any) -> Any:
    """The numbers to so many significant digits.

    >>> rounded(np.array([0.1 + 0.2, 123456.7890123456]))
    array([3.00000000e-01, 1.23456789e+05])
    """
    array = np.asarray(values, np.float64)
    with np.errstate(all="ignore"):
        power = 10.0 ** (DIGITS - 1 - np.floor(np.log10(np.abs(array))))
        result = np.round(array * power) / power
    kept = np.where(np.isfinite(result), result, array)
    return kept if array.ndim else float(kept)
