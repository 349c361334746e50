"""Wire: what was learned, as the payload and the files have it."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from pipelines.analytics.learning import models
from pipelines.analytics.learning.features import Feature, Matrix, Usable
from pipelines.analytics.learning.groups import Groups
from pipelines.analytics.learning.model_file import model_bytes
from pipelines.analytics.learning.prediction import Prediction
from pipelines.analytics.learning.targets import Choice
from pipelines.analytics.learning.task import FOLDS, Task
from pipelines.analytics.learning.trial import Trial, measure_of
from pipelines.analytics.workspace import File
from pipelines.artifacts import JSON_TYPE
from pipelines.publish import csv_bytes, json_bytes

CSV_TYPE = "text/csv"
MODEL_TYPE = "application/zip"
PREDICTIONS, MODEL = "results/predictions.csv", "results/model.skops"
CLUSTERS, METRICS = "results/clusters.csv", "results/clustering_metrics.json"
PREVIEWED = 10
FIGURES = 6  # significant digits of a score
CELLS = 9  # and of a predicted number


def predicted(prediction: Prediction, choice: Choice, rows: list[int]) -> dict[str, Any]:
    """The payload fields of a task that was tried."""
    task = prediction.task
    trials = (prediction.baseline, *prediction.trials)
    tested = len(task.rows) // FOLDS
    return {
        "mode": "supervised",
        "target": task.column,
        "targetChosen": choice.way,
        "problemType": task.problem,
        "rowsUsed": len(task.rows),
        "featureColumns": [feature.column for feature in prediction.features],
        "excludedColumns": excluded(prediction.excluded),
        "bestModel": prediction.best.name,
        "beatsBaseline": prediction.beats_baseline,
        "decidingScore": measure_of(task),
        "candidateModels": [_candidate(trial) for trial in trials],
        "trainTestSplit": {
            "method": "cross-validation",
            "folds": FOLDS,
            "stratified": task.is_classification,
            "seed": models.SEED,
            "trainRows": len(task.rows) - tested,
            "testRows": tested,
        },
        "featureStats": _statistics(prediction),
        "targetDistribution": _distribution(task),
        "predictionPreview": list(_lines(prediction, rows, PREVIEWED)),
        "artifacts": {
            "predictions": PREDICTIONS,
            **({"model": MODEL} if prediction.beats_baseline else {}),
        },
    }


def unsupervised(usable: Usable, groups: Groups | str) -> dict[str, Any]:
    """The payload fields where nothing is predicted."""
    is_clear = isinstance(groups, Groups) and groups.is_clear
    return {
        "mode": "unsupervised",
        "rowsUsed": len(usable.matrix),
        "featureColumns": [feature.column for feature in usable.features],
        "excludedColumns": excluded(usable.excluded),
        "bestModel": "k_means" if is_clear else None,
    }


def grouped(groups: Groups) -> dict[str, Any]:
    """The payload fields of groups of rows, which stand beside those of a prediction too."""
    return {
        "clusterSummary": rounded(groups.summary()) if groups.is_clear else [],
        "silhouetteScores": rounded({str(n): value for n, value in groups.silhouettes.items()}),
    }


def group_keys(groups: Groups) -> dict[str, str]:
    return {"metrics": METRICS, **({"clusters": CLUSTERS} if groups.is_clear else {})}


def excluded(reasons: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"column": column, "reason": reason} for column, reason in reasons.items()]


def prediction_files(prediction: Prediction, rows: list[int]) -> list[File]:
    """What was said of each row, and the model if it is better than none."""
    header = ["row", "actual", "prediction", "probability", "modelPrediction"]
    made = [
        File(
            PREDICTIONS,
            csv_bytes(header, map(_spelled, _lines(prediction, rows, len(rows)))),
            CSV_TYPE,
            "What the best model said of each row without having seen it.",
        )
    ]
    if prediction.beats_baseline:
        body = model_bytes(prediction.model, prediction.task, prediction.features)
        text = "The best model, learned from all sampled rows; skops.io loads it."
        made.append(File(MODEL, body, MODEL_TYPE, text))
    return made


def group_files(groups: Groups, rows: list[int]) -> list[File]:
    metrics = {
        "clusters": groups.count,
        "silhouetteScores": {str(n): value for n, value in groups.silhouettes.items()},
        "silhouetteOfEvenlySpreadRows": groups.even,
        "isClear": groups.is_clear,
        "clusterSummary": groups.summary(),
    }
    text = "How well the rows fall into 2 to 8 groups, and what the best groups are."
    made = [File(METRICS, json_bytes(rounded(metrics)), JSON_TYPE, text)]
    if groups.is_clear:
        lines = (
            {"row": row, "cluster": label + 1}
            for row, label in zip(rows, groups.labels.tolist(), strict=True)
        )
        body = csv_bytes(["row", "cluster"], lines)
        made.append(File(CLUSTERS, body, CSV_TYPE, "The group of each sampled row."))
    return made


def rounded(value: Any, digits: int = FIGURES) -> Any:
    """Every float of a JSON value to so many significant digits.

    >>> rounded({"a": [0.123456789, 3, None]})
    {'a': [0.123457, 3, None]}
    """
    if isinstance(value, float):
        return float(f"{value:.{digits}g}") + 0.0
    if isinstance(value, dict):
        return {name: rounded(item, digits) for name, item in value.items()}
    if isinstance(value, list):
        return [rounded(item, digits) for item in value]
    return value


def _candidate(trial: Trial) -> dict[str, Any]:
    return {
        "name": trial.name,
        "description": models.WORDS[trial.name],
        "metrics": {
            measure: rounded(
                {
                    "mean": trial.mean(measure),
                    "spread": trial.spread(measure),
                    "folds": list(values),
                }
            )
            for measure, values in trial.scores.items()
        },
    }


def _statistics(prediction: Prediction) -> list[dict[str, Any]]:
    """Each feature of the model, the most important first."""
    lost = prediction.lost
    entries = []
    for place, feature in zip(prediction.places.tolist(), prediction.features, strict=True):
        column = prediction.usable.matrix[:, place]
        importance = None
        if lost is not None:
            mean, spread = float(lost[:, place].mean()), float(lost[:, place].std(ddof=1))
            importance = {"mean": mean, "spread": spread if spread > 1e-12 * abs(mean) else 0.0}
        entries.append(
            rounded(
                {
                    "column": feature.column,
                    "kind": feature.kind,
                    "importance": importance,
                    "missing": int(np.isnan(column).sum()),
                    **_figures(feature, column),
                }
            )
        )
    return sorted(entries, key=lambda entry: -(entry["importance"] or {"mean": 0.0})["mean"])


def _figures(feature: Feature, column: Matrix) -> dict[str, Any]:
    present = column[~np.isnan(column)]
    if feature.is_category:
        return {"categories": len(feature.values)}
    if feature.kind == "time":
        return {}
    return {
        "mean": float(present.mean()),
        "stddev": float(present.std()),
        "min": float(present.min()),
        "max": float(present.max()),
    }


def _distribution(task: Task) -> dict[str, Any]:
    if task.is_classification:
        return {
            "classes": [
                {"value": value, "count": count, "share": rounded(count / len(task.answers))}
                for value, count in zip(task.classes, task.counts.tolist(), strict=True)
            ]
        }
    quarters = np.quantile(task.answers, [0, 0.25, 0.5, 0.75, 1]).tolist()
    named = dict(zip(("min", "p25", "p50", "p75", "max"), quarters, strict=True))
    spread = float(task.answers.std())
    return dict(rounded({"mean": float(task.answers.mean()), "stddev": spread, **named}))


def _lines(prediction: Prediction, rows: list[int], most: int) -> Iterable[dict[str, Any]]:
    """What was said of the rows; `modelPrediction` by the model that has learned from them all."""
    task, said, after = prediction.task, prediction.best.said, prediction.model_said
    for at, place in enumerate(task.rows[:most].tolist()):
        sure = float(said[at].max()) if task.is_classification else None
        yield {
            "row": rows[place],
            "actual": _answer(task, task.answers[at]),
            "prediction": _answer(task, said[at]),
            "probability": rounded(sure),
            "modelPrediction": None if after is None else _answer(task, after[at]),
        }


def _answer(task: Task, said: Any) -> Any:
    """A class by its place or its probabilities, or a number."""
    if not task.is_classification:
        return rounded(float(said), CELLS)
    return task.classes[int(said) if np.ndim(said) == 0 else int(np.argmax(said))]


def _spelled(line: Mapping[str, Any]) -> dict[str, Any]:
    """Truth as JSON and this project's other files spell it."""
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in line.items()
    }
