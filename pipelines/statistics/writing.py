"""Writing: how many texts are numbers, dates, booleans, dates that never were, or garbled."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.statistics import text_forms
from pipelines.statistics.column_view import ColumnView

LONGEST = 64  # bytes; a longer text is neither number nor date
WORD = 16  # bytes; a longer text is no boolean

Counts = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]


def _starts(first: bytes) -> npt.NDArray[np.bool_]:
    """The bytes with which a form may begin; the last are those of white space beyond ASCII."""
    table = np.zeros(256, np.bool_)
    table[[*first, *b" \t\n\v\f\r\xc2\xe1\xe2\xe3"]] = True
    return table


_FIGURE, _WORD = _starts(b"+-.0123456789"), _starts(b"tTfFyYnN")


@dataclass(frozen=True, slots=True)
class Writing:
    """Counts of the texts that `text_forms` describes; all others are text. No value is kept."""

    name: ClassVar[str] = "writing"

    n: int = 0
    numbers: int = 0
    booleans: int = 0
    dates: int = 0
    impossible: int = 0
    garbled: int = 0

    @classmethod
    def of(cls, view: ColumnView) -> Self:
        runs = view.text_runs
        texts, counts = (view.texts, None) if runs is None else (runs.values, runs.counts)
        if not len(texts):
            return cls()
        starts, sizes, content = _bytes_of(texts)
        first = content[np.minimum(starts, len(content) - 1)] if len(content) else sizes
        figures = np.flatnonzero((sizes > 0) & (sizes <= LONGEST) & _FIGURE[first])
        words = np.flatnonzero((sizes > 0) & (sizes <= WORD) & _WORD[first])
        numbers, dates, dated = _counted(texts, counts, figures, _FIGURES)
        (booleans,) = _counted(texts, counts, words, _WORDS)
        garbled = 0
        if len(content) and content.max() >= 0x80:
            (garbled,) = _counted(texts, counts, np.arange(len(texts)), _GARBLED)
        total = len(texts) if counts is None else int(counts.sum())
        return cls(total, numbers, booleans, dates, dated - dates, garbled)

    def merge(self, other: Self) -> Self:
        return type(self)(
            self.n + other.n,
            self.numbers + other.numbers,
            self.booleans + other.booleans,
            self.dates + other.dates,
            self.impossible + other.impossible,
            self.garbled + other.garbled,
        )

    def result(self) -> dict[str, Any]:
        counts = {"numeric": self.numbers, "boolean": self.booleans, "date": self.dates}
        counts["text"] = self.n - sum(counts.values())
        return {
            "typeCounts": {kind: count for kind, count in counts.items() if count},
            "impossibleDates": self.impossible,
            "mojibake": self.garbled,
        }


_TEXT = pl.col("v").str
_DATE_LIKE = _TEXT.contains(text_forms.DATE_LIKE)
_FIGURES = (
    _TEXT.contains(text_forms.NUMBER),
    pl.when(_DATE_LIKE).then(_TEXT.contains(text_forms.DATE)).otherwise(statement=False),
    _DATE_LIKE,
)
_WORDS = (_TEXT.contains(text_forms.BOOLEAN),)
_GARBLED = (_TEXT.contains(text_forms.MOJIBAKE),)


def _counted(
    texts: pl.Series, counts: Counts | None, near: Counts, tests: tuple[pl.Expr, ...]
) -> list[int]:
    """How many of the texts at these places pass each test."""
    if not len(near):
        return [0] * len(tests)
    some = texts if len(near) == len(texts) else texts.gather(near)
    masks = some.rename("v").to_frame().select(test.alias(f"{i}") for i, test in enumerate(tests))
    if counts is None:
        return [int(mask.sum()) for mask in masks]
    weights = counts[near]
    return [int(weights[mask.to_numpy()].sum()) for mask in masks]


def _bytes_of(texts: pl.Series) -> tuple[Counts, Counts, Bytes]:
    """Where each text starts, how long it is, and the bytes of all."""
    array = texts.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, content = array.buffers()
    ends = np.frombuffer(memoryview(offsets or b""), np.int64)[
        array.offset : array.offset + len(array) + 1
    ]
    body = np.frombuffer(memoryview(content), np.uint8) if content else np.empty(0, np.uint8)
    return ends[:-1], np.diff(ends), body[: int(ends[-1])]
