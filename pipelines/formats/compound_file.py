"""Compound file: the streams of an OLE2 file by name, which tell what document it is."""

import struct
from collections.abc import Iterator

from connectors.base import StoredObject
from connectors.errors import CorruptFile

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
HEADER_BYTES = 512
ENTRY_BYTES = 128
LAST_SECTOR = 0xFFFFFFFA
IN_HEADER = 109
MOST_SECTORS = 4096


def stream_names(file: StoredObject) -> list[str]:
    """The names in the directory. Raises CorruptFile."""
    header = file.read(0, HEADER_BYTES)
    if len(header) < HEADER_BYTES or not header.startswith(MAGIC):
        raise CorruptFile(f"{file.name} is cut short within its header")
    shift = struct.unpack_from("<H", header, 30)[0]
    if shift not in (9, 12):
        raise CorruptFile(f"{file.name} has sectors of an impossible size")
    size = 1 << shift
    tables = struct.unpack_from(f"<{IN_HEADER}L", header, 76)
    sector = struct.unpack_from("<L", header, 48)[0]
    names: list[str] = []
    seen: set[int] = set()
    while sector < LAST_SECTOR and sector not in seen and len(seen) < MOST_SECTORS:
        seen.add(sector)
        names.extend(_names(_sector(file, sector, size)))
        place = sector // (size // 4)
        if place >= IN_HEADER or tables[place] >= LAST_SECTOR:
            break
        table = _sector(file, tables[place], size)
        entry = sector % (size // 4) * 4
        if len(table) < entry + 4:
            break
        sector = struct.unpack_from("<L", table, entry)[0]
    if not names:
        raise CorruptFile(f"{file.name} is damaged: its directory is missing")
    return names


def _sector(file: StoredObject, number: int, size: int) -> bytes:
    start = (number + 1) * size
    return file.read(start, start + size)


def _names(sector: bytes) -> Iterator[str]:
    for at in range(0, len(sector) - ENTRY_BYTES + 1, ENTRY_BYTES):
        length = struct.unpack_from("<H", sector, at + 64)[0]
        if 2 < length <= 64:
            yield sector[at : at + length - 2].decode("utf-16-le", "replace")
