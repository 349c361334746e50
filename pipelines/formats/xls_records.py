"""XLS records: what the records of an old workbook tell before anything holds it whole.

A record is a number and a length of two bytes each, then content ([MS-XLS] 2.1.4).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from xlrd.book import unpack_SST_table
from xlrd.compdoc import CompDoc

from connectors.base import StoredObject
from connectors.errors import PasswordProtected
from pipelines.containers.limits import Limits
from pipelines.formats.held_sheet import Held
from pipelines.formats.silence import Silence

STREAMS = ("Workbook", "Book")
BEGIN, FILE_PASS, EXTERNAL_BOOK, STRINGS, CONTINUED = 0x809, 0x2F, 0x1AE, 0xFC, 0x3C
SHARED_TEXT, OWN_TEXT, MANY = 0xFD, 0x204, (0xBD, 0xBE)
CELLS = {SHARED_TEXT, OWN_TEXT, *MANY, 0x203, 0x27E, 0x205, 0x201, 0x6, 0x206, 0x406}
OWN_BOOK = (b"\1\4", b"\1\x3a")  # a reference to itself or to an add-in
HEAD = PLACE = struct.Struct("<HH")
LONGEST = 65_535


@dataclass(frozen=True, slots=True)
class Told:
    """Whether an old workbook refers to others."""

    has_links: bool = False


def told_by(file: StoredObject, limits: Limits) -> Told:
    """Raises PasswordProtected, and LimitExceeded where a sheet is more than can be held."""
    content = _stream(file)
    held = Held(file.name, limits)
    strings: list[bytes] = []
    has_links = False
    longest: int | None = None
    before = 0
    for number, start, end in _records(content):
        if number in CELLS and end - start >= PLACE.size:
            row, column = PLACE.unpack_from(content, start)
            text = end - start if number == OWN_TEXT else 0
            if number in MANY:
                (column,) = struct.unpack_from("<H", content, end - 2)
            elif number == SHARED_TEXT:
                longest = _longest(strings) if longest is None else longest
                text = longest
            held.extend(row + 1, column + 1, text)
        elif number == BEGIN:
            held = Held(file.name, limits)
        elif number == FILE_PASS:
            raise PasswordProtected(f"{file.name} is protected by a password")
        elif number == EXTERNAL_BOOK:
            has_links = has_links or content[start + 2 : start + 4] not in OWN_BOOK
        elif number == STRINGS or (number == CONTINUED and before == STRINGS):
            strings.append(content[start:end])
        if number != CONTINUED:
            before = number
    return Told(has_links)


def _stream(file: StoredObject) -> bytes:
    """The bytes of the workbook; none where xlrd cannot find them, which says nothing."""
    try:
        compound = CompDoc(
            file.read(0, file.size or 0), logfile=Silence(), ignore_workbook_corruption=True
        )
        for name in STREAMS:
            content, start, size = compound.locate_named_stream(name)
            if content:
                return bytes(content[start : start + size])
    except Exception:  # noqa: BLE001 - it fails in every way; calamine is asked next
        return b""
    return b""


def _records(content: bytes) -> Iterator[tuple[int, int, int]]:
    at, last = 0, len(content) - HEAD.size
    while at <= last:
        number, size = HEAD.unpack_from(content, at)
        start = at + HEAD.size
        at = start + size
        yield number, start, min(at, len(content))


def _longest(strings: list[bytes]) -> int:
    """The length of the longest shared text, or more where that cannot be told."""
    size = sum(map(len, strings))
    if not strings or size < LONGEST:
        return size
    try:
        texts, _ = unpack_SST_table(strings, struct.unpack_from("<L", strings[0], 4)[0])
    except Exception:  # noqa: BLE001 - as above
        return LONGEST
    return max(map(len, texts), default=0)
