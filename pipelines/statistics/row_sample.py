"""Row sample: rows that the numbers of their fragment and row choose, whoever reads them when."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.statistics.hashing import Hashes, mix
from pipelines.statistics.selection import smallest
from pipelines.statistics.table_view import TableView

SHOWN = 1000  # characters of a long text


@dataclass(frozen=True, slots=True)
class RowSample:
    """The rows with the smallest keys, in row order; every row is as likely as any other.

    A key is the hash of (fragment, row in it), `fragments` and `rows` say which row it is.
    """

    name: ClassVar[str] = "row_sample"

    size: int
    frame: pl.DataFrame
    keys: Hashes
    fragments: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]

    @classmethod
    def of(cls, view: TableView) -> Self:
        rows = np.arange(view.frame.height, dtype=np.int64) + view.first_row
        keys = _keys(np.array([view.fragment]), rows)
        kept = _smallest(keys, view.budget.sample)
        return cls(
            view.budget.sample,
            _shortened(view.frame[kept]),
            keys[kept],
            np.full(len(kept), view.fragment, np.int64),
            rows[kept],
        )

    def merge(self, other: Self) -> Self:
        keys = np.concatenate([self.keys, other.keys])
        kept = _smallest(keys, self.size)
        mine = kept[kept < len(self.keys)]
        theirs = kept[len(mine) :] - len(self.keys)
        return type(self)(
            self.size,
            pl.concat([self.frame[mine], other.frame[theirs]]),
            keys[kept],
            np.concatenate([self.fragments, other.fragments])[kept],
            np.concatenate([self.rows, other.rows])[kept],
        )

    def renumbered(self, by: int, *, is_whole: bool) -> Self:
        """With fragments that count from `by`.

        Where all rows are kept they get the keys that go with it. Others keep their own: that they
        are small is why the rows were kept, and only against these a merge chooses fairly.
        """
        fragments = self.fragments + by
        keys = _keys(fragments, self.rows) if is_whole else self.keys
        return type(self)(self.size, self.frame, keys, fragments, self.rows)


def _keys(fragments: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]) -> Hashes:
    return mix(rows.astype(np.uint64) ^ mix(fragments.astype(np.uint64) + np.uint64(1)))


def _smallest(keys: Hashes, size: int) -> npt.NDArray[np.intp]:
    return np.sort(smallest(keys, size))


def _shortened(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col(pl.String).str.head(SHOWN))
