"""Text span: the text of a table within a file, as far as it is looked at before it is read."""

import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import accumulate, pairwise

from connectors.base import StoredObject
from connectors.errors import EmptyInput
from pipelines.formats import dialect, header_row, records, table_stack, text_encoding
from pipelines.formats.cell_looks import is_value
from pipelines.formats.records import Dialect
from pipelines.formats.transcoding import Transcoded

HEAD_BYTES = 1 << 20
NEAR_BYTES = 4096
BLANK = {end: re.compile(end + b"[\r,;|\t ]*" + end) for end in (b"\n", b"\r")}


@dataclass(frozen=True)
class TextSpan:
    """The text of a table, or its head: [start, end) of a file, as far as it is looked at."""

    file: StoredObject
    encoding: text_encoding.Encoding
    start: int
    end: int | None
    body: bytes = field(repr=False)
    is_whole: bool

    @cached_property
    def codec(self) -> str:
        return self.encoding.name if self.encoding.is_byte_oriented else "utf-8"

    @property
    def size(self) -> int:
        return (self.file.size or 0) if self.end is None else self.end - self.start

    @property
    def newline(self) -> str:
        """How its lines end: `CR`, `LF` or `CRLF`."""
        if newline_of(self.body) == b"\r":
            return "CR"
        return "CRLF" if b"\r\n" in self.body[:65536] else "LF"

    @cached_property
    def raw_lines(self) -> list[bytes]:
        """The first ones, with their ends."""
        return lines_of(self.body, is_whole=self.is_whole, most=dialect.SAMPLE_LINES)

    @cached_property
    def lines(self) -> list[str]:
        return [text_encoding.decoded(line, self.codec) for line in self.raw_lines]

    @property
    def all_lines(self) -> list[str]:
        """Those of all that is looked at."""
        found = lines_of(self.body, is_whole=self.is_whole)
        return [text_encoding.decoded(line, self.codec) for line in found]

    def below(self, lines: int) -> "TextSpan":
        """Without the first ones, of all that is looked at."""
        size = sum(map(len, lines_of(self.body, is_whole=True, most=lines)[:lines]))
        return replace(self, start=self.start + size, body=self.body[size:])

    def parts(self, layout: dialect.Layout) -> tuple[tuple["TextSpan", str], ...]:
        """The texts of several tables one below the other, and which lines they are; or none."""
        if not (self._may_be_parted(layout.dialect) or self._may_have_others(layout)):
            return ()
        raw_lines = lines_of(self.body, is_whole=True)
        lines = [text_encoding.decoded(line, self.codec) for line in raw_lines]
        found = list(records.read(lines, layout.dialect, is_last=True, width=layout.width))
        starts = [found[place].line for place in table_stack.starts(found, layout.first_record)]
        edges = [0, *starts, len(lines)]
        filled = len(lines) - (not lines[-1])
        offsets = [0, *accumulate(map(len, raw_lines))]
        return tuple(
            (
                replace(
                    self,
                    start=self.start + offsets[first],
                    end=None if end == len(lines) else self.start + offsets[end],
                    body=self.body[offsets[first] : offsets[end]],
                ),
                f"{first + 1}-{min(end, filled)}",
            )
            for first, end in (pairwise(edges) if starts else ())
        )

    def _may_have_others(self, layout: dialect.Layout) -> bool:
        """Whether a line may have most of the names again, and others. A quick look, too."""
        names = layout.names or ()
        if len(names) < header_row.FEWEST_AGAIN or not (names[0] and names[-1]):
            return False
        first, last = (names[at].encode(self.codec, "replace") for at in (0, -1))
        end, body = newline_of(self.body), newline_of(self.body) + self.body
        begun = (end + mark + first for mark in (b"", b'"'))
        ended = (last + mark + end for mark in (b"", b'"', b"\r", b'"\r'))
        return sum(map(body.count, begun)) > 1 or sum(map(body.count, ended)) > 1

    def _may_be_parted(self, dialect: Dialect) -> bool:
        """Whether names, or titles above them, may follow a blank line: lines without values.

        A quick look, before all records are read.
        """
        newline = newline_of(self.body)
        body = self.body.rstrip(b"\r\n,;|\t ")
        for blank in BLANK[newline].finditer(body):
            near = body[blank.end() : blank.end() + NEAR_BYTES].split(newline)
            filled = [line for line in near if line.strip(b"\r,;|\t ")]
            looked_at = table_stack.TITLE_LINES + 1
            if len(filled) <= looked_at and len(body) > blank.end() + NEAR_BYTES:
                return True
            for raw_line in filled[:looked_at]:
                line = text_encoding.decoded(raw_line, self.codec)
                cells = map(str.strip, line.split(dialect.delimiter))
                if (dialect.quote and dialect.quote in line) or not any(map(is_value, cells)):
                    return True
        return False


def of(file: StoredObject, chosen: str | None) -> TextSpan:
    """The whole text of a file, behind its byte order mark; in the encoding `chosen`, if any.

    Raises EmptyInput.
    """
    head = _head(file)
    encoding = text_encoding.chosen(head, chosen) if chosen else text_encoding.detect(head)
    if not encoding.is_byte_oriented:
        file = Transcoded(file, encoding.name, encoding.bom_bytes)
        head = _head(file)
    is_whole = len(head) < HEAD_BYTES
    start = encoding.bom_bytes if encoding.is_byte_oriented else 0
    body = head[start:]
    if is_whole:
        body = body.rstrip(records.END.encode())
    if not body.strip(b"\r\n\t \0"):
        raise EmptyInput(f"{file.name} holds no rows")
    return TextSpan(file, encoding, start, None, body, is_whole)


def _head(file: StoredObject) -> bytes:
    if file.seekable:
        return file.read(0, HEAD_BYTES)
    head = b""
    for block in file.stream():
        head += block
        if len(head) >= HEAD_BYTES:
            break
    return head[:HEAD_BYTES]


def newline_of(body: bytes) -> bytes:
    return b"\n" if b"\n" in body or b"\r" not in body else b"\r"


def lines_of(body: bytes, *, is_whole: bool, most: int = -1) -> list[bytes]:
    """The lines with their ends, or the first ones; one that is cut off only if it is alone."""
    newline = newline_of(body)
    *lines, last = body.split(newline, most)
    lines = [line + newline for line in lines]
    return [*lines, last] if not lines or (is_whole and len(lines) != most) else lines
