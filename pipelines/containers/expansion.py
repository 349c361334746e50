"""Expansion: compressed bytes become plain ones in bounded blocks, and are counted."""

import io
from collections.abc import Iterable, Iterator
from typing import Any, Protocol, cast

from isal import igzip_lib, isal_zlib

from connectors.base import StoredObject
from connectors.errors import CorruptFile, LimitExceeded
from pipelines.containers.limits import Limits

BLOCK_BYTES = 1 << 20
INFLATE_ERROR = cast("type[Exception]", igzip_lib.IsalError)
SLICE_BYTES = 64 << 10  # of packed bytes; of many short streams, each copies what is left of one


class Decompressor(Protocol):
    """One stream on its way, as bz2, lzma and isal offer it; it keeps what was not asked for."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes:
        """What follows the stream in the block that ended it."""
        ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class Budget:
    """Counts what a stream expands to, and stops it at the limits."""

    def __init__(self, name: str, packed_bytes: int | None, limits: Limits) -> None:
        self._name = name
        self._limits = limits
        self._packed = packed_bytes or 0
        self.expanded = 0

    def spend(self, count: int) -> None:
        """`count` more bytes came out. Raises LimitExceeded."""
        self.expanded += count
        limits = self._limits
        if self.expanded > limits.max_expanded_bytes:
            raise LimitExceeded(
                f"{self._name} expands beyond {limits.max_expanded_bytes} bytes"
                " (max_expanded_bytes)",
                limit="max_expanded_bytes",
            )
        if self.expanded > limits.ratio_free_bytes + limits.max_ratio * self._packed:
            raise LimitExceeded(
                f"{self._name} expands more than {limits.max_ratio} times (max_ratio)",
                limit="max_ratio",
            )


def expand(decompressor: Decompressor, block: bytes) -> Iterator[bytes]:
    """The plain bytes of one packed block, in blocks. Raises what the decompressor raises."""
    while not decompressor.eof:
        plain = decompressor.decompress(block, BLOCK_BYTES)
        if plain:
            yield plain
        elif not block:
            return
        block = b""


def sliced(blocks: Iterable[bytes], size: int = SLICE_BYTES) -> Iterator[bytes]:
    """The same bytes in blocks of so many at most."""
    for block in blocks:
        for start in range(0, len(block), size):
            yield block[start : start + size]


def checked(blocks: Iterable[bytes], name: str, size: int, crc: int | None) -> Iterator[bytes]:
    """The blocks, provided that they have the declared length and checksum."""
    length, checksum = 0, 0
    for block in blocks:
        length += len(block)
        if length > size:
            raise CorruptFile(f"{name} holds more than the {size} bytes that its archive declares")
        checksum = isal_zlib.crc32(block, checksum)
        yield block
    if length < size:
        raise CorruptFile(f"{name} is cut short: {length} of {size} bytes")
    if crc is not None and checksum != crc:
        raise CorruptFile(f"{name} is damaged: its checksum does not match")


def cut(blocks: Iterable[bytes], end: int | None) -> Iterator[bytes]:
    """The blocks up to so many bytes."""
    if end is None:
        yield from blocks
        return
    for block in blocks:
        yield block[:end]
        end -= len(block)
        if end <= 0:
            return


def packed_bytes(file: StoredObject) -> int | None:
    """How many bytes the object takes where it really lies: the measure of every ratio."""
    packed: int | None = getattr(file, "packed_bytes", file.size)
    return packed


class RangeFile(io.RawIOBase):
    """A seekable file object over ranges of a stored object."""

    def __init__(self, source: StoredObject) -> None:
        self._source = source
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        size = self._source.size or 0
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: size}
        self._at = max(0, base[whence] + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        content = self._source.read(self._at, self._at + len(buffer))
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)


class StreamFile(io.RawIOBase):
    """A readable file object over blocks."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._rest = memoryview(block)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
