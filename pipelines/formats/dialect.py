"""Dialect detection: delimiter, quote, preamble and header of a delimited text, from a sample.

Consistency first, then meaning: a delimiter is good when most rows have the same number of cells,
and better when those cells look like values (van den Burg, Nazabal and Sutton, "Wrangling messy CSV
files by detecting row and type patterns", 2019, in a small form).
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from connectors.errors import InvalidOverride
from pipelines.choices import Choices
from pipelines.formats import second_header
from pipelines.formats.base import Guess, Notice
from pipelines.formats.cell_looks import VALUE, is_typed, is_value
from pipelines.formats.records import Dialect, Record, read, split_lines

DELIMITERS = (",", "\t", ";", "|", ":", "^", "~", "#", " ")
LIKELY = {",": 1.0, "\t": 1.0, ";": 1.0, "|": 1.0, ":": 0.7, "^": 0.8, "~": 0.8, "#": 0.7, " ": 0.6}
WORDY = (" ", ":")  # they stand in names and prose too
SAMPLE_ROWS = 500
SAMPLE_LINES = 4 * SAMPLE_ROWS  # what is looked at, whatever else there is
MEANING_CELLS = 300
NONE = Choices()
HEADER_COLUMNS = 60
HEADED_ROWS = 200


@dataclass(frozen=True, slots=True)
class Layout:
    """How a delimited text is laid out.

    `first_record` is the index, among the records, of the header, or of the first row if there is
    none; `names` is None without a header, which may take up several `header_rows`.
    """

    dialect: Dialect
    columns: int
    first_record: int
    names: tuple[str, ...] | None
    guesses: tuple[Guess, ...]
    header_rows: int = 1
    notices: tuple[Notice, ...] = ()


def detect(text: str, choices: Choices = NONE, *, is_whole: bool) -> Layout:
    """The layout of a text from its head; a last, cut-off line should be left out by the caller.

    Raises InvalidOverride where the chosen header is not there.
    """
    newline = "\n" if "\n" in text or "\r" not in text else "\r"
    lines = split_lines(text, newline)[:SAMPLE_LINES]
    scored = sorted(
        (_score(lines, dialect, is_whole=is_whole) for dialect in _dialects(newline, lines)),
        key=lambda candidate: -candidate.score,
    )
    best, runner_up = scored[0], scored[1]
    if choices.delimiter is not None:
        as_chosen = (each for each in scored if each.dialect.delimiter == choices.delimiter)
        plain = _Candidate(Dialect(choices.delimiter, newline=newline), 1.0)
        best, runner_up = replace(next(as_chosen, plain), score=1.0), best
    if best.score <= 0:
        best = _score(lines, Dialect(",", newline=newline), is_whole=is_whole)
    dialect = _refine(best.dialect, lines)
    if choices.quote is not None:
        dialect = replace(dialect, quote=choices.quote or None)
    records = _sample(lines, dialect, is_whole=is_whole)
    columns = _columns(records)
    first = first_record(records, columns)
    names, headed = header(records[first:], columns)
    if choices.header is not None:
        first = choices.header - 1 if choices.header else first
        columns = _columns(records[first:]) if choices.header else columns
        names, headed = chosen_header(records, first, columns, choices.header)
    two, notices = two_rows(records[first:] if choices.header is None else [], columns)
    if two is not None:
        names, headed = two.names, two.guess
    delimiter = Guess(
        "delimiter",
        dialect.delimiter if columns > 1 else "none",
        round(min(1.0, max(0.0, best.score)), 2),
        (runner_up.dialect.delimiter,) if runner_up.score > 0 else (),
    )
    return Layout(
        dialect,
        columns,
        first,
        names,
        (delimiter, headed),
        header_rows=1 if two is None else 2,
        notices=notices if names is not None else (),
    )


def _dialects(newline: str, lines: list[str]) -> Iterator[Dialect]:
    """All delimiters alone; and spaces that align columns, one delimiter however many they are."""
    for delimiter in DELIMITERS:
        yield Dialect(delimiter, newline=newline)
    if any("  " in line or line[:1] == " " for line in lines[:50]):
        yield Dialect(" ", newline=newline, skips_space=True)


@dataclass(frozen=True, slots=True)
class _Candidate:
    dialect: Dialect
    score: float


def _sample(lines: list[str], dialect: Dialect, *, is_whole: bool) -> list[Record]:
    records = []
    for record in read(lines, dialect, is_last=is_whole):
        records.append(record)
        if len(records) >= SAMPLE_ROWS:
            break
    return records


def _width(record: Record) -> int:
    return len(record.cells)


def _score(lines: list[str], dialect: Dialect, *, is_whole: bool) -> _Candidate:
    if not any(dialect.delimiter in line for line in lines[:SAMPLE_ROWS]):
        return _Candidate(dialect, 0.0)
    rows = [
        r
        for r in _sample(lines, dialect, is_whole=is_whole)
        if any(cell.strip() for cell in r.cells)
    ]
    if not rows:
        return _Candidate(dialect, 0.0)
    width, count = max(Counter(map(_width, rows)).items(), key=lambda item: (item[1], item[0]))
    if width == 1:
        wide = [row for row in rows if _width(row) > 1]
        if not wide:
            return _Candidate(dialect, 0.0)
        width, count = max(Counter(map(_width, wide)).items(), key=lambda item: item[1])
        if count < 0.3 * len(rows):  # a few delimiters in prose
            return _Candidate(dialect, 0.0)
    consistency = count / len(rows)
    cells = [cell for row in rows if _width(row) == width for cell in row.cells[:50]]
    cells = cells[:: max(1, len(cells) // MEANING_CELLS)]
    meaning = sum(1 for cell in cells if VALUE.fullmatch(cell[:200])) / max(1, len(cells))
    columns = list(zip(*(r.cells for r in rows[1:] if _width(r) == width), strict=True))
    if dialect.delimiter in WORDY and not any(map(_is_typed_column, columns)):
        return _Candidate(dialect, 0.0)
    if dialect.delimiter == " " and any(not any(map(str.strip, column)) for column in columns):
        return _Candidate(dialect, 0.0)  # these spaces align
    flaws = sum(row.is_literal for row in rows) / len(rows)
    score = consistency * (0.3 + 0.7 * meaning) * LIKELY[dialect.delimiter] * (1 - flaws)
    return _Candidate(dialect, score * (1 - 0.1 / width))


def _is_typed_column(column: Sequence[str]) -> bool:
    """Whether nearly all cells are numbers, dates and the like."""
    return sum(map(is_typed, column)) >= 0.9 * len(column)


def _refine(dialect: Dialect, lines: list[str]) -> Dialect:
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
    quote = refined.quote or ""
    if "\\" + quote not in text and "\\" + dialect.delimiter not in text:
        return refined
    escaped = replace(refined, escape="\\")
    gain = _agreement(lines, escaped) - _agreement(lines, refined)
    # As many rows fit either way where the escaped quotes happen to be even: then what matters is
    # that no quote is doubled within a cell, as it would be without escapes.
    is_doubled = re.search(rf"[^{edge}\n]{quote}{quote}[^{edge}\r\n]", text) is not None
    return escaped if gain > 0 or (gain == 0 and not is_doubled) else refined


def _are_spaced(text: str, delimiter: str) -> bool:
    """Whether a space follows all but a few delimiters."""
    count = text.count(delimiter)
    return count > 2 and text.count(delimiter + " ") >= 0.95 * count


def _agreement(lines: list[str], dialect: Dialect) -> int:
    """How many rows have the most frequent number of cells."""
    rows = [row for row in _sample(lines, dialect, is_whole=False) if not row.is_literal]
    return max(Counter(map(_width, rows)).values(), default=0)


def _columns(records: Sequence[Record]) -> int:
    widths = Counter(_width(r) for r in records if any(cell.strip() for cell in r.cells))
    if not widths:
        return 1
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    # A few longer rows are the truth when the short ones are titles or notes of one cell.
    wide = {w: n for w, n in widths.items() if w > 1}
    if width == 1 and wide and sum(wide.values()) >= 0.3 * sum(widths.values()):
        return max(wide.items(), key=lambda item: item[1])[0]
    return width if count else 1


def first_record(records: Sequence[Record], columns: int) -> int:
    """Where the table begins: titles and notes above it have fewer cells than its rows."""
    filled = [sum(bool(cell.strip()) for cell in record.cells) for record in records]
    for index, record in enumerate(records):
        if filled[index] == 0:
            continue
        if _width(record) == columns and (columns == 1 or filled[index] > 1):
            return index
        if _width(record) == columns == 2 and not record.cells[0].strip():
            return index  # names whose first one is missing: that of the row labels
        if _width(record) in (columns - 1, columns + 1) and filled[index] >= max(2, columns - 1):
            return index
        if not any(_width(later) == columns for later in records[index + 1 :]):
            return index
    return next((i for i, n in enumerate(filled) if n), 0)


def header(records: Sequence[Record], columns: int) -> tuple[tuple[str, ...] | None, Guess]:
    """The names in the first record, or None when it is a row like the others."""
    if not records:
        return None, Guess("header", "none", 0.5)
    head = _names(records[0])
    body = [
        r.cells
        for r in records[1:200]
        if any(cell.strip() for cell in r.cells) and r.cells != records[0].cells
    ]
    names = _named(head, columns, body)
    evidence = _evidence(names, body)
    filled = [name for name in names if name]
    if evidence < 0 or not filled:
        return None, Guess(
            "header", "none", min(1.0, 0.6 - evidence / 5), ("first row",), tuple(head[:5])
        )
    confidence = min(1.0, 0.6 + evidence / 5)
    return tuple(names), Guess("header", "first row", confidence, ("none",), tuple(head[:5]))


def two_rows(
    records: Sequence[Record], columns: int, *, may_group: bool = True
) -> tuple[second_header.TwoRows | None, tuple[Notice, ...]]:
    """What the first two records call the columns, if both are header; and what to say of it."""
    head = records[: 2 + HEADED_ROWS]
    rows = [[cell.strip() for cell in record.cells] for record in head]
    if columns == 1 or len(rows) < 2 or any(len(row) != columns for row in rows[:2]):
        return None, ()
    body = [row for row in rows[2:] if len(row) == columns and any(row)]
    found = second_header.find(rows[0], rows[1], body, may_group=may_group)
    notice = second_header.doubt(rows[1], body) if found is None else found.notice
    return found, () if notice is None else (notice,)


def chosen_header(
    records: Sequence[Record], first: int, columns: int, row: int
) -> tuple[tuple[str, ...] | None, Guess]:
    if not row:
        return None, Guess("header", "none", 1.0)
    if first >= len(records):
        raise InvalidOverride(
            f"overrides.header is row {row}, but only {len(records)} rows were looked at"
        )
    return tuple(_named(_names(records[first]), columns, [])), Guess("header", f"row {row}", 1.0)


def _names(record: Record) -> list[str]:
    return [
        cell.replace("\r\n", "\n").replace("\r", "\n") if cell.strip() else ""
        for cell in record.cells
    ]


def _named(head: list[str], columns: int, body: list[list[str]]) -> list[str]:
    if (
        len(head) == columns - 1
        and body
        and any(row[-1].strip() for row in body if len(row) == columns)
    ):
        return ["", *head]  # the writer left out the name of the row labels, as R does
    return [*head, *[""] * (columns - len(head))]


def _evidence(names: Sequence[str], body: list[list[str]]) -> float:
    """How much the first record looks like names above these rows: positive yes, negative no."""
    filled = [name for name in names if name]
    if not filled:
        return -1.0
    if not body:
        return 1.0 if not any(is_value(name) for name in filled) else -1.0
    evidence = 2.0 * len(names) if _has_empty_corner(names, body) else 0.0
    is_series = _is_series(names) and not any(_is_series(row) for row in body[:3])
    for index, name in enumerate(names[:HEADER_COLUMNS]):
        column = [row[index] for row in body if index < len(row) and row[index].strip()]
        if not name or not column:
            continue
        if is_series and name.isdecimal():
            evidence += 0.5
        elif all(map(is_typed, column)):
            evidence += -1.0 if is_typed(name) else 1.0
        elif is_value(name):
            evidence -= 1.0 if all(map(is_value, column)) else 0.3
        elif name in column and len(set(column)) < len(column):
            evidence -= 0.5
        else:
            lengths = {len(cell) for cell in column}
            evidence += 0.4 if len(lengths) == 1 and len(name) not in lengths else 0.1
    if len(set(filled)) < len(filled):
        evidence -= 0.3
    return evidence


def _has_empty_corner(names: Sequence[str], body: list[list[str]]) -> bool:
    """Whether only the first name is missing, over labels that never are: a table with two axes."""
    named = names[1:]
    return (
        not names[0]
        and len(named) > 0
        and all(named)
        and len(set(named)) == len(named)
        and all(row and row[0].strip() for row in body)
    )


def _is_series(cells: Sequence[str]) -> bool:
    """Whether the whole numbers among the cells are years or numbers that go up evenly."""
    numbers = [int(cell) for cell in cells if cell.isdecimal() and len(cell) < 9]
    steps = {after - before for before, after in itertools.pairwise(numbers)}
    return len(numbers) > 2 and len(steps) == 1 and steps != {0}
