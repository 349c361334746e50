"""Odd quotes: around whole lines, or curly ones around cells; read as if they were written plainly.

Spreadsheets write the first where they took a delimited text for one column: `"1,""a, b"",2"`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipelines.formats.base import Notice
from pipelines.formats.sequential import Sequential

QUOTE = '"'
DELIMITERS = (",", ";", "\t", "|")
LOOKED_AT = 500  # lines
ENCLOSED = re.compile(r'"(?:[^"]++|"")++"')
QUOTED = re.compile(r'"(?:[^"]++|"")*+"')
CURLY = re.compile(r"(?P<edge>^|[,;\t|])“(?P<cell>[^“”]*)”(?=[,;\t|]|$)")
LEAST_WRAPPED = 0.5  # of the lines: the others hold no delimiter of that writer
LONGEST = 1 << 20  # bytes of a line


def unwrapped(line: str) -> str:
    """Without the quotes around the whole line.

    >>> unwrapped('"1,""a, b"",2"'), unwrapped('"a","b"')
    ('1,"a, b",2', '"a","b"')
    """
    return line[1:-1].replace('""', '"') if ENCLOSED.fullmatch(line) else line


def straightened(line: str) -> str:
    """With plain quotes for the curly ones around cells.

    >>> straightened("“a, b”,it is “c”,“d”")
    '"a, b",it is “c”,"d"'
    """
    return CURLY.sub(lambda cell: f'{cell["edge"]}"{cell["cell"].replace(QUOTE, QUOTE * 2)}"', line)


WAYS: Mapping[str, Callable[[str], str]] = {"whole lines": unwrapped, "curly": straightened}
TOLD = {
    "whole lines": "each line stands in quotes as a whole, as if it were one cell; it is read as"
    " the cells that are in it",
    "curly": "curly quotes stand around cells, and are read as plain ones",
}


def find(lines: Sequence[str]) -> str | None:
    """The way in which quotes are odd, if without them all lines have as many cells."""
    told = [line.rstrip("\r\n") for line in lines[:LOOKED_AT] if line.strip()]
    if len(told) < 2:
        return None
    if _are_wrapped(told):
        return "whole lines"
    return "curly" if _are_curly(told) else None


def notice(way: str) -> Notice:
    """What to say of it."""
    return Notice("quotes.odd", TOLD[way], "INFO")


def _are_wrapped(lines: Sequence[str]) -> bool:
    """Whether lines in quotes have cells, three or more, and in these no sentences with commas."""
    count = sum(ENCLOSED.fullmatch(line) is not None for line in lines)
    if count < LEAST_WRAPPED * len(lines):
        return False
    bare = [QUOTED.sub('""', unwrapped(line)) for line in lines]
    return any(
        bare[0].count(each) > 1
        and len({line.count(each) for line in bare}) == 1
        and not all(f"{each} " in line for line in bare)
        for each in DELIMITERS
    )


def _are_curly(lines: Sequence[str]) -> bool:
    """Whether cells in curly quotes hold delimiters; or all names stand in them, as few do."""
    if any('"' in line for line in lines) or not any("“" in line for line in lines):
        return False
    straight = [QUOTED.sub('""', straightened(line)) for line in lines]
    for each in DELIMITERS:
        counts = {line.count(each) for line in straight}
        if len(counts) == 1 and counts != {0}:
            are_torn = len({line.count(each) for line in lines}) > 1
            return are_torn or set(straight[0].split(each)) == {'""'}
    return False


@dataclass(frozen=True)
class Requoted(Sequential):
    """A stored object with plain quotes; `start` is where its text begins, behind a mark."""

    way: str
    encoding: str
    newline: bytes
    start: int

    def of(self, content: bytes) -> bytes:
        """Whole lines of the text, written plainly."""
        return self.newline.join(map(self._line, content.split(self.newline)))

    def _line(self, line: bytes) -> bytes:
        body = line.rstrip(b"\r")
        try:
            plain = WAYS[self.way](body.decode(self.encoding)).encode(self.encoding)
        except UnicodeError:
            return line
        return plain + line[len(body) :]

    def _blocks(self) -> Iterator[bytes]:
        rest, mark = b"", self.start
        for block in self.inner.stream():
            rest += block
            if mark and len(rest) >= mark:
                yield rest[:mark]
                rest, mark = rest[mark:], 0
            end = rest.rfind(self.newline) + 1 or (len(rest) > LONGEST and len(rest))
            if end and not mark:
                yield self.of(rest[:end])
                rest = rest[end:]
        yield self.of(rest)
