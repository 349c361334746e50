"""XLSB survey: where the cells of a binary workbook stand, and how often its texts are repeated.

Its parts are records ([MS-XLSB] 2.1.4): a number and a length of a few bytes each, then content.
"""

import struct
from array import array
from collections.abc import Iterable, Iterator, Sequence

from connectors.errors import CorruptFile
from pipelines.formats.held_sheet import Held
from pipelines.formats.sheet_xml import SHARED_STRINGS
from pipelines.formats.workbook_package import Package

ROW, SHARED_TEXT, STRING_ITEM = 0, 7, 19
CELLS = range(1, 12)
LONGEST_PIECE = 8
PLACE = struct.Struct("<L")
SHARED = struct.Struct("<8xL")  # column and style, then which string


def refuse_bombs(package: Package, main: str) -> None:
    """Raises LimitExceeded where a sheet is more than can be held, CorruptFile."""
    relations = package.relations(main).values()
    lengths = array("L")
    for kind, path in relations:
        if kind.endswith(SHARED_STRINGS) and path in package:
            texts = _records(package.stream(path), path)
            lengths.extend(size for number, size, _ in texts if number == STRING_ITEM)
    for kind, path in relations:
        if "sheet" in kind.rpartition("/")[2].lower() and path in package:
            _refuse_sheet(package, path, lengths)


def _refuse_sheet(package: Package, path: str, lengths: Sequence[int]) -> None:
    held = Held(f"{path} of {package.file.name}", package.limits)
    row = 0
    for number, size, head in _records(package.stream(path), path):
        if len(head) < PLACE.size:
            continue
        if number in CELLS:
            text = size if size > 24 else 0
            if number == SHARED_TEXT and len(head) == SHARED.size:
                (index,) = SHARED.unpack(head)
                text = lengths[index] if index < len(lengths) else 0
            held.extend(row + 1, PLACE.unpack_from(head)[0] + 1, text)
        elif number == ROW:
            row = PLACE.unpack_from(head)[0]


def _records(blocks: Iterable[bytes], path: str) -> Iterator[tuple[int, int, bytes]]:
    """Number, length and first bytes of each record. Raises CorruptFile."""
    rest, at = b"", 0
    for block in blocks:
        if at >= len(rest) + len(block):
            at -= len(rest) + len(block)
            rest = b""
            continue
        rest = rest[at:] + block if at < len(rest) else block[at - len(rest) :]
        at = 0
        enough = len(rest) - 6 - SHARED.size
        while at < enough:
            number, size, start = _header(rest, at)
            yield number, size, rest[start : start + SHARED.size]
            at = start + size
    while at < len(rest):
        number, size, start = _header(rest, at)
        yield number, size, rest[start : start + SHARED.size]
        at = start + size
    if at > len(rest):
        raise CorruptFile(f"{path} is cut short within a record")


def _header(data: bytes, at: int) -> tuple[int, int, int]:
    """Number and length, seven bits a byte, and where the content begins."""
    try:
        number = data[at]
        at += 1
        if number & 0x80:
            number = number & 0x7F | (data[at] & 0x7F) << 7
            at += 1
        size = shift = 0
        while True:
            size |= (data[at] & 0x7F) << shift
            shift += 7
            at += 1
            if not data[at - 1] & 0x80 or shift == 28:
                return number, size, at
    except IndexError:
        return -1, 1, at
