"""Anomalies: rows that few cuts set apart from all others, and what is odd about each."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
from sklearn.ensemble import IsolationForest

from pipelines.analytics.learning.features import Feature, Matrix, Usable
from pipelines.analytics.learning.models import SEED
from pipelines.cells import json_values

TREES = 64
LISTED = 10
UNUSUAL = 0.6  # Liu, Ting and Zhou (2008): the score of an ordinary row is 0.5 and less
# A cell is odd that lies so far (Iglewicz and Hoaglin, 1993: in modified z-scores), or whose value
# is in so small a share of the rows; of rows that are odd as a whole, what is merely uncommon is.
ODD = (3.5, 0.01)
UNCOMMON = (2.0, 0.05)
RARER = 0.25  # and so much rarer than values of its column commonly are
REASONS = 3
FEW = 10  # different values: these are counted, not measured
MOST_FEATURES = 60


def anomalies(usable: Usable, frame: pl.DataFrame, row_numbers: list[int]) -> list[dict[str, Any]]:
    """The most unusual of the rows, at most ten, each with the cells that make it so.

    Of rows that are odd by the same values, and by nothing else, only the first is named.
    `score` is that of an isolation forest, 0..1. A reason names the column, its value, and how far
    in robust standard deviations it lies from the median, or in what share of the rows it is.
    """
    usable = usable.columns(range(min(len(usable.features), MOST_FEATURES)))
    points = np.column_stack(
        [
            _rarity(column) if feature.is_category else _deviations(column)
            for feature, column in zip(usable.features, usable.matrix.T, strict=True)
        ]
    )
    forest = IsolationForest(n_estimators=TREES, random_state=SEED).fit(points)
    scores = -forest.score_samples(points)
    order = np.argsort(-scores.round(6), kind="stable")[:LISTED]
    found: dict[str, dict[str, Any]] = {}
    for at in order.tolist():
        if scores[at] >= UNUSUAL and (because := _reasons(usable, frame, at)):
            entry = {"row": row_numbers[at], "score": float(scores[at]), "because": because}
            found.setdefault(_kind(because), entry)
    return list(found.values())


def _kind(because: list[dict[str, Any]]) -> str:
    """What rows that are odd by the same values share; the first of them stands for all."""
    return repr([(why["column"], why["value"]) for why in because])


def _reasons(usable: Usable, frame: pl.DataFrame, at: int) -> list[dict[str, Any]]:
    for bounds in (ODD, UNCOMMON):
        told = [
            (weight, {"column": feature.column, "value": _cell(frame, feature, at), **why})
            for feature, column in zip(usable.features, usable.matrix.T, strict=True)
            for weight, why in _oddness(feature, _whole(feature, column, frame), at, bounds, frame)
        ]
        if told:
            told.sort(key=lambda entry: -entry[0])
            return [why for _, why in told[:REASONS]]
    return []


def _whole(feature: Feature, column: Matrix, frame: pl.DataFrame) -> Matrix:
    """The column with every category apart, of which models see the rarer ones as one."""
    if not feature.is_category:
        return column
    ranks = frame.get_column(feature.column).cast(pl.String).rank("dense").cast(pl.Float64)
    return np.asarray(ranks.to_numpy(), np.float64)


def _oddness(
    feature: Feature, column: Matrix, at: int, bounds: tuple[float, float], frame: pl.DataFrame
) -> Iterator[tuple[float, dict[str, Any]]]:
    """How many times beyond the bounds the cell is, and what makes it so."""
    far, rare = bounds
    few = len(np.unique(column)) <= FEW
    if np.isnan(column[at]) or feature.kind in {"category", "boolean"} or few:
        shares = _shares(column)
        share, common = float(shares[at]), float(np.median(shares))
        if share <= min(rare, common * RARER):
            yield rare / share, {"share": share}
        return
    deviation = float(_deviations(column)[at])
    if abs(deviation) >= far:
        median = _middle(feature, column, frame)
        yield abs(deviation) / far, {"deviation": deviation, "median": median}


def _middle(feature: Feature, column: Matrix, frame: pl.DataFrame) -> Any:
    """The median; of times the one in the middle, for nobody knows one as a number."""
    if feature.kind != "time":
        return float(np.nanmedian(column))
    values = frame.get_column(feature.column).drop_nulls().sort()
    return json_values(values[len(values) // 2 :].head(1))[0]


def _deviations(column: Matrix) -> Matrix:
    """Distances from the median in robust standard deviations; an empty cell lies on it.

    The median is taken off first: of what lies near to it, nothing is lost then.
    """
    off = np.nan_to_num(column - np.nanmedian(column))
    spread = float(np.median(np.abs(off))) * 1.4826 or float(np.abs(off).mean()) * 1.2533 or 1.0
    with np.errstate(over="ignore"):
        return np.asarray(np.clip(off / spread, -1e9, 1e9))


def _rarity(column: Matrix) -> Matrix:
    """How rare each row's value is: the logarithm of one in so many."""
    return np.asarray(-np.log(_shares(column)), np.float64)


def _shares(column: Matrix) -> Matrix:
    _, codes, counts = np.unique(column, return_inverse=True, return_counts=True)
    return np.asarray((counts / len(column))[codes], np.float64)


def _cell(frame: pl.DataFrame, feature: Feature, at: int) -> Any:
    return json_values(frame.get_column(feature.column)[at : at + 1])[0]
