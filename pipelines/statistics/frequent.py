"""Frequent values: the heaviest counters survive, and what they may lack is known."""

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from pipelines.statistics.distinct_sketch import DistinctSketch
from pipelines.statistics.runs import Counts, NumberRuns, TextRuns
from pipelines.statistics.selection import nth_largest

TOP = 20
BOTTOM = 10

Runs = TypeVar("Runs", NumberRuns, TextRuns)


def heaviest(counts: Counts, size: int) -> tuple[npt.NDArray[np.intp], int]:
    """Which counters to keep, and what to take from each (Misra and Gries, 1982).

    Merged as Agarwal et al. (2012) prove: the counters of both are added, the (size + 1)-th
    largest is taken from all, and the total taken bounds how short any count is.
    """
    if len(counts) <= size:
        return np.arange(len(counts)), 0
    short = nth_largest(counts, size + 1)
    return np.flatnonzero(counts > short), short


def top(runs: Runs, short: int = 0) -> Runs:
    """The most frequent values; where counts may be short, only those that surely lead.

    What was taken from all counters was taken from a frequent value every time, so its count is
    most likely what is left and all that was taken.
    """
    best = runs.best(TOP)
    return best.take(np.flatnonzero(best.counts > short)).less(-short) if short else best


def leads(counts: Counts, short: int) -> bool:
    """Whether the first of the top values surely is the most frequent, and occurs more than once.

    A value that is not listed may occur twice as often as the counters are short.
    """
    if not len(counts) or counts[0] - short <= 1:
        return False
    second = int(counts[1]) if len(counts) > 1 else 2 * short
    return not short or bool(counts[0] - short >= second)


def has_rare(counts: Counts) -> bool:
    """Whether rare values are more than those at the top, and rarer."""
    return len(counts) > TOP and bool(counts.min() < counts.max())


def estimates(
    sketch: DistinctSketch, rows: int, counts: Counts, short: int
) -> tuple[dict[str, int], dict[str, Any]]:
    """The numbers of distinct and unique values, their bounds, and those of the top values."""
    lower, upper = sketch.bounds
    least, most = sketch.unique_bounds
    counted = {"distinctCount": sketch.estimate, "uniqueCount": sketch.unique}
    return {name: min(rows, round(count)) for name, count in counted.items()}, {
        "distinctCount": {
            "method": "kmv",
            "lower": min(rows, int(lower)),
            "upper": min(rows, int(np.ceil(upper))),
            "confidence": 0.99,
            "rows": rows,
        },
        "uniqueCount": {
            "method": "kmv",
            "lower": min(rows, int(least)),
            "upper": min(rows, int(np.ceil(most))),
            "confidence": 0.98,
            "rows": rows,
        },
        "topValues": {
            "method": "misra-gries",
            "lower": [count - short for count in counts.tolist()],
            "upper": counts.tolist(),
            "confidence": 1.0,
            "rows": rows,
        },
    }
