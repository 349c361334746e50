"""Odd quotes: around whole lines, curly ones or brackets around cells; read as plain ones.

Spreadsheets write the first where they took a delimited text for one column: `"1,""a, b"",2"`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from pipelines.formats import web_log
from pipelines.formats.base import Notice
from pipelines.formats.cell_looks import is_name, is_value
from pipelines.formats.sequential import Sequential
from pipelines.formats.text_span import TextSpan, newline_of

QUOTE = '"'
DELIMITERS = (",", ";", "\t", "|")
LOOKED_AT = 500  # lines
ENCLOSED = re.compile(r'"(?:[^"]++|"")++"')
QUOTED = re.compile(r'"(?:[^"]++|"")*+"')
CURLY = {
    each: re.compile(rf"(?P<edge>^|{re.escape(each)})“(?P<cell>[^“”]*)”(?={re.escape(each)}|$)")
    for each in DELIMITERS
}
BRACKETS = "[{(<"
LEAST_WRAPPED = 0.5  # of the lines: the others hold no delimiter of that writer
LONGEST = 1 << 20  # bytes of a line


def unwrapped(line: str) -> str:
    """Without the quotes around the whole line.

    >>> unwrapped('"1,""a, b"",2"'), unwrapped('"a","b"')
    ('1,"a, b",2', '"a","b"')
    """
    return line[1:-1].replace('""', '"') if ENCLOSED.fullmatch(line) else line


def straightened(line: str, delimiter: str) -> str:
    """With plain quotes for the curly ones around cells; not where there are plain ones already.

    >>> straightened("“a, b”,it is “c”,“d”", ",")
    '"a, b",it is “c”,"d"'
    """
    if QUOTE in line:
        return line
    return CURLY[delimiter].sub(lambda cell: f'{cell["edge"]}"{cell["cell"]}"', line)


WAYS: Mapping[str, Callable[[str], str]] = {
    "whole lines": unwrapped,
    **{f"curly {each}": partial(straightened, delimiter=each) for each in DELIMITERS},
    web_log.WAY: web_log.plain,
}
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
    return next((f"curly {each}" for each in DELIMITERS if _are_curly(told, each)), None)


def notice(way: str) -> Notice:
    """What to say of it."""
    return Notice("quotes.odd", TOLD["curly" if way.startswith("curly") else way], "INFO")


def _are_wrapped(lines: Sequence[str]) -> bool:
    """Whether lines in quotes have cells, three or more, and in these no sentences with commas.

    One column of quoted texts may have as many commas in each: numbers, lists, objects. So there
    must be cells in quotes within, or names above a column of figures.
    """
    count = sum(ENCLOSED.fullmatch(line) is not None for line in lines)
    if count < LEAST_WRAPPED * len(lines):
        return False
    plain = [unwrapped(line) for line in lines]
    if any(line[:1] in BRACKETS for line in plain if line):
        return False
    bare = [QUOTED.sub('""', line) for line in plain]
    return any(
        bare[0].count(each) > 1
        and len({line.count(each) for line in bare}) == 1
        and not all(f"{each} " in line for line in bare)
        and (any('""' in line.split(each) for line in bare) or _has_names(bare, each))
        for each in DELIMITERS
    )


def _has_names(lines: Sequence[str], delimiter: str) -> bool:
    """Whether the first line has names, and some column below it has only figures."""
    names, *rows = (line.split(delimiter) for line in lines)
    columns = zip(*rows, strict=True)
    return all(map(is_name, names)) and any(all(map(is_value, each)) for each in columns)


def _are_curly(lines: Sequence[str], delimiter: str) -> bool:
    """Whether cells in curly quotes hold delimiters; or all names stand in them, as few do."""
    if any(QUOTE in line for line in lines) or not any("“" in line for line in lines):
        return False
    straight = [QUOTED.sub('""', straightened(line, delimiter)) for line in lines]
    if len({line.count(delimiter) for line in straight}) > 1 or delimiter not in straight[0]:
        return False
    are_torn = len({line.count(delimiter) for line in lines}) > 1
    return are_torn or set(straight[0].split(delimiter)) == {'""'}


def plainly(text: TextSpan, way: str) -> TextSpan:
    """The text with plain quotes around its cells."""
    plain = Requoted(text.file, way, text.codec, newline_of(text.body), text.start)
    return replace(text, file=plain, body=plain.of(text.body))


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
