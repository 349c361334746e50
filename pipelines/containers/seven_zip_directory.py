"""7z directory: the entries of an archive and how each folder of them is packed, by py7zr.

py7zr reads the headers and builds the chains of decoders. Its own extraction decodes up to 128 MB
at once, so the chain is driven here; and only what keeps within the block that is asked for.
Zstandard and Deflate64 do not there, so they are expanded as any streams of these.
"""

import io
import lzma
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from connectors.base import StoredObject
from connectors.errors import (
    CorruptFile,
    LimitExceeded,
    PasswordProtected,
    ReadError,
    UnknownFormat,
)
from pipelines.containers.compressed_stream import StreamContent
from pipelines.containers.deflate_64 import inflated_64
from pipelines.containers.expansion import BLOCK_BYTES, RangeFile
from pipelines.containers.limits import Limits
from pipelines.containers.stored_member import StoredMember

WINDOW_BYTES = 256 << 10
SLICE_BYTES = 8 << 10  # deflate, the one that keeps to no block, makes 8 MiB of it at most
AES, LZMA, LZMA2 = b"\x06\xf1\x07\x01", b"\x03\x01\x01", b"\x21"
ZSTD, DEFLATE_64 = b"\x04\xf7\x11\x01", b"\x04\x01\x09"
BY_US = ([ZSTD], [DEFLATE_64])
COPY = b"\x00"
COMPRESSORS = {LZMA: "LZMA", LZMA2: "LZMA2", b"\x04\x02\x02": "bzip2", b"\x04\x01\x08": "Deflate"}
FILTERS = {
    COPY: "Copy",
    b"\x03": "Delta",
    b"\x03\x03\x01\x03": "BCJ",
    b"\x03\x03\x02\x05": "PowerPC",
    b"\x03\x03\x05\x01": "ARM",
    b"\x03\x03\x07\x01": "ARM Thumb",
    b"\x03\x03\x08\x05": "SPARC",
}
OTHERS = {
    b"\x03\x03\x01\x1b": "BCJ2",
    b"\x03\x04\x01": "PPMd",
    DEFLATE_64: "Deflate64",
    ZSTD: "Zstandard",
    b"\x04\xf7\x11\x02": "Brotli",
}


@dataclass(frozen=True, slots=True)
class Coder:
    """A step from packed bytes to plain ones."""

    method: bytes
    properties: bytes | None
    size: int


@dataclass(frozen=True, slots=True)
class Folder:
    """Some members in one stream, and where that lies in the archive."""

    coders: tuple[Coder, ...]
    offset: int
    packed_bytes: int
    members: int

    @property
    def size(self) -> int:
        return self.coders[-1].size


@dataclass(frozen=True, slots=True)
class Entry:
    """A member: the folder that it lies in, from where on; none if it is empty."""

    path: str
    size: int
    crc: int | None
    is_folder: bool
    is_file: bool
    folder: Folder | None
    offset: int


def directory(archive: StoredObject, limits: Limits) -> Sequence[Entry]:
    """The entries in order. Raises ReadError."""
    import py7zr

    try:
        with _damage(archive.name), io.BufferedReader(RangeFile(archive), WINDOW_BYTES) as stream:
            opened = py7zr.SevenZipFile(stream)
            entries = _entries(opened)
    except py7zr.PasswordRequired as error:
        raise PasswordProtected(f"{archive.name} is encrypted, the names in it too") from error
    if len(entries) > limits.max_members:
        raise LimitExceeded(
            f"{archive.name} holds {len(entries)} members, more than {limits.max_members}"
            " (max_members)",
            limit="max_members",
        )
    if any(entry.size < 0 or entry.offset + entry.size > _room(entry) for entry in entries):
        raise CorruptFile(f"{archive.name} is not a sound 7z archive: its sizes do not fit")
    declared = sum(entry.size for entry in entries)
    if declared > limits.max_expanded_bytes:
        raise LimitExceeded(
            f"{archive.name} expands to {declared} bytes (max_expanded_bytes)",
            limit="max_expanded_bytes",
        )
    return entries


def refusal(folder: Folder, path: str, limits: Limits) -> ReadError | None:
    """Why the members of a folder are not read, if they are not."""
    methods = [coder.method for coder in folder.coders]
    if AES in methods:
        return PasswordProtected(f"{path} is encrypted")
    if methods in BY_US:
        return None
    known = COMPRESSORS | FILTERS
    strange = [method for method in methods if method not in known]
    compressors = sum(method in COMPRESSORS for method in methods)
    if strange or compressors > 1 or (not compressors and COPY not in methods):
        names = [
            (known | OTHERS).get(method, f"method {method.hex()}") for method in strange or methods
        ]
        return UnknownFormat(f"{path} is compressed by {' and '.join(names)}, which is not read")
    window = max(map(_window, folder.coders))
    if window > limits.max_window_bytes:
        return LimitExceeded(
            f"{path} takes a dictionary of {window} bytes, more than {limits.max_window_bytes}"
            " (max_window_bytes)",
            limit="max_window_bytes",
        )
    return None


def unpacked(archive: StoredObject, folder: Folder, limits: Limits) -> Iterator[bytes]:
    """The plain bytes of a folder, in bounded blocks. Raises CorruptFile, LimitExceeded."""
    packed = StoredMember(archive, archive.name, folder.packed_bytes, folder.offset)
    if folder.coders[0].method == ZSTD:
        return StreamContent(packed, archive.name, "zstd", limits).stream()
    if folder.coders[0].method == DEFLATE_64:
        return inflated_64(archive.name, packed.stream())
    return _through_py7zr(archive, folder)


def _through_py7zr(archive: StoredObject, folder: Folder) -> Iterator[bytes]:
    from py7zr.compressor import SevenZipDecompressor

    coders: list[dict[str, Any]] = [
        {
            "method": coder.method,
            "properties": coder.properties,
            "numinstreams": 1,
            "numoutstreams": 1,
        }
        for coder in folder.coders
    ]
    sizes = [coder.size for coder in folder.coders]
    left = folder.size
    with _damage(archive.name), io.BufferedReader(RangeFile(archive), WINDOW_BYTES) as stream:
        stream.seek(folder.offset)
        chain = SevenZipDecompressor(
            coders, folder.packed_bytes, sizes, None, blocksize=SLICE_BYTES
        )
        while left > 0:
            before = stream.tell()
            plain = bytes(chain.decompress(stream, min(left, BLOCK_BYTES)))
            if not plain and stream.tell() == before:
                raise CorruptFile(f"{archive.name} is damaged: {left} bytes do not come out of it")
            left -= len(plain)
            if plain:
                yield plain


def _entries(opened: Any) -> list[Entry]:
    """The files of a py7zr archive."""
    streams = getattr(opened.header, "main_streams", None)
    folders: dict[int, Folder] = {}
    if streams is not None:
        offset = opened.afterheader + streams.packinfo.packpos
        sizes, first = streams.packinfo.packsizes, 0
        counts = streams.substreamsinfo.num_unpackstreams_folders
        for folder, count in zip(streams.unpackinfo.folders, counts, strict=True):
            packed = sum(sizes[first : first + len(folder.packed_indices)])
            first += len(folder.packed_indices)
            folders[id(folder)] = Folder(_coders(folder), offset, packed, count)
            offset += packed
    empty_files = iter(opened.header.files_info.emptyfiles if opened.files else ())
    ends: dict[int, int] = {}
    entries = []
    for file in opened.files:
        start = ends.get(id(file.folder), 0)
        ends[id(file.folder)] = start + file.uncompressed
        is_folder = file.is_directory or (file.emptystream and not next(empty_files, False))
        entries.append(
            Entry(
                path=file.filename.replace("\0", "\ufffd"),
                size=file.uncompressed,
                crc=file.crc32,
                is_folder=is_folder,
                is_file=file.is_file,
                folder=folders[id(file.folder)] if file.folder is not None else None,
                offset=start,
            )
        )
    return entries


def _coders(folder: Any) -> tuple[Coder, ...]:
    steps = zip(folder.coders, folder.unpacksizes, strict=False)
    coders = tuple(Coder(step["method"], step["properties"], size) for step, size in steps)
    is_chain = all(step["numinstreams"] == step["numoutstreams"] == 1 for step in folder.coders)
    if is_chain and len(coders) != len(folder.coders):
        raise ValueError("a folder declares too few sizes")
    return coders


def _window(coder: Coder) -> int:
    """How much memory the decoder takes by its properties."""
    said = coder.properties or b""
    if coder.method == LZMA:
        return int.from_bytes(said[1:5], "little")
    if coder.method == LZMA2 and said:
        return (2 | said[0] & 1) << (said[0] // 2 + 11)
    return 0


def _room(entry: Entry) -> int:
    return entry.folder.size if entry.folder is not None else 0


@contextmanager
def _damage(name: str) -> Iterator[None]:
    """What py7zr and its decoders raise becomes an error of ours."""
    from py7zr.exceptions import ArchiveError

    try:
        yield
    except (
        ArchiveError,
        ArithmeticError,
        AssertionError,
        AttributeError,
        EOFError,
        LookupError,
        OSError,
        TypeError,
        ValueError,
        lzma.LZMAError,
        struct.error,
        zlib.error,
    ) as error:
        said = " ".join(str(error).split())[:200]
        raise CorruptFile(f"{name} is not a sound 7z archive: {said or type(error)}") from error
