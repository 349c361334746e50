"""ORC tail: how long the texts of a file are all together, which its statistics tell beforehand.

Its library reads a stripe at once, and writes out what a dictionary repeats. The tail is a message
of Protocol Buffers (https://orc.apache.org/specification/ORCv1/); a writer may leave all of it out.
"""

from collections.abc import Iterator

from connectors.errors import CorruptFile

FOOTER, STATISTICS = 2, 7
VALUES, TEXTS, BINARIES = 1, 4, 8
SUM_OF_TEXTS, SUM_OF_BINARIES = 3, 1
VARINT, FIXED_64, BYTES, FIXED_32 = 0, 1, 2, 5


def wide_bytes(tail: bytes, wide: int) -> int:
    """The bytes of all values in the columns whose values have more than so many on average.

    Raises CorruptFile.
    """
    total = 0
    for footer in _nested(tail, FOOTER):
        for column in _nested(footer, STATISTICS):
            count, size = 0, 0
            for field, value in _fields(column):
                if field == VALUES and isinstance(value, int):
                    count = value
                elif field in (TEXTS, BINARIES) and isinstance(value, bytes):
                    size += _sum(value, SUM_OF_TEXTS if field == TEXTS else SUM_OF_BINARIES)
            if size > wide * count:
                total += size
    return total


def _sum(statistics: bytes, place: int) -> int:
    """A signed number, of which the last bit is the sign."""
    found = (value for field, value in _fields(statistics) if field == place)
    return sum(value >> 1 for value in found if isinstance(value, int) and not value & 1)


def _nested(message: bytes, place: int) -> Iterator[bytes]:
    for field, value in _fields(message):
        if field == place and isinstance(value, bytes):
            yield value


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == VARINT:
            number, at = _varint(message, at)
            yield key >> 3, number
            continue
        if kind == BYTES:
            length, at = _varint(message, at)
        elif kind in (FIXED_64, FIXED_32):
            length = 8 if kind == FIXED_64 else 4
        else:
            raise CorruptFile(f"an ORC tail holds a field of the unknown kind {kind}")
        yield key >> 3, message[at : at + length]
        at += length


def _varint(message: bytes, at: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            break
        byte = message[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
    raise CorruptFile("an ORC tail is cut short within a number")
