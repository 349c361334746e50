"""Records: the exact, lenient reading of delimited text, one record at a time.

The stdlib `csv` module decides what a record is: a quote opens only at the start of a field,
doubled quotes are one, and what follows a closing quote still belongs to the field. A quote that is
never closed would swallow the rest of the file, so it is taken for an ordinary character instead;
and so is, between tabs, one that encloses whole rows.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from pipelines.formats import stray_quotes
from pipelines.formats.cell_looks import is_value

MAX_RECORD_LINES = 5_000
TRAILING = re.compile(r"(?<! ) ++(\r?\n?)$")
NULL = "\\N"  # of MySQL, where a backslash escapes; other letters lose it
TABS = re.compile(r"""("[^"]*")|\t""")
MAX_RECORD_CHARS = 64 << 20
TELLING_LINES = 50
NOWHERE = "\n\n"  # in a line
END = "\x1a"  # behind the last line, as DOS writes it

csv.field_size_limit(MAX_RECORD_CHARS)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How cells and rows are told apart. `newline` is the one character that always ends a row.

    With `skips_space`, a space behind a delimiter belongs to the delimiter. Lines that begin with
    `comment` and are not as wide as a row are none; where a blank follows it, so it does in these.
    With `is_comment_sure`, none of these lines is a row, however wide.
    """

    delimiter: str = ","
    quote: str | None = '"'
    escape: str | None = None
    newline: str = "\n"
    skips_space: bool = False
    comment: str | None = None
    is_comment_sure: bool = False


class Record(NamedTuple):
    """One record: its cells, its first line (from 0), how many lines it took.

    `is_literal` says that its quotes were taken for ordinary characters, `is_mended` that some were
    within a quoted cell. Of several on one line, parted by carriage returns in a text of other line
    ends, the last one counts the line.
    """

    cells: list[str]
    line: int
    lines: int
    is_literal: bool = False
    is_mended: bool = False


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

    `width` is the number of cells of a row; where it is not known, that of the record before, or
    at the top that of most lines below.
    """
    if dialect.skips_space and dialect.delimiter == " ":
        lines = [_aligned(line) for line in lines]
    quote, stray = _stray_quote(dialect)
    position = before = 0
    known = 0
    if dialect.delimiter == "\t" and not width:
        known = _usual_width([line for line in lines if quote not in line], 0, dialect)
    while position < len(lines):
        feed = _Feed(lines, position)
        start, is_swallowed = position, False
        try:
            for cells in _cells(feed, dialect):
                record = Record(cells, start, feed.position - start)
                if record.lines == 1 and quote in lines[start] and stray.search(lines[start]):
                    record = _with_strays(record, lines[start], dialect, width)
                if width > 1 and quote in lines[start] and _is_odd(record, lines, dialect, width):
                    if record.lines > 1:
                        is_swallowed = True
                        break
                    record = _fitting(lines[start], start, dialect, width) or record
                if quote == dialect.quote and _holds_rows(record, lines, dialect, width or known):
                    is_swallowed = True
                    break
                before = len(cells)
                yield record
                start = feed.position
                feed.start = start
        except _Unfinished:
            if not (is_last or feed.ran_too_far):
                return
        except csv.Error:
            pass
        else:
            if not is_swallowed:
                return
        near = width or (before if before > 1 else _usual_width(lines, start + 1, dialect))
        yield from _parted(lines[start], start, dialect, near)
        position = start + 1


def _is_odd(record: Record, lines: list[str], dialect: Dialect, width: int) -> bool:
    """Whether a record is no whole row, or has a quote alone, and text behind one that closes.

    One of several lines only if the first of them can be a row, and the second one is.
    """
    if any(map(str.strip, record.cells[width:])) or len(record.cells) < width:
        is_odd = True
    elif record.is_mended:
        return False
    else:
        own = lines[record.line : record.line + record.lines]
        has_one = len(own) > 1 or own[0].count(dialect.quote or "") % 2 == 1
        is_odd = has_one and not _is_strict(own, dialect)
    if not is_odd or record.lines == 1:
        return is_odd
    first, second = lines[record.line : record.line + 2]
    return (
        _fitting(first, record.line, dialect, width) is not None
        and len(next(_cells([second], dialect))) == width
    )


def _is_strict(lines: list[str], dialect: Dialect) -> bool:
    """Whether nothing but a delimiter stands behind the quotes that close cells."""
    try:
        return bool(list(_cells(lines, dialect, strict=True)))
    except csv.Error:
        return False


def _fitting(line: str, place: int, dialect: Dialect, width: int) -> Record | None:
    """The line as a whole row, if it is one with some quotes out of place."""
    cells = stray_quotes.fitting(line.rstrip("\r\n"), dialect.quote or "", dialect.delimiter, width)
    return None if cells is None else Record(cells, place, 1, is_mended=True)


def _holds_rows(record: Record, lines: list[str], dialect: Dialect, width: int) -> bool:
    """Whether each line of a record is a row by itself, parted by tabs, which no cell holds.

    They all begin with a value then, or none does.
    """
    if dialect.delimiter != "\t" or record.lines == 1:
        return False
    own = lines[record.line : record.line + record.lines]
    return (
        width > 1
        and any(map(str.strip, own))
        and all(line.count("\t") == width - 1 for line in own)
        and len({is_value(line.split("\t", 1)[0]) for line in own}) == 1
    )


def _cells(lines: Iterable[str], dialect: Dialect, *, strict: bool = False) -> Iterator[list[str]]:
    if dialect.escape == "\\":
        edge = re.escape(dialect.delimiter)
        null = re.compile(rf"(?:^|(?<={edge}))\\N(?={edge}|\r?\n?$)")
        lines = (null.sub(r"\\\\N", line) if NULL in line else line for line in lines)
    return csv.reader(lines, _as_csv_has_it(dialect, strict=strict))


@lru_cache(maxsize=64)
def _as_csv_has_it(dialect: Dialect, *, strict: bool) -> Any:
    """The dialect as a `csv.reader` holds it, which costs as much to make as a row to read."""
    reader = csv.reader(
        [],
        delimiter=dialect.delimiter,
        quotechar=dialect.quote or '"',
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        escapechar=dialect.escape,
        doublequote=dialect.escape is None,
        skipinitialspace=dialect.skips_space,
        strict=strict,
    )
    return reader.dialect


@lru_cache(maxsize=64)
def _stray_quote(dialect: Dialect) -> tuple[str, re.Pattern[str]]:
    """The quote, and one that neither opens nor closes a cell, nor is doubled or escaped.

    A character that is in no line, where quotes mean nothing or are escaped.
    """
    if not dialect.quote or dialect.escape or dialect.delimiter == " ":
        return NOWHERE, re.compile(NOWHERE)
    edges = re.escape(dialect.quote + dialect.delimiter) + "\r\n"
    return dialect.quote, re.compile(f"[^{edges}]{re.escape(dialect.quote)}[^{edges}]")


def _with_strays(record: Record, line: str, dialect: Dialect, width: int) -> Record:
    """The record with stray quotes kept, where a cell in quotes has some that are not doubled."""
    cells = _with_bare_quotes(line.rstrip("\r\n"), dialect)
    if cells == record.cells:
        return record
    if cells is None or len(cells) != (width or len(record.cells)):
        cells = record.cells  # as many, though some quotes are lost
    return record._replace(cells=cells, is_mended=True)


def _with_bare_quotes(line: str, dialect: Dialect) -> list[str] | None:
    """The cells where a quote closes one only before a delimiter or the end; None if none does."""
    quote, delimiter, cells, at = dialect.quote or "", dialect.delimiter, [], 0
    while at <= len(line):
        start = at
        while dialect.skips_space and line.startswith(" ", start):
            start += 1
        if not line.startswith(quote, start):
            end = line.find(delimiter, start)
            end = len(line) if end < 0 else end
            cells.append(line[start:end])
            at = end + 1
            continue
        parts, at, is_open, has_strays = [], start + 1, True, False
        while is_open:
            end = line.find(quote, at)
            if end < 0:
                return None
            parts.append(line[at:end])
            edge = _behind_blanks(line, end + 1)
            if line[edge : edge + 1] in ("", delimiter):
                parts.append(line[end + 1 : edge])
                end = edge - 1
            following, beyond = line[end + 1 : end + 2], line[end + 2 : end + 3]
            is_open = following not in ("", delimiter)
            at = end + 1
            if is_open:
                parts.append(quote)
                if following != quote:
                    has_strays = True
                else:
                    is_open = not (has_strays and beyond in ("", delimiter))
                    at = end + 2
        cells.append("".join(parts))
        at += 1
    return cells


def _behind_blanks(line: str, at: int) -> int:
    """The first place from `at` on that holds no blank."""
    while line.startswith(" ", at):
        at += 1
    return at


def _usual_width(lines: list[str], start: int, dialect: Dialect) -> int:
    """How many cells most of the lines from `start` on seem to have; 0 if there are none."""
    near = [line.strip("\r\n") for line in lines[start : start + TELLING_LINES]]
    told = [line for line in near if line and "\r" not in line] or "\r".join(near).split("\r")
    widths = Counter(line.count(dialect.delimiter) + 1 for line in told if line)
    return max(widths, key=widths.__getitem__, default=0)


def _aligned(line: str) -> str:
    """Tabs align as spaces do; and what stands behind the last cell would part one more."""
    if "\t" in line:
        line = TABS.sub(lambda found: found[1] or " ", line)
    return TRAILING.sub(r"\1", line)


def _parted(line: str, place: int, dialect: Dialect, width: int) -> Iterator[Record]:
    """A line that is no record: several as wide as a row, or one in which quotes do not count.

    Carriage returns part it. A `width` of 0 is not known.
    """
    quote, _ = _stray_quote(dialect)
    fitting = _fitting(line, place, dialect, width) if width > 1 and quote in line else None
    if fitting is not None:
        yield fitting._replace(is_literal=True, is_mended=False)
        return
    bodies = [body for body in line.rstrip("\r\n").split("\r") if body]
    if width != 1 and "\r" in line:
        try:
            parts = [cells for body in bodies for cells in _cells([body], dialect, strict=True)]
        except csv.Error:
            parts = []
        widths = {len(cells) for cells in parts}
        if widths == {width or max(widths, default=0)} != {1}:
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
