"""Compressed stream: one file in one stream, or in several end to end; read from its start only."""

import bz2
import lzma
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import zstandard
from isal import igzip_lib

from connectors.base import StoredObject
from connectors.errors import CorruptFile, LimitExceeded, UnknownFormat
from pipelines.containers.base import Member
from pipelines.containers.expansion import (
    INFLATE_ERROR,
    SLICE_BYTES,
    Budget,
    Decompressor,
    expand,
    packed_bytes,
    sliced,
)
from pipelines.containers.from_start import FromStart
from pipelines.containers.limits import MIB, Limits
from pipelines.containers.member_names import unpacked_name

ERRORS = (INFLATE_ERROR, OSError, ValueError, lzma.LZMAError, zstandard.ZstdError)
OVER_WINDOW = re.compile("Memory usage limit exceeded|too much memory")
LACKS_DICTIONARY = "Dictionary mismatch"
XZ_OWN_BYTES = MIB  # what its decoder takes beside the dictionary
# A block of Zstandard takes 4 bytes at least and becomes 128 KiB at most, and what one call gives
# is not bounded otherwise.
ZSTD_SLICE_BYTES = 2048


@dataclass(frozen=True, slots=True)
class Codec:
    """A kind of compression: how it is known, and what expands a stream of it."""

    name: str
    begins: re.Pattern[bytes]
    suffixes: tuple[str, ...]
    decompressor: Callable[[int], Decompressor]
    """Given how large a window, or dictionary, a stream may ask for."""
    goes_on: bytes = b""
    """How a further stream begins; what begins otherwise is left alone, as the codec's own tool
    does. Empty where the tool calls that damage.
    """
    slice_bytes: int = SLICE_BYTES

    def recognises(self, head: bytes) -> bool:
        return self.begins.match(head) is not None

    def members(self, file: StoredObject, limits: Limits) -> Iterator[Member]:
        name = unpacked_name(file.name, self.suffixes)
        yield Member(name, StreamContent(file, name, self.name, limits))


class _ZstdFrame:
    """A frame of Zstandard as a decompressor that gives no more than it is asked for.

    It is given more only when it has nothing left.
    """

    def __init__(self, window_bytes: int) -> None:
        self._frame = zstandard.ZstdDecompressor(max_window_size=window_bytes).decompressobj()
        self._ready = memoryview(b"")

    @property
    def eof(self) -> bool:
        return self._frame.eof and not self._ready

    @property
    def unused_data(self) -> bytes:
        return self._frame.unused_data

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        if data:
            self._ready = memoryview(self._frame.decompress(data))
        plain, self._ready = self._ready[:max_length], self._ready[max_length:]
        return bytes(plain)


CODECS: Mapping[str, Codec] = MappingProxyType(
    {
        codec.name: codec
        for codec in (
            Codec(
                name="gzip",
                begins=re.compile(rb"\x1f\x8b"),
                suffixes=(".gz", ".gzip"),
                decompressor=lambda _: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP),
                goes_on=b"\x1f",
            ),
            Codec(
                name="bzip2",
                begins=re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)"),  # and its first block or end
                suffixes=(".bz2", ".bz"),
                decompressor=lambda _: bz2.BZ2Decompressor(),
                goes_on=b"B",
            ),
            Codec(
                name="xz",
                begins=re.compile(rb"\xfd7zXZ\0"),
                suffixes=(".xz",),
                decompressor=lambda window: lzma.LZMADecompressor(
                    lzma.FORMAT_XZ, memlimit=window + XZ_OWN_BYTES
                ),
            ),
            Codec(
                name="lzma",  # has no magic: the usual properties, a power of two, a size if any
                begins=re.compile(
                    rb"\x5d\0[\0\x01\x02\x04\x08\x10\x20\x40\x80]{3}(.{5}\0{3}|\xff{8})", re.DOTALL
                ),
                suffixes=(".lzma",),
                decompressor=lambda window: lzma.LZMADecompressor(
                    lzma.FORMAT_ALONE, memlimit=window + XZ_OWN_BYTES
                ),
            ),
            Codec(
                name="zstd",  # or first a frame of something else, which is skipped
                begins=re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"),
                suffixes=(".zst", ".zstd"),
                decompressor=_ZstdFrame,
                slice_bytes=ZSTD_SLICE_BYTES,
            ),
        )
    }
)


@dataclass(frozen=True, slots=True)
class StreamContent(FromStart):
    """What a compressed stream holds. Its size is known only at its end."""

    outer: StoredObject
    name: str
    codec: str
    limits: Limits
    size: None = None

    @property
    def packed_bytes(self) -> int | None:
        return packed_bytes(self.outer)

    def _content(self) -> Iterator[bytes]:
        """The plain bytes of all streams, one behind the other; zeros between them are padding."""
        codec = CODECS[self.codec]
        budget = Budget(self.name, self.packed_bytes, self.limits)
        stream: Decompressor | None = None
        is_first = True
        for piece in sliced(self.outer.stream(), codec.slice_bytes):
            block = piece
            while block:
                if stream is None:
                    if not is_first:
                        block = block.lstrip(b"\0")
                        if not block:
                            break
                        if not block.startswith(codec.goes_on):
                            return
                    stream, is_first = codec.decompressor(self.limits.max_window_bytes), False
                for plain in self._expanded(stream, block):
                    budget.spend(len(plain))
                    yield plain
                if not stream.eof:
                    break
                block, stream = stream.unused_data, None
        if stream is not None or is_first:
            raise CorruptFile(
                f"{self.outer.name} is cut short: its {codec.name} stream does not end"
            )

    def _expanded(self, stream: Decompressor, block: bytes) -> Iterator[bytes]:
        try:
            yield from expand(stream, block)
        except ERRORS as error:
            raise self._translated(str(error)) from error

    def _translated(self, said: str) -> CorruptFile | LimitExceeded | UnknownFormat:
        name = self.outer.name
        if OVER_WINDOW.search(said):
            limit = self.limits.max_window_bytes
            return LimitExceeded(
                f"{name} asks for a window of more than {limit} bytes to be unpacked"
                " (max_window_bytes)",
                limit="max_window_bytes",
            )
        if LACKS_DICTIONARY in said:
            return UnknownFormat(f"{name} needs the dictionary that it was compressed with")
        return CorruptFile(f"{name} is damaged {self.codec}: {said}")
