"""7z: members by the directory at the end; those that are packed together are unpacked once."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from connectors.base import StoredObject
from connectors.errors import CorruptFile, ReadError, UnknownFormat
from pipelines.containers.base import Member
from pipelines.containers.expansion import Budget, checked, packed_bytes
from pipelines.containers.from_start import FromStart
from pipelines.containers.limits import Limits
from pipelines.containers.member_names import FOLDER, NO_FILE, junk
from pipelines.containers.near_blocks import near
from pipelines.containers.seven_zip_directory import Entry, Folder, directory, refusal, unpacked
from pipelines.containers.spooled import as_seekable
from pipelines.containers.stored_member import StoredMember

FIRST_VOLUME = re.compile(r"\.0+1$")
MAGIC = b"7z\xbc\xaf\x27\x1c"


@dataclass(frozen=True, slots=True)
class FolderContent(FromStart):
    """What a folder unpacks to: one member, or several end to end."""

    archive: StoredObject
    name: str
    folder: Folder
    crc: int | None
    limits: Limits

    @property
    def size(self) -> int:
        return self.folder.size

    @property
    def packed_bytes(self) -> int:
        packed = self.folder.packed_bytes
        return min(packed, packed_bytes(self.archive) or packed)

    def _content(self) -> Iterator[bytes]:
        return checked(self._plain(), self.name, self.size, self.crc)

    def _plain(self) -> Iterator[bytes]:
        budget = Budget(self.name, self.packed_bytes, self.limits)
        for block in unpacked(self.archive, self.folder, self.limits):
            budget.spend(len(block))
            yield block


class SevenZip:
    """7z archives."""

    name = "7z"

    def recognises(self, head: bytes) -> bool:
        return head.startswith(MAGIC)

    def members(self, file: StoredObject, limits: Limits) -> Iterator[Member]:
        archive = near(file)
        try:
            entries = directory(archive, limits)
        except CorruptFile as error:
            if not FIRST_VOLUME.search(file.name):
                raise
            raise UnknownFormat(
                f"{file.name} is the first part of a 7z archive that was split; put them one behind"
                " the other into one file"
            ) from error
        for folder, together in groupby(entries, key=lambda entry: entry.folder):
            opened = _Opened(archive, folder, limits)
            for entry in together:
                yield _member(opened, entry)


class _Opened:
    """A folder of an archive, unpacked when the first of its members is wanted."""

    def __init__(self, archive: StoredObject, folder: Folder | None, limits: Limits) -> None:
        self._archive = archive
        self._folder = folder
        self._limits = limits
        self._copy: StoredObject | ReadError | None = None

    def file(self, entry: Entry) -> StoredObject:
        """The member as something to read. Raises ReadError."""
        folder = self._folder
        if folder is None:
            return StoredMember(self._archive, entry.path, 0, 0)
        if error := refusal(folder, entry.path, self._limits):
            raise error
        if folder.members == 1:
            return FolderContent(self._archive, entry.path, folder, entry.crc, self._limits)
        member = StoredMember(self._whole(folder), entry.path, entry.size, entry.offset)
        for _ in checked(member.stream(), entry.path, entry.size, entry.crc):
            pass  # ranges cannot be checked later
        return member

    def _whole(self, folder: Folder) -> StoredObject:
        if self._copy is None:
            name = self._archive.name
            try:
                self._copy = as_seekable(
                    FolderContent(self._archive, name, folder, None, self._limits)
                )
            except ReadError as error:
                self._copy = error
        if isinstance(self._copy, ReadError):
            raise self._copy
        return self._copy


def _member(opened: _Opened, entry: Entry) -> Member:
    if entry.is_folder:
        return Member(entry.path, skipped=FOLDER)
    if not entry.is_file:
        return Member(entry.path, skipped=NO_FILE)
    if reason := junk(entry.path):
        return Member(entry.path, skipped=reason)
    try:
        return Member(entry.path, opened.file(entry))
    except ReadError as error:
        return Member(entry.path, error=error)
