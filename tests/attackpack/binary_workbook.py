"""Binary workbook: an .xlsb file built record by record ([MS-XLSB]), as no library writes it."""

import struct
from collections.abc import Sequence

from office_files import OFFICE, PACKAGE, zipped

BEGIN_BOOK, END_BOOK, BEGIN_SHEETS, END_SHEETS, SHEET = 131, 132, 143, 144, 156
BEGIN_SHEET, END_SHEET, DIMENSION, BEGIN_DATA, END_DATA = 129, 130, 148, 145, 146
ROW, ERROR, REAL, SHARED = 0, 3, 5, 7
BEGIN_STRINGS, END_STRINGS, STRING = 159, 160, 19


def record(kind: int, content: bytes = b"") -> bytes:
    number = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size, length = len(content), b""
    while True:
        size, low = size >> 7, size & 0x7F
        length += bytes([low | (0x80 if size else 0)])
        if not size:
            return number + length + content


def text(value: str) -> bytes:
    return struct.pack("<L", len(value)) + value.encode("utf-16-le")


def xlsb(
    cells: Sequence[tuple[int, int, float | int | bytes]],
    strings: Sequence[str] = (),
    dimension: tuple[int, int, int, int] | None = None,
) -> bytes:
    """A workbook of one sheet: numbers, (as int) shared strings by their place, (as a byte) the
    codes of errors.
    """
    rows = max(row for row, _, _ in cells)
    columns = max(column for _, column, _ in cells)
    body = b""
    before = -1
    pieces = []
    for row, column, value in cells:
        if row != before:
            pieces.append(record(ROW, struct.pack("<LLHBBBL", row, 0, 300, 0, 0, 0, 0)))
            before = row
        where = struct.pack("<LL", column, 0)
        if isinstance(value, int):
            pieces.append(record(SHARED, where + struct.pack("<L", value)))
        elif isinstance(value, bytes):
            pieces.append(record(ERROR, where + value))
        else:
            pieces.append(record(REAL, where + struct.pack("<d", value)))
    body = b"".join(pieces)
    sheet = (
        record(BEGIN_SHEET)
        + record(DIMENSION, struct.pack("<4L", *(dimension or (0, rows, 0, columns))))
        + record(BEGIN_DATA)
        + body
        + record(END_DATA)
        + record(END_SHEET)
    )
    bundle = struct.pack("<LL", 0, 1) + text("r1") + text("S")
    book = (
        record(BEGIN_BOOK)
        + record(BEGIN_SHEETS)
        + record(SHEET, bundle)
        + record(END_SHEETS)
        + record(END_BOOK)
    )
    items = b"".join(record(STRING, b"\0" + text(value)) for value in strings)
    counts = struct.pack("<LL", len(strings), len(strings))
    relations = "".join(
        f'<Relationship Id="{key}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for key, kind, target in (
            ("r1", "worksheet", "worksheets/sheet1.bin"),
            ("r2", "sharedStrings", "sharedStrings.bin"),
        )
    )
    return zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
            "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r"'
            f' Type="{OFFICE}/officeDocument" Target="xl/workbook.bin"/></Relationships>',
            "xl/workbook.bin": book,
            "xl/_rels/workbook.bin.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
            f"{relations}</Relationships>",
            "xl/worksheets/sheet1.bin": sheet,
            "xl/sharedStrings.bin": record(BEGIN_STRINGS, counts) + items + record(END_STRINGS),
        }
    )
