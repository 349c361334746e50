"""Sheet header: which rows of a table name its columns, told by where numbers and dates begin."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median_high

from pipelines.formats.sheet_cells import WORDS, text_of
from pipelines.formats.sheet_footer import text_columns
from pipelines.formats.sheet_groups import (
    HEADER_ROWS,
    YEARS,
    Cells,
    Merged,
    are_loose_groups,
    first_group,
    has_names_below,
    is_above_names,
    is_text,
    may_name_groups,
    names_labels,
    spread,
)

HEAD_ROWS = 30
DEEPEST = 300  # rows of one text each that may stand above a header
SPARSE = 0.34
LONGEST_NAME = 4096


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
    if len(rows) > 2 and len(first) > 1 and is_text(below) and may_name_groups(first):
        wide = {top[1] for top, last in merged if top[0] == rows[0] and last[1] > top[1]}
        if rows[1] == rows[0] + 1 and not wide.isdisjoint(first):
            return len(first.keys() | below.keys()) >= max(2, 0.6 * width)
    if len(first) < max(2, 0.6 * width) and len(rows) > 2:
        return is_headed(grid, rows[1:], width, merged) if len(first) == 1 else False
    return len(first) >= max(2, 0.6 * width) and is_text(first)


def find_header(grid: Mapping[int, Cells], rows: Sequence[int], merged: Merged = ()) -> Header:
    """The header of a table that takes up these rows."""
    deepest = rows[: DEEPEST + HEAD_ROWS][-1]
    merged = [cell for cell in merged if rows[0] <= cell[0][0] <= deepest]  # others may be many
    lines = [grid[row] for row in rows]
    width = len({column for line in lines for column in line})
    if len(lines) == 1:
        is_header = width > 1 and is_text(lines[0])
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
            if not (is_text(line) or is_above_names(lines, rows, place, merged))
        ),
        None,
    )
    if first_value is None:
        return _header_of_texts(grid, rows, lines, start, merged)
    if first_value == start:
        if are_loose_groups(lines, rows, start):
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
    top = first_group(lines, rows, start, at, merged)
    if top < at and below == at + 1 and names_labels(lines, rows, top, below, merged):
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
            len(each) == 1 and is_text(each) for each in lines[:place]
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
    if has_names_below(lines, rows, start, merged):
        return _header(grid, rows, start, start + 2, merged, confidence=0.6)
    repeats = sum(
        any(line.get(column) == cell for line in lines[start + 1 : start + 1000])
        for column, cell in first.items()
    )
    if repeats * 2 > len(first) or start + 1 >= len(lines):
        return Header(confidence=0.6)
    return _header(grid, rows, start, start + 1, merged, confidence=0.6)


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
            line = spread(line, rows[index], columns, below, merged)
        for column, text in line.items():
            parts[column].append(text)
    names = tuple((column, " ".join(texts)) for column, texts in parts.items() if texts)
    if any(len(name) > LONGEST_NAME for _, name in names):
        return Header(confidence=0.9)
    return Header(top, end - top, confidence, names)


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
