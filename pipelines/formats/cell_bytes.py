"""Cell bytes: how many bytes the cells of a column take as text, and which are among them."""

from collections.abc import Sequence

import numpy as np
import polars as pl


def digits(integers: pl.Series) -> int:
    """How many bytes 64-bit integers take, each written as short as can be.

    >>> digits(pl.Series([0, -12, None, 10**18]))
    23
    """
    values = integers.drop_nulls().to_numpy()
    if not len(values):
        return 0
    negative = int(np.count_nonzero(values < 0))
    sizes = (np.abs(values) if negative else values).view(np.uint64)
    largest, power, total = int(sizes.max()), 10, len(values) + negative
    while power <= largest:
        total += int(np.count_nonzero(sizes >= np.uint64(power)))
        power *= 10
    return total


def occurrences(texts: Sequence[pl.Series], character: str) -> int:
    """How often a character stands in the cells.

    >>> occurrences([pl.Series(["a,b", None, "no comma here", ",,"])], ",")
    3
    """
    return sum(int(each.str.count_matches(character, literal=True).sum()) for each in texts)
