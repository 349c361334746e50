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
class Places:
    """Where a stream lies: the sectors of `sector_bytes` that it fills begin at `starts`."""

    starts: tuple[int, ...]
    sector_bytes: int

    def of(self, offset: int) -> int:
        """Where in the file a byte of the stream is."""
        number, within = divmod(offset, self.sector_bytes)
        return self.starts[number] + within


def xls_stream(file: bytes) -> bytes:
    """The workbook in a compound file; nothing where xlrd cannot find it, which tells nothing."""
    try:
        return _stream(file)[2]
    except Exception:  # noqa: BLE001 - it fails in every way; calamine is asked next
        return b""


def places(file: bytes) -> Places | None:
    """Where the workbook lies; None where that cannot be told, as of a sector that is cut short."""
    try:
        compound, name, content = _stream(file)
        starts, size = _sectors(compound, name)
    except Exception:  # noqa: BLE001 - as above
        return None
    is_whole = len(starts) * size >= len(content) and all(
        file.startswith(content[number * size : (number + 1) * size], start)
        for number, start in enumerate(starts)
    )
    return Places(starts, size) if is_whole else None


def records(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Each record's number, and where its content starts and ends in the stream."""
    at, last = 0, len(content) - HEAD.size
    while at <= last:
        number, size = HEAD.unpack_from(content, at)
        start = at + HEAD.size
        at = start + size
        yield number, start, min(at, len(content))


def _stream(file: bytes) -> tuple[Any, str, bytes]:
    """The compound file, and the name and the bytes of the workbook in it."""
    compound = CompDoc(file, logfile=Silence(), ignore_workbook_corruption=True)
    for name in STREAMS:
        content, start, size = compound.locate_named_stream(name)
        if content:
            return compound, name, bytes(content[start : start + size])
    return compound, "", b""


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
