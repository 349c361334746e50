"""7-Zip: unpacked once a process to an unnamed file, for its members share one stream."""

import io
import os
import tempfile
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, BinaryIO, cast

import py7zr
import py7zr.exceptions
import py7zr.io

from connectors.base import StoredObject
from connectors.errors import CorruptFile, LimitExceeded, PasswordProtected, UnknownFormat
from pipelines.containers.base import Member
from pipelines.containers.expansion import BLOCK_BYTES, Budget, RangeFile, packed_bytes
from pipelines.containers.limits import Limits
from pipelines.containers.member_names import junk
from pipelines.containers.spooled import as_seekable

MAGIC = b"7z\xbc\xaf\x27\x1c"


@dataclass(frozen=True, slots=True)
class UnpackedMember:
    """A member of a 7-Zip archive; whoever reads it first in a process unpacks the archive."""

    archive: StoredObject
    name: str
    size: int
    limits: Limits
    seekable: bool = True

    @property
    def packed_bytes(self) -> int | None:
        return packed_bytes(self.archive)

    def read(self, start: int, end: int) -> bytes:
        return _unpacked(cast("Hashable", self.archive), self.limits).read(
            self.name, start, min(end, self.size)
        )

    def stream(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        stop = self.size if end is None else min(end, self.size)
        for offset in range(start, stop, BLOCK_BYTES):
            yield self.read(offset, min(offset + BLOCK_BYTES, stop))

    def open(self) -> BinaryIO:
        return io.BufferedReader(RangeFile(self), BLOCK_BYTES)


class SevenZip:
    """7-Zip archives that no password keeps."""

    name = "7z"

    def recognises(self, head: bytes) -> bool:
        return head.startswith(MAGIC)

    def members(self, file: StoredObject, limits: Limits) -> Iterator[Member]:
        archive = as_seekable(file)
        with _opened(archive) as reader:
            if reader.needs_password():
                raise PasswordProtected(f"{file.name} is encrypted")
            entries = reader.list()
        if len(entries) > limits.max_members:
            raise LimitExceeded(
                f"{file.name} holds more than {limits.max_members} members (max_members)",
                limit="max_members",
            )
        budget = Budget(file.name, packed_bytes(archive), limits)
        budget.spend(sum(entry.uncompressed or 0 for entry in entries))
        for entry in entries:
            yield self._member(archive, entry, limits)

    def _member(self, archive: StoredObject, entry: Any, limits: Limits) -> Member:
        if entry.is_directory:
            return Member(entry.filename, skipped="a folder")
        if getattr(entry, "is_symlink", False):
            return Member(entry.filename, skipped="a link, not a regular file")
        if reason := junk(entry.filename):
            return Member(entry.filename, skipped=reason)
        size = int(entry.uncompressed or 0)
        return Member(entry.filename, UnpackedMember(archive, entry.filename, size, limits))


class _Unpacked(py7zr.io.WriterFactory):
    """The members' bytes, one behind the other, in an unnamed file."""

    def __init__(self, archive: StoredObject, limits: Limits) -> None:
        self.budget = Budget(archive.name, packed_bytes(archive), limits)
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __del__
        self.places: dict[str, _Place] = {}

    def create(self, filename: str) -> "_Place":
        place = self.places[filename] = _Place(self, self.file.seek(0, os.SEEK_END))
        return place

    def read(self, name: str, start: int, end: int) -> bytes:
        place = self.places.get(name)
        if place is None or start >= end:
            return b""
        end = min(end, place.written)
        return os.pread(self.file.fileno(), max(0, end - start), place.offset + start)

    def __del__(self) -> None:
        self.file.close()


class _Place(py7zr.io.Py7zIO):
    """Where one member's bytes go."""

    def __init__(self, unpacked: _Unpacked, offset: int) -> None:
        self._unpacked = unpacked
        self.offset = offset
        self.written = 0

    def write(self, s: bytes | bytearray) -> int:
        self._unpacked.budget.spend(len(s))
        self._unpacked.file.write(s)
        self.written += len(s)
        return len(s)

    def read(self, size: int | None = None) -> bytes:  # noqa: ARG002
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:  # noqa: ARG002
        return 0

    def flush(self) -> None:
        self._unpacked.file.flush()

    def size(self) -> int:
        return self.written


@lru_cache(maxsize=2)
def _unpacked(archive: Hashable, limits: Limits) -> _Unpacked:
    assert isinstance(archive, StoredObject)
    unpacked = _Unpacked(archive, limits)
    with _opened(archive) as reader:
        reader.extractall(factory=unpacked)
    unpacked.file.flush()
    return unpacked


@contextmanager
def _opened(archive: StoredObject) -> Iterator[py7zr.SevenZipFile]:
    try:
        with py7zr.SevenZipFile(cast("Any", archive.open())) as reader:
            yield reader
    except (CorruptFile, LimitExceeded, PasswordProtected, UnknownFormat):
        raise
    except py7zr.exceptions.PasswordRequired as error:
        raise PasswordProtected(f"{archive.name} is encrypted") from error
    except py7zr.exceptions.UnsupportedCompressionMethodError as error:
        raise UnknownFormat(f"{archive.name} is compressed in a way that is not read") from error
    except MemoryError:
        raise
    except Exception as error:
        raise CorruptFile(f"{archive.name} is damaged 7-Zip: {error}") from error
