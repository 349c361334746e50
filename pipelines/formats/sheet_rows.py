"""Sheet rows: some columns and rows of a sheet by the fastest of three readers that is sure.

The first takes XML of the usual form apart by columns, calamine holds the sheet whole, and the last
follows the XML cell by cell. Where one of them has to give up, the next goes on.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from connectors.base import StoredObject
from connectors.errors import CorruptFile
from pipelines.containers.expansion import Budget, packed_bytes
from pipelines.containers.limits import Limits
from pipelines.formats.calamine_sheet import Doubtful, refuse_doubtful
from pipelines.formats.regular_markup import Irregular
from pipelines.formats.regular_sheet import Cells, regular_cells
from pipelines.formats.sheet_batch import Batch, packed, without_blanks
from pipelines.formats.sheet_grid import Cell, Errors, Row
from pipelines.formats.sheet_survey import holds_whole, survey
from pipelines.formats.sheet_xml import book_of, rows
from pipelines.formats.whole_sheet import whole_sheet
from pipelines.formats.workbook_package import Package, Sheet

CHUNK_CELLS = 400_000
CHUNK_BYTES = 32 << 20
Ended = tuple[int, Batch]  # with the row behind it


@dataclass(frozen=True, slots=True)
class SheetRows:
    """The rows [first, last] of some columns of a sheet.

    `main` is the workbook's own part where the sheet's XML can be read as it stands; without
    `fits` it must be. Of a sheet that was planned by its first rows, rows may be wider
    (`is_open`). If it was not surveyed, `longest` is the length of the longest shared string.
    """

    file: StoredObject
    limits: Limits
    sheet: Sheet
    columns: tuple[int, ...]
    first: int
    last: int
    main: str | None = None
    from_1904: bool = False
    fits: bool = True
    is_open: bool = False
    longest: int | None = None
    errors: Errors = field(default_factory=dict)

    def batches(self) -> Iterator[Batch]:
        """The rows in batches of bounded size. Raises ReadError."""
        done = self.first
        for read in self._readers():
            if done > self.first and read == self._held:
                continue  # it sorts the rows, and cannot tell which are behind those given
            try:
                for end, batch in read(done):
                    yield batch
                    done = end
            except (Doubtful, Irregular, CorruptFile):
                if self.main is None or read == self._exact:
                    raise
            else:
                return

    def _readers(self) -> Iterator[Callable[[int], Iterator[Ended]]]:
        if self.main is not None:
            yield self._regular
        if self._is_held():
            yield self._held
        if self.main is not None:
            yield self._exact

    def _is_held(self) -> bool:
        """Whether calamine reads the sheet. Raises ReadError."""
        if self.longest is None or self.sheet.part is None:
            return self.fits
        package = Package(self.file, self.limits)
        seen = survey(package.stream(self.sheet.part), self.sheet.part, self.limits)
        return holds_whole(seen, self.longest, self.limits) and not seen.errors

    def _regular(self, first: int) -> Iterator[Ended]:
        """What XML of the usual form says from a row on. Raises Irregular, ReadError."""
        assert self.main is not None
        assert self.sheet.part is not None
        package = Package(self.file, self.limits)
        book = book_of(package, self.main, from_1904=self.from_1904)
        known = set(self.columns)
        waiting: list[Cells] = []
        for cells in regular_cells(package, self.sheet.part, book):
            within = (cells.rows >= first) & (cells.rows <= self.last)
            if self.is_open:
                known.update(np.flatnonzero(np.bincount(cells.columns[within])).tolist())
            else:
                within &= np.isin(cells.columns, self.columns)
            if within.any():
                waiting.append(cells if within.all() else cells.only(within))
            if (
                sum(len(some.rows) for some in waiting) >= CHUNK_CELLS
                or sum(some.text_bytes for some in waiting) >= CHUNK_BYTES
            ):
                some = Cells.joined(waiting)
                places = (*self.columns, *sorted(known.difference(self.columns)))
                end = int(some.rows[-1]) + 1
                yield end, packed(some, book, places, first)
                first, waiting = end, []
        if waiting:
            some = Cells.joined(waiting)
            places = (*self.columns, *sorted(known.difference(self.columns)))
            yield int(some.rows[-1]) + 1, packed(some, book, places, first)

    def _held(self, first: int) -> Iterator[Ended]:
        """What calamine reads from a row on. Raises Doubtful, ReadError."""
        sheet = whole_sheet(self.file, self.sheet.name)
        lines = sheet.rows()
        at = max(first, sheet.top)
        every_place = range(sheet.left, sheet.left + sheet.width)
        beyond = set(every_place).difference(self.columns) if self.is_open else set()
        places = (*self.columns, *sorted(beyond))
        wanted = islice(lines, max(0, first - sheet.top), max(0, self.last + 1 - sheet.top))
        step = max(1, CHUNK_CELLS // max(1, sheet.width))
        while some := list(islice(wanted, step)):
            every = list(zip(*some, strict=True))
            nothing = ("",) * len(some)
            columns: list[tuple[Cell | None, ...]] = [
                every[place - sheet.left] if place in every_place else nothing for place in places
            ]
            if self.errors:
                columns = self._with_errors(columns, at)
            if self.main is not None:
                for cells in columns:
                    refuse_doubtful(set(map(type, cells)), cells)
            at += len(some)
            yield at, without_blanks(places, columns, len(some))

    def _with_errors(
        self, columns: list[tuple[Cell | None, ...]], first: int
    ) -> list[tuple[Cell | None, ...]]:
        lines = [list(cells) for cells in columns]
        places = {column: index for index, column in enumerate(self.columns)}
        for row, errors in self.errors.items():
            for column, error in errors.items():
                if column in places and 0 <= row - first < len(lines[0]):
                    lines[places[column]][row - first] = error
        return [tuple(line) for line in lines]

    def _exact(self, first: int) -> Iterator[Ended]:
        """What the sheet's XML says from a row on, cell by cell. Raises ReadError."""
        assert self.main is not None
        assert self.sheet.part is not None
        package = Package(self.file, self.limits)
        book = book_of(package, self.main, from_1904=self.from_1904)
        budget = Budget(self.file.name, packed_bytes(self.file), self.limits)
        batch: list[list[Cell | None]] = []
        size, blanks, expected = 0, 0, first
        places, known = self.columns, set(self.columns)
        slots = {column: index for index, column in enumerate(places)}
        found = rows(package, self.sheet.part, book)
        if first > self.first:
            found = _going_on(found, first, self.sheet.part)
        for row, cells in _within(found, first, self.last):
            if self.is_open and not known.issuperset(cells):
                if batch:
                    yield expected, _turned(places, batch, blanks)
                    batch, size, blanks = [], 0, 0
                known.update(cells)
                places = (*self.columns, *sorted(known.difference(self.columns)))
                slots = {column: index for index, column in enumerate(places)}
            if known.isdisjoint(cells):
                continue
            line: list[Cell | None] = [None] * len(places)
            length = 0
            for column, cell in cells.items():
                if column in slots:
                    line[slots[column]] = cell
                    length += len(cell) if isinstance(cell, str) else 0
            blanks += max(0, row - expected)
            expected = row + 1
            budget.spend(length)
            size += length + 80 * len(line)
            batch.append(line)
            if size >= CHUNK_BYTES:
                yield expected, _turned(places, batch, blanks)
                batch, size, blanks = [], 0, 0
        if batch:
            yield expected, _turned(places, batch, blanks)


def _turned(places: tuple[int, ...], lines: list[list[Cell | None]], blanks: int) -> Batch:
    return Batch(places, list(zip(*lines, strict=True)), len(lines), blanks)


def _going_on(found: Iterator[Row], first: int, part: str) -> Iterator[Row]:
    """The rows from one on, those before it having been read. Raises CorruptFile."""
    has_begun = False
    for row, cells in found:
        if row >= first:
            has_begun = True
            yield row, cells
        elif has_begun:
            raise CorruptFile(f"{part} goes back to row {row + 1} after row {first + 1}")


def _within(found: Iterator[Row], first: int, last: int) -> Iterator[Row]:
    for row, cells in found:
        if first <= row <= last:
            yield row, cells
