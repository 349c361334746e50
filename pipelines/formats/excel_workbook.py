"""Workbook: the tables of every sheet of an .xlsx, .xlsm, .xlsb, .xls, .ods or .fods file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from connectors.base import StoredObject
from connectors.errors import CorruptFile, NothingInside
from pipelines.choices import Choices
from pipelines.containers.limits import Limits
from pipelines.containers.spooled import as_seekable
from pipelines.formats import compound_file
from pipelines.formats.bare_workbook import is_bare
from pipelines.formats.base import Notice, Origin, TablePlan
from pipelines.formats.excel_2003 import Excel2003, Remarks, is_excel_2003, remarks
from pipelines.formats.flat_workbook import HEAD_BYTES, FlatWorkbook, is_flat
from pipelines.formats.office_document import ZIP_MAGIC
from pipelines.formats.opened_workbook import OpenedWorkbook, opened
from pipelines.formats.sheet_plan import WORKBOOK, SheetPlanner
from pipelines.formats.workbook_package import Package


@dataclass(frozen=True)
class Workbook:
    """Excel and OpenDocument workbooks. Cached values are read; nothing is calculated."""

    choices: Choices = field(default_factory=Choices)
    name: ClassVar[str] = WORKBOOK
    extensions: ClassVar[tuple[str, ...]] = (
        *(".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".xlt", ".xlsb", ".ods", ".ots", ".fods"),
        *(".sxc", ".stc"),
    )
    takes: ClassVar[frozenset[str]] = frozenset({"sheet", "range", "header"})
    media_types: ClassVar[tuple[str, ...]] = (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.ms-excel",
        "application/vnd.ms-excel.sheet.macroenabled.12",
        "application/vnd.ms-excel.sheet.binary.macroenabled.12",
        "application/vnd.oasis.opendocument.spreadsheet",
        "application/vnd.oasis.opendocument.spreadsheet-flat-xml",
        "application/vnd.sun.xml.calc",
    )

    def choosing(self, choices: Choices) -> "Workbook":
        return Workbook(choices)

    def recognises(self, head: bytes, name: str) -> bool:  # noqa: ARG002 - the bytes decide
        """Archives that are no workbooks have been opened as containers before."""
        is_packed = head.startswith((ZIP_MAGIC, compound_file.MAGIC))
        return is_packed or is_bare(head) or is_flat(head) or is_excel_2003(head)

    def tables(self, file: StoredObject, origin: Origin, limits: Limits) -> Iterator[TablePlan]:
        source = as_seekable(file)
        head = source.read(0, HEAD_BYTES)
        said: Remarks | None = None
        if is_flat(head):
            source = as_seekable(FlatWorkbook(source))
        elif is_excel_2003(head):
            source = as_seekable(Excel2003(source))
            said = remarks(Package(source, limits))
        book = opened(source, limits)
        if said is not None:
            book = _with_hidden(book, said.hidden)
        if not book.sheets:
            raise CorruptFile(f"{file.name} lists no sheet")
        found = SheetPlanner(book, origin, limits, self.choices).tables()
        if not found:
            raise NothingInside(f"{file.name} has no cell with a value in any of its sheets")
        notices = () if said is None else _notices(said, origin)
        yield replace(found[0], notices=(*found[0].notices, *notices))
        yield from found[1:]


def _with_hidden(book: OpenedWorkbook, places: Sequence[int]) -> OpenedWorkbook:
    sheets = (
        replace(sheet, visibility="hidden") if place in places else sheet
        for place, sheet in enumerate(book.sheets)
    )
    unseen = tuple(what for what in book.unseen if what != "errors")
    return replace(book, sheets=tuple(sheets), unseen=unseen)


def _notices(said: Remarks, origin: Origin) -> Iterator[Notice]:
    where = (origin.input, origin.member)
    if said.odd:
        yield Notice(
            "sheet.odd_types",
            f"{said.odd} cells do not hold what their type says, or are of no known type, and were"
            f" read as text (such as one of type {said.odd_type!r})",
            "WARNING",
            *where,
            count=said.odd,
        )
    if said.errors:
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(said.errors.items()))
        message = f"error cells of the workbook were read as null: {kinds}"
        count = sum(said.errors.values())
        yield Notice("sheet.errors", message, "WARNING", *where, count=count)
