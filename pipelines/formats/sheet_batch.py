"""Sheet batch: some rows of a table, column by column, as one of the readers found them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.formats.packed_column import PackedColumn
from pipelines.formats.regular_markup import Irregular
from pipelines.formats.regular_sheet import Cells
from pipelines.formats.sheet_cells import Column
from pipelines.formats.sheet_grid import Cell
from pipelines.formats.sheet_xml import Book

MOST_PLACES = 8_000_000  # cells and gaps between them
FEW_ROWS = 64  # up to so many, cells are sooner looked at one by one than column by column


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows, column by column, and how many blank ones were left out among them."""

    places: Sequence[int]
    columns: list[Column]
    height: int
    blanks: int

    def without(self, rows: int) -> "Batch":
        """It without its last rows."""
        kept = self.height - rows
        return Batch(self.places, [cells[:kept] for cells in self.columns], kept, self.blanks)

    def last(self, rows: int) -> list[dict[int, Cell]]:
        """The cells of the last rows by column."""
        tails = [cells[max(0, self.height - rows) :] for cells in self.columns]
        return [
            {place: cell for place, cell in enumerate(line) if cell is not None and cell != ""}
            for line in zip(*tails, strict=True)
        ]


def without_blanks(
    places: Sequence[int], columns: Sequence[Sequence[Cell | None]], height: int
) -> Batch:
    """The rows that hold anything but "" and None."""
    if any("" not in cells for cells in columns):
        return Batch(places, list(columns), height, 0)
    kept = [line for line in zip(*columns, strict=True) if line.count("") < len(line)]
    if len(kept) == height:
        return Batch(places, list(columns), height, 0)
    packed: list[Column] = list(zip(*kept, strict=True)) if kept else [() for _ in columns]
    return Batch(places, packed, len(kept), height - len(kept))


def packed(cells: Cells, book: Book, places: Sequence[int], expected: int) -> Batch:
    """Cells of some columns, of which the next row was expected to be that. Raises Irregular."""
    is_new = np.diff(cells.rows, prepend=-1) > 0
    row_of = np.cumsum(is_new) - 1
    height = int(row_of[-1]) + 1
    if height * len(places) > MOST_PLACES:
        raise Irregular
    by_column = np.argsort(cells.columns.astype(np.uint16), kind="stable")
    in_order = cells.columns[by_column]
    starts = np.searchsorted(in_order, places, "left")
    ends = np.searchsorted(in_order, places, "right")
    is_few = height <= FEW_ROWS
    values = list(PackedColumn(cells, book, np.arange(len(cells.rows)))) if is_few else []
    columns: list[Column] = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        found = by_column[start:end]
        if len(found) < height:
            spread = np.full(height, -1)
            spread[row_of[found]] = found
            found = spread
        if is_few:
            columns.append([None if at < 0 else values[at] for at in found.tolist()])
        else:
            columns.append(PackedColumn(cells, book, found))
    blanks = int(cells.rows[-1]) + 1 - expected - height
    return Batch(places, columns, height, blanks)
