"""Spooled: a stream-only object made seekable by an unnamed temporary file, once a process."""

import errno
import io
import os
import tempfile
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import IO, BinaryIO, cast

from connectors.base import StoredObject
from connectors.errors import StorageFull
from pipelines.containers.expansion import BLOCK_BYTES, RangeFile, packed_bytes


@dataclass(frozen=True, slots=True)
class Spooled:
    """An object that can be asked for ranges, although what it copies cannot. Picklable."""

    source: StoredObject
    name: str
    size: int
    seekable: bool = True

    @property
    def packed_bytes(self) -> int | None:
        return packed_bytes(self.source)

    def read(self, start: int, end: int) -> bytes:
        end = min(end, self.size)
        return os.pread(_spool(self.source).fileno(), end - start, start) if start < end else b""

    def stream(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        stop = self.size if end is None else min(end, self.size)
        for offset in range(start, stop, BLOCK_BYTES):
            yield self.read(offset, min(offset + BLOCK_BYTES, stop))

    def open(self) -> BinaryIO:
        return io.BufferedReader(RangeFile(self), BLOCK_BYTES)


def as_seekable(file: StoredObject) -> StoredObject:
    """The object itself if it seeks, else a copy of it that does. Raises ReadError."""
    if file.seekable:
        return file
    return Spooled(file, file.name, os.fstat(_spool(file).fileno()).st_size)


def _spool(source: StoredObject) -> IO[bytes]:
    return _copy(cast("Hashable", source))


@lru_cache(maxsize=4)
def _copy(source: Hashable) -> IO[bytes]:
    assert isinstance(source, StoredObject)
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it leaves the cache
    try:
        for block in source.stream():
            copy.write(block)
        copy.flush()
    except OSError as error:
        copy.close()
        if error.errno == errno.ENOSPC:
            raise StorageFull(f"no space is left to unpack {source.name}") from error
        raise
    return copy
