"""Delimiters: which one parts a text, by how evenly it does and by what its cells look like.

Consistency first, then meaning: a delimiter is good when most rows have the same number of cells,
and better when those cells look like values (van den Burg, Nazabal and Sutton, "Wrangling messy CSV
files by detecting row and type patterns", 2019, in a small form).
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from pipelines.formats import line_looks, table_top
from pipelines.formats.cell_looks import VALUE, is_name, is_typed, is_value
from pipelines.formats.records import Dialect, Record, read

DELIMITERS = (",", "\t", ";", "|", "\x1f", "¦", ":", "^", "~", "#", "@", " ")
LESS_LIKELY = {"¦": 0.9, ":": 0.7, "^": 0.8, "~": 0.8, "#": 0.7, "@": 0.35, " ": 0.6}
LIKELY = dict.fromkeys(DELIMITERS, 1.0) | LESS_LIKELY
COMMENT = "#"
WORDY = (" ", ":")  # they stand in names and prose too
DOUBTFUL = (*WORDY, "#")
WEAK = (":", "#", "@")  # they stand within cells
LEAST_SHARE = 0.3  # of the rows that have a delimiter: fewer have it in prose
SAMPLE_ROWS = 500
MEANING_CELLS = 300
RAGGED = 0.7
FEW_CELLS = 3
MANY_ODD = 0.1  # of the rows
SURE = 0.9
ALIGNED = 0.3
FEWEST_TABBED = 3  # lines: in fewer, tabs may be as many by chance
NOWHERE = "\x1f"  # the delimiter of one column, whose cells may hold any other
CLEAR = ("\t", ";", "|")  # parts no decimals, and seldom sentences
USUAL = (",", "\t", ";", "|")
CELL_MARKS = (",", ";")  # they stand within cells that tabs part


@dataclass(frozen=True, slots=True)
class Candidate:
    """A dialect, how well it parts the text, and the records that it makes of the sample."""

    dialect: Dialect
    score: float
    records: list[Record] = field(default_factory=list)


def candidates(lines: list[str], newline: str, *, is_whole: bool) -> list[Candidate]:
    """What each delimiter makes of the lines, the best first."""
    each = (scored(lines, dialect, is_whole=is_whole) for dialect in _dialects(newline, lines))
    return sorted(each, key=lambda candidate: -candidate.score)


def _dialects(newline: str, lines: list[str]) -> Iterator[Dialect]:
    """All delimiters alone; and spaces that align columns, one delimiter however many they are."""
    for delimiter in DELIMITERS:
        yield Dialect(delimiter, newline=newline)
    if any("  " in line or " " in (line[:1], line.rstrip("\r\n")[-1:]) for line in lines[:50]):
        yield Dialect(" ", newline=newline, skips_space=True)


def scored(lines: list[str], dialect: Dialect, *, is_whole: bool) -> Candidate:
    """How well the dialect parts the lines, from 0 to 1."""
    if _is_rare(dialect, lines[:SAMPLE_ROWS]):
        return Candidate(dialect, 0.0)
    records = sample(lines, dialect, is_whole=is_whole)
    rows = [record for record in records if any(map(str.strip, record.cells))]
    if not rows:
        return Candidate(dialect, 0.0)
    width, count = max(Counter(map(width_of, rows)).items(), key=lambda item: (item[1], item[0]))
    wide = [row for row in rows if width_of(row) > 1]
    if width == 1:
        if not wide:
            return Candidate(dialect, 0.0)
        width, count = max(Counter(map(width_of, wide)).items(), key=lambda item: item[1])
        if count < LEAST_SHARE * len(rows):
            return Candidate(dialect, 0.0)
    if _are_parts(wide, len(rows)):
        return Candidate(dialect, 0.0)
    if dialect.delimiter == "@" and width < 3:
        return Candidate(dialect, 0.0)  # these are addresses
    if dialect.delimiter == " " and _is_prose(rows, width):
        return Candidate(dialect, 0.0)
    consistency = count / len(rows)
    cells = [cell for row in rows if width_of(row) == width for cell in row.cells[:50]]
    cells = cells[:: max(1, len(cells) // MEANING_CELLS)]
    if dialect.delimiter in ",:" and line_looks.are_times(lines[:SAMPLE_ROWS], dialect.delimiter):
        return Candidate(dialect, 0.0)
    values = [cell for cell in cells if VALUE.fullmatch(cell[:200])]
    likely = LIKELY[dialect.delimiter]
    if dialect.delimiter == ":":
        likely -= ALIGNED * sum(" " in cell.strip() for cell in cells) / max(1, len(cells))
        values = [cell for cell in values if " " not in cell.strip()]
    if dialect.delimiter == "\t":
        aligned = sum("  " in cell.strip() for cell in cells)  # blanks part these
        values = [cell for cell in values if "  " not in cell.strip()]
        likely -= ALIGNED * aligned / max(1, len(cells))
        if all(width_of(row) > 2 for row in rows):
            consistency = max(consistency, RAGGED)  # by chance they are not in every line
    meaning = len(values) / max(1, len(cells))
    if dialect.delimiter in DOUBTFUL:
        columns = list(zip(*(r.cells for r in rows[1:] if width_of(r) == width), strict=True))
        is_wordy = dialect.delimiter in WORDY or (width <= FEW_CELLS and count < len(rows))
        if is_wordy and not any(map(_is_typed_column, columns)):
            return Candidate(dialect, 0.0)
        if dialect.delimiter in " #" and any(not any(map(str.strip, column)) for column in columns):
            return Candidate(dialect, 0.0)  # these spaces align, these marks begin comments
    flaws = sum(row.is_literal for row in rows) / len(rows)
    score = consistency * (0.3 + 0.7 * meaning) * likely * (1 - flaws)
    return Candidate(dialect, score * (1 - 0.1 / width), records)


def likeliest(scored: list[Candidate], lines: list[str]) -> tuple[Candidate, Candidate]:
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
        return Candidate(Dialect(NOWHERE, newline=best.dialect.newline), SURE), best
    mark = best.dialect.delimiter
    if line_looks.has_lone_name(lines[:SAMPLE_ROWS]) and _is_named_alone(best, lines):
        return Candidate(Dialect(NOWHERE, newline=best.dialect.newline), SURE), best
    tabbed = _tabbed(scored, best) if mark in CELL_MARKS else None
    if tabbed is not None:
        return tabbed, best
    clear = _clearer(scored, best) if mark == " " else None
    if clear is not None:
        return clear, best
    named = None if mark in lines[0] else _named(scored, best)
    if named is not None:
        return named, best
    is_apart = mark not in lines[0] or not _is_even(best)
    is_of_prose = is_apart and are_spaced("".join(lines[:SAMPLE_ROWS]), mark)
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


def _is_named_alone(best: Candidate, lines: list[str]) -> bool:
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
    return not any(typed) and are_spaced("".join(lines[:SAMPLE_ROWS]), mark)


def _tabbed(scored: Sequence[Candidate], best: Candidate) -> Candidate | None:
    """Tabs, where each line has as many, and none beside the mark: `A,EUR,DE <tab> 5`.

    A tab that only ends a cell keeps a spreadsheet from reading it as a number.
    """
    mark = best.dialect.delimiter
    tabs = next((each for each in scored if each.dialect.delimiter == "\t"), None)
    if tabs is None or len(tabs.records) < FEWEST_TABBED or not _is_even(tabs):
        return None
    cells = (cell.strip() for record in tabs.records for cell in record.cells)
    are_whole = not any(cell.startswith(mark) or cell.endswith(mark) for cell in cells)
    has_tabs = any("\t" in cell for record in best.records for cell in record.cells)
    return tabs if are_whole and has_tabs else None


def _clearer(scored: Sequence[Candidate], best: Candidate) -> Candidate | None:
    """One that no text has, in all lines, where blanks part words too: `1. Ann <tab> 2. Rome`."""
    width = table_top.columns(best.records)
    rows = [record.cells for record in best.records[1:] if width_of(record) == width]
    if all(map(_is_typed_column, zip(*rows, strict=True))):
        return None
    return next(
        (each for each in scored if each.dialect.delimiter in CLEAR and _is_even(each)), None
    )


def _named(scored: Sequence[Candidate], best: Candidate) -> Candidate | None:
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


def _is_even(candidate: Candidate) -> bool:
    """Whether all rows, the first one too, have as many cells, and more than one.

    Comments between them count only if they have as many too.
    """
    told = [record.cells for record in candidate.records if any(map(str.strip, record.cells))]
    widths = {len(cells) for cells in told if len(cells) > 1 or not cells[0].startswith(COMMENT)}
    return len(widths) == 1 and widths != {1}


def likeliest_mark(lines: Sequence[str]) -> str:
    """What parts a text where nothing does so well: the names in its first line; or all lines."""
    told = [line.strip() for line in lines if line.strip()]
    named = (mark for mark in USUAL if told and _are_names(told[0].split(mark)))
    is_everywhere = all("," in line for line in told) and not line_looks.are_times(told, ",")
    return next(named, "," if is_everywhere else NOWHERE)


def named_columns(records: Sequence[Record]) -> int:
    """How many names the first line has that is not blank, if none below has more cells; or 0."""
    told = [record.cells for record in records if any(map(str.strip, record.cells))]
    is_head = bool(told) and _are_names(told[0]) and max(map(len, told)) == len(told[0])
    return len(told[0]) if is_head else 0


def _are_names(cells: Sequence[str]) -> bool:
    """Whether cells are several names."""
    return len(cells) > 1 and all(is_name(cell.strip('"')) for cell in cells)


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
    is_of_prose = len(wide) * 2 < rows and all(width_of(row) == 2 for row in wide)
    return (is_of_prose or len(wide) == 1 < rows) and all(
        cell[:1] == " " for row in wide for cell in row.cells[1:]
    )


def _is_prose(rows: Sequence[Record], width: int) -> bool:
    """Whether blanks part the words of sentences: many rows have more or fewer, and words last."""
    told = rows[1:] if all(map(is_name, rows[0].cells)) else rows
    odd = sum(width_of(row) != width for row in told)
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


def are_spaced(text: str, delimiter: str) -> bool:
    """Whether a space follows all but a few delimiters."""
    count = text.count(delimiter)
    return count > 2 and text.count(delimiter + " ") >= 0.95 * count


def sample(lines: list[str], dialect: Dialect, *, is_whole: bool, width: int = 0) -> list[Record]:
    """The first records; of so many cells as `width` says, if that is known."""
    return list(islice(read(lines, dialect, is_last=is_whole, width=width), SAMPLE_ROWS))


def width_of(record: Record) -> int:
    """How many cells it has."""
    return len(record.cells)
