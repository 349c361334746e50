"""Sheet sample: the cells by which a sheet is planned, all of them or the first rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from connectors.base import StoredObject
from pipelines.formats.calamine_sheet import refuse_doubtful
from pipelines.formats.packed_column import lines
from pipelines.formats.regular_markup import Irregular
from pipelines.formats.regular_sheet import regular_cells
from pipelines.formats.sheet_grid import Cell, Errors, Grid, Row
from pipelines.formats.sheet_groups import Merged
from pipelines.formats.sheet_xml import Book, rows
from pipelines.formats.whole_sheet import whole_sheet
from pipelines.formats.workbook_package import Package

SAMPLE_ROWS = 1000
SAMPLE_CELLS = 50_000


@dataclass(frozen=True, slots=True)
class Sample:
    """Cells of a sheet; `last_row` and `columns` bound the whole of it."""

    grid: Grid
    is_whole: bool
    last_row: int = 0
    columns: int = 0
    merged: Merged = field(default=())


def whole_grid(
    file: StoredObject,
    name: str,
    errors: Errors | None = None,
    *,
    is_checked: bool = False,
    most: int | None = None,
) -> Sample:
    """What calamine reads, and error cells; of a sheet of more than `most` cells the first rows.

    Raises ReadError, and Doubtful if it is checked.
    """
    sheet = whole_sheet(file, name)
    grid: dict[int, Mapping[int, Cell]] = {}
    is_whole = most is None or sheet.cells <= most
    lines = sheet.rows() if is_whole else islice(sheet.rows(), SAMPLE_ROWS)
    filled = 0
    for row, line in enumerate(lines, sheet.top):
        cells = {place: cell for place, cell in enumerate(line, sheet.left) if cell != ""}
        if cells:
            grid[row] = cells
            filled += len(cells)
            if is_checked:
                refuse_doubtful(set(map(type, line)), line)
        if not is_whole and filled > SAMPLE_CELLS:
            break
    for row, places in (errors or {}).items():
        if is_whole or row in grid:
            grid[row] = {**grid.get(row, {}), **places}
    merged = sheet.merged if grid else ()
    if is_whole:
        return Sample(grid, is_whole=True, merged=merged)
    return Sample(grid, False, sheet.top + sheet.height - 1, sheet.left + sheet.width, merged)


def every_row(package: Package, part: str, book: Book) -> Sample:
    """What the XML says. Raises ReadError."""
    try:
        grid = dict(_regular_rows(package, part, book))
    except Irregular:
        grid = dict(rows(package, part, book))
    return Sample(grid, is_whole=True)


def first_rows(package: Package, part: str, book: Book, last_row: int, columns: int) -> Sample:
    """The first rows of a sheet of which the rest is said to go so far. Raises ReadError."""
    try:
        grid = _head(_regular_rows(package, part, book))
    except Irregular:
        grid = _head(rows(package, part, book))
    return Sample(grid, is_whole=False, last_row=last_row - 1, columns=columns)


def _head(found: Iterator[Row]) -> Grid:
    grid: dict[int, Mapping[int, Cell]] = {}
    cells = 0
    for row, line in islice(found, SAMPLE_ROWS):
        grid[row] = line
        cells += len(line)
        if cells > SAMPLE_CELLS:
            break
    return grid


def _regular_rows(package: Package, part: str, book: Book) -> Iterator[Row]:
    for cells in regular_cells(package, part, book):
        yield from lines(cells, book)
