"""Writing: how many texts are numbers, dates, booleans, dates that never were, or garbled."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.statistics import text_forms
from pipelines.statistics.column_view import ColumnView

DATED, WORD = 43, 5  # bytes without the spaces around; a longer text is no date, or no boolean

Counts = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]


def _starts(first: bytes) -> npt.NDArray[np.bool_]:
    """The bytes with which a form may begin; the last are those of white space beyond ASCII."""
    table = np.zeros(256, np.bool_)
    table[[*first, *b" \t\n\v\f\r\xc2\xe1\xe2\xe3"]] = True
    return table


_SECOND = np.zeros(256, np.bool_)  # of the UTF-8 of Â, Ã, Ð, Ñ, â and ï
_SECOND[[0x82, 0x83, 0x90, 0x91, 0xA2, 0xAF]] = True
_END = np.zeros(256, np.bool_)  # of numbers and dates, and what may be white space behind them
_END[[*b"0123456789.:+-Z \t\n\v\f\r", *range(0x80, 0xC0)]] = True
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
        content, ends = view.unit_content
        starts, sizes = ends[:-1], view.unit_bare_bytes
        first = content[np.minimum(starts, len(content) - 1)] if len(content) else sizes
        figures = np.flatnonzero((sizes > 0) & _FIGURE[first])
        figures = figures[_END[content[ends[1:][figures] - 1]]]
        words = np.flatnonzero((sizes > 0) & (sizes <= WORD) & _WORD[first])
        numbers, _ = _matching(texts, counts, figures, text_forms.NUMBER)
        figures = figures[sizes[figures] <= DATED]
        dated, near = _matching(texts, counts, figures, text_forms.DATE_LIKE)
        dates, _ = _matching(texts, counts, near, text_forms.DATE)
        booleans, _ = _matching(texts, counts, words, text_forms.BOOLEAN)
        garbled, _ = _matching(texts, counts, _foreign(starts, content), text_forms.MOJIBAKE)
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
        odd = {"impossibleDate": self.impossible, "mojibake": self.garbled}
        return {"writing": {kind: count for kind, count in (counts | odd).items() if count}}


def _matching(
    texts: pl.Series, counts: Counts | None, near: Counts, form: str
) -> tuple[int, Counts]:
    """How many of the texts at these places have the form, and where these stand."""
    if not len(near):
        return 0, near
    some = texts if len(near) == len(texts) else texts.gather(near)
    there = near[some.str.contains(form).to_numpy()]
    return len(there) if counts is None else int(counts[there].sum()), there


def _foreign(starts: Counts, content: Bytes) -> Counts:
    """Where texts hold one of the letters with which what is garbled begins, or U+FFFD."""
    if not len(content) or content.max() < 0x80:
        return np.empty(0, np.int64)
    lead = np.flatnonzero(content[:-1] >= 0xC3)
    first, second = content[lead], content[lead + 1]
    near = lead[((first == 0xC3) & _SECOND[second]) | ((first == 0xEF) & (second == 0xBF))]
    return np.unique(np.searchsorted(starts, near, side="right") - 1)
