"""Fixed-width header: which lines above the rows name the columns, and what stands above them."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from connectors.errors import InvalidOverride
from pipelines.formats import cell_types, grid_search, header_row, table_notices, table_top
from pipelines.formats.base import Guess, Notice, SkippedRow
from pipelines.formats.blank_places import DEEPEST_TITLE
from pipelines.formats.column_grid import spread
from pipelines.formats.grid_search import Survey
from pipelines.formats.records import Record

WIDE = re.compile(r" {2,}")


@dataclass(frozen=True, slots=True)
class Header:
    """The names, if there are any; `rows` are the cells of their lines, `end` is behind them.

    `line` counts from 1; `skipped` are the lines above `end`, by reason, `skipped_rows` those of
    them that say something.
    """

    names: tuple[str, ...] | None
    rows: tuple[tuple[str, ...], ...]
    line: int | None
    end: int
    skipped: Mapping[str, int]
    skipped_rows: tuple[SkippedRow, ...]
    guess: Guess
    notices: tuple[Notice, ...] = ()


def find_header(lines: Sequence[str], survey: Survey, chosen: int | None = None) -> Header:
    """Above the ruler; or the first line, if it looks like names; or the line above that one.

    `chosen` is the line that has been chosen for it, from 1, or 0 for none. Raises InvalidOverride.
    """
    if chosen is not None:
        return _chosen(lines, survey, chosen)
    if survey.ruler is not None:
        rows = _parted(lines, survey, range(survey.first, survey.ruler))
        names = tuple(" ".join(filter(None, column)) for column in zip(*rows.values(), strict=True))
        guess = Guess("header", "above the ruler", 0.95, ("none",), names[:5])
        return _header(lines, names, rows, survey.ruler + 1, guess)
    rows = _parted(lines, survey, range(survey.first, survey.end))
    found = [Record(list(cells), place, 1) for place, cells in rows.items()]
    first = _above_values(found)
    if first is None:
        first = table_top.first_record(found, survey.grid.columns)
    two, notices = header_row.two_rows(
        found[max(0, first - 1) :], survey.grid.columns, may_group=False
    )
    if two is not None:
        places = [record.line for record in found[max(0, first - 1) :][:2]]
        both = {place: rows[place] for place in places}
        header = _header(lines, two.names, both, places[1] + 1, two.guess)
        return replace(header, notices=(*header.notices, *notices))
    named, guess = header_row.find(found[first:], survey.grid.columns)
    start = found[first].line
    if named is not None:
        return _header(lines, named, {start: rows[start]}, start + 1, guess)
    above = _unaligned(lines, start, survey.grid.columns)
    if above is not None:
        guess = Guess("header", "above the first row", 0.7, ("none",), above[:5])
        return _header(lines, above, {start - 1: above}, start, guess)
    return _header(lines, None, {}, start, guess)


def _chosen(lines: Sequence[str], survey: Survey, chosen: int) -> Header:
    if not chosen:
        return _header(lines, None, {}, survey.first, Guess("header", "none", 1.0))
    rows = _parted(lines, survey, range(chosen - 1, min(chosen, len(lines))))
    if not rows:
        raise InvalidOverride(
            f"overrides.header is row {chosen}, but no such line stands in the columns"
        )
    (names,) = rows.values()
    end = chosen + (chosen == survey.ruler)
    return _header(lines, names, rows, end, Guess("header", f"row {chosen}", 1.0))


def _parted(lines: Sequence[str], survey: Survey, places: range) -> dict[int, tuple[str, ...]]:
    """The cells of those lines that fit the grid, by line."""
    parted = {
        place: survey.grid.part(spread(lines[place], survey.grid.unit))
        for place in places
        if lines[place].strip() and not grid_search.is_ruler(lines[place])
    }
    return {place: tuple(row.cells) for place, row in parted.items() if row is not None}


def _above_values(rows: Sequence[Record]) -> int | None:
    """The line right above the first values of the typed columns; None if no column is typed."""
    columns = list(zip(*(row.cells for row in rows[len(rows) // 2 :]), strict=True))
    typed = [place for place, cells in enumerate(columns) if _is_typed(cells)]
    for index, row in enumerate(rows[: DEEPEST_TITLE if typed else 0]):
        if _is_typed([row.cells[place] for place in typed]):
            has_names = index > 0 and sum(map(bool, rows[index - 1].cells)) > 1
            return index - 1 if has_names else index
    return None


def _is_typed(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return bool(filled) and cell_types.word_of(filled) != "text"


def _unaligned(lines: Sequence[str], start: int, columns: int) -> tuple[str, ...] | None:
    """Names in the line above the rows that do not stand above their columns, as many as those."""
    if start == 0:
        return None
    line = lines[start - 1].strip()
    for names in (tuple(line.split()), tuple(WIDE.split(line))):
        if len(names) == columns and all(re.match(r"[^\W\d_]", name) for name in names):
            return names
    return None


def _header(
    lines: Sequence[str],
    names: tuple[str, ...] | None,
    rows: Mapping[int, tuple[str, ...]],
    end: int,
    guess: Guess,
) -> Header:
    skipped: Counter[str] = Counter()
    above: list[Record] = []
    for place, line in enumerate(lines[:end]):
        if place in rows:
            skipped["header"] += 1
        elif not line.strip():
            skipped["blank line"] += 1
        else:
            is_ruler = grid_search.is_ruler(line)
            skipped["ruler" if is_ruler else "preamble"] += 1
            above += [] if is_ruler else [Record([line.strip()], place, 1)]
    told = table_notices.left_out(above)
    return Header(
        names,
        tuple(rows.values()),
        min(rows, default=-1) + 1 or None,
        end,
        skipped,
        tuple(SkippedRow.of("preamble", record.cells) for record in above),
        guess,
        () if told is None else (told,),
    )
