"""Sheet header: which rows of a table name its columns, told by where numbers and dates begin."""

import datetime as dt
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median_high

from pipelines.formats.sheet_cells import WORDS, text_of
from pipelines.formats.sheet_footer import text_columns

HEAD_ROWS = 30
DEEPEST = 300  # rows of one text each that may stand above a header
HEADER_ROWS = 3
SPARSE = 0.34
LONGEST_NAME = 4096
YEARS = range(1900, 2101)

Cells = Mapping[int, object]
Merged = Sequence[tuple[tuple[int, int], tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Header:
    """How many rows stand above the header, how many are it, and what it calls the columns."""

    preamble: int = 0
    rows: int = 0
    confidence: float = 1.0
    by_column: tuple[tuple[int, str], ...] = ()
    names: tuple[str | None, ...] = ()

    def named(self, names: Sequence[str | None]) -> "Header":
        return replace(self, names=tuple(names))


def fill(cells: Cells) -> int:
    return len(cells)


def is_headed(
    grid: Mapping[int, Cells], rows: Sequence[int], width: int, merged: Merged = ()
) -> bool:
    """Whether rows begin with a full line of texts, or groups of them, and go on below it."""
    first = grid[rows[0]]
    if len(rows) < 2:
        return False
    below = grid[rows[1]]
    if len(rows) > 2 and len(first) > 1 and _is_text(below) and _may_name_groups(first):
        wide = {top[1] for top, last in merged if top[0] == rows[0] and last[1] > top[1]}
        if rows[1] == rows[0] + 1 and not wide.isdisjoint(first):
            return len(first.keys() | below.keys()) >= max(2, 0.6 * width)
    if len(first) < max(2, 0.6 * width) and len(rows) > 2:
        return is_headed(grid, rows[1:], width, merged) if len(first) == 1 else False
    return len(first) >= max(2, 0.6 * width) and _is_text(first)


def may_have_groups(grid: Mapping[int, Cells]) -> bool:
    """Whether one of the first lines has fewer cells than the next one, which is all text."""
    lines = [grid[row] for row in sorted(grid)[: HEADER_ROWS + 1]]
    return any(1 < len(line) < len(below) and _is_text(below) for line, below in pairwise(lines))


def find_header(grid: Mapping[int, Cells], rows: Sequence[int], merged: Merged = ()) -> Header:
    """The header of a table that takes up these rows."""
    deepest = rows[: DEEPEST + HEAD_ROWS][-1]
    merged = [cell for cell in merged if rows[0] <= cell[0][0] <= deepest]  # others may be many
    lines = [grid[row] for row in rows]
    width = len({column for line in lines for column in line})
    if len(lines) == 1:
        is_header = width > 1 and _is_text(lines[0])
        return (
            _header(grid, rows, 0, 1, merged, confidence=0.6)
            if is_header
            else Header(confidence=0.6)
        )
    typical = median_high(len(line) for line in lines)
    start = _below_titles(lines, typical) if width > 1 else 0
    first_value = next(
        (
            place
            for place, line in enumerate(lines[start : start + HEAD_ROWS], start)
            if not (_is_text(line) or _is_above_names(lines, rows, place, merged))
        ),
        None,
    )
    if first_value is None:
        return _header_of_texts(grid, rows, lines, start, merged)
    if first_value == start:
        if _are_loose_groups(lines, rows, start):
            return _header(grid, rows, start, start + 2, merged, confidence=0.8)
        if _is_years(lines[start], lines[start + 1 :]):
            return _header(grid, rows, start, start + 1, merged, confidence=0.8)
        if _are_names(lines[start], lines[start + 1 :]):
            return _header(grid, rows, start, start + 1, merged, confidence=0.7)
        return Header(confidence=0.9)
    candidates = range(start, first_value)
    most = max(len(lines[i]) for i in candidates)
    if most < 0.5 * typical:
        return Header(confidence=0.5)
    at = next(i for i in candidates if len(lines[i]) == most)
    texts = text_columns(lines[first_value:])
    below = at + 1
    while (
        below < first_value
        and below < at + HEADER_ROWS - 1
        and rows[below] == rows[below - 1] + 1
        and len(lines[below]) > 1
        and texts.isdisjoint(lines[below])
    ):
        below += 1
    top = _first_group(lines, rows, start, at, merged)
    if top < at and below == at + 1 and _names_labels(lines, rows, top, below, merged):
        below += 1
    return _header(grid, rows, top, below, merged, confidence=0.95)


def _below_titles(lines: Sequence[Cells], typical: int) -> int:
    """The first line that is no title: that has more cells than one, and not far fewer than most.

    Far down it is one only below nothing but texts, each by itself.
    """
    for place, line in enumerate(lines[:DEEPEST]):
        if len(line) > max(1, SPARSE * typical):
            return place
        if place >= HEAD_ROWS and not all(
            len(each) == 1 and _is_text(each) for each in lines[:place]
        ):
            return 0
    return 0


def _header_of_texts(
    grid: Mapping[int, Cells],
    rows: Sequence[int],
    lines: Sequence[Cells],
    start: int,
    merged: Merged,
) -> Header:
    """Where all cells are text: the first full line, unless its texts come again below it."""
    first = lines[start]
    if _has_names_below(lines, rows, start, merged):
        return _header(grid, rows, start, start + 2, merged, confidence=0.6)
    repeats = sum(
        any(line.get(column) == cell for line in lines[start + 1 : start + 1000])
        for column, cell in first.items()
    )
    if repeats * 2 > len(first) or start + 1 >= len(lines):
        return Header(confidence=0.6)
    return _header(grid, rows, start, start + 1, merged, confidence=0.6)


def _first_group(
    lines: Sequence[Cells], rows: Sequence[int], start: int, at: int, merged: Merged
) -> int:
    """The first of the lines above a header that name groups of its columns; else the header.

    Two lines do only if both are merged: groups, and groups of these.
    """
    are_two = at > 1 and all(_spans_groups(lines, rows, at - up, merged) for up in (1, 2))
    for top in (at - 2, at - 1) if are_two else (at - 1,):
        if all(len(_told(line)) < 2 for line in lines[: max(top, 0)]) and all(
            _is_group(lines, rows, start, place + 1, merged) for place in range(top, at)
        ):
            return top
    return at


def _spans_groups(lines: Sequence[Cells], rows: Sequence[int], place: int, merged: Merged) -> bool:
    """Whether a line has merged cells over columns of the next one: several, or one over all but
    the first, which would be a title.
    """
    told = _told(lines[place])
    spans = {
        first[1]: last[1]
        for first, last in merged
        if first[0] == rows[place] and last[1] > first[1] and first[1] in told
    }
    if len(told) != 1 or not spans:
        return bool(spans)
    below = lines[place + 1 : place + 2 * HEADER_ROWS]
    ((first, last),) = spans.items()
    return min(map(min, below)) < first <= min(below[0]) and last >= max(below[0])


def _has_names_below(
    lines: Sequence[Cells], rows: Sequence[int], place: int, merged: Merged
) -> bool:
    """Whether the next line names the columns of merged groups, and those of nothing else."""
    if place + 2 >= len(lines) or rows[place + 1] != rows[place] + 1:
        return False
    spans = [
        range(first[1], last[1] + 1)
        for first, last in merged
        if first[0] == rows[place] and last[1] > first[1] and first[1] in lines[place]
    ]
    grouped = {column for span in spans for column in span}
    below = lines[place + 1]
    others = lines[place].keys() - grouped
    return len(grouped & below.keys()) > max(1, len(spans)) and others.isdisjoint(below)


def _are_loose_groups(lines: Sequence[Cells], rows: Sequence[int], place: int) -> bool:
    """Whether years or days that are not merged stand each above the first of several names."""
    line = lines[place]
    if place + 2 >= len(lines) or not _may_name_groups(line):
        return False
    below, values = lines[place + 1 : place + 3]
    return (
        rows[place + 1] == rows[place] + 1
        and len(below) >= 2 * len(line) > 2
        and line.keys() <= below.keys()
        and _is_text(below)
        and all(column in values and not isinstance(values[column], str) for column in line)
    )


def _is_above_names(
    lines: Sequence[Cells], rows: Sequence[int], place: int, merged: Merged
) -> bool:
    """Whether a line of years or days, merged, stands on a line of as many texts or more."""
    line = lines[place]
    if place + 1 >= len(lines) or not _may_name_groups(line):
        return False
    below = lines[place + 1]
    return (
        rows[place + 1] == rows[place] + 1
        and len(below) >= max(2, len(line))
        and _is_text(below)
        and any(first[0] == rows[place] and last[1] > first[1] for first, last in merged)
    )


def _names_labels(
    lines: Sequence[Cells], rows: Sequence[int], top: int, below: int, merged: Merged
) -> bool:
    """Whether a line below a header in groups names the columns of labels beside them.

    So pandas writes the names of an index, which no line of groups names. A part of a table may be
    headed so, too, but seldom has a table one part only; and a row may have labels alone.
    """
    if below + 1 >= len(lines) or rows[below] != rows[below - 1] + 1 or not _is_text(lines[below]):
        return False
    groups = [first[1] for first, last in merged if first[0] == rows[top] and last[1] > first[1]]
    beside = range(min(groups, default=0))
    labels = {column for line in lines[below + 1 :] for column in line if column in beside}
    is_part = any(labels.issuperset(line) for line in lines[below + 1 :])
    is_named = any(not labels.isdisjoint(line) for line in lines[top : below - 1])
    recurs = any(
        line.get(column) == cell
        for line in lines[below + 1 :]
        for column, cell in lines[below].items()
    )
    return labels == set(lines[below]) and not (is_part or is_named or recurs)


def _is_group(
    lines: Sequence[Cells], rows: Sequence[int], start: int, at: int, merged: Merged
) -> bool:
    """Whether the line above a header names groups of its columns."""
    above = at - 1
    if above < 0 or rows[at] != rows[above] + 1 or not _may_name_groups(lines[above]):
        return False
    is_merged = any(
        first[0] <= rows[above] <= last[0] and (last[1] > first[1] or last[0] == rows[at])
        for first, last in merged
    )
    if not is_merged and (above < start or not _is_text(lines[above])):
        return False
    least = min(column for line in lines[at : at + HEADER_ROWS + 2] for column in line)
    spans_all = any(
        first[0] == rows[above] and first[1] <= least and last[1] >= max(lines[at])
        for first, last in merged
    )
    if len(_told(lines[above])) == 1 and (spans_all or not is_merged or min(lines[above]) <= least):
        return False
    return len(lines[above]) <= len(lines[at]) or is_merged


def _header(
    grid: Mapping[int, Cells],
    rows: Sequence[int],
    top: int,
    end: int,
    merged: Merged,
    *,
    confidence: float,
) -> Header:
    """The names that the rows [top, end) give: groups are filled to the right, then joined."""
    columns = sorted({column for row in rows for column in grid[row]})
    parts: dict[int, list[str]] = {column: [] for column in columns}
    for index in range(top, end):
        line = {column: text_of(cell) for column, cell in grid[rows[index]].items()}
        if index < end - 1:
            below = {column for row in rows[index + 1 : end] for column in grid[row]}
            line = _spread(line, rows[index], columns, below, merged)
        for column, text in line.items():
            parts[column].append(text)
    names = tuple((column, " ".join(texts)) for column, texts in parts.items() if texts)
    if any(len(name) > LONGEST_NAME for _, name in names):
        return Header(confidence=0.9)
    return Header(top, end - top, confidence, names)


def _spread(
    line: dict[int, str],
    row: int,
    columns: Sequence[int],
    below: Container[int],
    merged: Merged,
) -> dict[int, str]:
    """A group's name in all its columns: those of its merged cell, or up to the next group."""
    spans = {first[1]: last[1] for first, last in merged if first[0] == row and last[1] > first[1]}
    spread: dict[int, str] = {}
    current, until = "", -1
    for column in columns:
        if column in line:
            current = line[column]
            until = spans.get(column, column if spans else columns[-1])
            spread[column] = current
        elif current and column <= until and column in below:
            spread[column] = current
    return spread


def names_of(
    upper: Sequence[str], lower: Sequence[str], merged: Merged
) -> tuple[tuple[int, str], ...]:
    """What two rows of texts call the columns, by column; groups are filled as if merged so."""
    below = {column for column, cell in enumerate(lower) if cell}
    groups = {column: cell for column, cell in enumerate(upper) if cell}
    above = _spread(groups, 0, range(len(upper)), below, merged) if merged else groups
    return tuple(
        (column, " ".join(filter(None, (above.get(column, ""), lower[column]))))
        for column in range(len(upper))
    )


def _is_text(line: Cells) -> bool:
    return all(isinstance(cell, str) for cell in line.values())


def _told(line: Cells) -> set[int]:
    """The columns of the cells that are not blank texts."""
    return {column for column, cell in line.items() if str(cell).strip()}


def _may_name_groups(line: Cells) -> bool:
    """Whether a line is of texts, years and days alone."""
    return all(
        isinstance(cell, str | dt.date) or (isinstance(cell, int | float) and cell in YEARS)
        for cell in line.values()
    )


def _are_names(line: Cells, below: Sequence[Cells]) -> bool:
    """Whether a line that is not all text, as of a date in its corner, still names its columns.

    Most of it is text, and in two columns at least stands over what never is; or in one, and in
    another is a year over what is none.
    """
    texts = {column: cell for column, cell in line.items() if isinstance(cell, str)}
    if len(below) < 2 or len(texts) * 2 <= len(line):
        return False
    wordy = text_columns(below)
    valued = {column for cells in below for column in cells} - wordy
    names = [texts[column] for column in texts if column in valued]
    if len(names) == 1 and len(line) - len(texts) == 1:
        ((column, year),) = ((place, cell) for place, cell in line.items() if place not in texts)
        others = [cells[column] for cells in below if column in cells]
        is_year = isinstance(year, int | float) and year in YEARS
        return is_year and column in valued and WORDS.isdisjoint(names) and not _any_years(others)
    return len(names) > 1 and len(set(names) - WORDS) * 2 > len(names)


def _any_years(cells: Sequence[object]) -> bool:
    return any(isinstance(cell, int | float) and cell in YEARS for cell in cells)


def _is_years(line: Cells, below: Sequence[Cells]) -> bool:
    """Whether a line is years or days over columns of other values, beside at least one text."""
    numbers = [cell for cell in line.values() if not isinstance(cell, str)]
    days = [cell for cell in numbers if isinstance(cell, dt.date)]
    years = [cell for cell in numbers if isinstance(cell, int | float) and cell in YEARS]
    if len(numbers) < 2 or len(numbers) not in (len(days), len(years)):
        return False
    if len(set(map(str, numbers))) < len(numbers) or not below:
        return False
    texts = [column for column, cell in line.items() if isinstance(cell, str)]
    labels = texts or [column for column in below[0] if column not in line]
    return any(isinstance(below[0].get(column), str) for column in labels)
