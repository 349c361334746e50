"""S3 object: a stored object as something to read, by ranges of one version."""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, BinaryIO

from connectors.block_relay import BlockRelay
from connectors.s3_client import client, translated
from connectors.store_config import StoreConfig

BLOCK_BYTES = 4 << 20
DIGEST_BYTES = 32 << 20
HELD_BYTES, HELD = 4 << 20, 4  # objects up to this size are held by a process, so many of them


@dataclass(frozen=True, slots=True)
class S3Object:
    """A stored object, read by ranges; every range is of the planned version (ETag).

    With a `relay`, what is read is left there for another reader.
    """

    config: StoreConfig
    bucket: str
    key: str
    name: str
    size: int
    etag: str
    seekable: bool = True
    relay: BlockRelay | None = None

    def _get(self, start: int, end: int) -> Any:
        return client(self.config, self.config.endpoint).get_object(
            Bucket=self.bucket,
            Key=self.key,
            Range=f"bytes={start}-{end - 1}",
            IfMatch=self.etag,
        )["Body"]

    def read(self, start: int, end: int) -> bytes:
        end = min(end, self.size)
        if start >= end:
            return b""
        if self.size <= HELD_BYTES:
            return _whole(self)[start:end]
        return self.fetched(start, end)

    def fetched(self, start: int, end: int) -> bytes:
        """The range, asked of the store whatever is held."""
        with translated(f"s3://{self.bucket}/{self.key}", self.config):
            content: bytes = self._get(start, end).read()
        self._leave(start, content)
        return content

    def stream(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        stop = self.size if end is None else min(end, self.size)
        if start >= stop:
            return
        if self.size <= HELD_BYTES:
            yield _whole(self)[start:stop]
            return
        with translated(f"s3://{self.bucket}/{self.key}", self.config):
            for content in self._get(start, stop).iter_chunks(BLOCK_BYTES):
                self._leave(start, content)
                start += len(content)
                yield content

    def _leave(self, start: int, content: bytes) -> None:
        if self.relay is not None:
            self.relay.leave(start, content)

    def open(self) -> BinaryIO:
        return io.BufferedReader(_RangeReader(self), BLOCK_BYTES)

    def sha256(self) -> str:
        """The digest of all bytes, in hexadecimal."""
        digest = hashlib.sha256()
        # A server that prefetches for a long stream works twice as hard as for the same in ranges.
        for start in range(0, self.size, DIGEST_BYTES):
            digest.update(self.read(start, start + DIGEST_BYTES))
        return digest.hexdigest()


@lru_cache(maxsize=HELD)
def _whole(source: S3Object) -> bytes:
    """A small object at once: a workbook or a database asks for it in many ranges, and again."""
    return source.fetched(0, source.size)


class _RangeReader(io.RawIOBase):
    """A seekable file object over range requests."""

    def __init__(self, source: S3Object) -> None:
        self._source = source
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._source.size}
        self._position = max(0, base[whence] + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        content = self._source.read(self._position, self._position + len(buffer))
        buffer[: len(content)] = content
        self._position += len(content)
        return len(content)
