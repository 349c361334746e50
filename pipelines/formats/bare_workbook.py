"""Bare workbook: one of Excel 2 to 4, whose records are the file, as xlrd holds it.

Later versions put their records into a compound file, which calamine reads.
"""

import re
from collections.abc import Hashable, Iterator, Sequence
from functools import lru_cache
from typing import Any, cast

import xlrd

from connectors.base import StoredObject
from connectors.errors import CorruptFile, LimitExceeded, PasswordProtected
from pipelines.containers.limits import Limits
from pipelines.formats.held_sheet import HINT, Held
from pipelines.formats.serial_date import Kind, kind_of, moment
from pipelines.formats.sheet_grid import Cell, ErrorCell
from pipelines.formats.silence import Silence
from pipelines.formats.workbook_package import Sheet

# A record that begins a sheet or a workbook, by its number in each version (its length and kind).
BEGINS = re.compile(
    rb"\x09([\x00\x02\x04]\x04\x00|[\x02\x04]\x06\x00|\x08[\x04\x06\x08\x10]\x00)..[\x10\x05\x00][\x00\x01]",
    re.DOTALL,
)
LARGEST_BYTES = 32 << 20
VISIBILITY = ("visible", "hidden", "veryhidden")
ENCRYPTED = "encrypt"


class BareSheet:
    """The rows of a sheet, as `CalamineSheet` gives them. Raises ReadError."""

    top = left = 0
    merged = ()

    def __init__(self, file: StoredObject, name: str) -> None:
        self._book = _book(file)
        self._sheet = self._book.sheet_by_name(name)
        self.width, self.height = self._sheet.ncols, self._sheet.nrows

    @property
    def cells(self) -> int:
        return int(self.width * self.height)

    def rows(self) -> Iterator[Sequence[Cell]]:
        """The cells of each row, "" where there is none."""
        for row in range(self.height):
            found = [self._cell(cell) for cell in self._sheet.row(row)]
            yield found + [""] * (self.width - len(found))

    def _cell(self, cell: Any) -> Cell:
        if cell.ctype == xlrd.XL_CELL_TEXT:
            return str(cell.value)
        if cell.ctype == xlrd.XL_CELL_BOOLEAN:
            return bool(cell.value)
        if cell.ctype == xlrd.XL_CELL_ERROR:
            return ErrorCell(xlrd.error_text_from_code.get(cell.value, "#ERROR"))
        if cell.ctype in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
            return moment(cell.value, self._kind(cell), from_1904=bool(self._book.datemode))
        return ""

    def _kind(self, cell: Any) -> Kind:
        try:
            style = self._book.xf_list[cell.xf_index]
            return kind_of(self._book.format_map[style.format_key].format_str)
        except (LookupError, TypeError):
            return "number"


def is_bare(head: bytes) -> bool:
    r"""Whether a file begins with the records of a workbook.

    >>> is_bare(b"\x09\4\6\0\0\0\x10\0"), is_bare(b"\ta\tb\n")
    (True, False)
    """
    return BEGINS.match(head) is not None


def sheets(file: StoredObject) -> tuple[Sheet, ...]:
    """The sheets in order. Raises ReadError."""
    return tuple(
        Sheet(sheet.name, visibility=VISIBILITY[min(sheet.visibility, 2)])
        for sheet in _book(file).sheets()
    )


def refuse_bombs(file: StoredObject, limits: Limits) -> None:
    """Raises LimitExceeded where a sheet is more than can be held, CorruptFile."""
    for sheet in _book(file).sheets():
        Held(f"sheet {sheet.name!r} of {file.name}", limits).extend(sheet.nrows, sheet.ncols)


def _book(file: StoredObject) -> Any:
    return _cached_book(cast("Hashable", file))


@lru_cache(maxsize=1)
def _cached_book(file: Hashable) -> Any:
    assert isinstance(file, StoredObject)
    size = file.size or 0
    if size > LARGEST_BYTES:
        raise LimitExceeded(
            f"{file.name} is an old workbook of more than {LARGEST_BYTES} bytes"
            " (max_expanded_bytes)",
            limit="max_expanded_bytes",
            hint=HINT,
        )
    try:
        return xlrd.open_workbook(
            file_contents=file.read(0, size),
            formatting_info=True,
            logfile=Silence(),
            ragged_rows=True,
        )
    except Exception as error:
        if ENCRYPTED in str(error):
            raise PasswordProtected(f"{file.name} is protected by a password") from error
        raise CorruptFile(f"{file.name} is not a sound workbook: {error}") from error
