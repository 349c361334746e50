"""Selection: the largest counts and the smallest hashes, sooner than by general means.

Counts have many equal values among them, which makes `np.partition` slow; hashes are spread evenly,
so that it is known beforehand about where the n-th smallest lies.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

SPAN = 1 << 16  # counts as close together as this are counted themselves
SLACK = 1.25  # so many times the hashes that are expected to be enough are looked at


def nth_largest(counts: npt.NDArray[np.int64], n: int) -> int:
    """The n-th largest (n from 1) of at least n counts.

    >>> nth_largest(np.array([1, 7, 1, 5]), 2)
    5
    """
    low, high = int(counts.min()), int(counts.max())
    if high - low < min(SPAN, 4 * len(counts)):
        upto = np.cumsum(np.bincount(counts - low)[::-1])
        return high - int(np.searchsorted(upto, n))
    return int(np.partition(counts, len(counts) - n)[len(counts) - n])


def smallest(hashes: npt.NDArray[np.uint64], n: int) -> npt.NDArray[np.intp]:
    """Where the n smallest of distinct hashes stand, in no order; all, if there are fewer.

    >>> smallest(np.array([9, 2, 5], np.uint64), 1).tolist()
    [1]
    """
    if len(hashes) <= n:
        return np.arange(len(hashes))
    near = _near(hashes, n)
    return near[np.argpartition(hashes[near], n - 1)[:n]]


def _near(hashes: npt.NDArray[np.uint64], n: int) -> npt.NDArray[Any]:
    share = SLACK * n / len(hashes)
    if share < 1:
        near = np.flatnonzero(hashes <= np.uint64(int(share * 2**63) << 1))
        if len(near) >= n:
            return near
    return np.arange(len(hashes))
