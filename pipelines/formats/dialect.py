"""Dialect detection: delimiter, quote, preamble and header of a delimited text, from a sample.

Consistency first, then meaning: a delimiter is good when most rows have the same number of cells,
and better when those cells look like values (van den Burg, Nazabal and Sutton, "Wrangling messy CSV
files by detecting row and type patterns", 2019, in a small form).
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import dropwhile, islice

from pipelines.choices import Choices
from pipelines.formats import header_row, line_looks, table_top
from pipelines.formats.base import Guess, Notice
from pipelines.formats.cell_looks import VALUE, is_name, is_typed, is_value
from pipelines.formats.records import Dialect, Record, read, split_lines

DELIMITERS = (",", "\t", ";", "|", "\x1f", "¦", ":", "^", "~", "#", "@", " ")
LESS_LIKELY = {"¦": 0.9, ":": 0.7, "^": 0.8, "~": 0.8, "#": 0.7, "@": 0.35, " ": 0.6}
LIKELY = dict.fromkeys(DELIMITERS, 1.0) | LESS_LIKELY
COMMENT = "#"
WORDY = (" ", ":")  # they stand in names and prose too
DOUBTFUL = (*WORDY, "#")
WEAK = (":", "#", "@")  # they stand within cells
LEAST_SHARE = 0.3  # of the rows that have a delimiter: fewer have it in prose
SAMPLE_ROWS = 500
SAMPLE_LINES = 4 * SAMPLE_ROWS  # what is looked at, whatever else there is
MEANING_CELLS = 300
RAGGED = 0.7
FEW_CELLS = 3
MANY_ODD = 0.1  # of the rows
SURE = 0.9
ALIGNED = 0.3
NONE = Choices()
NOWHERE = "\x1f"  # the delimiter of one column, whose cells may hold any other
CLEAR = ("\t", ";", "|")  # parts no decimals, and seldom sentences
USUAL = (",", "\t", ";", "|")
DECLARED = re.compile(r'"?sep=([^\s\w"]|\t)"?\r?\n', re.IGNORECASE)  # as Excel takes it
ENCLOSED = re.compile(r'"(?:[^"]++|"")*+"')


@dataclass(frozen=True, slots=True)
class Layout:
    """How a delimited text is laid out.

    `first_record` is the index, among the records, of the header, or of the first row if there is
    none; `names` is None without a header, whose rows are `headers`, as many as it takes up. Where
    `is_echoed`, a row right below them has the same cells and may well be a row.
    """

    dialect: Dialect
    columns: int
    first_record: int
    names: tuple[str, ...] | None
    guesses: tuple[Guess, ...]
    headers: tuple[tuple[str, ...], ...] = ()
    notices: tuple[Notice, ...] = ()
    is_echoed: bool = False


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
    scored = sorted(
        (_score(telling, dialect, is_whole=is_whole) for dialect in _dialects(newline, telling)),
        key=lambda candidate: -candidate.score,
    )
    best, runner_up = _likeliest(scored, telling)
    if choices.delimiter is not None:
        as_chosen = (each for each in scored if each.dialect.delimiter == choices.delimiter)
        plain = _Candidate(Dialect(choices.delimiter, newline=newline), 1.0)
        best, runner_up = replace(next(as_chosen, plain), score=1.0), best
    if best.score <= 0:
        mark = "," if choices.header else _likeliest_mark(telling)
        best = _score(lines, Dialect(mark, newline=newline), is_whole=is_whole)
    dialect = _refine(best.dialect, lines, is_whole=is_whole)
    if choices.quote is not None:
        dialect = replace(dialect, quote=choices.quote or None)
    is_sampled = best.records and dialect == best.dialect and len(telling) == len(lines)
    records = best.records if is_sampled else _sample(lines, dialect, is_whole=is_whole)
    columns = table_top.columns(records)
    is_open = choices.delimiter is None and not choices.header
    if columns == 1 and is_open and (named := _named_columns(records)):
        columns = named
    elif columns == 1 and is_open and not table_top.are_closed(records):
        dialect = replace(dialect, delimiter=NOWHERE, skips_space=False)
        records = _sample(lines, dialect, is_whole=is_whole)
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
    lead = table_top.commented(records)
    is_aligned = dialect.delimiter == " " and choices.header is None
    by_number = header_row.numbered(lead, columns) if is_aligned else None
    if by_number is not None and header_row.find(records[len(lead) :], columns)[0] is None:
        names, headed = by_number
        first, header_rows, two, notices = len(lead), 0, None, ()
    delimiter = Guess(
        "delimiter",
        dialect.delimiter if columns > 1 else "none",
        round(min(1.0, max(0.0, best.score)), 2),
        (runner_up.dialect.delimiter,) if runner_up.score > 0 else (),
    )
    top = first + header_rows
    return Layout(
        replace(dialect, comment=table_top.comment_mark(records[:top], records[top:], columns)),
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
        ),
        is_echoed=header_row.is_echoed(records[first:]),
    )


def _told(
    records: Sequence[Record], first: int, columns: int, *, has_names: bool
) -> Iterator[Notice | None]:
    """What else to say of a table that begins at the record `first`."""
    yield table_top.left_out(records[:first])
    yield header_row.in_comment(records[first:]) if has_names else None
    another = table_top.another(records[first:])
    yield another or table_top.parted(records[first:], columns)


def _below_comments(lines: list[str]) -> list[str]:
    """Without the lines above the rows that begin with a mark, which are prose or the header."""
    marks = (COMMENT, "%")
    below = list(dropwhile(lambda line: line.startswith(marks) or not line.strip(), lines))
    return below or lines


def _dialects(newline: str, lines: list[str]) -> Iterator[Dialect]:
    """All delimiters alone; and spaces that align columns, one delimiter however many they are."""
    for delimiter in DELIMITERS:
        yield Dialect(delimiter, newline=newline)
    if any("  " in line or " " in (line[:1], line.rstrip("\r\n")[-1:]) for line in lines[:50]):
        yield Dialect(" ", newline=newline, skips_space=True)


@dataclass(frozen=True, slots=True)
class _Candidate:
    dialect: Dialect
    score: float
    records: list[Record] = field(default_factory=list)


def _likeliest(scored: list[_Candidate], lines: list[str]) -> tuple[_Candidate, _Candidate]:
    """The best of the candidates in order, and the next one.

    A delimiter that is a weak one, or that some lines lack and blanks follow, goes behind one that
    parts all lines evenly, into as many cells at least, and is no weak one in the first case: the
    names of people, `Doe, Ann`, stand in a column of each row.
    """
    best = scored[0]
    if best.score <= 0:
        return best, scored[1]
    is_plain = best.dialect.delimiter in USUAL and _is_even(best)
    is_one = not is_plain and line_looks.is_one_column(lines)
    if is_one or line_looks.are_thousands(lines[:SAMPLE_ROWS]):
        return _Candidate(Dialect(NOWHERE, newline=best.dialect.newline), SURE), best
    mark = best.dialect.delimiter
    if line_looks.has_lone_name(lines[:SAMPLE_ROWS]) and _is_named_alone(best, lines):
        return _Candidate(Dialect(NOWHERE, newline=best.dialect.newline), SURE), best
    clear = _clearer(scored, best) if mark == " " else None
    if clear is not None:
        return clear, best
    named = None if mark in lines[0] else _named(scored, best)
    if named is not None:
        return named, best
    is_apart = mark not in lines[0] or not _is_even(best)
    is_of_prose = is_apart and _are_spaced("".join(lines[:SAMPLE_ROWS]), mark)
    if is_of_prose or mark in WEAK:
        least = table_top.columns(best.records)
        better = next(
            (
                each
                for each in scored
                if each is not best
                and (is_of_prose or each.dialect.delimiter in USUAL)
                and _is_even(each)
                and table_top.columns(each.records) >= least
            ),
            None,
        )
        return (best, scored[1]) if better is None else (better, best)
    return best, scored[1]


def _is_named_alone(best: _Candidate, lines: list[str]) -> bool:
    """Whether one word right above lines of words names the one column there is.

    A blank or a colon, or commas that blanks follow, stand within its cells. Above figures that
    they part it may be a title.
    """
    mark = best.dialect.delimiter
    _, *rows = (record.cells for record in best.records)
    width = max(map(len, rows), default=1)
    if width == 1 or any(len(row) != width for row in rows):
        return False
    typed = [_is_typed_column(column) for column in zip(*rows, strict=True)]
    if mark in WORDY:
        return width == 2 and not all(typed)
    return not any(typed) and _are_spaced("".join(lines[:SAMPLE_ROWS]), mark)


def _clearer(scored: Sequence[_Candidate], best: _Candidate) -> _Candidate | None:
    """One that no text has, in all lines, where blanks part words too: `1. Ann <tab> 2. Rome`."""
    width = table_top.columns(best.records)
    rows = [record.cells for record in best.records[1:] if _width(record) == width]
    if all(map(_is_typed_column, zip(*rows, strict=True))):
        return None
    return next(
        (each for each in scored if each.dialect.delimiter in CLEAR and _is_even(each)), None
    )


def _named(scored: Sequence[_Candidate], best: _Candidate) -> _Candidate | None:
    """One that parts names in the first line, where the best does not, and all rows as often.

    It is no decimal mark of the cells that the best one parts.
    """
    for each in scored:
        if each.dialect.delimiter not in USUAL or not _is_even(each):
            continue
        decimal = re.compile(rf"\s*-?\d+{re.escape(each.dialect.delimiter)}\d+\s*")
        cells = (cell for record in best.records for cell in record.cells)
        if _are_names(each.records[0].cells) and not any(map(decimal.fullmatch, cells)):
            return each
    return None


def _is_even(candidate: _Candidate) -> bool:
    """Whether all rows, the first one too, have as many cells, and more than one.

    Comments between them count only if they have as many too.
    """
    told = [record.cells for record in candidate.records if any(map(str.strip, record.cells))]
    widths = {len(cells) for cells in told if len(cells) > 1 or not cells[0].startswith(COMMENT)}
    return len(widths) == 1 and widths != {1}


def _sample(lines: list[str], dialect: Dialect, *, is_whole: bool) -> list[Record]:
    return list(islice(read(lines, dialect, is_last=is_whole), SAMPLE_ROWS))


def _width(record: Record) -> int:
    return len(record.cells)


def _named_columns(records: Sequence[Record]) -> int:
    """How many names the first line has that is not blank, if none below has more cells; or 0."""
    told = [record.cells for record in records if any(map(str.strip, record.cells))]
    is_head = bool(told) and _are_names(told[0]) and max(map(len, told)) == len(told[0])
    return len(told[0]) if is_head else 0


def _are_names(cells: Sequence[str]) -> bool:
    """Whether cells are several names."""
    return len(cells) > 1 and all(is_name(cell.strip('"')) for cell in cells)


def _likeliest_mark(lines: Sequence[str]) -> str:
    """What parts a text where nothing does so well: the names in its first line; or all lines."""
    told = [line.strip() for line in lines if line.strip()]
    named = (mark for mark in USUAL if told and _are_names(told[0].split(mark)))
    is_everywhere = all("," in line for line in told) and not line_looks.are_times(told, ",")
    return next(named, "," if is_everywhere else NOWHERE)


def _score(lines: list[str], dialect: Dialect, *, is_whole: bool) -> _Candidate:
    if _is_rare(dialect, lines[:SAMPLE_ROWS]):
        return _Candidate(dialect, 0.0)
    records = _sample(lines, dialect, is_whole=is_whole)
    rows = [record for record in records if any(map(str.strip, record.cells))]
    if not rows:
        return _Candidate(dialect, 0.0)
    width, count = max(Counter(map(_width, rows)).items(), key=lambda item: (item[1], item[0]))
    wide = [row for row in rows if _width(row) > 1]
    if width == 1:
        if not wide:
            return _Candidate(dialect, 0.0)
        width, count = max(Counter(map(_width, wide)).items(), key=lambda item: item[1])
        if count < LEAST_SHARE * len(rows):
            return _Candidate(dialect, 0.0)
    if _are_parts(wide, len(rows)):
        return _Candidate(dialect, 0.0)
    if dialect.delimiter == "@" and width < 3:
        return _Candidate(dialect, 0.0)  # these are addresses
    if dialect.delimiter == " " and _is_prose(rows, width):
        return _Candidate(dialect, 0.0)
    consistency = count / len(rows)
    cells = [cell for row in rows if _width(row) == width for cell in row.cells[:50]]
    cells = cells[:: max(1, len(cells) // MEANING_CELLS)]
    if dialect.delimiter in ",:" and line_looks.are_times(lines[:SAMPLE_ROWS], dialect.delimiter):
        return _Candidate(dialect, 0.0)
    values = [cell for cell in cells if VALUE.fullmatch(cell[:200])]
    likely = LIKELY[dialect.delimiter]
    if dialect.delimiter == ":":
        likely -= ALIGNED * sum(" " in cell.strip() for cell in cells) / max(1, len(cells))
        values = [cell for cell in values if " " not in cell.strip()]
    if dialect.delimiter == "\t":
        aligned = sum("  " in cell.strip() for cell in cells)  # blanks part these
        values = [cell for cell in values if "  " not in cell.strip()]
        likely -= ALIGNED * aligned / max(1, len(cells))
        if all(_width(row) > 2 for row in rows):
            consistency = max(consistency, RAGGED)  # by chance they are not in every line
    meaning = len(values) / max(1, len(cells))
    if dialect.delimiter in DOUBTFUL:
        columns = list(zip(*(r.cells for r in rows[1:] if _width(r) == width), strict=True))
        is_wordy = dialect.delimiter in WORDY or (width <= FEW_CELLS and count < len(rows))
        if is_wordy and not any(map(_is_typed_column, columns)):
            return _Candidate(dialect, 0.0)
        if dialect.delimiter in " #" and any(not any(map(str.strip, column)) for column in columns):
            return _Candidate(dialect, 0.0)  # these spaces align, these marks begin comments
    flaws = sum(row.is_literal for row in rows) / len(rows)
    score = consistency * (0.3 + 0.7 * meaning) * likely * (1 - flaws)
    return _Candidate(dialect, score * (1 - 0.1 / width), records)


def _is_rare(dialect: Dialect, lines: list[str]) -> bool:
    """Whether so few lines have the delimiter that it is one of prose, if each line is a record."""
    delimiter, opened = dialect.delimiter, f'{dialect.delimiter}"'
    having = sum(delimiter in line for line in lines)
    if not having:
        return True
    others = sum(1 for line in lines if delimiter not in line and line.strip())
    if having >= LEAST_SHARE * (having + others) or dialect.skips_space:
        return False
    return not any(opened in line or line[:1] == '"' or "\r" in line[:-2] for line in lines)


def _are_parts(wide: Sequence[Record], rows: int) -> bool:
    """Whether the few rows that have several cells are sentences: blanks follow the delimiters."""
    is_of_prose = len(wide) * 2 < rows and all(_width(row) == 2 for row in wide)
    return (is_of_prose or len(wide) == 1 < rows) and all(
        cell[:1] == " " for row in wide for cell in row.cells[1:]
    )


def _is_prose(rows: Sequence[Record], width: int) -> bool:
    """Whether blanks part the words of sentences: many rows have more or fewer, and words last."""
    told = rows[1:] if all(map(is_name, rows[0].cells)) else rows
    odd = sum(_width(row) != width for row in told)
    words = sum(not (is_typed(row.cells[-1]) or is_value(row.cells[-1])) for row in told)
    return odd > MANY_ODD * len(told) and words * 2 > len(told)


def _is_typed_column(column: Sequence[str]) -> bool:
    """Whether nearly all cells are numbers, dates and the like, not all dashes of a list."""
    if all(cell == "-" for cell in column):
        return False
    least = 0.9 * len(column)
    left = len(column)
    for cell in column:
        left -= not is_typed(cell)
        if left < least:
            return False
    return True


def _refine(dialect: Dialect, lines: list[str], *, is_whole: bool) -> Dialect:
    """Single quotes, backslash escapes, spaces behind delimiters, where the sample shows them."""
    text = "".join(lines[:SAMPLE_ROWS])
    edge = re.escape(dialect.delimiter)
    refined = dialect
    if dialect.delimiter != " " and _are_spaced(text, dialect.delimiter):
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
    is_within = re.search(rf"\\{quote}(?!{end})", text, re.MULTILINE) is not None
    return escaped if gain > 0 or (gain == 0 and is_within and not is_doubled) else refined


def _has_bare_quotes(lines: list[str], dialect: Dialect, *, is_whole: bool) -> bool:
    """Whether quotes mean nothing between tabs, as where programs write cells as they are.

    Some of them close nowhere, or only behind whole rows; and few enclose a cell, and none a line
    end or another quote.
    """
    if dialect.delimiter != "\t" or dialect.quote != '"':
        return False
    sample = _sample(lines, dialect, is_whole=is_whole)
    if not any(record.is_literal for record in sample):
        return False
    told = (cell for line in lines if '"' in line for cell in line.rstrip("\r\n").split("\t"))
    opened = [cell for cell in told if cell.startswith('"')]
    enclosed = [cell for cell in opened if ENCLOSED.fullmatch(cell)]
    is_doubled = any('""' in cell[1:-1] for cell in enclosed)
    is_quoted = is_doubled or any(record.lines > 1 for record in sample)
    return not is_quoted and len(enclosed) * 2 <= len(opened)


def _are_spaced(text: str, delimiter: str) -> bool:
    """Whether a space follows all but a few delimiters."""
    count = text.count(delimiter)
    return count > 2 and text.count(delimiter + " ") >= 0.95 * count


def _agreement(lines: list[str], dialect: Dialect) -> int:
    """How many rows have the most frequent number of cells."""
    rows = [row for row in _sample(lines, dialect, is_whole=False) if not row.is_literal]
    return max(Counter(map(_width, rows)).values(), default=0)
