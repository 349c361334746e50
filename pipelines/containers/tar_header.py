"""Tar header: one block of 512 bytes, in the dialects that are in use; every step is linear.

Written out instead of taken from tarfile, whose PAX parser is quadratic (CVE-2024-6232) and which
takes negative sizes (CVE-2025-8194). After POSIX.1-2017 (pax, "ustar Interchange Format") and the
manual of GNU tar ("Basic Tar Format").
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

BLOCK = 512
USTAR, STAR = b"ustar\0", b"tar\0"
CHECKSUM = slice(148, 156)
MAP_GOES_ON, MAP_GOES_ON_AGAIN = 482, 504
OCTAL = re.compile(rb"[ \0]*([0-7]*)(?:[ \0].*)?", re.DOTALL)
LENGTH = re.compile(rb"([0-9]{1,20}) ")


@dataclass(frozen=True, slots=True)
class Header:
    """What a header block says of its own. The path is a label, never a place to write to."""

    path: str
    kind: bytes
    size: int
    target: str


def is_header(block: bytes) -> bool:
    """Whether the block has the checksum of a header, over signed or unsigned bytes."""
    if len(block) < BLOCK or not block.strip(b"\0"):
        return False
    try:
        declared = number(block[CHECKSUM])
    except ValueError:
        return False
    summed = block[: CHECKSUM.start] + b" " * 8 + block[CHECKSUM.stop : BLOCK]
    total = sum(summed)
    return declared == total or declared == total - 256 * sum(byte > 127 for byte in summed)


def parsed(block: bytes) -> Header:
    """The fields of a header. Raises ValueError."""
    name = block[:100].partition(b"\0")[0]
    if block.startswith(USTAR, 257):
        prefix = block[345 : 476 if block.startswith(STAR, 508) else 500].partition(b"\0")[0]
        name = prefix + b"/" + name if prefix else name
    return Header(label(name), block[156:157], number(block[124:136]), label(block[157:257]))


def number(field: bytes) -> int:
    r"""Octal digits, or base 256 where the first bit is set. Raises ValueError.

    >>> number(b"0000644\0"), number(b"\x80" + bytes(10) + b"\x07"), number(bytes(8))
    (420, 7, 0)
    """
    if field[0] & 0x80:
        if field[0] & 0x40:
            raise ValueError("a number is negative")
        return int.from_bytes(bytes([field[0] & 0x3F]) + field[1:], "big")
    match = OCTAL.fullmatch(field)
    if match is None:
        raise ValueError(f"{field!r} is no number")
    return int(match[1] or b"0", 8)


def pax_records(content: bytes) -> Iterator[tuple[str, bytes]]:
    r"""The records of an extended header: "<length> <key>=<value>\n". Raises ValueError.

    >>> dict(pax_records(b"11 path=ab\n"))
    {'path': b'ab'}
    """
    at = 0
    while at < len(content):
        match = LENGTH.match(content, at)
        end = at + int(match[1]) if match else 0
        equals = content.find(b"=", match.end(), end) if match else -1
        if match is None or equals < 0 or content[end - 1 : end] != b"\n":
            raise ValueError("a PAX header is damaged")
        yield (
            content[match.end() : equals].decode("utf-8", "replace"),
            content[equals + 1 : end - 1],
        )
        at = end


def label(raw: bytes) -> str:
    """A path as text, up to a NUL: UTF-8, or else what its bytes are in Latin-1."""
    text = raw.partition(b"\0")[0]
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("latin-1")


def decimal(digits: bytes) -> int:
    """A size in a PAX header. Raises ValueError."""
    if not digits.isdigit() or len(digits) > 20:
        raise ValueError("a PAX header declares no sound size")
    return int(digits)
