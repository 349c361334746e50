"""Text types: what the values of a text column would be on their own: numbers, dates, truths."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from pipelines.statistics.column_view import ColumnView

Mask = npt.NDArray[np.bool_]

TRUTH = r"^\s*(?i:true|false|yes|no)\s*$"
NUMBER = r"^\s*[-+]?(?:\d+(?:[.,]\d+)*|[.,]\d+)(?:[eE][-+]?\d+)?\s*%?\s*$"
DAY = r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}"
DATE = rf"^\s*(?:{DAY})(?:[T ]\d{{1,2}}:\d\d(?::\d\d(?:\.\d+)?)?\s*(?:Z|[-+]\d\d:?\d\d)?)?\s*$"
LONGEST_TRUTH = 5
# First bytes: only such texts are looked at any further.
OF_NUMBERS = np.zeros(256, np.bool_)
OF_NUMBERS[[*b"0123456789+-.,", *range(33)]] = True
OF_TRUTHS = np.zeros(256, np.bool_)
OF_TRUTHS[[*b"tTfFyYnN", *range(33)]] = True


@dataclass(frozen=True, slots=True)
class TextTypes:
    """How many texts read as a number, as a date, as a truth, and how many as nothing but text."""

    name: ClassVar[str] = "text_types"

    n: int = 0
    numeric: int = 0
    boolean: int = 0
    date: int = 0

    @classmethod
    def of(cls, view: ColumnView) -> Self:
        content, ends = view.unit_content
        if not len(content):
            return cls(len(view.texts))
        first = content[np.minimum(ends[:-1], len(content) - 1)]  # of an empty text, some other
        numbers, truths = OF_NUMBERS[first], OF_TRUTHS[first]
        truths &= view.unit_bare_bytes <= LONGEST_TRUTH
        date = _matching(view, DATE, numbers)
        kinds = (_matching(view, NUMBER, numbers & ~date), _matching(view, TRUTH, truths), date)
        return cls(len(view.texts), *(int(view.unit_counts[kind].sum()) for kind in kinds))

    def merge(self, other: Self) -> Self:
        return type(self)(
            self.n + other.n,
            self.numeric + other.numeric,
            self.boolean + other.boolean,
            self.date + other.date,
        )

    def result(self) -> dict[str, Any]:
        counts = {"numeric": self.numeric, "boolean": self.boolean, "date": self.date}
        return {"typeCounts": {**counts, "text": self.n - sum(counts.values())}}


def _matching(view: ColumnView, form: str, among: Mask) -> Mask:
    """Which units are of the form; those that are not among these are not."""
    near = np.flatnonzero(among)
    found = np.zeros(len(among), np.bool_)
    if len(near):
        found[near] = view.units.gather(near).str.contains(form).to_numpy()
    return found
