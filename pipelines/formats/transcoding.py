"""Transcoding: text of a wide encoding as a UTF-8 stream; its bytes cannot be cut into ranges."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

from pipelines.formats.sequential import Sequential


@dataclass(frozen=True)
class Transcoded(Sequential):
    """A stored object in UTF-16 or UTF-32, read as UTF-8."""

    encoding: str
    bom_bytes: int

    def _blocks(self) -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(self.encoding)(errors="replace")
        skip = self.bom_bytes
        for block in self.inner.stream():
            text = decoder.decode(block[skip:])
            skip = max(0, skip - len(block))
            if text:
                yield text.encode("utf-8", "replace")
        if rest := decoder.decode(b"", final=True):
            yield rest.encode("utf-8", "replace")
