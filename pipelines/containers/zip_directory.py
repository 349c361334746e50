"""Zip directory: the entries of an archive, refused before they are listed if they are hostile.

Written out instead of taken from zipfile: limits come first, overlapping entries (Fifield, "A
better zip bomb", 2019) are refused whatever the Python version, and only ranges are read.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from connectors.base import StoredObject
from connectors.errors import CorruptFile, LimitExceeded, UnknownFormat
from pipelines.containers.limits import Limits

END = struct.Struct("<4s4H2LH")
END_64_LOCATOR = struct.Struct("<4sLQL")
END_64 = struct.Struct("<4sQ2H2L4Q")
ENTRY = struct.Struct("<4s6H3L5H2L")
LOCAL_BYTES = 30
END_MAGIC, END_64_MAGIC, LOCATOR_MAGIC = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
ENTRY_MAGIC, SPLIT_MAGIC = b"PK\x01\x02", b"PK\x07\x08"
LONGEST_COMMENT = (1 << 16) - 1
LONGEST_ENTRY = 4 << 10
UTF8 = 0x800
ZIP64_EXTRA = 1
IN_EXTRA = 0xFFFFFFFF
UNIX = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the central directory. Its path is a label, never a place to write to."""

    path: str
    method: int
    flags: int
    crc: int
    packed_bytes: int
    size: int
    offset: int
    mode: int

    @property
    def end(self) -> int:
        """Where its data ends at the earliest."""
        return self.offset + LOCAL_BYTES + self.packed_bytes


@dataclass(frozen=True, slots=True)
class _End:
    """Where the directory lies; `shift` is how much stands before the archive."""

    count: int
    start: int
    stop: int
    shift: int


def directory(archive: StoredObject, limits: Limits) -> Sequence[Entry]:
    """The entries in the order of the directory. Raises ReadError."""
    end = _end(archive)
    if end.count > limits.max_members or end.stop - end.start > limits.max_members * LONGEST_ENTRY:
        raise LimitExceeded(
            f"{archive.name} holds {end.count} members, more than {limits.max_members}"
            " (max_members)",
            limit="max_members",
        )
    content = archive.read(end.start, end.stop)
    try:
        entries = list(islice(_entries(content, end), end.count + 1))
    except (struct.error, IndexError) as error:
        raise _corrupt(archive, "its directory is damaged") from error
    if len(entries) != end.count:
        raise _corrupt(archive, f"its directory does not list {end.count} members as it says")
    _refuse_overlaps(archive, entries, end)
    declared = sum(entry.size for entry in entries)
    if declared > limits.max_expanded_bytes:
        raise LimitExceeded(
            f"{archive.name} expands to {declared} bytes (max_expanded_bytes)",
            limit="max_expanded_bytes",
        )
    return entries


def is_behind_other_bytes(archive: StoredObject) -> bool:
    """Whether there is a directory, whatever the archive begins with (APPNOTE 4.1.9: a program
    that unpacks it may stand before it).
    """
    try:
        end = _end(archive)
        return archive.read(end.start, end.start + len(ENTRY_MAGIC)) == ENTRY_MAGIC
    except (CorruptFile, UnknownFormat):
        return False


def _end(archive: StoredObject) -> _End:
    size = archive.size or 0
    base = max(0, size - LONGEST_COMMENT - END.size - END_64_LOCATOR.size)
    tail = archive.read(base, size)
    at = tail.rfind(END_MAGIC)
    if at < 0 or len(tail) - at < END.size:
        if archive.read(0, len(SPLIT_MAGIC)) == SPLIT_MAGIC:
            raise UnknownFormat(
                f"{archive.name} is the first part of a zip archive that was split; join its parts"
                " to one file, as `zip -s 0` does"
            )
        raise _corrupt(archive, "its end is missing")
    _, _, _, _, count, length, offset, _ = END.unpack_from(tail, at)
    stop = base + at
    locator_at = at - END_64_LOCATOR.size
    if locator_at >= 0 and tail.startswith(LOCATOR_MAGIC, locator_at):
        _, _, end_64_offset, _ = END_64_LOCATOR.unpack_from(tail, locator_at)
        stop = base + locator_at - END_64.size
        record = archive.read(max(stop, 0), max(stop, 0) + END_64.size)
        if not record.startswith(END_64_MAGIC):
            stop = end_64_offset
            record = archive.read(stop, stop + END_64.size)
        if len(record) < END_64.size or not record.startswith(END_64_MAGIC):
            raise _corrupt(archive, "its zip64 end is missing")
        *_, count, length, offset = END_64.unpack(record)
    start = stop - length
    if start < 0 or start < offset:
        raise _corrupt(archive, "its directory does not fit into it")
    return _End(count, start, stop, start - offset)


def _entries(content: bytes, end: _End) -> Iterator[Entry]:
    at = 0
    while at < len(content) and content.startswith(ENTRY_MAGIC, at):
        fields = ENTRY.unpack_from(content, at)
        (_, made_by, _, flags, method, _, _, crc, packed, size) = fields[:10]
        (name_bytes, extra_bytes, comment_bytes, _, _, attributes, offset) = fields[10:]
        at += ENTRY.size
        raw = content[at : at + name_bytes]
        extra = content[at + name_bytes : at + name_bytes + extra_bytes]
        at += name_bytes + extra_bytes + comment_bytes
        size, packed, offset = _wide(extra, size, packed, offset)
        mode = attributes >> 16 if made_by >> 8 == UNIX else 0
        yield Entry(_path(raw, flags), method, flags, crc, packed, size, offset + end.shift, mode)


def _wide(extra: bytes, *fields: int) -> tuple[int, ...]:
    """The fields, those that did not fit taken from the zip64 extra field."""
    at = 0
    wide: list[int] = []
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == ZIP64_EXTRA:
            wide = [
                number for (number,) in struct.iter_unpack("<Q", extra[at + 4 :][: length & ~7])
            ]
        at += 4 + length
    return tuple(wide.pop(0) if field == IN_EXTRA and wide else field for field in fields)


def _path(raw: bytes, flags: int) -> str:
    try:
        path = raw.decode("utf-8" if flags & UTF8 or not raw.isascii() else "ascii")
    except UnicodeDecodeError:
        path = raw.decode("cp437")
    return path.replace("\0", "\ufffd")


def _refuse_overlaps(archive: StoredObject, entries: Sequence[Entry], end: _End) -> None:
    ordered = sorted(entries, key=lambda entry: entry.offset)
    for left, right in pairwise(ordered):
        if left.end > right.offset:
            raise _corrupt(archive, f"its members {left.path!r} and {right.path!r} overlap")
    if ordered and ordered[-1].end > end.start:
        raise _corrupt(archive, f"its member {ordered[-1].path!r} overlaps the directory")


def _corrupt(archive: StoredObject, what: str) -> CorruptFile:
    return CorruptFile(f"{archive.name} is not a sound zip archive: {what}")
