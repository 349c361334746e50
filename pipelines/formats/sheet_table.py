"""Sheet table: the fragment of a workbook, one table on one sheet, read in chunks."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import polars as pl

from connectors.base import StoredObject
from connectors.errors import CorruptFile, LimitExceeded, ReadError
from pipelines.containers.expansion import Budget, packed_bytes
from pipelines.containers.limits import Limits
from pipelines.formats.alignment import aligned
from pipelines.formats.base import Chunk, RowAccount
from pipelines.formats.calamine_sheet import CalamineSheet, Doubtful, refuse_doubtful
from pipelines.formats.sheet_cells import series, text_series
from pipelines.formats.sheet_footer import FOOTER_ROWS, footer
from pipelines.formats.sheet_grid import Cell, ErrorCell, Errors, Row
from pipelines.formats.sheet_survey import holds_whole, survey
from pipelines.formats.sheet_xml import book_of, rows
from pipelines.formats.workbook_package import Package, Sheet

CHUNK_CELLS = 400_000
CHUNK_BYTES = 32 << 20
BLANK = "blank row"
LAST_ROW = (1 << 31) - 1
Column = Sequence[Cell | None]


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


@dataclass(frozen=True, slots=True)
class SheetTable:
    """The rows [first, last] of some columns of a sheet.

    `main` is the workbook's own part where the sheet's XML can be read as it stands; without
    `fits` it must be. Of a sheet that was planned by its first rows, the last ones may yet be
    totals and notes (`has_footer`), and rows may be wider. If it was not surveyed, `longest` is the
    length of the longest shared string.
    """

    file: StoredObject
    limits: Limits
    sheet: Sheet
    columns: tuple[int, ...]
    names: tuple[str, ...]
    first: int
    last: int
    size_bytes: int
    main: str | None = None
    from_1904: bool = False
    fits: bool = True
    has_footer: bool = False
    longest: int | None = None
    lead: Mapping[str, int] = field(default_factory=dict)
    tail: Mapping[str, int] = field(default_factory=dict)
    numeric_texts: frozenset[str] = frozenset()
    errors: Errors = field(default_factory=dict)

    def chunks(self, schema: pl.Schema) -> Iterator[Chunk]:
        skipped = dict(self.lead)
        tail = Counter(self.tail)
        cells = 0
        for batch in self._without_footer(self._batches(), tail):
            cells += batch.height * len(batch.places)
            refuse_cells(self.sheet.name, cells, self.limits)
            if batch.blanks:
                skipped[BLANK] = skipped.get(BLANK, 0) + batch.blanks
            tokens: dict[str, Counter[str]] = {}
            frame = aligned(self._frame(batch, schema, tokens), schema)
            schema = frame.schema
            account = RowAccount(batch.height, skipped=sum(skipped.values()))
            yield Chunk(frame, account, skipped=skipped, null_tokens=tokens)
            skipped = {}
        skipped = dict(Counter(skipped) + tail)
        if skipped or not cells:
            account = RowAccount(skipped=sum(skipped.values()))
            yield Chunk(pl.DataFrame(schema=schema), account, skipped=skipped)

    def _frame(
        self, batch: Batch, schema: pl.Schema, tokens: dict[str, Counter[str]]
    ) -> pl.DataFrame:
        """The rows, typed; error cells are null, and counted by column and kind."""
        found: list[pl.Series] = []
        names = dict(zip(self.columns, self.names, strict=True))
        for place, column in zip(batch.places, batch.columns, strict=True):
            name = names.get(place) or self._name_beyond(place)
            kinds = set(map(type, column))
            cells = column
            if ErrorCell in kinds:
                tokens[name] = Counter(c.kind for c in column if isinstance(c, ErrorCell))
                cells = [None if type(cell) is ErrorCell else cell for cell in cells]
            if str in kinds:
                cells = [None if cell == "" else cell for cell in cells]
            typed = text_series if name in self.numeric_texts else series
            found.append(typed(name, cells, schema.get(name)))
        return pl.DataFrame(found, height=batch.height)

    def _name_beyond(self, place: int) -> str:
        """The name of a column that only later rows have."""
        name = f"column_{place - self.columns[0] + 1}" if place > self.columns[0] else "column_0"
        while name in self.names:
            name += "_2"
        return name

    def _without_footer(self, batches: Iterator[Batch], tail: Counter[str]) -> Iterator[Batch]:
        """The batches, without the totals and notes at their end, which are counted."""
        if not self.has_footer:
            yield from batches
            return
        last: Batch | None = None
        for batch in batches:
            if last is not None:
                yield last
            last = batch
        if last is not None:
            found = footer(last.last(4 * FOOTER_ROWS))
            tail.update(found)
            yield last.without(sum(found.values()))

    def _batches(self) -> Iterator[Batch]:
        """The rows in batches of bounded size. Raises ReadError."""
        if not self._is_held():
            yield from self._exact(self.first)
            return
        done = self.first
        try:
            for end, batch in self._fast():
                yield batch
                done = end
        except (Doubtful, CorruptFile):
            if self.main is None:
                raise
            yield from self._exact(done)

    def _is_held(self) -> bool:
        """Whether calamine reads the sheet. Raises ReadError."""
        if self.longest is None or self.sheet.part is None:
            return self.fits
        package = Package(self.file, self.limits)
        seen = survey(package.stream(self.sheet.part), self.sheet.part, self.limits)
        return holds_whole(seen, self.longest, self.limits) and not seen.errors

    def _fast(self) -> Iterator[tuple[int, Batch]]:
        """What calamine reads, each with the row behind it. Raises Doubtful, ReadError."""
        sheet = CalamineSheet(self.file, self.sheet.name)
        lines = sheet.rows()
        at = max(self.first, sheet.top)
        every_place = range(sheet.left, sheet.left + sheet.width)
        beyond = set(every_place).difference(self.columns) if self.has_footer else set()
        places = (*self.columns, *sorted(beyond))
        wanted = islice(lines, max(0, self.first - sheet.top), max(0, self.last + 1 - sheet.top))
        step = max(1, CHUNK_CELLS // max(1, sheet.width))
        while some := list(islice(wanted, step)):
            every: list[Column] = list(zip(*some, strict=True))
            nothing = ("",) * len(some)
            columns = [
                every[place - sheet.left] if place in every_place else nothing for place in places
            ]
            if self.errors:
                columns = self._with_errors(columns, at)
            if self.main is not None:
                for cells in columns:
                    refuse_doubtful(set(map(type, cells)), cells)
            at += len(some)
            yield at, _without_blanks(places, columns, len(some))

    def _with_errors(self, columns: list[Column], first: int) -> list[Column]:
        lines = [list(cells) for cells in columns]
        places = {column: index for index, column in enumerate(self.columns)}
        for row, errors in self.errors.items():
            for column, error in errors.items():
                if column in places and 0 <= row - first < len(lines[0]):
                    lines[places[column]][row - first] = error
        return list(lines)

    def _exact(self, first: int) -> Iterator[Batch]:
        """What the sheet's XML says from a row on. Raises ReadError."""
        assert self.main is not None
        assert self.sheet.part is not None
        package = Package(self.file, self.limits)
        book = book_of(package, self.main, from_1904=self.from_1904)
        budget = Budget(self.file.name, packed_bytes(self.file), self.limits)
        batch: list[Column] = []
        size, blanks, expected = 0, 0, first
        places, known = self.columns, set(self.columns)
        slots = {column: index for index, column in enumerate(places)}
        for row, cells in _within(rows(package, self.sheet.part, book), first, self.last):
            if self.has_footer and not known.issuperset(cells):
                if batch:
                    yield Batch(places, list(zip(*batch, strict=True)), len(batch), blanks)
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
                yield Batch(places, list(zip(*batch, strict=True)), len(batch), blanks)
                batch, size, blanks = [], 0, 0
        if batch:
            yield Batch(places, list(zip(*batch, strict=True)), len(batch), blanks)


@dataclass(frozen=True, slots=True)
class BrokenSheet:
    """A sheet that could not be planned; reading it fails alone."""

    error: ReadError
    size_bytes: int = 0

    def chunks(self, schema: pl.Schema) -> Iterator[Chunk]:
        del schema
        raise self.error


def refuse_cells(name: str, cells: int, limits: Limits) -> None:
    """Raises LimitExceeded when a table takes up too much of its sheet."""
    if cells > limits.max_sheet_cells:
        raise LimitExceeded(
            f"a table of sheet {name!r} takes up more than {limits.max_sheet_cells} cells"
            " (max_sheet_cells)",
            limit="max_sheet_cells",
        )


def _without_blanks(places: Sequence[int], columns: list[Column], height: int) -> Batch:
    if any("" not in cells for cells in columns):
        return Batch(places, columns, height, 0)
    kept = [line for line in zip(*columns, strict=True) if line.count("") < len(line)]
    if len(kept) == height:
        return Batch(places, columns, height, 0)
    packed: list[Column] = list(zip(*kept, strict=True)) if kept else [() for _ in columns]
    return Batch(places, packed, len(kept), height - len(kept))


def _within(found: Iterator[Row], first: int, last: int) -> Iterator[Row]:
    for row, cells in found:
        if first <= row <= last:
            yield row, cells
