"""Zip: members by the central directory, each read by ranges of the archive."""

import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from connectors.base import StoredObject
from connectors.errors import CorruptFile, PasswordProtected, ReadError, UnknownFormat
from pipelines.containers.base import Member
from pipelines.containers.expansion import Budget, checked, packed_bytes
from pipelines.containers.from_start import FromStart
from pipelines.containers.limits import Limits
from pipelines.containers.member_names import NO_FILE, junk
from pipelines.containers.near_blocks import near
from pipelines.containers.stored_member import StoredMember
from pipelines.containers.zip_directory import Entry, directory
from pipelines.containers.zip_methods import STORED, refusal, unpacked
from pipelines.formats.signatures import office_document

MAGICS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
LOCAL = struct.Struct("<4s2B4HL2L2H")
LOCAL_MAGIC = b"PK\x03\x04"
ENCRYPTED = 0x1
AES = 99
SEEKABLE_BYTES = 1 << 20  # smaller ones are read at once, and checked
VERIFIED_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class PackedMember(FromStart):
    """A member that is read from its start, and checked against its length and checksum."""

    archive: StoredObject
    entry: Entry
    limits: Limits

    @property
    def name(self) -> str:
        return self.entry.path

    @property
    def size(self) -> int:
        return self.entry.size

    @property
    def packed_bytes(self) -> int:
        return min(self.entry.packed_bytes, packed_bytes(self.archive) or self.entry.packed_bytes)

    def _content(self) -> Iterator[bytes]:
        return checked(self._plain(), self.name, self.size, self.entry.crc)

    def _plain(self) -> Iterator[bytes]:
        entry = self.entry
        start = data_offset(self.archive, entry)
        budget = Budget(self.name, self.packed_bytes, self.limits)
        packed = StoredMember(self.archive, self.name, entry.packed_bytes, start)
        for content in unpacked(packed, entry.method, entry.flags, entry.size, self.limits):
            budget.spend(len(content))
            yield content


class Zip:
    """Zip archives that are no Office documents."""

    name = "zip"

    def recognises(self, head: bytes) -> bool:
        return head.startswith(MAGICS)

    def members(self, file: StoredObject, limits: Limits) -> Iterator[Member]:
        archive = near(file)
        entries = directory(archive, limits)
        if kind := office_document(entry.path for entry in entries):
            raise UnknownFormat(f"{file.name} looks like an {kind}, which is not read")
        for entry in entries:
            yield self._member(archive, entry, limits)

    def _member(self, archive: StoredObject, entry: Entry, limits: Limits) -> Member:
        if reason := _skipped(entry):
            return Member(entry.path, skipped=reason)
        if entry.flags & ENCRYPTED or entry.method == AES:
            error: ReadError = PasswordProtected(f"{entry.path} is encrypted")
            return Member(entry.path, error=error)
        if unread := refusal(entry.path, entry.method):
            return Member(entry.path, error=unread)
        try:
            return Member(entry.path, _file(archive, entry, limits))
        except ReadError as error:
            return Member(entry.path, error=error)


def _file(archive: StoredObject, entry: Entry, limits: Limits) -> StoredObject:
    packed = PackedMember(archive, entry, limits)
    if entry.method != STORED or entry.size < SEEKABLE_BYTES:
        return packed
    if entry.size <= VERIFIED_BYTES:
        for _ in packed.stream():
            pass  # ranges cannot be checked later
    offset = data_offset(archive, entry)
    return StoredMember(archive, entry.path, entry.size, offset)


def _skipped(entry: Entry) -> str | None:
    kind = stat.S_IFMT(entry.mode)
    is_piped = kind == stat.S_IFIFO and entry.size > 0  # what was packed from a pipe
    if not entry.path.endswith("/") and kind not in (0, stat.S_IFREG) and not is_piped:
        return NO_FILE
    return junk(entry.path)


def data_offset(archive: StoredObject, entry: Entry) -> int:
    """Where the member's bytes begin: behind its local header. Raises CorruptFile."""
    header = archive.read(entry.offset, entry.offset + LOCAL.size)
    if len(header) < LOCAL.size or not header.startswith(LOCAL_MAGIC):
        raise CorruptFile(f"{entry.path} is not where the archive's directory says")
    *_, name_bytes, extra_bytes = LOCAL.unpack(header)
    return entry.offset + LOCAL.size + int(name_bytes) + int(extra_bytes)
