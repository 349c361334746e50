"""Avro blocks: the frame of an Avro file, its blocks unpacked within limits that fastavro lacks.

A file is a header (schema, codec, sync marker) and blocks: a count of records, a length in bytes,
so many bytes in the codec, and the sync marker. https://avro.apache.org/docs/current/specification
"""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa
import zstandard

from connectors.errors import CorruptFile, LimitExceeded, ParserOutOfMemory, UnknownFormat

MAGIC = b"Obj\x01"
SYNC_BYTES = 16
LARGEST_HEADER_BYTES = 64 << 20
LARGEST_BLOCK_BYTES = 256 << 20
LARGEST_WINDOW_BYTES = 128 << 20
FREE_EMPTY_RECORDS = 1_000_000
SEARCH_BYTES = 1 << 20
CODEC_ERRORS = (zlib.error, lzma.LZMAError, zstandard.ZstdError, pa.ArrowException)


@dataclass(frozen=True, slots=True)
class Header:
    """What an Avro file says before its first block, which begins at `size`."""

    schema: bytes
    codec: str
    sync: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Block:
    """The records of one block, unpacked."""

    records: int
    content: bytes


def read_header(stream: BinaryIO, name: str) -> Header:
    """The header at the start of the stream. Raises CorruptFile, UnknownFormat."""
    reader = _Reader(stream, name)
    if reader.exactly(len(MAGIC)) != MAGIC:
        raise CorruptFile(f"{name} does not begin like Avro")
    metadata: dict[bytes, bytes] = {}
    while count := reader.number():
        if count < 0:
            reader.number()
        for _ in range(abs(count)):
            key = reader.text()
            metadata[key] = reader.text()
            if reader.at > LARGEST_HEADER_BYTES:
                raise CorruptFile(f"{name} has a header of more than {LARGEST_HEADER_BYTES} bytes")
    sync = reader.exactly(SYNC_BYTES)
    if b"avro.schema" not in metadata:
        raise CorruptFile(f"{name} has no schema")
    codec = metadata.get(b"avro.codec", b"null").decode("utf-8", "replace")
    if codec not in CODECS:
        raise UnknownFormat(f"{name} is packed by the Avro codec {codec!r}, which is not read")
    return Header(metadata[b"avro.schema"], codec, sync, reader.at)


def blocks(
    stream: BinaryIO, name: str, header: Header, start: int, end: int | None
) -> Iterator[Block]:
    """The blocks that begin in [start, end); the stream stands at `start`, where one begins."""
    reader = _Reader(stream, name, start)
    while (end is None or reader.at < end) and not reader.is_at_end():
        records, size = reader.number(), reader.number()
        if records < 0 or not 0 <= size <= LARGEST_BLOCK_BYTES:
            raise CorruptFile(f"{name} has a block of {records} records in {size} bytes")
        packed = reader.exactly(size)
        if reader.exactly(SYNC_BYTES) != header.sync:
            raise CorruptFile(f"{name} is damaged: a block does not end where it should")
        content = _unpacked(packed, header.codec, name)
        if records > len(content) + FREE_EMPTY_RECORDS:
            raise LimitExceeded(
                f"{name} claims {records} records in {len(content)} bytes (max_ratio)",
                limit="max_ratio",
            )
        yield Block(records, content)


def next_block(stream: BinaryIO, header: Header, start: int) -> int | None:
    """Where the first block at or after `start` begins, if there is one; the stream seeks."""
    at = max(start - SYNC_BYTES, 0)
    stream.seek(at)
    window = b""
    while piece := stream.read(SEARCH_BYTES):
        window += piece
        found = window.find(header.sync)
        if found >= 0:
            return at + found + SYNC_BYTES
        at += max(len(window) - SYNC_BYTES, 0)
        window = window[-SYNC_BYTES:]
    return None


class _Reader:
    """Reads numbers and bytes from a stream, and knows where it stands."""

    def __init__(self, stream: BinaryIO, name: str, at: int = 0) -> None:
        self._stream, self._name, self.at = stream, name, at
        self._peeked = b""

    def exactly(self, count: int) -> bytes:
        content = self._peeked[:count]
        self._peeked = self._peeked[count:]
        if len(content) < count:
            content += self._stream.read(count - len(content))
        if len(content) < count:
            raise CorruptFile(f"{self._name} is cut short")
        self.at += count
        return content

    def is_at_end(self) -> bool:
        self._peeked = self._peeked or self._stream.read(1)
        return not self._peeked

    def number(self) -> int:
        """A zigzag number of up to 64 bits."""
        value = 0
        for shift in range(0, 70, 7):
            byte = self.exactly(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return (value >> 1) ^ -(value & 1)
        raise CorruptFile(f"{self._name} holds a number of more than 64 bits")

    def text(self) -> bytes:
        length = self.number()
        if not 0 <= length <= LARGEST_HEADER_BYTES:
            raise CorruptFile(f"{self._name} has a header that claims {length} bytes")
        return self.exactly(length)


def _unpacked(packed: bytes, codec: str, name: str) -> bytes:
    try:
        content = CODECS[codec](packed)
    except (*CODEC_ERRORS, OSError, EOFError, ValueError) as error:
        raise CorruptFile(f"{name} is damaged: a block is not sound {codec}: {error}") from error
    if len(content) > LARGEST_BLOCK_BYTES:
        raise ParserOutOfMemory(
            f"a block of {name} expands beyond {LARGEST_BLOCK_BYTES} bytes, more than is held"
        )
    return content


def _deflate(packed: bytes) -> bytes:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    content = stream.decompress(packed, LARGEST_BLOCK_BYTES + 1)
    return _whole(content, is_whole=stream.eof)


def _bzip2(packed: bytes) -> bytes:
    stream = bz2.BZ2Decompressor()
    content = stream.decompress(packed, LARGEST_BLOCK_BYTES + 1)
    return _whole(content, is_whole=stream.eof)


def _xz(packed: bytes) -> bytes:
    stream = lzma.LZMADecompressor(memlimit=LARGEST_WINDOW_BYTES)
    content = stream.decompress(packed, LARGEST_BLOCK_BYTES + 1)
    return _whole(content, is_whole=stream.eof)


def _whole(content: bytes, *, is_whole: bool) -> bytes:
    if not is_whole and len(content) <= LARGEST_BLOCK_BYTES:
        raise EOFError("it is cut short")
    return content


def _zstandard(packed: bytes) -> bytes:
    decompressor = zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW_BYTES)
    with decompressor.stream_reader(packed) as reader:
        return reader.read(LARGEST_BLOCK_BYTES + 1)


def _snappy(packed: bytes) -> bytes:
    """Snappy begins with the plain length, and Avro adds a checksum of the plain bytes."""
    body, checksum = packed[:-4], packed[-4:]
    length = 0
    for place, byte in enumerate(body[:5]):
        length |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            break
    if length > LARGEST_BLOCK_BYTES:
        return bytes(LARGEST_BLOCK_BYTES + 1)
    content: bytes = pa.Codec("snappy").decompress(body, length, asbytes=True)
    if zlib.crc32(content) != int.from_bytes(checksum, "big"):
        raise ValueError("its checksum does not match")
    return content


CODECS: dict[str, Callable[[bytes], bytes]] = {
    "null": bytes,
    "deflate": _deflate,
    "snappy": _snappy,
    "zstandard": _zstandard,
    "bzip2": _bzip2,
    "xz": _xz,
}


def framed(schema: bytes, sync: bytes) -> bytes:
    """The header of a file of this schema whose blocks are not packed."""
    key = b"avro.schema"
    pair = encoded(len(key)) + key + encoded(len(schema)) + schema
    return MAGIC + encoded(1) + pair + encoded(0) + sync


def framed_block(block: Block, sync: bytes) -> bytes:
    return encoded(block.records) + encoded(len(block.content)) + block.content + sync


def encoded(number: int) -> bytes:
    r"""A number that is not negative, in zigzag.

    >>> encoded(1), encoded(64)
    (b'\x02', b'\x80\x01')
    """
    rest = number << 1
    digits = bytearray()
    while rest > 0x7F:
        digits.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes((*digits, rest))
