"""XLS stream: the records of an old workbook, and where each of their bytes lies in the file.

A record is a number and a length of two bytes each, then content ([MS-XLS] 2.1.4). The stream of
records is cut into sectors that may lie anywhere in the compound file ([MS-CFB] 2.3).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from xlrd.compdoc import CompDoc

from pipelines.formats.silence import Silence

STREAMS = ("workbook", "book")
STREAM_ENTRY = 2
HEADER_BYTES = 512
HEAD = struct.Struct("<HH")


@dataclass(frozen=True, slots=True)
class XlsStream:
    """The bytes of a workbook; the sectors of `sector_bytes` that they fill begin at `starts`.

    Where a sector is cut short, and so the bytes behind it lie elsewhere, there are no `starts`.
    """

    content: bytes
    starts: tuple[int, ...]
    sector_bytes: int

    def place(self, offset: int) -> int:
        """Where in the file a byte of the stream lies."""
        number, within = divmod(offset, self.sector_bytes)
        return self.starts[number] + within

    def records(self) -> Iterator[tuple[int, int, int]]:
        """Each record's number, and where its content starts and ends in the stream."""
        at, last = 0, len(self.content) - HEAD.size
        while at <= last:
            number, size = HEAD.unpack_from(self.content, at)
            start = at + HEAD.size
            at = start + size
            yield number, start, min(at, len(self.content))


NOTHING = XlsStream(b"", (), 1)


def xls_stream(file: bytes) -> XlsStream:
    """The workbook in a compound file; nothing where xlrd cannot find it, which tells nothing."""
    try:
        compound = CompDoc(file, logfile=Silence(), ignore_workbook_corruption=True)
        for name in STREAMS:
            content, start, size = compound.locate_named_stream(name)
            if content:
                found = bytes(content[start : start + size])
                starts, sector = _sectors(compound, name)
                is_whole = all(
                    file.startswith(found[number * sector : (number + 1) * sector], start)
                    for number, start in enumerate(starts)
                )
                is_whole = is_whole and len(starts) * sector >= len(found)
                return XlsStream(found, starts if is_whole else (), sector)
    except Exception:  # noqa: BLE001 - it fails in every way; calamine is asked next
        return NOTHING
    return NOTHING


def _sectors(compound: Any, name: str) -> tuple[tuple[int, ...], int]:
    entry = next(
        each
        for each in compound.dirlist
        if each.etype == STREAM_ENTRY and each.name.lower() == name
    )
    large = compound.sec_size
    if entry.tot_size >= compound.min_size_std_stream:
        chain = _chain(compound.SAT, entry.first_SID)
        return tuple(HEADER_BYTES + number * large for number in chain), large
    small = compound.short_sec_size
    holding = _chain(compound.SAT, compound.dirlist[0].first_SID)
    starts = (divmod(number * small, large) for number in _chain(compound.SSAT, entry.first_SID))
    places = tuple(HEADER_BYTES + holding[number] * large + within for number, within in starts)
    return places, small


def _chain(table: list[int], first: int) -> list[int]:
    chain: list[int] = []
    while first >= 0 and len(chain) <= len(table):
        chain.append(first)
        first = table[first]
    return chain
