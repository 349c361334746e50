"""XLSB survey: where the cells of a binary workbook stand, how often its texts are repeated, and
which of them are errors, that calamine gives as empty.

Its parts are records ([MS-XLSB] 2.1.4): a number and a length of a few bytes each, then content.
"""

import struct
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence

from connectors.errors import CorruptFile
from pipelines.formats.held_sheet import Held
from pipelines.formats.sheet_grid import ErrorCell
from pipelines.formats.sheet_survey import Survey
from pipelines.formats.sheet_xml import SHARED_STRINGS
from pipelines.formats.workbook_package import Package

ROW, ERROR, SHARED_TEXT, FORMULA_ERROR, STRING_ITEM, BUNDLED_SHEET = 0, 3, 7, 11, 19, 156
CELLS = range(1, 12)
PLACE = struct.Struct("<L")
SHARED = struct.Struct("<8xL")  # column and style, then which string
BUNDLED = struct.Struct("<8xL")  # state and number, then how long the identifier of its part is
LONGEST_BUNDLED = 1024  # bytes, of both the identifier and the name
ERROR_AT = 8  # behind column and style
CODES = 0x00, 0x07, 0x0F, 0x17, 0x1D, 0x24, 0x2A, 0x2B  # [MS-XLSB] 2.5.97.2
ERRORS = "#NULL! #DIV/0! #VALUE! #REF! #NAME? #NUM! #N/A #GETTING_DATA"
WORDS = dict(zip(CODES, ERRORS.split(), strict=True))
MOST_ERRORS = 10_000  # whose places are kept


def surveyed(package: Package, main: str) -> Mapping[str, Survey]:
    """Of each sheet by its name. Raises LimitExceeded where one is more than can be held,
    CorruptFile.
    """
    names = dict(_names(package, main))
    found: dict[str, Survey] = {}
    relations = package.relations(main)
    lengths = array("L")
    for kind, path in relations.values():
        if kind.endswith(SHARED_STRINGS) and path in package:
            texts = _records(package.stream(path), path)
            lengths.extend(size for number, size, _ in texts if number == STRING_ITEM)
    for key, (kind, path) in relations.items():
        if "sheet" in kind.rpartition("/")[2].lower() and path in package:
            seen = _sheet(package, path, lengths)
            if key in names:
                found[names[key]] = seen
    return found


def _names(package: Package, main: str) -> Iterator[tuple[str, str]]:
    """The names of the sheets by the identifiers of their parts."""
    for number, _, head in _records(package.stream(main), main, LONGEST_BUNDLED):
        if number != BUNDLED_SHEET or len(head) < BUNDLED.size:
            continue
        (length,) = BUNDLED.unpack_from(head)
        middle = BUNDLED.size + 2 * length
        key, rest = head[BUNDLED.size : middle], head[middle + PLACE.size :]
        if len(rest) and length:
            yield key.decode("utf-16-le", "replace"), rest.decode("utf-16-le", "replace")


def _sheet(package: Package, path: str, lengths: Sequence[int]) -> Survey:
    held = Held(f"{path} of {package.file.name}", package.limits)
    seen = Survey()
    row = 0
    for number, size, head in _records(package.stream(path), path):
        if len(head) < PLACE.size:
            continue
        if number in CELLS:
            text = size if size > 24 else 0
            if number == SHARED_TEXT and len(head) == SHARED.size:
                (index,) = SHARED.unpack(head)
                text = lengths[index] if index < len(lengths) else 0
            (column,) = PLACE.unpack_from(head)
            held.extend(row + 1, column + 1, text)
            if number in (ERROR, FORMULA_ERROR) and len(head) > ERROR_AT:
                word = WORDS.get(head[ERROR_AT], "#ERROR")
                seen.errors[word] += 1
                if seen.errors.total() <= MOST_ERRORS:
                    seen.error_cells.setdefault(row, {})[column] = ErrorCell(word)
        elif number == ROW:
            row = PLACE.unpack_from(head)[0]
    return seen


def _records(
    blocks: Iterable[bytes], path: str, head: int = SHARED.size
) -> Iterator[tuple[int, int, bytes]]:
    """Number, length and first bytes of each record, and no more of them. Raises CorruptFile."""
    rest, at = b"", 0
    for block in blocks:
        if at >= len(rest) + len(block):
            at -= len(rest) + len(block)
            rest = b""
            continue
        rest = rest[at:] + block if at < len(rest) else block[at - len(rest) :]
        at = 0
        enough = len(rest) - 6 - head
        while at < enough:
            number, size, start = _header(rest, at)
            yield number, size, rest[start : start + min(size, head)]
            at = start + size
    while at < len(rest):
        number, size, start = _header(rest, at)
        yield number, size, rest[start : start + min(size, head)]
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
