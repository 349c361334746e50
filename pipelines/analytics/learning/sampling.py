"""Sampling: fewer rows, the same ones each time."""

import numpy as np
import numpy.typing as npt

from pipelines.statistics.hashing import mix

Places = npt.NDArray[np.int64]


def drawn(row_numbers: npt.NDArray[np.int64], most: int) -> Places:
    """At most so many places, in order; the rows' numbers choose, whatever order the data has."""
    if len(row_numbers) <= most:
        return np.arange(len(row_numbers))
    keys = mix(row_numbers.astype(np.uint64))
    return np.sort(np.argsort(keys, kind="stable")[:most])


def evenly(count: int, most: int) -> Places:
    """At most so many of `count` places, as far apart as can be.

    >>> evenly(10, 3).tolist(), evenly(2, 3).tolist()
    ([0, 4, 9], [0, 1])
    """
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))
