"""Compressed stream: one file in one stream of bzip2, xz or Zstandard; read from its start only."""

import bz2
import io
import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import zstandard

from connectors.base import StoredObject
from connectors.errors import CorruptFile, LimitExceeded
from pipelines.containers.base import Member
from pipelines.containers.expansion import BLOCK_BYTES, Budget, StreamFile, cut, packed_bytes
from pipelines.containers.limits import Limits
from pipelines.containers.member_names import unpacked_name

DICTIONARY_BYTES = 256 << 20  # what a stream may ask for to be unpacked at all
# A block of Zstandard takes 4 bytes at least and becomes 128 KiB at most, and what one call gives
# is not bounded otherwise.
ZSTD_SLICE = 2048
ERRORS = (OSError, EOFError, ValueError, lzma.LZMAError, zstandard.ZstdError)


@dataclass(frozen=True, slots=True)
class StreamContent:
    """What a compressed stream holds. Its size is known only at its end."""

    outer: StoredObject
    name: str
    kind: str
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
        unpack = _unpack_zstd if self.kind == Zstd.name else _unpack
        try:
            for block in unpack(self.kind, self.outer):
                budget.spend(len(block))
                yield block
        except ERRORS as error:
            if "emory" in str(error):
                size = DICTIONARY_BYTES >> 20
                raise LimitExceeded(
                    f"{self.outer.name} needs more than {size} MiB to be unpacked",
                    limit="max_dictionary_bytes",
                ) from error
            raise CorruptFile(f"{self.outer.name} is damaged {self.kind}: {error}") from error


def _decompressor(kind: str) -> Any:
    if kind == Bzip2.name:
        return bz2.BZ2Decompressor()
    return lzma.LZMADecompressor(lzma.FORMAT_AUTO, memlimit=DICTIONARY_BYTES)


def _unpack(kind: str, outer: StoredObject) -> Iterator[bytes]:
    """The plain bytes of all streams, one behind the other; zeros between them are padding."""
    part: Any = None
    for piece in outer.stream():
        block = piece
        while block:
            if part is None:
                block = block.lstrip(b"\0")
                if not block:
                    break
                part = _decompressor(kind)
            plain = part.decompress(block, BLOCK_BYTES)
            while plain or not (part.eof or part.needs_input):
                if plain:
                    yield plain
                if part.eof or part.needs_input:
                    break
                plain = part.decompress(b"", BLOCK_BYTES)
            block = part.unused_data if part.eof else b""
            part = None if part.eof else part
    if part is not None:
        raise CorruptFile(f"{outer.name} is cut short: its {kind} stream does not end")


def _unpack_zstd(kind: str, outer: StoredObject) -> Iterator[bytes]:
    codec = zstandard.ZstdDecompressor(max_window_size=DICTIONARY_BYTES)
    part: Any = None
    for piece in outer.stream():
        for start in range(0, len(piece), ZSTD_SLICE):
            block = piece[start : start + ZSTD_SLICE]
            while block:
                part = part or codec.decompressobj()
                plain = part.decompress(block)
                if plain:
                    yield plain
                block = part.unused_data if part.eof else b""
                part = None if part.eof else part
    if part is not None:
        raise CorruptFile(f"{outer.name} is cut short: its {kind} stream does not end")


class _Compression:
    """A kind of compression, by magic."""

    name: str
    magics: tuple[bytes, ...]
    suffixes: tuple[str, ...]

    def recognises(self, head: bytes) -> bool:
        return head.startswith(self.magics)

    def members(self, file: StoredObject, limits: Limits) -> Iterator[Member]:
        name = unpacked_name(file.name, self.suffixes)
        yield Member(name, StreamContent(file, name, self.name, limits))


class Bzip2(_Compression):
    name = "bzip2"
    magics = (b"BZh",)
    suffixes = (".bz2", ".bz")


class Xz(_Compression):
    name = "xz"
    magics = (b"\xfd7zXZ\0",)
    suffixes = (".xz",)


class Zstd(_Compression):
    name = "zstd"
    magics = (b"\x28\xb5\x2f\xfd",)
    suffixes = (".zst", ".zstd")
