"""Refit: the published model learned anew, fold by fold, and judged again by scikit-learn.

Its kind and its settings are those of `model.skops`, the rows those of predictions.csv, the folds
those of `trainTestSplit`. Unusual rows are scored again by a forest of the stated size.
"""

import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import skops.io
from sklearn.base import clone
from sklearn.ensemble import IsolationForest
from sklearn.metrics import accuracy_score, f1_score, mean_absolute_error, r2_score
from sklearn.model_selection import KFold, StratifiedKFold
from threadpoolctl import threadpool_limits

from recomputed.ledger import Ledger
from recomputed.published import TEMPORAL, Table

TRUSTED = [
    "functools.partial",
    "numpy.dtype",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.utils.validation.check_array",
]
MOST, TESTED, LARGEST = 40, 400, 1e30
TREES, FOREST_COLUMNS, SAMPLED = 64, 60, 2000
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
ROUNDED = 1e-5  # figures have six significant digits
CLOSE = 2e-3  # what columns in another order may change in the last step of a solver
# Columns that no model looked at, but the forest did: what gives the target away, and surplus.
UNUSED = re.compile(
    "each of its values goes with|whether it is empty tells|it says the same as|only the "
    "|its (year|month|year and month|weekday|hour) tells"
)
Score = Callable[[Any, Any], float]

SCORES: Mapping[str, Score] = {
    "accuracy": accuracy_score,
    "macroF1": lambda a, b: float(f1_score(a, b, average="macro")),
    "r2": r2_score,
    "rmse": lambda a, b: float(np.sqrt(np.mean((a - b) ** 2))),
    "mae": mean_absolute_error,
}


def check(
    ledger: Ledger,
    at: str,
    files: Mapping[str, bytes],
    table: Table,
    told: Mapping[str, Any],
    lines: Sequence[Mapping[str, str]],
) -> None:
    """The folds of the best model, and how much each column matters to it."""
    body = files.get("results/model.skops")
    if body is None:
        return
    model = skops.io.load(io.BytesIO(body), trusted=TRUSTED)
    ledger.same(
        f"{at}.featureColumns[]", told["featureColumns"], [f["column"] for f in model["features"]]
    )
    if len(told["featureColumns"]) >= MOST:
        return  # each fold has chosen its own
    rows = [int(line["row"]) - 1 for line in lines]
    by_name = {column.name: column for column in table.columns}
    inputs = np.column_stack([encoded(by_name[f["column"]], rows, f) for f in model["features"]])
    is_class = told["problemType"] == "classification"
    answers = _answers(by_name[told["target"]], rows, model["classes"] if is_class else None)
    split = told["trainTestSplit"]
    kind = StratifiedKFold if split["stratified"] else KFold
    folds = kind(split["folds"], shuffle=True, random_state=split["seed"])
    best = next(m for m in told["candidateModels"] if m["name"] == told["bestModel"])
    lost = []
    for fold, (learned, tested) in enumerate(folds.split(answers, answers)):
        with threadpool_limits(1):
            fitted = clone(model["estimator"]).fit(inputs[learned], answers[learned])
            said = fitted.predict(inputs[tested])
            for name, metric in best["metrics"].items():
                path = f"{at}.candidateModels[].metrics.{name}.folds[]"
                found = float(SCORES[name](answers[tested], said))
                ledger.near(path, metric["folds"][fold], found, CLOSE * max(1.0, abs(found)))
            score = SCORES[told["decidingScore"]]
            lost.append(_lost(fitted, inputs, answers, tested, split["seed"] + fold, score))
    means, spreads = np.mean(lost, axis=0), np.std(lost, axis=0, ddof=1)
    places = {name: place for place, name in enumerate(told["featureColumns"])}
    for entry in told["featureStats"]:
        place, path = places[entry["column"]], f"{at}.featureStats[].importance"
        slack = CLOSE * max(1.0, float(np.abs(means).max()))
        ledger.near(f"{path}.mean", entry["importance"]["mean"], float(means[place]), slack)
        ledger.near(f"{path}.spread", entry["importance"]["spread"], float(spreads[place]), slack)


def _lost(
    fitted: Any, inputs: Any, answers: Any, tested: Any, seed: int, score: Score
) -> list[float]:
    """What the score loses, for each column, in at most 400 tested rows, when it is shuffled."""
    even = np.unique(np.linspace(0, len(tested) - 1, min(len(tested), TESTED)).astype(int))
    rows = tested[even]
    order = np.random.RandomState(seed).permutation(len(rows))
    whole = score(answers[rows], fitted.predict(inputs[rows]))
    found = []
    for column in range(inputs.shape[1]):
        mixed = inputs[rows].copy()
        mixed[:, column] = mixed[order, column]
        found.append(whole - score(answers[rows], fitted.predict(mixed)))
    return found


def _answers(column: Any, rows: Sequence[int], classes: Sequence[Any] | None) -> Any:
    cells = [column.cells[row] for row in rows]
    if classes is None:
        return np.array([float(cell) for cell in cells])
    places = {str(value): place for place, value in enumerate(classes)}
    return np.array([float(places[str(cell)]) for cell in cells])


def encoded(column: Any, rows: Sequence[int], feature: Mapping[str, Any]) -> Any:
    """A column as the model takes it: floats; categories by their place; NaN where it is empty."""
    cells = [column.cells[row] for row in rows]
    if feature["kind"] == "category":
        places = {value: float(place) for place, value in enumerate(feature["values"])}
        last = float(len(places))
        return np.array([np.nan if c is None else places.get(spelled(c), last) for c in cells])
    scale = 1.0
    if column.word == "date":
        scale = 86_400e6
    elif column.word in {"datetime", "duration"}:
        scale = 1e6 / PER_SECOND[column.unit]
    x = np.array([np.nan if cell is None else float(cell) * scale for cell in cells])
    return np.clip(np.where(np.isfinite(x), x, np.nan), -LARGEST, LARGEST)


def spelled(cell: Any) -> str:
    return str(cell).lower() if isinstance(cell, bool) else str(cell)


def anomalies(
    ledger: Ledger,
    at: str,
    table: Table,
    told: Mapping[str, Any],
    labels: Callable[[Any], bool],
) -> None:
    """Scores of the rows named as unusual, where all rows were looked at.

    `labels` says which numbers are keys and codes. A table with more categories than a model tells
    apart is left out.
    """
    rows = range(table.data.num_rows)
    if not told["anomalies"] or len(rows) > SAMPLED:
        return
    offered = {*told["featureColumns"], told["target"]}
    offered |= {
        entry["column"] for entry in told["excludedColumns"] if UNUSED.match(entry["reason"])
    }
    points = []
    for column in [c for c in table.columns if c.name in offered][:FOREST_COLUMNS]:
        if column.word == "text" or labels(column):
            counts = {cell: column.cells.count(cell) for cell in set(column.cells)}
            if len(counts) - (None in counts) > MOST:
                return
            points.append([-np.log(counts[cell] / len(rows)) for cell in column.cells])
        else:
            points.append(_deviations(encoded(column, rows, {"kind": "number"})))
    forest = IsolationForest(n_estimators=TREES, random_state=0).fit(np.column_stack(points))
    scores = -forest.score_samples(np.column_stack(points))
    tenth = np.sort(scores)[-10:][0]
    for entry in told["anomalies"]:
        found = float(scores[entry["row"] - 1])
        ledger.near(f"{at}.score", entry["score"], found, ROUNDED)
        ledger.seen(f"{at}.row", found >= tenth - ROUNDED, f"row {entry['row']} is among the ten")
        for reason in entry["because"]:
            _reason(ledger, f"{at}.because[]", table, entry["row"] - 1, reason)


def _deviations(x: Any) -> Any:
    """Distances from the median in robust standard deviations; an empty cell has none."""
    off = np.nan_to_num(x - np.nanmedian(x))
    spread = float(np.median(np.abs(off))) * 1.4826 or float(np.abs(off).mean()) * 1.2533 or 1.0
    return np.clip(off / spread, -1e9, 1e9)


def _reason(ledger: Ledger, at: str, table: Table, row: int, reason: Mapping[str, Any]) -> None:
    column = next(column for column in table.columns if column.name == reason["column"])
    cell = column.cells[row]
    if "share" in reason:
        share = column.cells.count(cell) / len(column.cells)
        ledger.near(f"{at}.share", reason["share"], share, ROUNDED * share)
        return
    if column.word in TEMPORAL:
        return
    x = encoded(column, range(len(column.cells)), {"kind": "number"})
    middle, far = float(np.nanmedian(x)), float(_deviations(x)[row])
    ledger.near(f"{at}.median", reason["median"], middle, ROUNDED * abs(middle))
    ledger.near(f"{at}.deviation", reason["deviation"], far, ROUNDED * abs(far))
