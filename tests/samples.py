"""Samples: inputs built in code."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO


@dataclass(frozen=True)
class MemoryObject:
    """A stored object in memory, for tests of what only needs the protocol."""

    name: str
    content: bytes
    seekable: bool = True

    @property
    def size(self) -> int:
        return len(self.content)

    def read(self, start: int, end: int) -> bytes:
        if not self.seekable:
            raise TypeError("not seekable")
        return self.content[start:end]

    def stream(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        content = self.content[start:end]
        for offset in range(0, len(content), 1 << 20):
            yield content[offset : offset + (1 << 20)]

    def open(self) -> BinaryIO:
        return io.BytesIO(self.content)
