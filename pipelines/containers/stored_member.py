"""Stored member: a member that lies in its archive as it is, a range of it that seeks."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from connectors.base import StoredObject
from pipelines.containers.expansion import BLOCK_BYTES, RangeFile, packed_bytes


@dataclass(frozen=True, slots=True)
class StoredMember:
    """`size` bytes from `offset` on of the archive."""

    archive: StoredObject
    name: str
    size: int
    offset: int
    seekable: bool = True

    @property
    def packed_bytes(self) -> int:
        return min(self.size, packed_bytes(self.archive) or self.size)

    def read(self, start: int, end: int) -> bytes:
        end = min(end, self.size)
        return self.archive.read(self.offset + start, self.offset + end) if start < end else b""

    def stream(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        stop = self.size if end is None else min(end, self.size)
        return self.archive.stream(self.offset + start, self.offset + max(start, stop))

    def open(self) -> BinaryIO:
        return io.BufferedReader(RangeFile(self), BLOCK_BYTES)
