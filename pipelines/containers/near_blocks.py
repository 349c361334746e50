"""Near blocks: an archive whose small reads are served from a few large ones, kept at hand.

An object store answers a request for 30 bytes no sooner than one for megabytes, and an archive is
asked for many: its directory, the header of each member, the head of each, then all of it.
"""

import io
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO, cast

from connectors.base import StoredObject
from pipelines.containers.expansion import BLOCK_BYTES, RangeFile, packed_bytes
from pipelines.containers.spooled import Spooled, as_seekable
from pipelines.containers.stored_member import StoredMember

NEAR_BYTES = 8 << 20
KEPT = 4  # blocks of all archives in a process


@dataclass(frozen=True, slots=True)
class NearBlocks:
    """A seekable object, read block by block."""

    source: StoredObject
    name: str
    size: int
    seekable: bool = True

    @property
    def packed_bytes(self) -> int | None:
        return packed_bytes(self.source)

    def read(self, start: int, end: int) -> bytes:
        end = min(end, self.size)
        if end - start >= NEAR_BYTES:
            return self.source.read(start, end)
        return b"".join(self._pieces(start, end))

    def stream(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        return self._pieces(start, self.size if end is None else min(end, self.size))

    def open(self) -> BinaryIO:
        return io.BufferedReader(RangeFile(self), BLOCK_BYTES)

    def _pieces(self, start: int, end: int) -> Iterator[bytes]:
        while start < end:
            number = start // NEAR_BYTES
            first = number * NEAR_BYTES
            block = _block(cast("Hashable", self.source), first, min(first + NEAR_BYTES, self.size))
            piece = block[start - first : end - first]
            if not piece:
                return
            yield piece
            start += len(piece)


def near(file: StoredObject) -> StoredObject:
    """The same bytes at hand: in blocks, in a copy, or as they lie within what is near already.

    Raises ReadError where what must be copied cannot be read.
    """
    local = as_seekable(file)
    if isinstance(local, Spooled | StoredMember) or not local.size:
        return local
    return NearBlocks(local, local.name, local.size)


@lru_cache(maxsize=KEPT)
def _block(source: Hashable, start: int, end: int) -> bytes:
    assert isinstance(source, StoredObject)
    return source.read(start, end)
