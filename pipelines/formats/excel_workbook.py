"""Workbook: the tables of every sheet of an .xlsx, .xlsm, .xlsb, .xls or .ods file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import polars as pl

from connectors.base import StoredObject
from connectors.errors import (
    CorruptFile,
    EmptyInput,
    LimitExceeded,
    PasswordProtected,
    ReadError,
    UnknownFormat,
)
from pipelines.containers.limits import Limits
from pipelines.containers.spooled import as_seekable
from pipelines.formats import calamine_sheet, compound_file, ods_survey, xlsb_survey
from pipelines.formats.active_content import LINKS, Active, active_in
from pipelines.formats.base import Guess, Notice, Origin, TablePlan
from pipelines.formats.calamine_sheet import Doubtful
from pipelines.formats.naming import unique_tables
from pipelines.formats.office_document import ZIP_MAGIC
from pipelines.formats.sheet_cells import are_numeric_texts, kinds_of, series, text_series
from pipelines.formats.sheet_grid import Cell, ErrorCell, area
from pipelines.formats.sheet_layout import Layout, one_table, tables
from pipelines.formats.sheet_notices import sheet_notices, table_notices
from pipelines.formats.sheet_sample import Sample, every_row, first_rows, whole_grid
from pipelines.formats.sheet_survey import Survey, glance, holds_whole, longest_string, survey
from pipelines.formats.sheet_table import LAST_ROW, BrokenSheet, SheetTable, refuse_cells
from pipelines.formats.sheet_xml import SHARED_STRINGS, Book, book_of
from pipelines.formats.workbook_package import Package, Sheet, sheets
from pipelines.formats.xls_details import xls_surveys
from pipelines.formats.xls_records import told_by

SMALL_CELLS = 250_000  # a sheet up to here is read whole by the plan
LARGE_BYTES = 8 << 20  # and one of so much XML is surveyed by its fragment, if it looks plain
HEAD_BLOCKS = 4
LONGEST_NUMBER = 64
STREAMS = {"Workbook", "Book"}
OLD_DOCUMENTS = {
    "WordDocument": "an old Word document",
    "PowerPoint Document": "an old PowerPoint presentation",
    "__properties_version1.0": "an Outlook message",
    "VisioDocument": "a Visio drawing",
}


class Workbook:
    """Excel and OpenDocument workbooks. Cached values are read; nothing is calculated."""

    name = "workbook"
    extensions = (".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".xlt", ".xlsb", ".ods", ".ots")
    media_types = (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.ms-excel",
        "application/vnd.ms-excel.sheet.macroenabled.12",
        "application/vnd.ms-excel.sheet.binary.macroenabled.12",
        "application/vnd.oasis.opendocument.spreadsheet",
    )

    def recognises(self, head: bytes, name: str) -> bool:  # noqa: ARG002 - the bytes decide
        """Archives that are no workbooks have been opened as containers before."""
        return head.startswith((ZIP_MAGIC, compound_file.MAGIC))

    def tables(self, file: StoredObject, origin: Origin, limits: Limits) -> Iterator[TablePlan]:
        source = as_seekable(file)
        book = _opened(source, limits)
        if not book.sheets:
            raise CorruptFile(f"{file.name} lists no sheet")
        found = _Planner(book, origin, limits).tables()
        if not found:
            raise EmptyInput(f"{file.name} has no cell with a value in any of its sheets")
        yield from found


@dataclass(frozen=True, slots=True)
class _Opened:
    """A workbook before any of its sheets is read."""

    file: StoredObject
    sheets: tuple[Sheet, ...]
    unseen: tuple[str, ...] = ()
    package: Package | None = None
    main: str | None = None
    from_1904: bool = False
    surveys: Mapping[str, Survey] | None = None
    longest: int = 0
    active: tuple[Active, ...] = ()


def _opened(file: StoredObject, limits: Limits) -> _Opened:
    if file.read(0, len(ZIP_MAGIC)) != ZIP_MAGIC:
        streams = _streams(file)
        active = (*active_in(streams), *((LINKS,) if told_by(file, limits).has_links else ()))
        surveys = xls_surveys(file)
        unseen = ("formulas",) if surveys is not None else ("errors", "hidden", "formulas")
        return _Opened(file, calamine_sheet.sheets(file), unseen, surveys=surveys, active=active)
    package = Package(file, limits)
    package.verify()
    active = tuple(active_in(package.paths))
    main = None if "mimetype" in package and "content.xml" in package else package.main_part()
    if main is None or main.lower().endswith(".bin"):
        package.verify_contents()
        if main is None:
            ods_survey.refuse_bombs(package)
        else:
            xlsb_survey.refuse_bombs(package, main)
        unseen = ("errors", "hidden", "formulas")
        return _Opened(file, calamine_sheet.sheets(file), unseen, active=active)
    found, from_1904 = sheets(package, main)
    strings = [
        path for kind, path in package.relations(main).values() if kind.endswith(SHARED_STRINGS)
    ]
    longest = max(
        (longest_string(package.stream(path)) for path in strings if path in package), default=0
    )
    return _Opened(file, found, (), package, main, from_1904, None, longest, active)


def _streams(file: StoredObject) -> list[str]:
    """The streams of an old workbook. Raises PasswordProtected; UnknownFormat if it is none."""
    names = compound_file.stream_names(file)
    if "EncryptedPackage" in names:
        raise PasswordProtected(f"{file.name} is an Office document protected by a password")
    if STREAMS.isdisjoint(names):
        kind = next((OLD_DOCUMENTS[name] for name in names if name in OLD_DOCUMENTS), None)
        raise UnknownFormat(
            f"{file.name} looks like {kind or 'an old Office document'}, not a workbook;"
            " what is read of Office: workbooks"
        )
    return names


class _Planner:
    """The plans of all sheets, and what is to be said of those that hold nothing."""

    def __init__(self, book: _Opened, origin: Origin, limits: Limits) -> None:
        self._book = book
        self._origin = origin
        self._limits = limits
        self._shared: Book | None = None

    def tables(self) -> list[TablePlan]:
        found: list[TablePlan] = []
        empty: list[str] = []
        other: list[str] = []
        for sheet in self._book.sheets:
            if sheet.kind not in ("worksheet", "macrosheet"):
                other.append(sheet.name)
                continue
            try:
                plans = self._sheet(sheet)
            except PasswordProtected:
                raise
            except ReadError as error:
                plans = [self._broken(sheet, error)]
            found.extend(plans)
            if not plans:
                empty.append(sheet.name)
        where = (self._origin.input, self._origin.member)
        notices = [
            *(Notice(kind.code, kind.message, "WARNING", *where) for kind in self._book.active),
            *self._passed_over(empty, other),
        ]
        if found and notices:
            found[0] = replace(found[0], notices=(*found[0].notices, *notices))
        return found

    def _passed_over(self, empty: Sequence[str], other: Sequence[str]) -> list[Notice]:
        where = (self._origin.input, self._origin.member)
        return [
            Notice(code, message.format(", ".join(names)), "INFO", *where, count=len(names))
            for code, message, names in (
                ("sheet.empty", "sheets without any value were skipped: {}", empty),
                ("sheet.other", "chart and dialog sheets were skipped: {}", other),
            )
            if names
        ]

    def _sheet(self, sheet: Sheet) -> list[TablePlan]:
        sample, seen, fits = self._look(sheet)
        if not sample.grid:
            return []
        if sample.is_whole:
            layouts = tables(sample.grid, sample.merged)
        else:
            layouts = [one_table(sample.grid, sample.last_row, sample.columns)]
        names = unique_tables([sheet.name] * len(layouts))
        return [
            self._plan(sheet, name, layout, sample, seen, fits=fits, share=len(layouts))
            for name, layout in zip(names, layouts, strict=True)
        ]

    def _look(self, sheet: Sheet) -> tuple[Sample, Survey | None, bool]:
        """Some or all of the cells, what the survey saw, and whether calamine can hold it."""
        book = self._book
        if book.package is None or book.main is None:
            known = (book.surveys or {}).get(sheet.name)
            errors = known.error_cells if known else None
            return whole_grid(book.file, sheet.name, errors, most=SMALL_CELLS), known, True
        if sheet.part is None:
            raise CorruptFile(f"sheet {sheet.name!r} of {book.file.name} has no part")
        package, part = book.package, sheet.part
        if package.size(part) > LARGE_BYTES:
            last_row = glance(b"".join(islice(package.stream(part), HEAD_BLOCKS)))
            if last_row is not None:
                return first_rows(package, part, self._strings(), last_row, 0), None, True
        seen = survey(package.stream(part), part, self._limits)
        fits = holds_whole(seen, book.longest, self._limits)
        if seen.is_plain and seen.cells > SMALL_CELLS:
            bounds = (seen.last_row, seen.last_column)
            return first_rows(package, part, self._strings(), *bounds), seen, fits
        if fits and not seen.errors:
            try:
                return whole_grid(book.file, sheet.name, is_checked=True), seen, fits
            except (Doubtful, CorruptFile):
                pass
        return every_row(package, part, self._strings()), seen, False

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
        if len(layout.columns) > limits.max_columns:
            raise LimitExceeded(
                f"{name} has {len(layout.columns)} columns, more than {limits.max_columns}"
                " (max_columns)",
                limit="max_columns",
            )
        lines = [row for row in sorted(sample.grid) if layout.first <= row <= layout.last]
        refuse_cells(sheet.name, len(lines) * len(layout.columns), limits)
        cells = _by_column(sample, layout, lines)
        numeric = frozenset(column for column, found in cells.items() if are_numeric_texts(found))
        schema = pl.Schema(
            {
                column: (text_series if column in numeric else series)(column, found, None).dtype
                for column, found in cells.items()
            }
        )
        size = (self._size(sheet) or book.file.size or 0) // share
        fragment = SheetTable(
            book.file,
            limits,
            sheet,
            layout.columns,
            layout.names,
            layout.first,
            layout.last if sample.is_whole else LAST_ROW,
            size,
            main=book.main,
            from_1904=book.from_1904,
            fits=fits,
            has_footer=not sample.is_whole,
            longest=book.longest if seen is None and not sample.is_whole else None,
            lead=layout.lead,
            tail=layout.tail,
            numeric_texts=numeric,
            errors=seen.error_cells if seen else {},
        )
        bounds = (layout.top, max(layout.last, layout.top), layout.columns[0], layout.columns[-1])
        origin = replace(self._origin, sheet=sheet.name, range=area(*bounds))
        mixed = {column: kinds_of(found) for column, found in cells.items()}
        return TablePlan(
            name=name,
            origin=origin,
            format=Workbook.name,
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
                *table_notices(layout, mixed, numeric, origin, name),
            ),
        )

    def _size(self, sheet: Sheet) -> int:
        package = self._book.package
        return package.packed_size(sheet.part) if package and sheet.part else 0

    def _broken(self, sheet: Sheet, error: ReadError) -> TablePlan:
        return TablePlan(
            name=sheet.name,
            origin=replace(self._origin, sheet=sheet.name),
            format=Workbook.name,
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
