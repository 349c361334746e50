"""XLS repair: an old workbook whose records say in calamine's terms what they say in Excel's.

calamine asks its own list what a number format below 164 is, whatever the file declares (Numbers
and Gnumeric declare theirs from 50 on), it decodes the texts of BIFF8 by a code page that Excel
ignores, and it passes over formulas that are numbered as in BIFF3 and BIFF4, which Numbers writes.
"""

import re
import struct
from collections.abc import Iterator, Mapping

from pipelines.formats import compound_file
from pipelines.formats.serial_date import BUILT_IN, Kind, kind_of
from pipelines.formats.xls_stream import Places, places, records, xls_stream

BEGIN, END, CODE_PAGE, FORMAT, STYLE, FORMULA = 0x809, 0xA, 0x42, 0x41E, 0xE0, 0x6
OLD_FORMULAS = (0x206, 0x406)
OLD_FORMULA = re.compile(rb"\x06[\x02\x04]([\x16-\xff]\0|.[\x01-\x20])", re.DOTALL)  # and how long
BIFF8, UNICODE = b"\0\6", 1200
FIXED = (0, 49)  # General and text, by whatever name
FIRST_OWN = 164  # from here on calamine reads what the file declares
STANDS_FOR: dict[Kind, int] = {"number": 0, "date": 14, "time": 21, "duration": 46}
WORD = struct.Struct("<H")


def repaired(file: bytes) -> bytes:
    """The same file, or a copy in which some words of its records are others. Raises nothing."""
    if not file.startswith(compound_file.MAGIC):
        return file
    try:
        changes = dict(_changes(xls_stream(file)))
        found = places(file) if changes else None
        return file if found is None else _changed(file, changes, found)
    except Exception:  # noqa: BLE001 - of records that are unsound; calamine is asked next
        return file


def _changed(file: bytes, changes: Mapping[int, int], found: Places) -> bytes:
    copy = bytearray(file)
    for offset, word in changes.items():
        for within, byte in enumerate(WORD.pack(word)):
            copy[found.of(offset + within)] = byte
    return bytes(copy)


def _changes(content: bytes) -> Iterator[tuple[int, int]]:
    """The words to put at places of the stream."""
    is_biff8 = content[4:6] == BIFF8
    has_old = OLD_FORMULA.search(content) is not None
    declared: dict[int, Kind] = {}
    for number, start, end in records(content):
        size = end - start
        if number == FORMAT and size > 3:
            (key,) = WORD.unpack_from(content, start)
            if key < FIRST_OWN and key not in FIXED:
                declared[key] = kind_of(_format(content[start + 2 : end], is_wide=is_biff8))
        elif number == STYLE and size > 3:
            (key,) = WORD.unpack_from(content, start + 2)
            kind = declared.get(key)
            if kind is not None and kind != BUILT_IN.get(key, "number"):
                yield start + 2, STANDS_FOR[kind]
        elif number == CODE_PAGE and size > 1 and is_biff8:
            if WORD.unpack_from(content, start)[0] != UNICODE:
                yield start, UNICODE
        elif number in OLD_FORMULAS:
            yield start - 4, FORMULA
        elif number == END and not has_old:
            return


def _format(content: bytes, *, is_wide: bool) -> str:
    """A number format: its length, in BIFF8 also whether it is of two bytes each, and its text."""
    if is_wide and len(content) > 2:
        return content[3:].decode("utf-16-le" if content[2] & 1 else "latin-1", "replace")
    return content[1:].decode("latin-1")
