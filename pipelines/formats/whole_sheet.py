"""Whole sheet: a sheet that a library holds in memory, by the library that reads such a file."""

from connectors.base import StoredObject
from pipelines.formats import bare_workbook, calamine_sheet
from pipelines.formats.bare_workbook import BareSheet, is_bare
from pipelines.formats.calamine_sheet import CalamineSheet
from pipelines.formats.workbook_package import Sheet

HEAD_BYTES = 16


def whole_sheet(file: StoredObject, name: str) -> CalamineSheet | BareSheet:
    """Raises ReadError."""
    head = file.read(0, HEAD_BYTES)
    return BareSheet(file, name) if is_bare(head) else CalamineSheet(file, name)


def sheets_of(file: StoredObject) -> tuple[Sheet, ...]:
    """The sheets of a workbook in order. Raises ReadError."""
    if is_bare(file.read(0, HEAD_BYTES)):
        return bare_workbook.sheets(file)
    return calamine_sheet.sheets(file)
