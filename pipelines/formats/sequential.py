"""Sequential: an object whose bytes are turned into others on the way, so that no range is cut."""

import io
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, ClassVar

from connectors.base import StoredObject


@dataclass(frozen=True)
class Sequential(StoredObject):
    """A stored object that is read from its beginning to its end; its size shows there."""

    inner: StoredObject
    seekable: ClassVar[bool] = False

    @abstractmethod
    def _blocks(self) -> Iterator[bytes]:
        """The bytes in bounded blocks."""

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def size(self) -> int | None:
        return None

    def read(self, start: int, end: int) -> bytes:
        raise TypeError(f"{self.name} is read in sequence, not by ranges ({start}-{end})")

    def stream(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        if start or end is not None:
            raise TypeError(f"{self.name} is read in sequence, not by ranges")
        return self._blocks()

    def open(self) -> BinaryIO:
        return io.BytesIO(b"".join(self._blocks()))
