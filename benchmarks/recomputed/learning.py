"""Learning: scores of models and figures of rows, from what was published of each row."""

import csv
import io
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    mean_absolute_error,
    r2_score,
    silhouette_score,
)
from sklearn.model_selection import KFold, StratifiedKFold

from recomputed import refit
from recomputed.ledger import Ledger
from recomputed.meanings import is_label
from recomputed.published import NUMERIC, Table

ROUNDED = 1e-5  # scores have six significant digits
FARTHEST, MEASURED, MOST_COLUMNS = 5, 1000, 60


def check(
    ledger: Ledger,
    at: str,
    files: Mapping[str, bytes],
    table: Table,
    told: Mapping[str, Any],
    profiles: Sequence[Mapping[str, Any]],
) -> None:
    """What predictions.csv, clusters.csv and the table say of the payload of ml_inference."""
    if told["status"] != "succeeded":
        return
    predictions = _lines(files.get("results/predictions.csv"))
    if predictions:
        _predictions(ledger, at, table, told, predictions)
        refit.check(ledger, at, files, table, told, predictions)
    claims = {each["name"]: each.get("semanticType") or {} for each in profiles}
    labels = {c.name for c in table.columns if is_label(c, claims[c.name].get("type"))}
    refit.anomalies(ledger, f"{at}.anomalies[]", table, told, lambda c: c.name in labels)
    clusters = _lines(files.get("results/clusters.csv"))
    if clusters:
        _clusters(ledger, at, table, told, clusters)
        if told["mode"] == "unsupervised":
            _silhouette(ledger, at, table, told, clusters, labels)


def _lines(body: bytes | None) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode("utf-8")))) if body else []


def _predictions(
    ledger: Ledger, at: str, table: Table, told: Mapping[str, Any], lines: Sequence[dict[str, str]]
) -> None:
    ledger.same(f"{at}.rowsUsed", told["rowsUsed"], len(lines))
    by_name = {column.name: column for column in table.columns}
    target, rows = by_name[told["target"]], [int(line["row"]) for line in lines]
    is_class = told["problemType"] == "classification"
    for line, row in zip(lines, rows, strict=True):
        cell = target.cells[row - 1]
        actual = line["actual"]
        if is_class:
            spelled = str(cell).lower() if isinstance(cell, bool) else str(cell)
            ledger.seen(
                f"{at}.predictionPreview[].actual",
                actual.lstrip("'") in {spelled, spelled.lstrip("'")},
                f"{actual} is {cell}",
            )
        elif target.word in NUMERIC:
            ledger.near(
                f"{at}.predictionPreview[].actual",
                float(actual),
                float(cell),
                abs(float(cell)) * 1e-8,
            )
    for line, shown in zip(lines, told["predictionPreview"], strict=False):
        ledger.same(f"{at}.predictionPreview[].row", shown["row"], int(line["row"]))
        for name in ("prediction", "probability", "modelPrediction"):
            value = "" if shown[name] is None else shown[name]
            spelled = str(value).lower() if isinstance(value, bool) else str(value)
            same = line[name].lstrip("'") == spelled or (spelled and _equal(line[name], spelled))
            ledger.seen(
                f"{at}.predictionPreview[].{name}", bool(same), f"{shown[name]} is {line[name]}"
            )
    split = told["trainTestSplit"]
    said = [line["prediction"] for line in lines]
    actual = [line["actual"] for line in lines]
    kind = StratifiedKFold if split["stratified"] else KFold
    order = {name: place for place, name in enumerate(_classes(told))} if is_class else {}
    y = np.array([order[a] for a in actual] if is_class else [float(a) for a in actual])
    p = np.array([order[a] for a in said] if is_class else [float(a) for a in said])
    folds = [
        tested
        for _, tested in kind(split["folds"], shuffle=True, random_state=split["seed"]).split(y, y)
    ]
    scores = {
        "accuracy": accuracy_score,
        "macroF1": lambda a, b: f1_score(a, b, average="macro"),
        "r2": r2_score,
        "rmse": lambda a, b: float(np.sqrt(np.mean((a - b) ** 2))),
        "mae": mean_absolute_error,
    }
    best = next(m for m in told["candidateModels"] if m["name"] == told["bestModel"])
    for name, metric in best["metrics"].items():
        found = [float(scores[name](y[tested], p[tested])) for tested in folds]
        path = f"{at}.candidateModels[].metrics.{name}"
        for ours, theirs in zip(metric["folds"], found, strict=True):
            ledger.near(f"{path}.folds[]", ours, theirs, ROUNDED * max(1.0, abs(theirs)))
        ledger.near(
            f"{path}.mean",
            metric["mean"],
            float(np.mean(found)),
            ROUNDED * max(1, abs(float(np.mean(found)))),
        )
        ledger.near(
            f"{path}.spread",
            metric["spread"],
            float(np.std(found, ddof=1)),
            ROUNDED * max(1.0, abs(found[0])),
        )
    baseline = next(m for m in told["candidateModels"] if m["name"] == "baseline")
    for name, metric in baseline["metrics"].items():
        guessed = y.copy().astype(float)
        for tested in folds:
            learned = np.setdiff1d(np.arange(len(y)), tested)
            guess = np.bincount(y[learned]).argmax() if is_class else y[learned].mean()
            guessed[tested] = guess
        found = [float(scores[name](y[tested], guessed[tested])) for tested in folds]
        for ours, theirs in zip(metric["folds"], found, strict=True):
            path = f"{at}.candidateModels[].metrics.{name}.folds[]"
            ledger.near(path, ours, theirs, ROUNDED * max(1.0, abs(theirs)))
    _distribution(ledger, f"{at}.targetDistribution", told, actual)
    for feature in told["featureStats"]:
        column = by_name.get(feature["column"])
        if column is None:
            continue
        cells = [column.cells[row - 1] for row in rows]
        if column.word in NUMERIC:
            x = np.array([np.nan if c is None else float(c) for c in cells])
            x = x[np.isfinite(x)]
            ledger.same(f"{at}.featureStats[].missing", feature["missing"], len(cells) - len(x))
            if "mean" in feature and len(x):
                size = ROUNDED * max(float(np.abs(x).max()), 1e-300)
                for name, value in (
                    ("mean", x.mean()),
                    ("stddev", x.std()),
                    ("min", x.min()),
                    ("max", x.max()),
                ):
                    ledger.near(f"{at}.featureStats[].{name}", feature[name], float(value), size)


def _classes(told: Mapping[str, Any]) -> list[str]:
    values = [entry["value"] for entry in told["targetDistribution"]["classes"]]
    spelled = [str(v).lower() if isinstance(v, bool) else str(v) for v in values]
    return [
        f"'{s}" if s[:1] in "=+-@\t\r\n" and not isinstance(v, int | float) and s else s
        for s, v in zip(spelled, values, strict=True)
    ]


def _equal(left: str, right: str) -> bool:
    try:
        return abs(float(left) - float(right)) <= 1e-12 * abs(float(left))
    except ValueError:
        return False


def _distribution(ledger: Ledger, at: str, told: Mapping[str, Any], actual: Sequence[str]) -> None:
    found = told["targetDistribution"]
    if "classes" in found:
        counts = Counter(actual)
        for name, entry in zip(_classes(told), found["classes"], strict=True):
            ledger.same(f"{at}.classes[].count", entry["count"], counts[name])
            ledger.near(f"{at}.classes[].share", entry["share"], counts[name] / len(actual), 1e-5)
            ledger.seen(f"{at}.classes[].value", told=True)
        return
    y = np.array([float(a) for a in actual])
    figures = {"mean": y.mean(), "stddev": y.std(), "min": y.min(), "max": y.max()}
    figures |= {f"p{p}": np.quantile(y, p / 100) for p in (25, 50, 75)}
    for name, value in figures.items():
        ledger.near(
            f"{at}.{name}", found[name], float(value), ROUNDED * max(1e-300, float(np.abs(y).max()))
        )


def _clusters(
    ledger: Ledger, at: str, table: Table, told: Mapping[str, Any], lines: Sequence[dict[str, str]]
) -> None:
    counts = Counter(int(line["cluster"]) for line in lines)
    by_name = {column.name: column for column in table.columns}
    for entry in told["clusterSummary"]:
        path = f"{at}.clusterSummary[]"
        ledger.same(f"{path}.size", entry["size"], counts[entry["cluster"]])
        ledger.near(f"{path}.share", entry["share"], entry["size"] / len(lines), 1e-5)
        ledger.seen(f"{path}.cluster", entry["cluster"] in counts)
        rows = [int(line["row"]) for line in lines if int(line["cluster"]) == entry["cluster"]]
        for feature in entry["features"]:
            cells = [by_name[feature["column"]].cells[row - 1] for row in rows]
            x = np.array([float(c) for c in cells if c is not None])
            x = x[np.isfinite(x)]
            size = ROUNDED * max(1e-300, float(np.abs(x).max(initial=0.0)))
            if len(x) == len(cells):
                ledger.near(f"{path}.features[].mean", feature["mean"], float(x.mean()), size)


def _silhouette(
    ledger: Ledger,
    at: str,
    table: Table,
    told: Mapping[str, Any],
    lines: Sequence[dict[str, str]],
    labels: Collection[str],
) -> None:
    """How clear the published groups are, by scikit-learn, and how far each lies from the mean."""
    by_name = {column.name: column for column in table.columns}
    used = [
        by_name[name]
        for name in told["featureColumns"]
        if by_name[name].word in NUMERIC and name not in labels
    ]
    rows = [int(line["row"]) - 1 for line in lines]
    points = np.column_stack([_standardised(c.cells, rows) for c in used[:MOST_COLUMNS]])
    labels = np.array([int(line["cluster"]) for line in lines])
    measured = np.linspace(0, len(rows) - 1, min(MEASURED, len(rows))).astype(int)
    found = silhouette_score(points[measured], labels[measured])
    count = str(len(told["clusterSummary"]))
    ledger.near(f"{at}.silhouetteScores.{count}", told["silhouetteScores"][count], found, ROUNDED)
    best = max(told["silhouetteScores"].values())
    ledger.same(f"{at}.silhouetteScores.{count}", told["silhouetteScores"][count], best)
    places = {column.name: place for place, column in enumerate(used)}
    for entry in told["clusterSummary"]:
        own = points[labels == entry["cluster"]].mean(axis=0)
        for feature in entry["features"]:
            path = f"{at}.clusterSummary[].features[].deviation"
            value = float(own[places[feature["column"]]])
            ledger.near(path, feature["deviation"], value, ROUNDED * max(1.0, abs(value)))


def _standardised(cells: Sequence[Any], rows: Sequence[int]) -> Any:
    """Empty cells hold the median; what is farther than five deviations is cut off there."""
    x = np.array([np.nan if cells[row] is None else float(cells[row]) for row in rows])
    x = np.where(np.isfinite(x), x, np.median(x[np.isfinite(x)]))
    exact = [Fraction(value) for value in x.tolist()]
    mean = sum(exact) / len(exact)
    off = [value - mean for value in exact]
    widest = max(map(abs, off)) or 1  # squares of what is tiny would vanish
    x = np.array([float(value / widest) for value in off])
    return np.clip(x / (np.sqrt(np.square(x).mean()) or 1), -FARTHEST, FARTHEST)
