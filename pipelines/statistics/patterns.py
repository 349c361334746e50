"""Patterns: the shapes of texts, with A for a capital, a for a small letter and 9 for a digit."""

from collections import Counter
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from pipelines.statistics.distinct_sketch import Z99
from pipelines.statistics.runs import Counts, TextRuns

TOP = 10
FEW = 2000  # distinct texts that are sooner counted one by one than by calls of polars
ASCII = 127
LONGEST = 50  # characters; a longer text is prose, and its shape is cut

_SHAPE = np.arange(256, dtype=np.uint8)
_SHAPE[ord("0") : ord("9") + 1] = ord("9")
_SHAPE[ord("A") : ord("Z") + 1] = ord("A")
_SHAPE[ord("a") : ord("z") + 1] = ord("a")


def shapes(texts: pl.Series) -> pl.Series:
    """The shape of each text; whole columns of bytes at a time, for regexes take seconds.

    >>> shapes(pl.Series(["AB-1234", "Zoë"])).to_list()
    ['AA-9999', 'Aaa']
    """
    if not len(texts):
        return texts
    ascii_shapes, is_foreign_to_ascii = _translated(texts.str.head(LONGEST))
    if not is_foreign_to_ascii:
        return ascii_shapes
    foreign = (
        pl.col("v")
        .str.replace_all(r"\p{Lu}", "A")
        .str.replace_all(r"[\p{L}&&[^A]]", "a")
        .str.replace_all(r"\p{Nd}", "9")
    )
    is_foreign = pl.col("v").str.len_bytes() != pl.col("v").str.len_chars()
    frame = ascii_shapes.rename("v").to_frame()
    return frame.select(pl.when(is_foreign).then(foreign).otherwise(pl.col("v"))).to_series()


def of(texts: TextRuns, rows: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The most frequent shapes, scaled up to `rows` rows, and the bounds of their counts."""
    total = texts.total
    if not total:
        return [], {}
    found = shapes(texts.values)
    best = (
        _counted_here(found, texts.counts) if len(found) <= FEW else _counted(found, texts.counts)
    )
    shares = np.array([count for _, count in best]) / total
    slack = Z99 * np.sqrt(shares * (1 - shares) / len(texts.hashes)) + 1 / len(texts.hashes)
    counts = [round(share * rows) for share in shares.tolist()]
    told = [{"pattern": p, "count": n} for (p, _), n in zip(best, counts, strict=True)]
    return told, {
        "method": "distinct-sample",
        "lower": np.floor(np.maximum(0.0, shares - slack) * rows).astype(int).tolist(),
        "upper": np.ceil(np.minimum(1.0, shares + slack) * rows).astype(int).tolist(),
        "confidence": 0.99,
        "rows": total,
    }


def _counted(found: pl.Series, counts: Counts) -> list[tuple[str, int]]:
    """The most frequent shapes, of equals the first by code point."""
    counted = pl.DataFrame({"shape": found, "n": counts}).group_by("shape").agg(pl.col("n").sum())
    return counted.sort("n", "shape", descending=[True, False]).head(TOP).rows()


def _counted_here(found: pl.Series, counts: Counts) -> list[tuple[str, int]]:
    """The same; of few shapes the calls of polars would cost most."""
    totals: Counter[str] = Counter()
    for shape, count in zip(found.to_list(), counts.tolist(), strict=True):
        totals[shape] += count
    return sorted(totals.items(), key=lambda entry: (-entry[1], entry[0]))[:TOP]


def _translated(texts: pl.Series) -> tuple[pl.Series, bool]:
    """The texts with letters and digits of ASCII told, and whether there are others."""
    array = texts.to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, content = array.buffers()
    read = np.frombuffer(memoryview(content), np.uint8) if content else np.empty(0, np.uint8)
    shape = _SHAPE[read]
    buffers = [None, offsets, pa.py_buffer(shape.tobytes())]
    translated = pa.Array.from_buffers(array.type, len(array), buffers, offset=array.offset)
    return pl.Series(pl.from_arrow(translated)), bool(read.max(initial=0) > ASCII)
