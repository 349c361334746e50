"""Grid search: whether a text is columns at fixed positions, told by the blanks that align in it.

`blank_places` has which of them part columns. Prose, logs, lists and source code that happen to
align are told by what stands in the columns.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pipelines.formats import cell_types
from pipelines.formats.blank_places import (
    DEEPEST_FOOTER,
    DEEPEST_TITLE,
    FEW,
    TOLERATED,
    Filled,
    Gaps,
    Matrix,
)
from pipelines.formats.column_grid import Grid, Unit, spread

SEARCHED_LINES = 400
SEARCHED_WIDTH = 2048
MAX_COLUMNS = 1000
FEWEST_LINES = 3
MANY = 36  # lines, in which a table still shows without the deepest titles and notes
FITTING = 0.95
PROSE_WORDS = 4.0
LOG_WORDS = 2.5

RULER = re.compile(r"\s*(-+|=+|_+)(\s+(-+|=+|_+))+\s*")
SOLID = re.compile(r"\s*[-=_*]{4,}\s*")
COMMENT = re.compile(r"\s*(#|//|/\*)")
CODE_END = re.compile(r"[,;{}(\\]\s*$")
TIMESTAMP = re.compile(r"\W?(\d{4}-\d\d-\d\d|\d\d:\d\d|[A-Z][a-z]{2} [ \d]\d \d\d:|\d\d/\w{2,3}/)")


@dataclass(frozen=True, slots=True)
class Survey:
    """A grid, and which lines of the sample are its table, with the cells of those that fit.

    `first` and `end` are indices of lines; the names stand above `ruler`, if there is one.
    """

    grid: Grid
    first: int
    end: int
    ruler: int | None = None
    cells: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    misfits: int = 0

    @property
    def confidence(self) -> float:
        fitting = len(self.cells) / max(1, len(self.cells) + self.misfits)
        return round(fitting * (0.95 if self.ruler is not None else 0.85), 2)


def is_ruler(line: str) -> bool:
    """Whether a line only underlines what stands above it.

    >>> is_ruler("----  ---"), is_ruler("=========="), is_ruler("-5   -  ")
    (True, True, False)
    """
    found = SOLID.fullmatch(line) or RULER.fullmatch(line)
    return found is not None and sum(not char.isspace() for char in line) > 3


def find(lines: Sequence[str]) -> Survey | None:
    """The grid in which the lines stand, in the unit in which most of them do; None: in none."""
    lines = [line.rstrip("\r\n") for line in lines]
    filled = [line for line in lines if line.strip()]
    if len(filled) < FEWEST_LINES:
        return None
    if sum("\t" in line for line in filled) * TOLERATED > len(filled):
        return None
    units: tuple[Unit, ...] = ("characters",)
    if not all(line.isascii() for line in filled):
        units = ("characters", "cells of a terminal", "bytes")
    found = [survey for unit in units if (survey := _in_unit(lines, unit))]
    return max(found, key=_sharpness, default=None)


def _sharpness(survey: Survey) -> tuple[int, int, int]:
    """In the unit in which lines align, gaps are wider than in others."""
    width = sum(end - start for start, end in survey.grid.gaps)
    return survey.grid.columns, len(survey.cells), width


def _in_unit(lines: Sequence[str], unit: Unit) -> Survey | None:
    lines = [spread(line, unit).rstrip(" ") for line in lines]
    return _by_ruler(lines, unit) or _by_gaps(lines, unit)


def _by_ruler(lines: Sequence[str], unit: Unit) -> Survey | None:
    """By a line of dashes in groups, one under each name."""
    ruler = next((i for i, line in enumerate(lines[:30]) if RULER.fullmatch(line)), None)
    if not ruler or not is_ruler(lines[ruler]) or not lines[ruler - 1].strip():
        return None
    spans = [found.span() for found in re.finditer(r"\S+", lines[ruler])]
    gaps = tuple((before[1], after[0]) for before, after in itertools.pairwise(spans))
    first = ruler
    while first > max(0, ruler - 3) and lines[first - 1].strip():
        first -= 1
    while first < ruler and not _heads(lines[first], Grid(gaps, unit)):
        first += 1
    below = [i for i in range(ruler + 1, len(lines)) if lines[i].strip()]
    if first == ruler or not below or len(gaps) >= MAX_COLUMNS:
        return None
    ends = [end for end in below[-DEEPEST_FOOTER:-1] if not lines[end + 1].strip()]
    for end in (below[-1], *reversed(ends)):
        survey = _checked(lines, Survey(Grid(gaps, unit), first, end + 1, ruler))
        if survey is not None:
            return survey
    return None


def _heads(line: str, grid: Grid) -> bool:
    parted = grid.part(line)
    return parted is not None and sum(map(bool, parted.cells)) > 1


def _by_gaps(lines: Sequence[str], unit: Unit) -> Survey | None:
    places = [i for i, line in enumerate(lines) if line.strip() and not is_ruler(line)]
    places = places[:SEARCHED_LINES]
    found = Filled.of([lines[place][:SEARCHED_WIDTH] for place in places])
    if len(places) > MANY and not found.without_ends().runs():
        return None  # as in nearly all that is delimited
    matrix = Matrix.around(found)
    best: Survey | None = None
    if len(places) > MANY and not matrix.within(DEEPEST_TITLE, DEEPEST_FOOTER).gaps():
        return None  # where there are no gaps within, more lines make none
    by_runs: dict[Gaps, Gaps] = {}
    narrowed: dict[Gaps, Grid] = {}
    for top, bottom in _trims(len(places)):
        fewest = 1 if best is None else best.grid.columns
        part = matrix.within(top, bottom)
        runs = tuple(part.runs())
        if len(runs) < fewest:
            continue
        if runs not in by_runs:
            by_runs[runs] = part.gaps()
        gaps = by_runs[runs]
        if not fewest <= len(gaps) < MAX_COLUMNS:
            continue
        if gaps not in narrowed:
            narrowed[gaps] = Grid(gaps, unit).narrowed([lines[place] for place in places])
        grid = narrowed[gaps]
        outside = [*places[:top], *places[len(places) - bottom :]]
        if any(_is_row(lines[place], grid) for place in outside):
            continue
        is_all = bottom == 0 and len(places) == SEARCHED_LINES
        end = len(lines) if is_all else places[len(places) - bottom - 1] + 1
        best = _checked(lines, Survey(grid, places[top], end)) or best
    return best


def _trims(lines: int) -> Iterator[tuple[int, int]]:
    """How many lines to leave out above and below: the fewest first."""
    trims = [(top, low) for top in range(DEEPEST_TITLE + 1) for low in range(DEEPEST_FOOTER + 1)]
    yield from (
        (top, low)
        for top, low in sorted(trims, key=lambda trim: (sum(trim), trim))
        if lines - top - low >= FEWEST_LINES
    )


def _is_row(line: str, grid: Grid) -> bool:
    """Whether a line would be a row like the others, so that it must not be left out."""
    parted = grid.part(line)
    filled = 0 if parted is None else sum(map(bool, parted.cells))
    return filled > 1 and filled >= grid.columns / 2 and not COMMENT.match(line)


def _checked(lines: Sequence[str], survey: Survey) -> Survey | None:
    """The survey with its cells, if its lines fit the grid and look like rows."""
    chosen = [
        line
        for place, line in enumerate(lines[survey.first : survey.end], survey.first)
        if line.strip() and place != survey.ruler and not is_ruler(line)
    ]
    parted = [row for line in chosen if (row := survey.grid.part(line))]
    fewest = 2 if survey.ruler is not None else FEWEST_LINES
    allowed = max(1 if len(chosen) >= FEW else 0, (1 - FITTING) * len(chosen))
    if len(parted) < fewest or len(chosen) - len(parted) > allowed:
        return None
    cells = tuple(tuple(row.cells) for row in parted)
    if survey.ruler is None and not _are_rows(chosen, cells):
        return None
    return Survey(
        survey.grid, survey.first, survey.end, survey.ruler, cells, len(chosen) - len(parted)
    )


def _are_rows(lines: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether lines without a ruler are rows of a table, and no prose, log, list or program."""
    full = sum(sum(map(bool, row)) > 1 for row in rows)
    if full < 0.75 * len(rows):
        return False
    if sum(bool(COMMENT.match(line)) for line in lines) > 0.8 * len(lines):
        return False
    if sum(bool(CODE_END.search(line)) for line in lines) > 0.5 * len(lines):
        return False
    columns = [[cell for cell in column if cell] for column in zip(*rows, strict=True)]
    if any(not column or _is_mark(column, len(rows)) for column in columns):
        return False
    bodies = [[row[place] for row in rows[1:] if row[place]] for place in range(len(columns))]
    words = [sum(len(cell.split()) for cell in body) / max(1, len(body)) for body in bodies]
    typed = [bool(body) and cell_types.word_of(body) != "text" for body in bodies]
    names = rows[0]
    is_named = all(names) and any(
        is_typed and cell_types.word_of([name]) == "text"
        for name, is_typed in zip(names, typed, strict=True)
    )
    if is_named:
        return True
    if sum(bool(TIMESTAMP.match(line)) for line in lines) > 0.8 * len(lines):
        return max(words) < LOG_WORDS
    return max(words) < PROSE_WORDS and (any(typed) or full >= 0.9 * len(rows))


def _is_mark(column: Sequence[str], rows: int) -> bool:
    """Whether one sign such as `=` begins a column in nearly all lines, or a comma ends it."""
    if sum(cell.endswith((",", ";")) for cell in column) > 0.8 * len(column):
        return True
    sign = column[0].partition(" ")[0]
    is_same = all(cell.partition(" ")[0] == sign for cell in column) and len(column) > 0.8 * rows
    return is_same and not any(char.isalnum() for char in sign)
