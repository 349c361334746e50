"""Co-missing: how many rows lack a value in both of any two columns."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.statistics.table_view import TableView

Matrix = npt.NDArray[np.int64]

WIDEST = 1000  # columns with nulls; of more, a matrix costs more than the rest of the pass
TOP = 20


@dataclass(frozen=True, slots=True)
class CoMissing:
    """The columns with nulls, by their place in the table, and the rows that lack both of a pair.

    The diagonal has the nulls of each. Beyond `WIDEST` columns there is no matrix (`is_too_wide`).
    """

    name: ClassVar[str] = "co_missing"

    places: npt.NDArray[np.int64]
    both: Matrix
    is_too_wide: bool = False

    @classmethod
    def of(cls, view: TableView) -> Self:
        holed = [place for place, column in enumerate(view.columns) if column.null_count]
        places = np.array(holed, np.int64)
        if len(places) > WIDEST:
            return cls._too_wide()
        masks = (view.columns[place].nulls for place in holed)
        return cls(places, counted(np.array([_packed(mask) for mask in masks], np.uint64)))

    @classmethod
    def _too_wide(cls) -> Self:
        return cls(np.empty(0, np.int64), np.empty((0, 0), np.int64), is_too_wide=True)

    def merge(self, other: Self) -> Self:
        places = np.union1d(self.places, other.places)
        if self.is_too_wide or other.is_too_wide or len(places) > WIDEST:
            return self._too_wide()
        both = np.zeros((len(places), len(places)), np.int64)
        for part in (self, other):
            at = np.searchsorted(places, part.places)
            both[np.ix_(at, at)] += part.both
        return type(self)(places, both)

    def result(self) -> dict[str, Any]:
        """The pairs that lack most rows together, by place; `either` lack one at least."""
        return {"pairs": pairs(self.places, self.both)}

    def alternatives(self, rows: int) -> list[tuple[int, int]]:
        """Two columns each, by place, of which every row of the table fills one and leaves one."""
        lacking = np.diagonal(self.both)
        apart = (self.both == 0) & (lacking[:, None] + lacking == rows)
        return [
            (int(self.places[left]), int(self.places[right]))
            for left, right in np.argwhere(np.triu(apart, 1)).tolist()
        ]


def counted(packed: npt.NDArray[np.uint64]) -> Matrix:
    """The common bits of any two rows of bits."""
    size = len(packed)
    both = np.zeros((size, size), np.int64)
    for at in range(size):
        common = np.bitwise_count(packed[at] & packed[at:])
        both[at, at:] = both[at:, at] = common.sum(axis=1, dtype=np.int64)
    return both


def pairs(places: npt.NDArray[np.int64], both: Matrix) -> list[dict[str, int]]:
    """The pairs with most rows in common, of equal ones the first."""
    left, right = np.triu_indices(len(places), 1)
    common = both[left, right]
    best = np.argsort(-common, kind="stable")[:TOP]
    found = ((int(left[at]), int(right[at]), int(common[at])) for at in best if common[at])
    return [
        {"left": int(places[i]), "right": int(places[j]), "both": n,
         "either": int(both[i, i] + both[j, j]) - n}
        for i, j, n in found
    ]  # fmt: skip


def sampled(sample: pl.DataFrame) -> list[dict[str, int]]:
    """The same of the rows of a sample, for the columns that lack most of them."""
    nulls = np.array(sample.null_count().row(0), np.int64)
    holed = np.sort(np.argsort(-nulls, kind="stable")[: min(WIDEST, np.count_nonzero(nulls))])
    masks = (sample.to_series(place).alias("").is_null().to_numpy() for place in holed.tolist())
    return pairs(holed, counted(np.array([_packed(mask) for mask in masks], np.uint64)))


def _packed(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint64]:
    padded = np.zeros(-(-len(mask) // 64) * 64, np.bool_)
    padded[: len(mask)] = mask
    return np.packbits(padded).view(np.uint64)
