"""XLS records: what the records of an old workbook tell before anything holds it whole."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from xlrd.book import unpack_SST_table

from connectors.base import StoredObject
from connectors.errors import LimitExceeded, PasswordProtected
from pipelines.containers.limits import Limits
from pipelines.formats.held_sheet import Held
from pipelines.formats.xls_stream import records, xls_stream

BEGIN, FILE_PASS, EXTERNAL_BOOK, STRINGS, CONTINUED = 0x809, 0x2F, 0x1AE, 0xFC, 0x3C
SHARED_TEXT, OWN_TEXT, RESULT, MANY = 0xFD, 0x204, 0x207, 0xBD
CELLS = {SHARED_TEXT, OWN_TEXT, MANY, 0x203, 0x27E, 0x205, 0x6, 0x206, 0x406}  # none that are blank
OWN_BOOK = (b"\1\4", b"\1\x3a")  # a reference to itself or to an add-in
PLACE = struct.Struct("<HH")
SHARED = struct.Struct("<6xL")
LONGEST = 65_535  # of a text, or nearly: 32,767 characters in Excel


@dataclass(frozen=True, slots=True)
class Told:
    """Whether an old workbook refers to others, and has texts of formulas in several records."""

    has_links: bool = False
    has_long_results: bool = False


def told_by(file: StoredObject, limits: Limits) -> Told:
    """Raises PasswordProtected, and LimitExceeded where a sheet is more than can be held."""
    content = xls_stream(file.read(0, file.size or 0))
    strings: list[bytes] = []
    try:
        return _told(file.name, limits, content, strings, None)
    except LimitExceeded:
        lengths = _lengths(strings)  # which takes a while, and is seldom asked for
        if lengths is None:
            raise
    return _told(file.name, limits, content, [], lengths)


def _told(
    name: str,
    limits: Limits,
    content: bytes,
    strings: list[bytes],
    lengths: Sequence[int] | None,
) -> Told:
    """The same by the lengths of the shared strings, or by what they take up in all.

    The records that hold them are added to `strings`.
    """
    held = Held(name, limits)
    has_links = has_long_results = False
    longest = 0
    before = 0
    for number, start, end in records(content):
        if number in CELLS and end - start >= PLACE.size:
            row, column = PLACE.unpack_from(content, start)
            text = end - start if number == OWN_TEXT else 0
            if number == MANY:
                (column,) = struct.unpack_from("<H", content, end - 2)
            elif number == SHARED_TEXT:
                text = longest if lengths is None else _length(lengths, content[start:end])
            held.extend(row + 1, column + 1, text)
        elif number == BEGIN:
            held = Held(name, limits)
        elif number == FILE_PASS:
            raise PasswordProtected(f"{name} is protected by a password")
        elif number == EXTERNAL_BOOK:
            has_links = has_links or content[start + 2 : start + 4] not in OWN_BOOK
        elif number == STRINGS or (number == CONTINUED and before == STRINGS):
            strings.append(content[start:end])
            longest = min(LONGEST, longest + end - start)
        elif number == CONTINUED and before == RESULT:
            has_long_results = True
        if number != CONTINUED:
            before = number
    return Told(has_links, has_long_results)


def _length(lengths: Sequence[int], cell: bytes) -> int:
    if len(cell) < SHARED.size:
        return 0
    (index,) = SHARED.unpack_from(cell)
    return lengths[index] if index < len(lengths) else 0


def _lengths(strings: list[bytes]) -> list[int] | None:
    """The length of each shared text; None where that cannot be told."""
    try:
        texts, _ = unpack_SST_table(strings, struct.unpack_from("<L", strings[0], 4)[0])
    except Exception:  # noqa: BLE001 - it fails in every way
        return None
    return list(map(len, texts))
