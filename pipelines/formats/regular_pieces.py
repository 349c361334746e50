"""Regular pieces: the items of a part of XML by the block; a parser reads what is around them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.parsers import expat

from connectors.errors import CorruptFile
from pipelines.formats.regular_markup import Irregular
from pipelines.formats.workbook_package import local_name, xml_parser

BLOCK_BYTES = 1 << 20
PENDING_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Enclosure:
    """The element in which items stand one behind the other, and nowhere else in the part."""

    element: str
    opening: re.Pattern[bytes]
    closing: bytes
    item: str
    item_end: bytes

    def pieces(self, blocks: Iterable[bytes], part: str) -> Iterator[bytes]:
        """The bytes of the items, whole ones in each piece. Raises Irregular, ReadError."""
        surroundings = _Surroundings(part, self.item)
        blocks = _gathered(blocks)
        rest, is_open = b"", False
        for block in blocks:
            rest += block
            if len(rest) > PENDING_BYTES:
                raise Irregular
            if not is_open:
                opening = self.opening.search(rest)
                if opening is None:
                    continue
                surroundings.feed(rest[: opening.end()])
                if surroundings.last != self.element:
                    raise Irregular
                rest, is_open = rest[opening.end() :], True
            last = rest.rfind(self.item_end)
            at = last + len(self.item_end) if last >= 0 else 0
            end = rest.find(self.closing, at)
            at = max(at, end)
            if at > 0:
                yield rest[:at]
                rest = rest[at:]
            if end >= 0:
                break
        else:
            raise Irregular
        surroundings.feed(rest)
        for block in blocks:
            surroundings.feed(block)
        surroundings.feed(b"", is_last=True)


def _gathered(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Blocks of a size at which what is done for each of them weighs little."""
    some: list[bytes] = []
    size = 0
    for block in blocks:
        some.append(block)
        size += len(block)
        if size >= BLOCK_BYTES:
            yield b"".join(some)
            some, size = [], 0
    if some:
        yield b"".join(some)


class _Surroundings:
    """A parser that holds no item."""

    def __init__(self, part: str, item: str) -> None:
        self.last = ""
        self._item = item
        self._parser = xml_parser(part)
        self._parser.StartElementHandler = self._start
        self._parser.XmlDeclHandler = self._declaration

    def feed(self, content: bytes, *, is_last: bool = False) -> None:
        try:
            self._parser.Parse(content, is_last)
        except (expat.ExpatError, CorruptFile, ValueError) as error:
            raise Irregular from error

    def _start(self, name: str, _: dict[str, str]) -> None:
        self.last = local_name(name)
        if self.last == self._item:
            raise Irregular

    def _declaration(self, _: str, encoding: str | None, __: int) -> None:
        if encoding is not None and encoding.lower() != "utf-8":
            raise Irregular
