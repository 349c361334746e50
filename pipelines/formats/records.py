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

from pipelines.formats import bare_quotes, stray_quotes
from pipelines.formats.cell_looks import is_value
from pipelines.formats.open_quotes import OpenQuotes

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


class _Form(NamedTuple):
    r"""A dialect as a `csv.reader` holds it, which costs as much to make as a row to read.

    `stray` is a quote that neither opens nor closes a cell, nor is doubled or escaped. Where quotes
    mean nothing or are escaped, `quote` and `stray` are in no line. `null` is in no cell but one
    that is `\N` as a whole.
    """

    dialect: Dialect
    quote: str
    stray: re.Pattern[str]
    null: re.Pattern[str] | None
    lenient: Any
    strict: Any


@lru_cache(maxsize=64)
def _form(dialect: Dialect) -> _Form:
    quote, stray, null = NOWHERE, NOWHERE, None
    edge = re.escape(dialect.delimiter)
    if dialect.quote and not dialect.escape and dialect.delimiter != " ":
        mark = re.escape(dialect.quote)
        quote, stray = dialect.quote, rf"[^{mark}{edge}\r\n]{mark}[^{mark}{edge}\r\n]"
    if dialect.escape == "\\":
        null = re.compile(rf"(?:^|(?<={edge}))\\N(?={edge}|\r?\n?$)")
    lenient, strict = (
        csv.reader(
            [],
            delimiter=dialect.delimiter,
            quotechar=dialect.quote or '"',
            quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
            escapechar=dialect.escape,
            doublequote=dialect.escape is None,
            skipinitialspace=dialect.skips_space,
            strict=is_strict,
        ).dialect
        for is_strict in (False, True)
    )
    return _Form(dialect, quote, re.compile(stray), null, lenient, strict)


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


class _Swallowed(Exception):
    """The record would hold rows."""


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
    form = _form(dialect)
    quote, stray = form.quote, form.stray
    position = before = 0
    known = 0
    if dialect.delimiter == "\t" and not width:
        known = _usual_width([line for line in lines if quote not in line], 0, dialect)
    feed = _Feed(lines, form, width)
    while position < len(lines):
        has_quote = quote == dialect.quote and quote in lines[position]
        if width > 1 and has_quote and not dialect.skips_space:
            told = _with_quotes_alone(lines, position, dialect, width)
            yield from told
            position += len(told)
        feed.go_on(position)
        start, is_swallowed = position, False
        try:
            for cells in _cells(feed, form):
                record = Record(cells, start, feed.position - start)
                if quote in lines[start]:
                    if record.lines == 1 and stray.search(lines[start]):
                        record = _with_strays(record, lines[start], dialect, width)
                    if width > 1 and _is_odd(record, lines, form, width):
                        if record.lines > 1:
                            is_swallowed = True
                            break
                        record = _fitting(lines[start], start, form, width) or record
                    if record.lines > 1 and _holds_rows(record, lines, dialect, width or known):
                        is_swallowed = True
                        break
                before = len(cells)
                yield record
                start = feed.position
                feed.start = start
        except _Unfinished:
            if not (is_last or feed.ran_too_far):
                return
        except (csv.Error, _Swallowed):
            pass
        else:
            if not is_swallowed:
                return
        feed.is_watched = True
        near = width or (before if before > 1 else _usual_width(lines, start + 1, dialect))
        yield from _parted(lines[start], start, form, near)
        position = start + 1


def _is_odd(record: Record, lines: list[str], form: _Form, width: int) -> bool:
    """Whether a record is no whole row, or has a quote alone, and text behind one that closes.

    One of several lines only if the first of them can be a row, and the second one is.
    """
    if any(map(str.strip, record.cells[width:])) or len(record.cells) < width:
        is_odd = True
    elif record.is_mended:
        return False
    else:
        own = lines[record.line : record.line + record.lines]
        has_one = len(own) > 1 or own[0].count(form.dialect.quote or "") % 2 == 1
        is_odd = has_one and not _is_strict(own, form)
    if not is_odd or record.lines == 1:
        return is_odd
    return _are_rows(lines, record.line, form, width)


def _are_rows(lines: list[str], place: int, form: _Form, width: int) -> bool:
    """Whether the line at a place can be a row, and the one below it is one or can be."""
    if _fitting(lines[place], place, form, width) is None:
        return False
    second = lines[place + 1]
    return (
        len(next(_cells([second], form), [])) == width
        or _fitting(second, place + 1, form, width) is not None
    )


def _with_quotes_alone(lines: list[str], place: int, dialect: Dialect, width: int) -> list[Record]:
    """The rows from a place on, the first with a quote alone, that are told at a glance.

    Each has no quote, or but one, which opens a cell and is stray: the line below is a row too, and
    the quote that would close the cell is the only one of its line, and opens a cell there.
    """
    quote, edge = dialect.quote or "", dialect.delimiter
    alone = stray_quotes.alone(quote, edge)
    found: list[Record] = []
    told = 0
    for at in range(place, min(len(lines), place + MAX_RECORD_LINES)):
        is_alone = alone.fullmatch(lines[at]) is not None
        if not is_alone and (not found or quote in lines[at]):
            break
        line = lines[at].rstrip("\r\n")
        cells = line.split(edge)
        if len(cells) != width or "\r" in line:
            break
        if is_alone:
            told = len(found)
        found.append(Record(cells, at, 1, is_literal=is_alone))
    return found[:told]


def _is_strict(lines: list[str], form: _Form) -> bool:
    """Whether nothing but a delimiter stands behind the quotes that close cells."""
    try:
        return bool(list(_cells(lines, form, strict=True)))
    except csv.Error:
        return False


def _fitting(line: str, place: int, form: _Form, width: int) -> Record | None:
    """The line as a whole row, if it is one with some quotes out of place."""
    quote, delimiter = form.dialect.quote or "", form.dialect.delimiter
    cells = stray_quotes.fitting(line.rstrip("\r\n"), quote, delimiter, width)
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


def _cells(lines: Iterable[str], form: _Form, *, strict: bool = False) -> Iterator[list[str]]:
    null = form.null
    if null is not None:
        lines = (null.sub(r"\\\\N", line) if NULL in line else line for line in lines)
    return csv.reader(lines, form.strict if strict else form.lenient)


def _with_strays(record: Record, line: str, dialect: Dialect, width: int) -> Record:
    """The record with stray quotes kept, where a cell in quotes has some that are not doubled."""
    cells = bare_quotes.cells(
        line.rstrip("\r\n"),
        dialect.quote or "",
        dialect.delimiter,
        skips_space=dialect.skips_space,
    )
    if cells == record.cells:
        return record
    if cells is None or len(cells) != (width or len(record.cells)):
        cells = record.cells  # as many, though some quotes are lost
    return record._replace(cells=cells, is_mended=True)


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


def _parted(line: str, place: int, form: _Form, width: int) -> Iterator[Record]:
    """A line that is no record: several as wide as a row, or one in which quotes do not count.

    Carriage returns part it. A `width` of 0 is not known.
    """
    fitting = _fitting(line, place, form, width) if width > 1 and form.quote in line else None
    if fitting is not None:
        yield Record(fitting.cells, place, 1, is_literal=True)
        return
    bodies = [body for body in line.rstrip("\r\n").split("\r") if body]
    if width != 1 and "\r" in line:
        try:
            parts = [cells for body in bodies for cells in _cells([body], form, strict=True)]
        except csv.Error:
            parts = []
        widths = {len(cells) for cells in parts}
        if widths == {width or max(widths, default=0)} != {1}:
            for cells in parts[:-1]:
                yield Record(cells, place, 0)
            yield Record(parts[-1], place, 1)
            return
    yield Record(_literally(line, form.dialect), place, 1, is_literal=True)


class _Feed:
    """Lines for a csv.reader, which stops instead of ending inside a record.

    Where it is watched it stops as soon as it is known what becomes of a record, as once one had to
    be given up, many may be.
    """

    def __init__(self, lines: list[str], form: _Form, width: int) -> None:
        self._lines, self._form, self._width = lines, form, width
        self.position = self.start = 0
        self.ran_too_far = self.is_watched = False
        self._open = OpenQuotes(
            lines,
            form.dialect.quote or "",
            lambda some: _cells(some, form),
            lambda some: _cells(some, form, strict=True),
        )

    def go_on(self, position: int) -> None:
        self.position = self.start = position
        self.ran_too_far = False

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        if self.position > self.start:
            if self.position - self.start == 1 and self.is_watched:
                self._watch()
            if self.position >= len(self._lines):
                raise _Unfinished
            if self.position - self.start >= MAX_RECORD_LINES:
                self.ran_too_far = True
                raise _Unfinished
        elif self.position >= len(self._lines):
            raise StopIteration
        line = self._lines[self.position]
        self.position += 1
        return line

    def _watch(self) -> None:
        """Stop at the second line of a record if it has no end, or one that makes it none."""
        dialect = self._form.dialect
        if dialect.escape or not dialect.quote:  # it may go on outside quotes
            return
        second, end = self.position, self.start + MAX_RECORD_LINES
        if self._open.closing(second, end) is None:
            self.ran_too_far = end < len(self._lines)
            raise _Unfinished
        is_odd = self._width > 1 and self._open.is_flawed(second) and dialect.delimiter != " "
        if is_odd and _are_rows(self._lines, self.start, self._form, self._width):
            raise _Swallowed


def _literally(line: str, dialect: Dialect) -> list[str]:
    return line.rstrip("\r\n").split(dialect.delimiter)
