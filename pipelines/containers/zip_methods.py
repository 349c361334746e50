"""Zip methods: what unpacks a member of a zip archive, by the number of its method (APPNOTE 4.4.5).

Nearly all members are stored or deflated. The others are streams of their own kind; only that of
LZMA lacks its usual head, which is put before it (APPNOTE 5.8).
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from isal import igzip_lib

from connectors.base import StoredObject
from connectors.errors import CorruptFile, UnknownFormat
from pipelines.containers.compressed_stream import StreamContent
from pipelines.containers.deflate_64 import inflated_64
from pipelines.containers.expansion import INFLATE_ERROR, expand, sliced
from pipelines.containers.from_start import FromStart
from pipelines.containers.limits import Limits
from pipelines.containers.stored_member import StoredMember

STORED, DEFLATED, DEFLATED_64, LZMA = 0, 8, 9, 14
STREAMS = {12: "bzip2", LZMA: "lzma", 93: "zstd", 95: "xz"}
READ = {STORED, DEFLATED, DEFLATED_64, *STREAMS}
OTHERS = {98: "PPMd"}
ENDS_BY_MARK = 0x2  # of LZMA: its end is marked, and not told by its length
LZMA_HEAD = struct.Struct("<2xH")
PROPERTIES_BYTES = 5
SLICE_64_BYTES = (
    1024  # each becomes 28 MB at most, and what one call gives is not bounded otherwise
)
UNKNOWN_SIZE = b"\xff" * 8


@dataclass(frozen=True, slots=True)
class _LzmaStream(FromStart):
    """A member packed by LZMA, with the head that such a stream has by itself."""

    member: StoredMember
    head_size: bytes

    @property
    def name(self) -> str:
        return self.member.name

    @property
    def size(self) -> int:
        return self.member.size

    @property
    def packed_bytes(self) -> int:
        return self.member.packed_bytes

    def _content(self) -> Iterator[bytes]:
        head = self.member.read(0, LZMA_HEAD.size + PROPERTIES_BYTES)
        if len(head) < LZMA_HEAD.size + PROPERTIES_BYTES or LZMA_HEAD.unpack_from(head) != (
            PROPERTIES_BYTES,
        ):
            raise CorruptFile(f"{self.name} does not begin as LZMA in a zip archive does")
        return chain((head[LZMA_HEAD.size :] + self.head_size,), self.member.stream(len(head)))


def refusal(path: str, method: int) -> UnknownFormat | None:
    """Why a member is not read, if it is not for its method."""
    if method in READ:
        return None
    name = OTHERS.get(method, f"method {method}")
    return UnknownFormat(f"{path} is compressed by {name}, which is not read")


def unpacked(
    member: StoredMember, method: int, flags: int, size: int, limits: Limits
) -> Iterator[bytes]:
    """The plain bytes of a member that declares its size. Raises ReadError."""
    if error := refusal(member.name, method):
        raise error
    if method == STORED:
        return member.stream()
    if method == DEFLATED:
        return _inflated(member.name, member.stream())
    if method == DEFLATED_64:
        return inflated_64(member.name, member.stream())
    stream: StoredObject = member
    if method == LZMA:
        is_marked = flags & ENDS_BY_MARK
        stream = _LzmaStream(member, UNKNOWN_SIZE if is_marked else struct.pack("<Q", size))
    return StreamContent(stream, member.name, STREAMS[method], limits).stream()


def _inflated(name: str, packed: Iterable[bytes]) -> Iterator[bytes]:
    decompressor = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_DEFLATE)
    try:
        for block in sliced(packed):
            yield from expand(decompressor, block)
    except INFLATE_ERROR as error:
        raise CorruptFile(f"{name} is damaged: {error}") from error
