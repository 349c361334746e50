"""gzip: one file in one stream, possibly of several parts; read from the start only."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from isal import isal_zlib

from connectors.base import StoredObject
from connectors.errors import CorruptFile
from pipelines.containers.base import Member
from pipelines.containers.expansion import (
    BLOCK_BYTES,
    DEFLATE_ERRORS,
    Budget,
    StreamFile,
    cut,
    expand,
    packed_bytes,
)
from pipelines.containers.limits import Limits
from pipelines.containers.member_names import unpacked_name

MAGIC = b"\x1f\x8b"
GZIP = 31  # zlib's window bits for a gzip header
SUFFIXES = (".gz", ".gzip")


@dataclass(frozen=True, slots=True)
class GzipContent:
    """What a gzip stream holds. Its size is known only at its end."""

    outer: StoredObject
    name: str
    limits: Limits
    size: None = None
    seekable: bool = False

    @property
    def packed_bytes(self) -> int | None:
        return packed_bytes(self.outer)

    def read(self, start: int, end: int) -> bytes:
        raise TypeError(f"{self.name} is read from its start only: not {start} to {end}")

    def stream(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        if start:
            raise TypeError(f"{self.name} is read from its start only")
        return cut(self._plain(), end)

    def open(self) -> BinaryIO:
        return io.BufferedReader(StreamFile(self._plain()), BLOCK_BYTES)

    def _plain(self) -> Iterator[bytes]:
        budget = Budget(self.name, self.packed_bytes, self.limits)
        part = isal_zlib.decompressobj(wbits=GZIP)
        is_inside = False
        try:
            for piece in self.outer.stream():
                block = piece
                while block:
                    if not is_inside:
                        block = block.lstrip(b"\0")  # padding between parts and after the last
                        if not block:
                            break
                        if not block.startswith(MAGIC[:1]) and budget.expanded:
                            return  # what follows is not gzip; gunzip ignores it too
                        part, is_inside = isal_zlib.decompressobj(wbits=GZIP), True
                    for plain in expand(part, block):
                        budget.spend(len(plain))
                        yield plain
                    if not part.eof:
                        break
                    block, is_inside = part.unused_data, False
        except DEFLATE_ERRORS as error:
            raise CorruptFile(f"{self.outer.name} is damaged gzip: {error}") from error
        if is_inside:
            raise CorruptFile(f"{self.outer.name} is cut short: its gzip stream does not end")


class Gzip:
    """gzip, by magic."""

    name = "gzip"

    def recognises(self, head: bytes) -> bool:
        return head.startswith(MAGIC)

    def members(self, file: StoredObject, limits: Limits) -> Iterator[Member]:
        name = unpacked_name(file.name, SUFFIXES)
        yield Member(name, GzipContent(file, name, limits))
