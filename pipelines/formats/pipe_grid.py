"""Pipe grids: where in a text tables are ruled by dashes, and what stands between their bars.

Three ways to rule them: Markdown (`|---|--:|` below the names), psql (`---+---` there) and MySQL
(`+---+---+` around all, as do grids of reStructuredText, whose rows take several lines).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

OPENED = re.compile(r'(?:^|[,;|\t])"')
RULE = re.compile(r"[|+]?\s*:?[-=]+:?\s*([|+]\s*:?[-=]+:?\s*)*[|+]?")  # of a trimmed line
BAR = re.compile(r"(?<!\\)\|")
NUMBER = re.compile(r"[-+]?[0-9][0-9.,]*")
DASHES = 3  # that a rule has at least, unless it begins with a bar


@dataclass(frozen=True, slots=True)
class PipeRow:
    """The trimmed cells of a row, its text as it stands, and its first line, from 0."""

    cells: tuple[str, ...]
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Grid:
    """One table, which takes up the lines [first, end), so many of them `rulers`.

    `names` is None where no ruler parts a header from the rows; `outside` counts the lines of the
    text that are of no table, and not blank.
    """

    first: int
    end: int
    names: tuple[str, ...] | None
    rows: tuple[PipeRow, ...]
    width: int
    rulers: int
    outside: int = 0

    def __len__(self) -> int:
        return self.end - self.first


def find(lines: Sequence[str]) -> list[Grid]:
    """Every ruled table of two columns or more, in order.

    >>> find(["| a | b |", "|---|--:|", "| x | 1 |"])[0].rows[0].cells
    ('x', '1')
    """
    found = list(_unquoted(lines, _tables(lines)))
    filled = sum(bool(line.strip()) for line in lines)
    outside = filled - sum(map(len, found))
    return [replace(grid, outside=outside) for grid in found]


def _unquoted(lines: Sequence[str], grids: Iterator[Grid]) -> Iterator[Grid]:
    """Those that do not begin within the quotes of a cell, as a delimited text may hold them.

    They do if a quote begins a line or a cell, and the number of quotes is odd by their first line.
    """
    at, count, has_opened = 0, 0, False
    for grid in grids:
        for line in lines[at : grid.first + 1]:
            count += line.count('"')
            has_opened = has_opened or OPENED.search(line) is not None
        at = grid.first + 1
        if not (has_opened and count % 2):
            yield grid


def _tables(lines: Sequence[str]) -> Iterator[Grid]:
    place = 0
    while place < len(lines):
        grid = None
        is_framed = lines[place].lstrip().startswith("+")
        if _is_rule(lines[place]):
            grid = _framed(lines, place) if is_framed else _below_names(lines, place)
        if grid is not None:
            yield grid
        place = place + 1 if grid is None else grid.end
        while grid is not None and not is_framed and place < len(lines) and "|" in lines[place]:
            place += 1  # what was searched for rows is not searched again


def _is_rule(line: str) -> bool:
    return (
        ("|" in line or "+" in line)
        and (line.lstrip().startswith("|") or line.count("-") + line.count("=") >= DASHES)
        and RULE.fullmatch(line.strip()) is not None
    )


def _below_names(lines: Sequence[str], rule: int) -> Grid | None:
    """A table whose names stand right above its only rule, and no row above them."""
    is_escaped = "|" in lines[rule]
    width = len(_cells(lines[rule].replace("+", "|"), is_escaped=False))
    if rule == 0 or width < 2 or "|" not in lines[rule - 1] or _is_rule(lines[rule - 1]):
        return None
    header = lines[rule - 1]
    has_edges = (
        header.lstrip().startswith("|") and len(_cells(header, is_escaped=is_escaped)) == width
    )

    def cells_of(line: str) -> tuple[str, ...]:
        return _cells(line, is_escaped=is_escaped, width=None if has_edges else width)

    def is_row(line: str) -> bool:
        return line.lstrip().startswith("|") if has_edges else len(cells_of(line)) == width

    above = rule - 2
    if above >= 0 and _is_rule(lines[above]):
        above -= 1
    names = cells_of(header)
    is_below_row = above >= 0 and is_row(lines[above]) and len(cells_of(lines[above])) == width
    if len(names) != width or is_below_row:
        return None
    end = rule + 1
    while end < len(lines) and "|" in lines[end]:
        end += 1
    last = next((at for at in range(end - 1, rule, -1) if is_row(lines[at])), end - 1)
    rows = tuple(PipeRow(cells_of(lines[at]), lines[at], at) for at in range(rule + 1, last + 1))
    is_row_too = (
        not has_edges
        and _are_marks(cells_of(lines[rule]))
        and any("-" in row.cells for row in rows)
    )
    return Grid(rule - 1, last + 1, names, rows, width, 1) if rows and not is_row_too else None


def _are_marks(cells: Sequence[str]) -> bool:
    """Whether single dashes stand in all cells of what may be a rule: also what is missing does."""
    return all(cell == "-" for cell in cells)


def _framed(lines: Sequence[str], first: int) -> Grid | None:
    """A table with a rule above, below the names, and below; or between tall rows."""
    width = len(_cells(lines[first].strip().replace("+", "|"), is_escaped=False))
    if width < 2 or not _is_framed_row(lines, first + 1, width):
        return None
    end = first
    while end < len(lines) and (_is_rule(lines[end]) or lines[end].lstrip().startswith("|")):
        end += 1
    rules = [at for at in range(first, end) if _is_rule(lines[at])]
    parts = [
        range(above + 1, below)
        for above, below in zip(rules, [*rules[1:], end], strict=True)
        if below > above + 1
    ]
    has_names = (
        len(parts) > 1
        and all(_is_framed_row(lines, at, width) for at in parts[0])
        and _goes_on(lines, parts[0], or_full=True)
    )
    body = parts[1:] if has_names else parts
    is_double = any("=" in lines[rule] for rule in rules)
    are_tall = (len(body) > 1 or is_double) and all(
        _goes_on(lines, part, or_full=len(body) > 1 and is_double) for part in body
    )
    rows = [
        _row(lines, part)
        for each in body
        for part in ([each] if are_tall else [range(at, at + 1) for at in each])
    ]
    names = _row(lines, parts[0]).cells if has_names else None
    return Grid(first, end, names, tuple(rows), width, len(rules))


def _is_framed_row(lines: Sequence[str], at: int, width: int) -> bool:
    return (
        at < len(lines)
        and lines[at].lstrip().startswith("|")
        and not _is_rule(lines[at])
        and len(_cells(lines[at], is_escaped=False)) == width
    )


def _goes_on(lines: Sequence[str], part: range, *, or_full: bool) -> bool:
    """Whether all lines of a part can be one row: rules stand above totals and groups too.

    A line that goes on leaves a cell empty that the first one fills, or none if `or_full`, and has
    no number below a number.
    """
    first, *more = (_cells(lines[at], is_escaped=False) for at in part)
    return all(
        (or_full or any(above and not cell for above, cell in zip(first, cells, strict=False)))
        and not any(
            NUMBER.fullmatch(above) and NUMBER.fullmatch(cell)
            for above, cell in zip(first, cells, strict=False)
        )
        for cells in more
    )


def _row(lines: Sequence[str], part: range) -> PipeRow:
    """The lines of a row as one, cell by cell."""
    parts = [_cells(lines[at], is_escaped=False) for at in part]
    widest = max(map(len, parts))
    padded = [(*cells, *[""] * (widest - len(cells))) for cells in parts]
    cells = tuple("\n".join(filter(None, column)) for column in zip(*padded, strict=True))
    return PipeRow(cells, "\n".join(lines[at] for at in part), part.start)


def _cells(line: str, *, is_escaped: bool, width: int | None = None) -> tuple[str, ...]:
    """Between the bars; a bar that is escaped parts nothing in Markdown.

    Bars at the edges part nothing, or, if `width` is given, only if there would be more cells than
    that: where rows have no bars around them, one that begins with a bar begins with an empty cell.
    """
    line = line.strip() if width is None else line
    parts = BAR.split(line) if is_escaped else line.split("|")
    cells = [cell.strip().replace("\\|", "|") if is_escaped else cell.strip() for cell in parts]
    most = width or 1
    if len(cells) > most and not cells[-1]:
        del cells[-1]
    if len(cells) > most and not cells[0]:
        del cells[0]
    return tuple(cells)
