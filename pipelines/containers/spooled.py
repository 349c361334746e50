"""Spooled: a stream-only object made seekable by an unnamed temporary file, once a process."""

import errno
import io
import os
import tempfile
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO, cast

from connectors.base import StoredObject
from connectors.errors import CorruptFile, SourceChanged, StorageFull
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
        if start >= end:
            return b""
        content = _copy(self.source).read(start, end)
        if len(content) < end - start:
            raise SourceChanged(f"{self.name} is shorter than when it was planned")
        return content

    def stream(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        stop = self.size if end is None else min(end, self.size)
        for offset in range(start, stop, BLOCK_BYTES):
            yield self.read(offset, min(offset + BLOCK_BYTES, stop))

    def open(self) -> BinaryIO:
        return io.BufferedReader(RangeFile(self), BLOCK_BYTES)


def as_seekable(file: StoredObject) -> StoredObject:
    """The object itself if it seeks, else a copy of it that does. Raises ReadError."""
    whole, fault = as_far_as_it_goes(file)
    if fault is not None:
        raise fault
    return whole


def as_far_as_it_goes(file: StoredObject) -> tuple[StoredObject, CorruptFile | None]:
    """The same, for what is of use although it is cut short or damaged: what came, and why no more.

    Raises ReadError for what is no damage, such as a limit.
    """
    if file.seekable:
        return file, None
    copy = _copy(file)
    return Spooled(file, file.name, copy.size), copy.fault


class _Copy:
    """An unnamed temporary file, closed when nothing refers to it any more."""

    def __init__(self, source: StoredObject) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __del__
        self.fault: CorruptFile | None = None
        try:
            try:
                for block in source.stream():
                    self._file.write(block)
            except CorruptFile as error:
                self.fault = error
            self._file.flush()
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise StorageFull(f"no space is left to unpack {source.name}") from error
            raise
        self.size = os.fstat(self._file.fileno()).st_size

    def read(self, start: int, end: int) -> bytes:
        return os.pread(self._file.fileno(), end - start, start)

    def __del__(self) -> None:
        self._file.close()


def _copy(source: StoredObject) -> _Copy:
    return _cached_copy(cast("Hashable", source))


@lru_cache(maxsize=4)
def _cached_copy(source: Hashable) -> _Copy:
    assert isinstance(source, StoredObject)
    return _Copy(source)
