"""Packed column: cells of a sheet as they are written, typed at once where they are of one kind."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import cast

import numpy as np
import polars as pl

from pipelines.formats.regular_markup import Integers, Kinds
from pipelines.formats.regular_sheet import (
    BOOLEAN,
    DATE,
    DURATION,
    ERROR,
    NONE,
    NUMBER,
    SHARED,
    STRING,
    TIME,
    Cells,
)
from pipelines.formats.serial_date import DAY_MS, LAST_DAY, LEAP_DAY_1900, Kind
from pipelines.formats.sheet_grid import Cell, Row
from pipelines.formats.sheet_xml import Book, cell_of

EXACT = 2**53
EPOCH_DAYS = 25_569  # from the last day of 1899 to 1970, as sheets count
WRITTEN: dict[int, tuple[str, Kind]] = {
    NUMBER: ("n", "number"),
    DATE: ("n", "date"),
    TIME: ("n", "time"),
    DURATION: ("n", "duration"),
    SHARED: ("s", "number"),
    STRING: ("str", "number"),
    BOOLEAN: ("b", "number"),
    ERROR: ("e", "number"),
}


@dataclass(frozen=True, slots=True)
class PackedColumn:
    """Cells of a column; `places` says where among all cells each is, -1 where there is none.

    Its items are what `sheet_xml` reads, one by one.
    """

    cells: Cells
    book: Book
    places: Integers

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, rows: slice) -> "PackedColumn":
        return PackedColumn(self.cells, self.book, self.places[rows])

    def __iter__(self) -> Iterator[Cell | None]:
        kinds = self._kinds()
        texts = self._texts().to_list()
        strings = self._strings().to_list() if SHARED in kinds else texts
        for text, kind, string in zip(texts, kinds.tolist(), strings, strict=True):
            if kind == NONE:
                yield None
            elif kind == SHARED:
                yield string
            else:
                yield cell_of(text, *WRITTEN[kind], self.book)

    @property
    def is_mixed(self) -> bool:
        """Whether its cells are of several kinds, or errors."""
        kinds = self._kind_set()
        return len(kinds) > 1 or ERROR in kinds

    def typed(self, name: str) -> pl.Series | None:
        """What its cells make as a series; None where they must be looked at one by one.

        Numbers are all floats.
        """
        if self.is_mixed:
            return None
        kind = next(iter(self._kind_set()), NONE)
        if kind == NONE:
            return pl.Series(name, [None] * len(self), pl.Null)
        if kind == SHARED:
            return self._strings().alias(name)
        texts = self._texts().alias(name)
        if kind == STRING:
            return None if texts.str.contains("_x", literal=True).any() else texts
        if kind == BOOLEAN:
            is_known = texts.is_in(["0", "1"]).all()
            return (texts == "1").alias(name) if is_known else None
        numbers = texts.cast(pl.Float64, strict=False)
        if numbers.null_count() > texts.null_count() or not numbers.is_finite().all():
            return None
        return numbers if kind == NUMBER else self._moments(numbers, kind)

    def _moments(self, serials: pl.Series, kind: int) -> pl.Series | None:
        """As `serial_date.moment` has them, where all are ordinary."""
        if self.book.from_1904 or not (serials.abs() < LAST_DAY).all():
            return None
        rounded = pl.Series(serials.name, np.rint((serials * DAY_MS).to_numpy()))
        milliseconds = rounded.fill_nan(None).cast(pl.Int64)
        lowest, highest = cast("int", milliseconds.min()), cast("int", milliseconds.max())
        if kind == DURATION:
            return (milliseconds * 1000).cast(pl.Duration("us"))
        if kind == TIME:
            is_time = lowest >= 0 and highest < DAY_MS
            return (milliseconds * 1_000_000).cast(pl.Time) if is_time else None
        if lowest < DAY_MS * (LEAP_DAY_1900 + 1) or highest >= DAY_MS * LAST_DAY:
            return None
        if (milliseconds % DAY_MS == 0).all():
            return (milliseconds // DAY_MS - EPOCH_DAYS).cast(pl.Int32).cast(pl.Date)
        return ((milliseconds - EPOCH_DAYS * DAY_MS) * 1000).cast(pl.Datetime("us"))

    def _kind_set(self) -> set[int]:
        return set(np.flatnonzero(np.bincount(self._kinds())).tolist()) - {NONE}

    def _kinds(self) -> Kinds:
        return np.where(self.places < 0, np.uint8(NONE), self.cells.kinds[self.places])

    def _shared(self) -> Integers:
        return np.where(self.places < 0, -1, self.cells.shared[self.places])

    def _strings(self) -> pl.Series:
        return self.book.texts.gather(_optional(self._shared()))

    def _texts(self) -> pl.Series:
        return self.cells.texts.gather(_optional(self.places))


def _optional(places: Integers) -> pl.Series:
    """Places to gather from, null where they are negative."""
    found = pl.Series("places", places)
    return found.set(found < 0, None) if places.min(initial=0) < 0 else found


def lines(cells: Cells, book: Book) -> Iterator[Row]:
    """The cells row by row."""
    values = PackedColumn(cells, book, np.arange(len(cells.rows)))
    places = zip(cells.rows.tolist(), cells.columns.tolist(), values, strict=True)
    for row, found in groupby(places, itemgetter(0)):
        line = {column: value for _, column, value in found if value is not None}
        if line:
            yield row, line
