"""Workbook package: the parts of an .xlsx, .xlsm, .xlsb or .ods file, and what its sheets are.

Sizes are those of the archive's directory, held against the limits before any part is unpacked.
"""

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from xml.parsers import expat

from connectors.base import StoredObject
from connectors.errors import CorruptFile, PasswordProtected
from pipelines.containers.expansion import Budget
from pipelines.containers.limits import Limits
from pipelines.containers.zip_archive import AES, ENCRYPTED, PackedMember
from pipelines.containers.zip_directory import Entry, directory
from pipelines.containers.zip_methods import DEFLATED, STORED

RELATIONSHIPS = "_rels/.rels"
MAIN = "/officeDocument"
FEED_BYTES = 1 << 16
OLD_TYPES = "manifest:manifest", "office:document-content"
MODULE = "module"  # of macros, in Excel 5; a workbook that was one then still names it
SHEET_KINDS = ("worksheet", "chartsheet", "dialogsheet", "macrosheet", MODULE)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook; `part` is its path in the package, where that is known."""

    name: str
    part: str | None = None
    kind: str = "worksheet"
    visibility: str = "visible"


@dataclass(frozen=True, slots=True)
class Attributes:
    """An element of a small part: its local name and attributes, and the local names above it."""

    name: str
    values: dict[str, str]
    above: tuple[str, ...]


class Package:
    """The parts by path. Raises ReadError when it is no sound archive, or a bomb."""

    def __init__(self, file: StoredObject, limits: Limits) -> None:
        self.file = file
        self.limits = limits
        self._entries: dict[str, Entry] = {}
        for entry in directory(file, limits):
            self._entries.setdefault(_key(entry.path), entry)

    def __contains__(self, path: str) -> bool:
        return _key(path) in self._entries

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(self._entries)

    def verify(self) -> None:
        """No part declares more than may be unpacked. Raises LimitExceeded."""
        for entry in self._entries.values():
            Budget(entry.path, max(1, entry.packed_bytes), self.limits).spend(entry.size)
            if entry.flags & ENCRYPTED or entry.method == AES:
                raise PasswordProtected(f"{self.file.name} is encrypted")

    def verify_contents(self) -> None:
        """Each part has the size that it declares, and its checksum. Raises ReadError."""
        for entry in self._entries.values():
            for _ in self.stream(entry.path):
                pass

    def size(self, path: str) -> int:
        entry = self._entries.get(_key(path))
        return entry.size if entry else 0

    def packed_size(self, path: str) -> int:
        entry = self._entries.get(_key(path))
        return entry.packed_bytes if entry else 0

    def stream(self, path: str) -> Iterator[bytes]:
        """The bytes of a part in blocks, checked. Raises CorruptFile, LimitExceeded."""
        entry = self._entries.get(_key(path))
        if entry is None:
            raise CorruptFile(f"{self.file.name} lacks its part {path}")
        if entry.method not in (STORED, DEFLATED):
            raise CorruptFile(f"{self.file.name} packs its part {path} in a way that is not read")
        return PackedMember(self.file, entry, self.limits).stream()

    def elements(self, path: str) -> Iterator[Attributes]:
        """The elements of a part in order, its texts left out. Raises CorruptFile."""
        found: list[Attributes] = []
        above: list[str] = []

        def start(name: str, values: dict[str, str]) -> None:
            local = {key.rpartition(" ")[2]: value for key, value in values.items()}
            found.append(Attributes(local_name(name), local, tuple(above)))
            above.append(local_name(name))

        def end(_: str) -> None:
            above.pop()

        parser = xml_parser(path)
        parser.StartElementHandler = start
        parser.EndElementHandler = end
        for _ in parsed(parser, self.stream(path), path):
            yield from found
            found.clear()

    def relations(self, path: str) -> dict[str, tuple[str, str]]:
        """What a part points to: identifier → (kind, path)."""
        folder, name = posixpath.split(path)
        listed = posixpath.join(folder, "_rels", f"{name}.rels") if path else RELATIONSHIPS
        if listed not in self:
            return {}
        return {
            element.values.get("Id", ""): (
                element.values.get("Type", ""),
                _target(folder, element.values.get("Target", "")),
            )
            for element in self.elements(listed)
            if element.name == "Relationship"
        }

    def main_part(self) -> str:
        """The path of the workbook's own part. Raises CorruptFile."""
        for kind, path in self.relations("").values():
            if kind.endswith(MAIN) and path in self:
                return path
        for path in ("xl/workbook.xml", "xl/workbook.bin"):
            if path in self:
                return path
        raise CorruptFile(f"{self.file.name} has no workbook part")


def xml_parser(path: str) -> Any:
    """A parser that knows namespaces, and refuses what a workbook never declares: entities.

    Old OpenOffice names the document types of its parts, which are not fetched and so add none.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.buffer_size = 1 << 16
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)

    def refuse(name: str, _system: object, _public: object, declares: int) -> None:
        if name in OLD_TYPES and not declares:
            return
        raise CorruptFile(f"{path} declares the document type {name!r}, which no workbook does")

    parser.StartDoctypeDeclHandler = refuse
    return parser


def parsed(parser: Any, blocks: Iterable[bytes], path: str) -> Iterator[None]:
    """Feed the parser, pausing after each block. Raises CorruptFile.

    Of a token that does not end it gets twice as much each time: it begins it anew with each piece.
    """
    feed = partial(_feed, parser, path)
    step, rest = FEED_BYTES, b""
    for block in blocks:
        rest += block
        while len(rest) >= step:
            begun = parser.CurrentByteIndex
            feed(rest[:step], last=False)
            rest = rest[step:]
            step = FEED_BYTES if parser.CurrentByteIndex > begun else 2 * step
            yield
    feed(rest, last=False)
    feed(b"", last=True)
    yield


def _feed(parser: Any, path: str, block: bytes, *, last: bool) -> None:
    try:
        parser.Parse(block, last)
    except expat.ExpatError as error:
        raise CorruptFile(f"{path} is broken XML: {error}") from error
    except (ValueError, LookupError) as error:  # an encoding that is unknown, or not kept
        raise CorruptFile(f"{path} is broken: {error}") from error


def local_name(name: str) -> str:
    return name.rpartition(" ")[2]


def _key(path: str) -> str:
    return path.replace("\\", "/").lstrip("/").lower()


def _target(folder: str, target: str) -> str:
    if target.startswith("/"):
        return target.lstrip("/")
    return posixpath.normpath(posixpath.join(folder, target))


def sheets(package: Package, main: str) -> tuple[tuple[Sheet, ...], bool]:
    """The sheets in order, and whether dates count from 1904."""
    relations = package.relations(main)
    found: list[Sheet] = []
    from_1904 = False
    for element in package.elements(main):
        if element.name == "workbookPr" and len(element.above) == 1:  # an extension has another
            from_1904 = element.values.get("date1904", "0") in ("1", "true", "on")
        elif element.name == "sheet" and element.above[-1:] == ("sheets",):
            identifier = element.values.get("id", "")
            kind, part = relations.get(identifier, ("" if identifier else MODULE, None))
            found.append(
                Sheet(
                    element.values.get("name", ""),
                    part,
                    next((known for known in SHEET_KINDS if known in kind.lower()), "worksheet"),
                    element.values.get("state", "visible"),
                )
            )
    return tuple(found), from_1904
