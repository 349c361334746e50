"""Dialect detection: delimiter, quote, preamble and header of a delimited text, from a sample."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import dropwhile

from pipelines.choices import Choices
from pipelines.formats import (
    delimiters,
    head_comments,
    header_row,
    inner_comments,
    names_apart,
    table_notices,
    table_top,
)
from pipelines.formats.base import Guess, Notice
from pipelines.formats.delimiters import COMMENT, NOWHERE, SAMPLE_ROWS, Candidate
from pipelines.formats.records import Dialect, Record, split_lines

SAMPLE_LINES = 4 * SAMPLE_ROWS  # what is looked at, whatever else there is
NONE = Choices()
DECLARED = re.compile(r'"?sep=([^\s\w"]|\t)"?\r?\n', re.IGNORECASE)  # as Excel takes it
ENCLOSED = re.compile(r'"(?:[^"]++|"")*+"')


@dataclass(frozen=True, slots=True)
class Layout:
    """How a delimited text is laid out.

    `first_record` is the index, among the records, of the header, or of the first row if there is
    none; `names` is None without a header, whose rows are `headers`, as many as it takes up. Where
    `is_echoed`, a row right below them has the same cells and may well be a row. The records were
    read as ones of so many cells as `width` says, 0 if that was not known.
    """

    dialect: Dialect
    columns: int
    first_record: int
    names: tuple[str, ...] | None
    guesses: tuple[Guess, ...]
    headers: tuple[tuple[str, ...], ...] = ()
    notices: tuple[Notice, ...] = ()
    is_echoed: bool = False
    width: int = 0


def detect(text: str, choices: Choices = NONE, *, is_whole: bool) -> Layout:
    """The layout of a text from its head; a last, cut-off line should be left out by the caller.

    Raises InvalidOverride where the chosen header is not there.
    """
    newline = "\n" if "\n" in text or "\r" not in text else "\r"
    lines = split_lines(text, newline)[:SAMPLE_LINES]
    telling = _below_comments(lines)
    declared = DECLARED.match(lines[0]) if lines and choices.delimiter is None else None
    if declared is not None:
        choices = choices.model_copy(update={"delimiter": declared[1]})
    scored = delimiters.candidates(telling, newline, is_whole=is_whole)
    best, runner_up = delimiters.likeliest(scored, telling)
    if choices.delimiter is not None:
        as_chosen = (each for each in scored if each.dialect.delimiter == choices.delimiter)
        plain = Candidate(Dialect(choices.delimiter, newline=newline), 1.0)
        best, runner_up = replace(next(as_chosen, plain), score=1.0), best
    if best.score <= 0:
        mark = "," if choices.header else delimiters.likeliest_mark(telling)
        best = delimiters.scored(lines, Dialect(mark, newline=newline), is_whole=is_whole)
    dialect = _refine(best.dialect, lines, is_whole=is_whole)
    if choices.quote is not None:
        dialect = replace(dialect, quote=choices.quote or None)
    is_sampled = best.records and dialect == best.dialect and len(telling) == len(lines)
    records = best.records if is_sampled else delimiters.sample(lines, dialect, is_whole=is_whole)
    columns = table_top.columns(records)
    may_stray = choices.header is None and _may_have_strays(lines, dialect, columns)
    width = columns if may_stray else 0
    if may_stray:  # quotes out of place, in the names too, are told by how many cells there are
        records = delimiters.sample(lines, dialect, is_whole=is_whole, width=width)
    is_open = choices.delimiter is None and not choices.header
    if columns == 1 and is_open and (named := delimiters.named_columns(records)):
        columns = named
    elif columns == 1 and is_open and not table_top.are_closed(records):
        dialect = replace(dialect, delimiter=NOWHERE, skips_space=False)
        records = delimiters.sample(lines, dialect, is_whole=is_whole)
    first = table_top.first_record(records, columns)
    names, headed = header_row.find(records[first:], columns)
    if choices.header is not None:
        first = choices.header - 1 if choices.header else first
        columns = table_top.columns(records[first:]) if choices.header else columns
        names, headed = header_row.chosen(records, first, columns, choices.header)
    two, notices = header_row.several_rows(
        records[first:] if choices.header is None else [], columns
    )
    header_rows = int(names is not None)
    if two is not None:
        names, headed, header_rows = two.names, two.guess, two.rows
    lead = head_comments.commented(records)
    is_aligned = dialect.delimiter == " " and choices.header is None
    by_number = header_row.numbered(lead, columns) if is_aligned else None
    if by_number is not None and header_row.find(records[len(lead) :], columns)[0] is None:
        names, headed = by_number
        first, header_rows, two, notices = len(lead), 0, None, ()
    if names is None and first and choices.header is None and not records[first - 1].is_mended:
        line = lines[records[first - 1].line] if records[first - 1].lines == 1 else ""
        apart = names_apart.find(line, records[first:], dialect, columns)
        if apart is not None:
            names, headed, apart_notice = apart
            first, header_rows, two, notices = first - 1, 1, None, (apart_notice,)
    delimiter = Guess(
        "delimiter",
        dialect.delimiter if columns > 1 else "none",
        round(min(1.0, max(0.0, best.score)), 2),
        (runner_up.dialect.delimiter,) if runner_up.score > 0 else (),
    )
    top = first + header_rows
    above = head_comments.comment_mark(records[:top], records[top:], columns)
    inner = None if above else inner_comments.mark_among(records[top:], columns)
    return Layout(
        replace(dialect, comment=above or inner),
        columns,
        first,
        names,
        (delimiter, headed),
        headers=(
            *((names,) if names is not None and header_rows == 1 else ()),
            *(tuple(record.cells) for record in records[first : first + header_rows] if two),
        ),
        notices=(
            *(notices if names is not None else ()),
            *filter(None, _told(records, first, columns, has_names=header_rows > 0)),
            *([inner_comments.told(inner)] if inner else []),
        ),
        is_echoed=header_row.is_echoed(records[first:]),
        width=width,
    )


def _told(
    records: Sequence[Record], first: int, columns: int, *, has_names: bool
) -> Iterator[Notice | None]:
    """What else to say of a table that begins at the record `first`."""
    yield table_notices.left_out(records[:first])
    yield header_row.in_comment(records[first:]) if has_names else None
    another = table_notices.another(records[first:])
    yield another or table_notices.parted(records[first:], columns)


def _may_have_strays(lines: Sequence[str], dialect: Dialect, columns: int) -> bool:
    """Whether some lines have a quote alone, which may be out of place."""
    quote = dialect.quote
    return columns > 1 and quote is not None and any(line.count(quote) % 2 for line in lines)


def _below_comments(lines: list[str]) -> list[str]:
    """Without the lines above the rows that begin with a mark, which are prose or the header."""
    marks = (COMMENT, "%")
    below = list(dropwhile(lambda line: line.startswith(marks) or not line.strip(), lines))
    return below or lines


def _refine(dialect: Dialect, lines: list[str], *, is_whole: bool) -> Dialect:
    """Single quotes, backslash escapes, spaces behind delimiters, where the sample shows them."""
    text = "".join(lines[:SAMPLE_ROWS])
    edge = re.escape(dialect.delimiter)
    refined = dialect
    if dialect.delimiter != " " and delimiters.are_spaced(text, dialect.delimiter):
        refined = replace(refined, skips_space=True)
        edge += " "
    if '"' not in text or not re.search(rf'(?:^|{edge})"', text, re.MULTILINE):
        opened = len(re.findall(rf"(?:^|{edge})'", text, re.MULTILINE))
        closed = len(re.findall(rf"'(?={edge}|\r?$)", text, re.MULTILINE))
        single = replace(refined, quote="'")
        if opened == closed > 2 and _agreement(lines, single) >= _agreement(lines, refined):
            refined = single
    if _has_bare_quotes(lines, refined, is_whole=is_whole):
        return replace(refined, quote=None)
    quote = refined.quote or ""
    if "\\" + quote not in text and "\\" + dialect.delimiter not in text:
        return refined
    escaped = replace(refined, escape="\\")
    gain = _agreement(lines, escaped) - _agreement(lines, refined)
    # As many rows fit either way where the escaped quotes happen to be even: then what matters is
    # that some stand within a cell, where none is doubled, as it would be without escapes.
    is_doubled = re.search(rf"[^{edge}\n]{quote}{quote}[^{edge}\r\n]", text) is not None
    end = rf" *(?:{re.escape(dialect.delimiter)}|\r?$)"
    within = len(re.findall(rf"\\{quote}(?!{end})", text, re.MULTILINE))
    mark = re.escape(dialect.delimiter)
    bare = rf"(?:^|{edge}){quote}[^{quote}{mark}\n]*[^\\{quote}{mark}\n]{quote}\w"
    if len(re.findall(bare, text, re.MULTILINE)) > within:
        return refined  # as in cells within apostrophes, of which some are of a text: `'it's'`
    return escaped if gain > 0 or (gain == 0 and within and not is_doubled) else refined


def _has_bare_quotes(lines: list[str], dialect: Dialect, *, is_whole: bool) -> bool:
    """Whether quotes mean nothing between tabs, as where programs write cells as they are.

    Some of them close nowhere, or only behind whole rows; and few enclose a cell, and none a line
    end or another quote.
    """
    if dialect.delimiter != "\t" or dialect.quote != '"':
        return False
    sample = delimiters.sample(lines, dialect, is_whole=is_whole)
    if not any(record.is_literal for record in sample):
        return False
    told = (cell for line in lines if '"' in line for cell in line.rstrip("\r\n").split("\t"))
    opened = [cell for cell in told if cell.startswith('"')]
    enclosed = [cell for cell in opened if ENCLOSED.fullmatch(cell)]
    is_doubled = any('""' in cell[1:-1] for cell in enclosed)
    is_quoted = is_doubled or any(record.lines > 1 for record in sample)
    return not is_quoted and len(enclosed) * 2 <= len(opened)


def _agreement(lines: list[str], dialect: Dialect) -> int:
    """How many rows have the most frequent number of cells."""
    rows = [row for row in delimiters.sample(lines, dialect, is_whole=False) if not row.is_literal]
    return max(Counter(map(delimiters.width_of, rows)).values(), default=0)
