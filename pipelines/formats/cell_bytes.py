"""Cell bytes: how many bytes the cells of a column take as text, and which are among them."""

from collections.abc import Sequence

import numpy as np
import polars as pl


def digits(integers: pl.Series) -> int:
    """How many bytes 64-bit integers take, each written as short as can be.

    >>> digits(pl.Series([0, -12, None, 10**18]))
    23
    """
    values = (integers.drop_nulls() if integers.has_nulls() else integers).to_numpy()
    if not len(values):
        return 0
    negative = int(np.count_nonzero(values < 0))
    sizes = (np.abs(values) if negative else values).view(np.uint64)
    largest, power, total = int(sizes.max()), 10, len(values) + negative
    while power <= largest:
        total += int(np.count_nonzero(sizes >= np.uint64(power)))
        power *= 10
    return total


def lengths(texts: Sequence[pl.Series]) -> int:
    """How many bytes the cells take as they stand.

    >>> lengths([pl.Series(["a", None]), pl.Series(["é", ""])])
    3
    """
    return int(_one_below_another(texts).str.len_bytes().sum())


def occurrences(texts: Sequence[pl.Series], character: str) -> int:
    """How often a character stands in the cells.

    >>> occurrences([pl.Series(["a,b", None, "no comma here", ",,"])], ",")
    3
    """
    return int(_one_below_another(texts).str.count_matches(character, literal=True).sum())


def _one_below_another(texts: Sequence[pl.Series]) -> pl.Series:
    """Nothing is copied; a call for each of thousands of columns costs more than to read them."""
    parts = [each.alias("cells") for each in texts]
    return pl.concat(parts, rechunk=False) if parts else pl.Series("cells", [], pl.String)
