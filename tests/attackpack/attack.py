"""Attack: a hostile file, built in code, and how the service must answer it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from connectors.base import StoredObject

BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Attack:
    """`answer` is the rows of each table, then the code of each failure: `2 rows, limit.ratio`.

    `seconds` and `mebibytes` (beyond what a child begins with) are what it may cost at most; a
    `notice` is the code of a warning that must be given.
    """

    name: str
    build: Callable[[], bytes | StoredObject]
    answer: str
    notice: str = ""
    seconds: float = 5
    mebibytes: int = 512


@dataclass(frozen=True, slots=True)
class Repeated:
    """A file of one piece many times over, of which only the piece is held."""

    name: str
    head: bytes
    piece: bytes
    times: int
    tail: bytes = b""
    seekable: bool = True

    @property
    def size(self) -> int:
        return len(self.head) + len(self.piece) * self.times + len(self.tail)

    def read(self, start: int, end: int) -> bytes:
        end = min(end, self.size)
        if start >= end:
            return b""
        body, tail = len(self.head), len(self.head) + len(self.piece) * self.times
        found = self.head[start:end]
        first, last = max(start, body), min(end, tail)
        if first < last:
            skip = (first - body) % len(self.piece)
            count = -(-(last - first + skip) // len(self.piece))
            found += (self.piece * count)[skip : skip + last - first]
        return found + self.tail[max(0, start - tail) : max(0, end - tail)]

    def stream(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        stop = self.size if end is None else min(end, self.size)
        while start < stop:
            yield self.read(start, min(start + BLOCK_BYTES, stop))
            start += BLOCK_BYTES

    def open(self) -> BinaryIO:
        raise NotImplementedError("nothing that is so long is opened whole")
