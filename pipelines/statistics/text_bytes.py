"""Text bytes: the UTF-8 of many texts in one array, so that classes of bytes count at once."""

import numpy as np
import numpy.typing as npt
import polars as pl

Bytes = npt.NDArray[np.uint8]


def flat(texts: pl.Series) -> tuple[Bytes, npt.NDArray[np.int64]]:
    """The bytes of all texts (no nulls) one after another, and where each begins and the last ends.

    >>> [part.tolist() for part in flat(pl.Series(["a", "", "bc"]))]
    [[97, 98, 99], [0, 1, 1, 3]]
    """
    array = texts.to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, content = array.buffers()
    if not len(array) or content is None or offsets is None:
        return np.empty(0, np.uint8), np.zeros(len(array) + 1, np.int64)
    ends = np.frombuffer(memoryview(offsets), np.int64)[array.offset :][: len(array) + 1]
    return np.frombuffer(memoryview(content), np.uint8)[ends[0] : ends[-1]], ends - ends[0]
