"""Sheet plan: the tables of each sheet, from all of its cells or from the first rows."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import polars as pl

from connectors.errors import CorruptFile, InvalidOverride, PasswordProtected, ReadError
from pipelines.choices import Choices
from pipelines.containers.limits import Limits
from pipelines.formats.base import Guess, Notice, Origin, TablePlan
from pipelines.formats.calamine_sheet import LINKED, Doubtful
from pipelines.formats.naming import unique_tables
from pipelines.formats.opened_workbook import OpenedWorkbook
from pipelines.formats.sheet_cells import kinds_of, of_texts, said_by_texts, series
from pipelines.formats.sheet_grid import Area, Cell, ErrorCell, area
from pipelines.formats.sheet_groups import may_have_groups
from pipelines.formats.sheet_layout import Layout, chosen_table, one_table, tables
from pipelines.formats.sheet_notices import sheet_notices, table_notices, total_notice
from pipelines.formats.sheet_rows import SheetRows
from pipelines.formats.sheet_sample import Sample, every_row, first_rows, whole_grid
from pipelines.formats.sheet_survey import Survey, glance, holds_whole, survey
from pipelines.formats.sheet_table import LAST_ROW, BrokenSheet, SheetTable, refuse_cells
from pipelines.formats.sheet_xml import Book, book_of
from pipelines.formats.table_width import refuse_columns
from pipelines.formats.workbook_package import Sheet

WORKBOOK = "workbook"
SMALL_CELLS = 250_000  # a sheet up to here is read whole by the plan
LARGE_BYTES = 8 << 20  # and one of so much XML is surveyed by its fragment, if it looks plain
HEAD_BLOCKS = 4
LONGEST_NUMBER = 64


class SheetPlanner:
    """The plans of all sheets, and what is to be said of those that hold nothing."""

    def __init__(
        self, book: OpenedWorkbook, origin: Origin, limits: Limits, choices: Choices
    ) -> None:
        self._book = book
        self._origin = origin
        self._limits = limits
        self._header = choices.header
        self._area = None if choices.range is None else Area.of(choices.range)
        self._sheets = [s for s in book.sheets if not choices.sheets or s.name in choices.sheets]
        absent = set(choices.sheets).difference(sheet.name for sheet in book.sheets)
        if absent:
            names = ", ".join(repr(sheet.name) for sheet in book.sheets)
            raise InvalidOverride(
                f"overrides.sheet: there is no sheet {min(absent)!r}; the sheets are {names}"
            )
        self._shared: Book | None = None

    def tables(self) -> list[TablePlan]:
        found: list[TablePlan] = []
        empty: list[str] = []
        other: list[str] = []
        linked: list[str] = []
        for sheet in self._sheets:
            if sheet.kind not in ("worksheet", "macrosheet"):
                (linked if sheet.kind == LINKED else other).append(sheet.name)
                continue
            try:
                plans = self._sheet(sheet)
            except (PasswordProtected, InvalidOverride):
                raise
            except ReadError as error:
                plans = [self._broken(sheet, error)]
            found.extend(plans)
            if not plans:
                empty.append(sheet.name)
        where = (self._origin.input, self._origin.member)
        notices = [
            *(Notice(kind.code, kind.message, "WARNING", *where) for kind in self._book.active),
            *self._passed_over(empty, other, linked),
        ]
        if found and notices:
            found[0] = replace(found[0], notices=(*found[0].notices, *notices))
        return found

    def _passed_over(
        self, empty: Sequence[str], other: Sequence[str], linked: Sequence[str]
    ) -> list[Notice]:
        where = (self._origin.input, self._origin.member)
        return [
            Notice(code, message.format(", ".join(names)), "INFO", *where, count=len(names))
            for code, message, names in (
                ("sheet.empty", "sheets without any value were skipped: {}", empty),
                ("sheet.other", "charts, dialogs and modules were skipped: {}", other),
                ("sheet.renamed", "sheets called as one before them: {}", self._book.renamed),
                ("sheet.linked", "cells copied from other workbooks were skipped: {}", linked),
            )
            if names
        ]

    def _sheet(self, sheet: Sheet) -> list[TablePlan]:
        sample, seen, fits = self._look(sheet)
        if self._area is not None:
            sample = self._cut(sample, sheet)
        if not sample.grid:
            return []
        layouts = self._layouts(sample, sheet)
        names = unique_tables([sheet.name] * len(layouts))
        return [
            self._plan(sheet, name, layout, sample, seen, fits=fits, share=len(layouts))
            for name, layout in zip(names, layouts, strict=True)
        ]

    def _cut(self, sample: Sample, sheet: Sheet) -> Sample:
        assert self._area is not None
        grid = self._area.of_grid(sample.grid)
        if not grid:
            why = "" if sample.is_whole else ", or not in the first rows of so large a sheet"
            raise InvalidOverride(f"overrides.range: {sheet.name!r} has no value there{why}")
        last_row = min(sample.last_row, self._area.bottom)
        columns = min(sample.columns or self._area.right + 1, self._area.right + 1)
        return replace(sample, grid=grid, last_row=last_row, columns=columns)

    def _layouts(self, sample: Sample, sheet: Sheet) -> list[Layout]:
        header = self._header
        if header and header - 1 not in sample.grid:
            raise InvalidOverride(f"overrides.header: row {header} of {sheet.name!r} is empty")
        if not sample.is_whole:
            return [one_table(sample.grid, sample.last_row, sample.columns, header, sample.merged)]
        if header is None and self._area is None:
            return tables(sample.grid, sample.merged)
        return [chosen_table(sample.grid, header, sample.merged)]

    def _look(self, sheet: Sheet) -> tuple[Sample, Survey | None, bool]:
        """Some or all of the cells, what the survey saw, and whether calamine can hold it."""
        book = self._book
        if book.package is None or book.main is None:
            known = (book.surveys or {}).get(sheet.name)
            errors = known.error_cells if known else None
            sample = whole_grid(book.file, sheet.name, errors, most=SMALL_CELLS)
            merged = (book.merged or {}).get(sheet.name, sample.merged)
            return replace(sample, merged=merged), known, True
        if sheet.part is None:
            raise CorruptFile(f"sheet {sheet.name!r} of {book.file.name} has no part")
        package, part = book.package, sheet.part
        if package.size(part) > LARGE_BYTES:
            last_row = glance(b"".join(islice(package.stream(part), HEAD_BLOCKS)))
            if last_row is not None:
                sample = first_rows(package, part, self._strings(), last_row, 0)
                if may_have_groups(sample.grid):  # merged cells stand behind all rows
                    merged = survey(package.stream(part), part, self._limits).merged
                    sample = replace(sample, merged=merged)
                return sample, None, True
        seen = survey(package.stream(part), part, self._limits)
        fits = holds_whole(seen, book.longest, self._limits)
        if seen.is_plain and seen.cells > SMALL_CELLS:
            bounds = (seen.last_row, seen.last_column)
            sample = first_rows(package, part, self._strings(), *bounds)
            return replace(sample, merged=seen.merged), seen, fits
        if fits and not seen.errors:
            try:
                return whole_grid(book.file, sheet.name, is_checked=True), seen, fits
            except (Doubtful, CorruptFile):
                pass
        sample = every_row(package, part, self._strings())
        return replace(sample, merged=seen.merged), seen, False

    def _strings(self) -> Book:
        if self._shared is None:
            book = self._book
            assert book.package is not None
            assert book.main is not None
            self._shared = book_of(book.package, book.main, from_1904=book.from_1904)
        return self._shared

    def _plan(
        self,
        sheet: Sheet,
        name: str,
        layout: Layout,
        sample: Sample,
        seen: Survey | None,
        *,
        fits: bool,
        share: int,
    ) -> TablePlan:
        limits, book = self._limits, self._book
        refuse_columns(name, len(layout.columns), limits)
        lines = [row for row in sorted(sample.grid) if layout.first <= row <= layout.last]
        refuse_cells(sheet.name, len(lines) * len(layout.columns), limits)
        cells = _by_column(sample, layout, lines)
        said = {
            column: what
            for column, found in cells.items()
            if (what := said_by_texts(found)) is not None
        }
        schema = pl.Schema(
            {
                column: of_texts(column, found, None).series.dtype
                if column in said
                else series(column, found, None).dtype
                for column, found in cells.items()
            }
        )
        size = (self._size(sheet) or book.file.size or 0) // share
        rows = SheetRows(
            book.file,
            limits,
            sheet,
            layout.columns,
            layout.first,
            layout.last if sample.is_whole or self._area else LAST_ROW,
            main=book.main,
            from_1904=book.from_1904,
            fits=fits,
            is_open=not sample.is_whole and self._area is None,
            longest=book.longest if seen is None and not sample.is_whole else None,
            errors=seen.error_cells if seen else {},
        )
        fragment = SheetTable(
            rows, layout.names, size, layout.lead, layout.tail, frozenset(said), layout.notes
        )
        bounds = (layout.top, max(layout.last, layout.top), layout.columns[0], layout.columns[-1])
        origin = replace(self._origin, sheet=sheet.name, range=area(*bounds))
        mixed = {column: kinds_of(found) for column, found in cells.items()}
        return TablePlan(
            name=name,
            origin=origin,
            format=WORKBOOK,
            schema=schema,
            fragments=(fragment,),
            size_bytes=size,
            details={
                "sheet": sheet.name,
                "range": origin.range,
                "header": layout.top + 1 if layout.header.rows else None,
                "headerRows": layout.header.rows,
                "formulas": seen.formulas if seen and book.main else None,
                "unseen": list(book.unseen),
            },
            guesses=_guesses(layout),
            notices=(
                *(sheet_notices(sheet, seen, origin, name) if name == sheet.name else ()),
                *table_notices(layout, mixed, said, origin, name),
                *(total_notice(layout, sample.grid, origin, name) if sample.is_whole else ()),
            ),
        )

    def _size(self, sheet: Sheet) -> int:
        package = self._book.package
        return package.packed_size(sheet.part) if package and sheet.part else 0

    def _broken(self, sheet: Sheet, error: ReadError) -> TablePlan:
        return TablePlan(
            name=sheet.name,
            origin=replace(self._origin, sheet=sheet.name),
            format=WORKBOOK,
            schema=pl.Schema({"column_1": pl.Null()}),
            fragments=(BrokenSheet(error),),
            size_bytes=0,
        )


def _guesses(layout: Layout) -> tuple[Guess, ...]:
    header = layout.header
    if header.confidence >= 1:
        return ()
    chosen = f"{header.rows} rows" if header.rows > 1 else "1 row" if header.rows else "none"
    rejected = ("none",) if header.rows else ("1 row",)
    return (Guess("header", chosen, header.confidence, rejected, layout.names[:5]),)


def _by_column(
    sample: Sample, layout: Layout, lines: Sequence[int]
) -> dict[str, list[Cell | None]]:
    """What the type of each column depends on; only cells that there are cost time."""
    cells: dict[str, list[Cell | None]] = {name: [None] * len(lines) for name in layout.names}
    columns = dict(zip(layout.columns, cells.values(), strict=True))
    for index, row in enumerate(lines):
        for place, cell in sample.grid[row].items():
            if place in columns:
                columns[place][index] = _telling(cell)
    return cells


def _telling(cell: Cell) -> Cell | None:
    """What the type of a column depends on: a long text may be a short one as well."""
    if isinstance(cell, str) and len(cell) > LONGEST_NUMBER:
        return "text"
    return None if isinstance(cell, ErrorCell) else cell
