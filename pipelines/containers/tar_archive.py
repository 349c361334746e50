"""Tar: members as ranges of the archive; a reader of our own, for Python 3.11's can be hung.

ustar and the archives before it, GNU's long names, and PAX headers (POSIX.1-2001). Nothing is ever
unpacked to a path, so that a path may say what it likes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from connectors.base import StoredObject
from connectors.errors import CorruptFile, LimitExceeded, UnknownFormat
from pipelines.containers.base import Member
from pipelines.containers.limits import Limits
from pipelines.containers.member_names import junk
from pipelines.containers.near_blocks import near
from pipelines.containers.spooled import as_seekable
from pipelines.containers.stored_member import StoredMember

BLOCK = 512
NAME_BYTES = 1 << 20  # of a long name or a PAX header
CHECKSUM = slice(148, 156)
REGULAR = (b"0", b"\0", b"7")
KINDS = {
    b"1": "a link, not a regular file",
    b"2": "a link, not a regular file",
    b"3": "a device, not a regular file",
    b"4": "a device, not a regular file",
    b"5": "a folder",
    b"6": "a pipe, not a regular file",
    b"V": "the label of a volume",
}


@dataclass(frozen=True, slots=True)
class _Header:
    """One header: the name as it stands there, the kind, and how many bytes follow."""

    name: bytes
    kind: bytes
    size: int


class Tar:
    """Tar archives, whatever they are compressed by."""

    name = "tar"

    def recognises(self, head: bytes) -> bool:
        if len(head) < BLOCK or not head[0]:
            return False
        is_sound = _is_sound(head[:BLOCK])
        return is_sound or head[257:262] == b"ustar"

    def members(self, file: StoredObject, limits: Limits) -> Iterator[Member]:  # noqa: ARG002
        archive = near(as_seekable(file))
        with archive.open() as stream:
            yield from _members(archive, stream)


def _members(archive: StoredObject, stream: BinaryIO) -> Iterator[Member]:
    """Raises CorruptFile behind the members that are sound."""
    at = 0
    long_name: bytes | None = None
    pax: dict[str, bytes] = {}
    common: dict[str, bytes] = {}
    end = archive.size or 0
    while True:
        stream.seek(at)
        block = stream.read(BLOCK)
        if not block.strip(b"\0"):
            return  # the end, marked or not
        header = _header(block, archive.name, at)
        at += BLOCK
        if header.kind in (b"L", b"K", b"x", b"g"):
            content = _extension(stream, header, archive.name)
            at += _padded(header.size)
            if header.kind == b"L":
                long_name = content.rstrip(b"\0")
            elif header.kind == b"x":
                pax = _pax(content, archive.name)
            elif header.kind == b"g":
                common |= _pax(content, archive.name)
            continue
        known = common | pax
        size = _number(known["size"], archive.name) if "size" in known else header.size
        raw = known.get("path", long_name if long_name is not None else header.name)
        path = raw.decode("utf-8", "replace")
        is_sparse = header.kind == b"S" or any(key.startswith("GNU.sparse.") for key in known)
        if at + size > end:
            yield Member(path, error=CorruptFile(f"{path} is cut short, as is {archive.name}"))
            return
        yield _member(archive, path, header.kind, size, at, is_sparse=is_sparse)
        at += _padded(size)
        long_name, pax = None, {}


def _member(
    archive: StoredObject, path: str, kind: bytes, size: int, offset: int, *, is_sparse: bool
) -> Member:
    if kind in KINDS or (kind in REGULAR and path.endswith("/")):
        return Member(path, skipped=KINDS.get(kind, "a folder"))
    if is_sparse:
        return Member(path, error=UnknownFormat(f"{path} is stored sparsely, which is not read"))
    if kind not in REGULAR:
        return Member(path, skipped=f"of a kind that is not read ({kind!r})")
    if reason := junk(path):
        return Member(path, skipped=reason)
    return Member(path, StoredMember(archive, path, size, offset))


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _is_sound(block: bytes) -> bool:
    """Whether the checksum is that of the header, its bytes taken with or without a sign."""
    stated = block[CHECKSUM].strip(b" \0")
    try:
        number = int(stated, 8)
    except ValueError:
        return False
    bare = block[: CHECKSUM.start] + b" " * 8 + block[CHECKSUM.stop :]
    total = sum(bare)
    return number in (total, total - 256 * sum(byte > 127 for byte in bare))


def _header(block: bytes, archive: str, at: int) -> _Header:
    if len(block) < BLOCK:
        raise CorruptFile(f"{archive} is cut short within a header, at byte {at}")
    if not _is_sound(block):
        raise CorruptFile(f"{archive} is damaged: the header at byte {at} does not match its sum")
    name = block[:100].split(b"\0", 1)[0]
    if block[257:263] == b"ustar\0" and block[345:500].strip(b"\0"):
        name = block[345:500].split(b"\0", 1)[0] + b"/" + name
    return _Header(name, block[156:157], _size(block[124:136], archive, at))


def _size(field: bytes, archive: str, at: int) -> int:
    """In octal digits, or, where those do not do, to the base of 256."""
    if field[0] & 0x80:
        size = int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
        negative = field[0] & 0x40
    else:
        digits = field.strip(b" \0") or b"0"
        if not digits.isdigit() or b"8" in digits or b"9" in digits:
            raise CorruptFile(f"{archive} is damaged: no size in the header at byte {at}")
        size, negative = int(digits, 8), 0
    if negative or size >= 1 << 62:
        raise CorruptFile(f"{archive} is damaged: an absurd size in the header at byte {at}")
    return size


def _extension(stream: BinaryIO, header: _Header, archive: str) -> bytes:
    if header.size > NAME_BYTES:
        raise LimitExceeded(
            f"{archive} has a header of {header.size} bytes, more than {NAME_BYTES}",
            limit="max_header_bytes",
        )
    content = stream.read(header.size)
    if len(content) < header.size:
        raise CorruptFile(f"{archive} is cut short within a long header")
    return content


def _pax(content: bytes, archive: str) -> dict[str, bytes]:
    """`length key=value` and a newline, again and again; each byte is looked at once."""
    found: dict[str, bytes] = {}
    at = 0
    while at < len(content) and content[at]:
        space = content.find(b" ", at, at + 20)
        digits = content[at:space] if space > at else b""
        length = int(digits) if digits.isdigit() else 0
        record = content[space + 1 : at + length - 1]
        key, separator, value = record.partition(b"=")
        if not length or at + length > len(content) or not separator:
            raise CorruptFile(f"{archive} is damaged: a PAX header breaks off")
        found[key.decode("utf-8", "replace")] = value
        at += length
    return found


def _number(value: bytes, archive: str) -> int:
    if not value.isdigit() or len(value) > 19:
        raise CorruptFile(f"{archive} is damaged: a size in a PAX header is no number")
    return int(value)
