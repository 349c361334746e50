"""Leakage: columns that give the answer away, and which a model must therefore not see."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.analytics.learning.features import Matrix, Usable
from pipelines.analytics.learning.scaling import unscaled
from pipelines.analytics.learning.task import Task
from pipelines.analytics.observations import Name

SAME = 0.999  # a correlation from which two columns say the same
ROWS_A_LEVEL = 5  # a value tells the target only if it had the chance not to
LEAST = 10  # rows that a correlation needs
HOUR = 3_600_000_000  # microseconds
FEWEST_THINGS = 10  # that rows are told of; fewer are kinds
SEVERAL = 0.2  # the share of the rows that are not the only ones of their thing
SHARED = 0.99  # the share of these that have the usual answer of their thing

Codes = npt.NDArray[np.int64]


def leaks(usable: Usable, target: Matrix, name: str) -> dict[str, str]:
    """Each feature that alone determines the target (of the same rows), with how it does."""
    return dict(_found(usable, target, name))


def _found(usable: Usable, target: Matrix, name: str) -> Iterator[tuple[str, str]]:
    answer = levels(target)
    told = f"the target {Name(name)}"
    for place, feature in enumerate(usable.features):
        column = usable.matrix[:, place]
        ranks = levels(column)
        # Numbers that fall apart into ranges, one a class, are what a model is to find out.
        recodes = ranks.max() == answer.max() or feature.kind in {"category", "boolean"}
        if recodes and _tells(ranks, answer):
            yield feature.column, f"each of its values goes with one value of {told} only"
        elif answer.max() == 1 and _tells(np.isnan(column).astype(np.int64), answer):
            yield feature.column, f"whether it is empty tells {told}"
        elif not feature.is_category and (r := correlation(column, target)) >= SAME:
            yield feature.column, f"it says the same as {told} (correlation {r:.4f})"
        elif feature.kind == "time" and (part := _calendar_part(column, answer)):
            yield feature.column, f"its {part} tells {told}"


def known_by(keys: Iterable[str], frame: pl.DataFrame, task: Task) -> str | None:
    """The first of these columns of which the rows of one value share the target, if there is one.

    As the sex of a patient is in all of his visits: a model that has seen some of them knows the
    others again, by whatever else they share, and nobody learns anything from that.
    """
    answers = levels(task.answers)
    for key in keys:
        held = levels(frame.get_column(key)[task.rows].rank("dense").cast(pl.Float64).to_numpy())
        sizes = np.bincount(held)
        usual = np.zeros(len(sizes), np.int64)
        both, counts = np.unique(held * (answers.max() + 1) + answers, return_counts=True)
        np.maximum.at(usual, both // (answers.max() + 1), counts)
        several = sizes > 1
        rows = int(sizes[several].sum())
        if len(sizes) < FEWEST_THINGS or rows < SEVERAL * len(held):
            continue
        if usual[several].sum() >= SHARED * rows:
            return key
    return None


def follows_from_a_date(usable: Usable, target: Matrix) -> bool:
    """Whether the target is a date by itself, or a part of one, as the month of an order is.

    Dates of the same row predict it then, and nobody learns anything from that.
    """
    answer = levels(target)
    return any(
        _calendar_part(column, answer) is not None or correlation(column, target) >= SAME
        for feature, column in zip(usable.features, usable.matrix.T, strict=True)
        if feature.kind == "time"
    )


def _calendar_part(column: Matrix, answer: Codes) -> str | None:
    """The part of these times (in microseconds from 1970) of which each value goes with one answer.

    A day that parts all of time in two is no part of the calendar, even if it is the first of a
    year; it is what a model may find out.

    >>> days = np.arange(700) * 86_400e6
    >>> _calendar_part(days, (np.arange(700) + 4) % 7 // 6)
    'weekday'
    """
    empty = np.isnan(column)
    hours = np.where(empty, 0, column).astype(np.int64) // HOUR
    days = hours // 24
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    parts = {
        "year": months // 12,
        "month": months % 12,
        "year and month": months,
        "weekday": (days + 3) % 7,
        "hour": hours % 24,
    }
    for name, part in parts.items():
        ranks = levels(np.where(empty, -1e6, part))
        is_before_or_after = answer.max() == 1 < ranks.max() and name.startswith("year")
        if _tells(ranks, answer) and not is_before_or_after:
            return name
    return None


def levels(column: Matrix) -> Codes:
    """The values by their rank; empty is a value as well."""
    return np.unique(column, return_inverse=True)[1].astype(np.int64)


def _tells(column: Codes, target: Codes) -> bool:
    """Whether each value of the column goes with one of the target, and often enough to say so."""
    count = int(column.max()) + 1
    if not 1 < count <= len(column) // ROWS_A_LEVEL:
        return False
    return len(np.unique(column * (target.max() + 1) + target)) == count


def correlation(left: Matrix, right: Matrix) -> float:
    """The larger of |Pearson's r| and |Spearman's|, in the rows that have both."""
    both = ~(np.isnan(left) | np.isnan(right))
    left, right = left[both], right[both]
    if len(left) < LEAST or np.ptp(left) == 0 or np.ptp(right) == 0:
        return 0.0
    return max(_pearson(left, right), _pearson(_ranks(left), _ranks(right)))


def _pearson(left: Matrix, right: Matrix) -> float:
    a, b = unscaled(left), unscaled(right)
    norm = float(np.sqrt(np.square(a).sum() * np.square(b).sum()))
    return abs(float((a * b).sum())) / norm if norm else 0.0


def _ranks(values: Matrix) -> Matrix:
    """Ranks from 0; equal values share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    middle: npt.NDArray[Any] = ends - (counts + 1) / 2
    return np.asarray(middle[inverse], np.float64)
