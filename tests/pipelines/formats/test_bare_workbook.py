"""Bare workbooks: those of Excel 2 to 4 are read as later ones are."""

import datetime as dt
import struct

import pytest
from samples import MemoryObject

from connectors.errors import CorruptFile, LimitExceeded, PasswordProtected
from pipelines.containers.limits import Limits
from pipelines.formats import held_sheet
from pipelines.formats.base import Origin, TablePlan
from pipelines.formats.detect import detect
from pipelines.formats.excel_workbook import Workbook

FORMATS = ("General", "yyyy\\-mm\\-dd", "hh:mm")
PLAIN, DAY, CLOCK = range(3)
CELLS = [
    *((0, column, name, PLAIN) for column, name in enumerate(("id", "day", "note", "ok"))),
    *((1, 0, 1.0, PLAIN), (1, 1, 36526.0, DAY), (1, 2, "Café", PLAIN), (1, 3, True, PLAIN)),
    *((2, 0, 2.0, PLAIN), (2, 1, 36527.0, DAY), (2, 2, "x", PLAIN), (2, 3, b"\x07", PLAIN)),
]


def record(number: int, content: bytes) -> bytes:
    return struct.pack("<HH", number, len(content)) + content


def biff(version: int, cells=CELLS, extra: bytes = b"") -> bytes:
    """A workbook of Excel 3 or 4: texts, numbers, truth values, and errors given by their code."""
    made = record({3: 0x209, 4: 0x409}[version], struct.pack("<HHH", 0, 0x10, 0)) + extra
    made += record(0x42, struct.pack("<H", 1252))
    for number, text in enumerate(FORMATS):
        kept = struct.pack("<H", number) if version == 4 else b""
        made += record({3: 0x1E, 4: 0x41E}[version], kept + bytes([len(text)]) + text.encode())
    for number in range(len(FORMATS)):
        made += record({3: 0x243, 4: 0x443}[version], struct.pack("<BBH8x", 0, number, 1))
    rows, columns = (max(cell[place] for cell in cells) + 1 for place in (0, 1))
    made += record(0x200, struct.pack("<5H", 0, rows, 0, columns, 0))
    for row, column, value, style in cells:
        where = struct.pack("<HHH", row, column, style)
        if isinstance(value, bool):
            made += record(0x205, where + struct.pack("<BB", value, 0))
        elif isinstance(value, bytes):
            made += record(0x205, where + value + b"\1")
        elif isinstance(value, float):
            made += record(0x203, where + struct.pack("<d", value))
        else:
            text = value.encode("cp1252")
            made += record(0x204, where + struct.pack("<H", len(text)) + text)
    return made + record(0xA, b"")


def tables(content: bytes, limits: Limits | None = None) -> list[TablePlan]:
    file = MemoryObject("old.xls", content)
    return list(Workbook().tables(file, Origin(file.name), limits or Limits()))


@pytest.mark.parametrize("version", [3, 4])
def test_values_are_those_of_the_sheet(version):
    """Numbers, dates by their formats, texts by the code page, truth values; errors are null."""
    content = biff(version)

    assert isinstance(detect(content, "old.xls"), Workbook)
    (table,) = tables(content)
    (chunk,) = (chunk for part in table.fragments for chunk in part.chunks(table.schema))

    assert chunk.frame.rows(named=True) == [
        {"id": 1, "day": dt.date(2000, 1, 1), "note": "Café", "ok": True},
        {"id": 2, "day": dt.date(2000, 1, 2), "note": "x", "ok": None},
    ]
    assert chunk.frame.schema == table.schema
    assert any("#DIV/0!" in notice.message for notice in table.notices)


def test_a_time_of_day_is_one():
    """As the formats say."""
    (table,) = tables(biff(4, [(0, 0, "at", PLAIN), (0, 1, "n", PLAIN), (1, 0, 0.25, CLOCK)]))

    (chunk,) = (chunk for part in table.fragments for chunk in part.chunks(table.schema))
    assert chunk.frame["at"].to_list() == [dt.time(6)]


def test_a_file_that_is_cut_short_is_no_sound_workbook():
    """Whatever xlrd says to it."""
    content = biff(4)

    with pytest.raises(CorruptFile):
        tables(content[:9] + b"\xff" * 40)


def test_a_locked_workbook_is_told():
    """By the record that locks it."""
    with pytest.raises(PasswordProtected):
        tables(biff(4, extra=record(0x2F, bytes(4))))


def test_a_sheet_of_many_empty_cells_is_refused(monkeypatch):
    """It would be held with all that lies between its cells."""
    monkeypatch.setattr(held_sheet, "MOST_CELLS", 1000)

    with pytest.raises(LimitExceeded, match="1000 cells"):
        tables(biff(4, [(0, 0, 1.0, PLAIN), (16_000, 200, 1.0, PLAIN)]))
