"""Transcoding: text of a wide encoding as a UTF-8 stream; its bytes cannot be cut into ranges."""

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from connectors.base import StoredObject


@dataclass(frozen=True, slots=True)
class Transcoded:
    """A stored object in UTF-16 or UTF-32, read as UTF-8 from beginning to end."""

    inner: StoredObject
    encoding: str
    bom_bytes: int
    seekable: bool = False

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
        decoder = codecs.getincrementaldecoder(self.encoding)(errors="replace")
        skip = self.bom_bytes
        for block in self.inner.stream():
            text = decoder.decode(block[skip:])
            skip = max(0, skip - len(block))
            if text:
                yield text.encode("utf-8", "replace")
        if rest := decoder.decode(b"", final=True):
            yield rest.encode("utf-8", "replace")

    def open(self) -> BinaryIO:
        return io.BytesIO(b"".join(self.stream()))
