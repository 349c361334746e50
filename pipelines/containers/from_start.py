"""From the start: content that has to be expanded, which is read in one way only."""

import io
from abc import abstractmethod
from collections.abc import Iterator
from typing import BinaryIO

from pipelines.containers.expansion import BLOCK_BYTES, StreamFile, cut


class FromStart:
    """How content that comes in blocks is a stored object; a subclass is a frozen dataclass."""

    __slots__ = ()
    seekable = False

    @abstractmethod
    def _content(self) -> Iterator[bytes]:
        """All the content in bounded blocks. Raises ReadError."""

    def read(self, start: int, end: int) -> bytes:
        raise TypeError(f"expanded content is read from its start only: not {start} to {end}")

    def stream(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        if start:
            raise TypeError(f"expanded content is read from its start only: not from {start}")
        return cut(self._content(), end)

    def open(self) -> BinaryIO:
        return io.BufferedReader(StreamFile(self._content()), BLOCK_BYTES)
