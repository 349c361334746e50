"""Calamine sheet: a sheet held whole by calamine, the fastest reader of workbooks, row by row."""

import datetime as dt
import io
import re
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from typing import cast

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetMetadata

from connectors.base import StoredObject
from connectors.errors import CorruptFile, PasswordProtected
from pipelines.formats import compound_file, ods_repair, xls_repair
from pipelines.formats.sheet_grid import Cell
from pipelines.formats.workbook_package import Sheet

IN_MEMORY_BYTES = 64 << 20
PANIC = "PanicException"  # no Exception, and nowhere to import it from
MIDNIGHT = dt.time()
LINKED = "linked"  # cells of another workbook, as a link to it found them; of OpenDocument
LINKED_NAME = re.compile(r"'\w+://[^']+'#.")  # LibreOffice lets no sheet begin with an apostrophe
KINDS = {
    "WorkSheet": "worksheet",
    "ChartSheet": "chartsheet",
    "DialogSheet": "dialogsheet",
    "MacroSheet": "macrosheet",
    "Vba": "vba",
    LINKED: LINKED,
}

Merged = tuple[tuple[tuple[int, int], tuple[int, int]], ...]


class Doubtful(Exception):
    """A moment that calamine may have got wrong: before March 1900, or a time that is none."""


class CalamineSheet:
    """The rows of a sheet, which begin at `top` and `left`. Raises ReadError."""

    def __init__(self, file: StoredObject, name: str) -> None:
        self._name = f"sheet {name!r} of {file.name}"
        with _errors(self._name):
            workbook, self._has_marks = _workbook(file)
            self._sheet = workbook.get_sheet_by_name(name)
        self.top, self.left = self._sheet.start or (0, 0)
        self.width, self.height = self._sheet.width, self._sheet.height

    @property
    def cells(self) -> int:
        """How many it holds, empty ones between others included."""
        return int(self.width * self.height)

    @property
    def merged(self) -> Merged:
        with _errors(self._name):
            return tuple(self._sheet.merged_cell_ranges or ())

    def rows(self) -> Iterator[Sequence[Cell]]:
        """The cells of each row, "" where there is none. Raises ReadError."""
        with _errors(self._name):
            if self._sheet.start is None:
                return
            found = islice(self._sheet.iter_rows(), self.top, None)
            yield from map(_with_durations, found) if self._has_marks else found


def sheets(file: StoredObject) -> tuple[Sheet, ...]:
    """The sheets of a workbook in order. Raises ReadError."""
    with _errors(file.name):
        return tuple(map(_sheet, _workbook(file)[0].sheets_metadata))


def refuse_doubtful(kinds: set[type], cells: Sequence[Cell | None]) -> None:
    """Raises Doubtful where a moment among the cells of a column may be another one."""
    if dt.time in kinds and MIDNIGHT in cells:
        raise Doubtful
    if dt.date in kinds or dt.datetime in kinds:
        for cell in cells:
            if isinstance(cell, dt.date) and (cell.year, cell.month) < (1900, 3):
                raise Doubtful
        if dt.time in kinds:
            raise Doubtful


def _with_durations(row: Sequence[Cell]) -> Sequence[Cell]:
    """Those that calamine gives as texts, which the repair has marked."""
    return [
        ods_repair.duration(cell)
        if isinstance(cell, str) and cell.startswith(ods_repair.MARK)
        else cell
        for cell in row
    ]


def _sheet(metadata: SheetMetadata) -> Sheet:
    kind = str(metadata.typ).rpartition(".")[2]
    if LINKED_NAME.match(metadata.name):
        kind = LINKED
    visibility = str(metadata.visible).rpartition(".")[2].lower()
    return Sheet(metadata.name, None, KINDS.get(kind, "worksheet"), visibility)


def _workbook(file: StoredObject) -> tuple[CalamineWorkbook, bool]:
    """The workbook, and whether a repair may have marked some of its cells."""
    return _cached_workbook(cast("Hashable", file))


@lru_cache(maxsize=1)
def _cached_workbook(file: Hashable) -> tuple[CalamineWorkbook, bool]:
    """A workbook is opened once for all of its sheets: some have thousands."""
    assert isinstance(file, StoredObject)
    size = file.size or 0
    if file.read(0, len(compound_file.MAGIC)) == compound_file.MAGIC:
        content = io.BytesIO(xls_repair.repaired(file.read(0, size)))
        return CalamineWorkbook.from_filelike(content), False
    whole = file.open() if size > IN_MEMORY_BYTES else io.BytesIO(file.read(0, size))
    plain = ods_repair.repaired(whole)
    return CalamineWorkbook.from_filelike(plain), plain is not whole


@contextmanager
def _errors(name: str) -> Iterator[None]:
    try:
        yield
    except PasswordError as error:
        raise PasswordProtected(f"{name} is protected by a password") from error
    except (CalamineError, ValueError, OverflowError, LookupError, OSError) as error:
        raise CorruptFile(f"{name} is not sound: {error}") from error
    except BaseException as error:
        if type(error).__name__ != PANIC:
            raise
        raise CorruptFile(f"{name} is not sound: its reader gave up ({error})") from error
