"""Records: the exact, lenient reading of delimited text, one record at a time.

The stdlib `csv` module decides what a record is: a quote opens only at the start of a field,
doubled quotes are one, and what follows a closing quote still belongs to the field. A quote that is
never closed would swallow the rest of the file, so it is taken for an ordinary character instead.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

MAX_RECORD_LINES = 5_000
TRAILING = re.compile(r" +(\r?\n?)$")
TABS = re.compile(r"""("[^"]*")|\t""")
MAX_RECORD_CHARS = 64 << 20

csv.field_size_limit(MAX_RECORD_CHARS)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How cells and rows are told apart. `newline` is the one character that always ends a row.

    With `skips_space`, a space behind a delimiter belongs to the delimiter.
    """

    delimiter: str = ","
    quote: str | None = '"'
    escape: str | None = None
    newline: str = "\n"
    skips_space: bool = False


class Record(NamedTuple):
    """One record: its cells, its first line (from 0), how many lines it took.

    `is_literal` says that its quotes were taken for ordinary characters. Of several on one line,
    parted by carriage returns in a text of other line ends, the last one counts the line.
    """

    cells: list[str]
    line: int
    lines: int
    is_literal: bool = False


class _Unfinished(Exception):
    """The lines ran out, or ran too far, inside quotes."""


def split_lines(text: str, newline: str = "\n") -> list[str]:
    r"""Lines with their ends; only `newline` ends one.

    >>> split_lines("a\nb\r\nc")
    ['a\n', 'b\r\n', 'c']
    """
    lines = [line + newline for line in text.split(newline)]
    lines[-1] = lines[-1][: -len(newline)]
    return lines if lines[-1] else lines[:-1]


def read(lines: list[str], dialect: Dialect, *, is_last: bool, width: int = 0) -> Iterator[Record]:
    """The records of these lines; an unfinished one at the end is left out unless it `is_last`.

    `width` is the number of cells of a row; where it is not known, that of the record before.
    """
    if dialect.skips_space and dialect.delimiter == " ":
        lines = [_aligned(line) for line in lines]
    position = before = 0
    while position < len(lines):
        feed = _Feed(lines, position)
        reader = csv.reader(
            feed,
            delimiter=dialect.delimiter,
            quotechar=dialect.quote or '"',
            quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
            escapechar=dialect.escape,
            doublequote=dialect.escape is None,
            skipinitialspace=dialect.skips_space,
        )
        start = position
        try:
            for cells in reader:
                before = len(cells)
                yield Record(cells, start, feed.position - start)
                start = feed.position
                feed.start = start
        except _Unfinished:
            if not (is_last or feed.ran_too_far):
                return
        except csv.Error:
            pass
        else:
            return
        yield from _parted(lines[start], start, dialect, width or before)
        position = start + 1


def _aligned(line: str) -> str:
    """Tabs align as spaces do; and what stands behind the last cell would part one more."""
    if "\t" in line:
        line = TABS.sub(lambda found: found[1] or " ", line)
    return TRAILING.sub(r"\1", line)


def _parted(line: str, place: int, dialect: Dialect, width: int) -> Iterator[Record]:
    """Where no quotes part it: the line is one record, or several that are as wide as a row."""
    bodies = line.rstrip("\r\n").split("\r")
    if len(bodies) > 1 and not (dialect.quote and dialect.quote in line):
        parts = [body.split(dialect.delimiter) for body in bodies]
        if width > 1 and {len(cells) for cells in parts} == {width}:
            for cells in parts[:-1]:
                yield Record(cells, place, 0)
            yield Record(parts[-1], place, 1)
            return
    yield Record(_literally(line, dialect), place, 1, is_literal=True)


class _Feed:
    """Lines for a csv.reader, which stops instead of ending inside a record."""

    def __init__(self, lines: list[str], position: int) -> None:
        self._lines = lines
        self.position = position
        self.start = position
        self.ran_too_far = False

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        if self.position >= len(self._lines):
            if self.position > self.start:
                raise _Unfinished
            raise StopIteration
        if self.position - self.start >= MAX_RECORD_LINES:
            self.ran_too_far = True
            raise _Unfinished
        line = self._lines[self.position]
        self.position += 1
        return line


def _literally(line: str, dialect: Dialect) -> list[str]:
    return line.rstrip("\r\n").split(dialect.delimiter)
