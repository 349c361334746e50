"""Flat buffer: the fields of a table as Google's FlatBuffers store them, nothing believed.

"FlatBuffer internals": a table begins with how far before it its own table of offsets lies, which
says for each field, by its number in the schema, how far behind the beginning its value stands.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FlatTable:
    """A table of a buffer, by where it begins. Each method raises ValueError where it has no sense.

    >>> FlatTable.of(bytes.fromhex("0c000000 0000 0600 0800 0400 06000000 07000000")).number(0, "i")
    7
    """

    buffer: bytes
    start: int

    @classmethod
    def of(cls, buffer: bytes) -> "FlatTable":
        """The one that the buffer begins with."""
        return cls(buffer, _number(buffer, 0, "I"))

    def number(self, field: int, form: str) -> int:
        """An integer in a form of `struct`; 0 where it is left out."""
        place = self._place(field)
        return 0 if place is None else _number(self.buffer, place, form)

    def table(self, field: int) -> "FlatTable | None":
        place = self._place(field)
        return None if place is None else FlatTable(self.buffer, self._behind(place))

    def tables(self, field: int) -> Iterator["FlatTable"]:
        place = self._place(field)
        if place is None:
            return
        start = self._behind(place)
        count = _number(self.buffer, start, "I")
        if start + 4 + 4 * count > len(self.buffer):
            raise ValueError("a list of tables is longer than its buffer")
        for entry in range(start + 4, start + 4 + 4 * count, 4):
            yield FlatTable(self.buffer, self._behind(entry))

    def text(self, field: int) -> str:
        """Empty where it is left out."""
        place = self._place(field)
        if place is None:
            return ""
        start = self._behind(place)
        end = start + 4 + _number(self.buffer, start, "I")
        if end > len(self.buffer):
            raise ValueError("a text is longer than its buffer")
        return self.buffer[start + 4 : end].decode()

    def _place(self, field: int) -> int | None:
        offsets = self.start - _number(self.buffer, self.start, "i")
        entry = 4 + 2 * field
        if entry + 2 > _number(self.buffer, offsets, "H"):
            return None
        offset = _number(self.buffer, offsets + entry, "H")
        return self.start + offset if offset else None

    def _behind(self, place: int) -> int:
        return place + _number(self.buffer, place, "I")


def _number(buffer: bytes, place: int, form: str) -> int:
    if place < 0:
        raise ValueError("an offset leads out of its buffer")
    try:
        (number,) = struct.unpack_from(f"<{form}", buffer, place)
    except struct.error as error:
        raise ValueError("an offset leads out of its buffer") from error
    return int(number)
