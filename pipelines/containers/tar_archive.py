"""Tar: members as ranges of the archive; a reader of our own, for Python 3.11's can be hung."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

from connectors.base import StoredObject
from connectors.errors import CorruptFile, UnknownFormat
from pipelines.containers.base import Member
from pipelines.containers.expansion import RangeFile
from pipelines.containers.limits import Limits
from pipelines.containers.member_names import FOLDER, NO_FILE, junk
from pipelines.containers.near_blocks import near
from pipelines.containers.spooled import as_far_as_it_goes
from pipelines.containers.stored_member import StoredMember
from pipelines.containers.tar_header import (
    BLOCK,
    MAP_GOES_ON,
    MAP_GOES_ON_AGAIN,
    Header,
    decimal,
    is_header,
    label,
    parsed,
    pax_records,
)

MAGICS, MAGIC_AT = (b"ustar\0", b"ustar "), 257
WINDOW_BYTES = 256 << 10  # headers of small members come many to a request
LONGEST_EXTENSION = 1 << 20
RECORD_BLOCKS = 20  # an archive is padded to a multiple of these
FILES, SPARSE, LINKS = (b"0", b"\0", b"7"), b"S", (b"1", b"2")
DEVICES, FOLDERS = (b"3", b"4", b"6"), (b"5", b"D")
WITHOUT_DATA = (*LINKS, *DEVICES, b"5")  # whatever size they declare
LONG_NAME, LONG_TARGET, PAX, PAX_FOR_ALL = b"L", b"K", (b"x", b"X"), b"g"
EXTENSIONS = (LONG_NAME, LONG_TARGET, *PAX, PAX_FOR_ALL)
SPARSE_KEYS = {"GNU.sparse.major", "GNU.sparse.size", "GNU.sparse.map", "SCHILY.realsize"}
KEYS = {"path", "linkpath", "size", "GNU.sparse.name", *SPARSE_KEYS}


class Tar:
    """Tar archives of any dialect: v7, ustar, GNU, PAX. A path in one is only a name."""

    name = "tar"

    def recognises(self, head: bytes) -> bool:
        return head.startswith(MAGICS, MAGIC_AT) or is_header(head[:BLOCK])

    def members(self, file: StoredObject, limits: Limits) -> Iterator[Member]:  # noqa: ARG002
        """Those before a fault too; it is raised behind them."""
        copy, fault = as_far_as_it_goes(file)
        archive = near(copy)
        if fault is not None:
            fault = CorruptFile(f"{fault}; of {file.name}, what came before could not be checked")
        try:
            for entry in _Entries(archive):
                member = _member(archive, entry)
                yield member
                if isinstance(member.error, CorruptFile):
                    break  # it says already that the archive ends within it
        except CorruptFile as error:
            raise fault or error from error
        if fault is not None:
            raise fault


@dataclass(frozen=True, slots=True)
class _Entry:
    """A member, and where its data lies."""

    path: str
    kind: bytes
    target: str
    is_sparse: bool
    offset: int
    size: int


class _Entries:
    """The headers of an archive in one pass; those that only describe the next are applied."""

    def __init__(self, archive: StoredObject) -> None:
        self._name = archive.name
        self._stream = io.BufferedReader(RangeFile(archive), WINDOW_BYTES)
        self._at = 0
        self._of_all: dict[str, bytes] = {}
        self._of_next: dict[str, bytes] = {}

    def __iter__(self) -> Iterator[_Entry]:
        """The members in order, those before a fault too. Raises CorruptFile."""
        while (block := self._header()) is not None:
            try:
                header = parsed(block)
                if header.kind in EXTENSIONS:
                    self._extend(header)
                    continue
                if header.kind == SPARSE:
                    self._skip_map(block)
                entry = self._entry(header)
            except ValueError as error:
                raise self._corrupt(f"{error} before byte {self._at}") from error
            yield entry
            self._at = entry.offset + entry.size + -entry.size % BLOCK

    def _header(self) -> bytes | None:
        """The next header, or None at the end of the archive."""
        block = self._read(BLOCK)
        if len(block) == BLOCK and is_header(block):
            return block
        if not block or (len(block) < BLOCK and block.strip(b"\0")):
            raise CorruptFile(f"{self._name} is cut short: its end mark is missing")
        if block.strip(b"\0"):
            raise self._corrupt(f"the header before byte {self._at} is damaged")
        rest = self._read(RECORD_BLOCKS * BLOCK)
        for start in range(0, len(rest), BLOCK):
            if is_header(rest[start : start + BLOCK]):
                raise self._corrupt(
                    "it goes on after its end mark; what follows from byte"
                    f" {self._at - len(rest) + start} on is not read"
                )
        return None

    def _extend(self, header: Header) -> None:
        if header.size > LONGEST_EXTENSION:
            raise ValueError(f"an extended header of {header.size} bytes stands")
        content = self._read(header.size)
        if len(content) < header.size:
            raise CorruptFile(f"{self._name} is cut short in an extended header")
        self._at += -header.size % BLOCK
        if header.kind in (LONG_NAME, LONG_TARGET):
            self._of_next["path" if header.kind == LONG_NAME else "linkpath"] = content
            return
        into = self._of_all if header.kind == PAX_FOR_ALL else self._of_next
        into |= ((key, value) for key, value in pax_records(content) if key in KEYS)

    def _skip_map(self, block: bytes) -> None:
        goes_on = block[MAP_GOES_ON]
        while goes_on:
            block = self._read(BLOCK)
            if len(block) < BLOCK:
                raise CorruptFile(f"{self._name} is cut short in the map of a sparse file")
            goes_on = block[MAP_GOES_ON_AGAIN]

    def _entry(self, header: Header) -> _Entry:
        said = self._of_all | self._of_next
        self._of_next = {}
        path = said.get("GNU.sparse.name") or said.get("path")
        target = said.get("linkpath")
        size = decimal(said["size"]) if said.get("size") else header.size
        return _Entry(
            path=header.path if path is None else label(path),
            kind=header.kind,
            target=header.target if target is None else label(target),
            is_sparse=header.kind == SPARSE or not SPARSE_KEYS.isdisjoint(said),
            offset=self._at,
            size=0 if header.kind in WITHOUT_DATA else size,
        )

    def _read(self, count: int) -> bytes:
        self._stream.seek(self._at)
        content = self._stream.read(count)
        self._at += len(content)
        return content

    def _corrupt(self, what: str) -> CorruptFile:
        return CorruptFile(f"{self._name} is not a sound tar archive: {what}")


def _member(archive: StoredObject, entry: _Entry) -> Member:
    if reason := _skipped(entry):
        return Member(entry.path, skipped=reason)
    if entry.is_sparse:
        error = UnknownFormat(f"{entry.path} is stored as a sparse file, which is not read")
        return Member(entry.path, error=error)
    missing = entry.offset + entry.size - (archive.size or 0)
    if missing > 0:
        cut = CorruptFile(
            f"{entry.path} is cut short with its archive: {missing} of {entry.size} bytes are"
            " missing"
        )
        return Member(entry.path, error=cut)
    return Member(entry.path, StoredMember(archive, entry.path, entry.size, entry.offset))


def _skipped(entry: _Entry) -> str | None:
    if entry.kind in FOLDERS:
        return FOLDER
    if entry.kind in LINKS:
        return f"a link to {entry.target}"
    if entry.kind in DEVICES:
        return NO_FILE
    if entry.kind not in (*FILES, SPARSE):
        return f"of the kind {entry.kind.decode('latin-1')!r}, not a regular file"
    return junk(entry.path)
