"""Sheet groups: which rows above the names of columns name groups of them, and of which columns."""

import datetime as dt
from collections.abc import Container, Mapping, Sequence
from itertools import pairwise

HEADER_ROWS = 3
YEARS = range(1900, 2101)

Cells = Mapping[int, object]
Merged = Sequence[tuple[tuple[int, int], tuple[int, int]]]


def first_group(
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


def has_names_below(
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


def are_loose_groups(lines: Sequence[Cells], rows: Sequence[int], place: int) -> bool:
    """Whether years or days that are not merged stand each above the first of several names."""
    line = lines[place]
    if place + 2 >= len(lines) or not may_name_groups(line):
        return False
    below, values = lines[place + 1 : place + 3]
    return (
        rows[place + 1] == rows[place] + 1
        and len(below) >= 2 * len(line) > 2
        and line.keys() <= below.keys()
        and is_text(below)
        and all(column in values and not isinstance(values[column], str) for column in line)
    )


def is_above_names(lines: Sequence[Cells], rows: Sequence[int], place: int, merged: Merged) -> bool:
    """Whether a line of years or days, merged, stands on a line of as many texts or more."""
    line = lines[place]
    if place + 1 >= len(lines) or not may_name_groups(line):
        return False
    below = lines[place + 1]
    return (
        rows[place + 1] == rows[place] + 1
        and len(below) >= max(2, len(line))
        and is_text(below)
        and any(first[0] == rows[place] and last[1] > first[1] for first, last in merged)
    )


def names_labels(
    lines: Sequence[Cells], rows: Sequence[int], top: int, below: int, merged: Merged
) -> bool:
    """Whether a line below a header in groups names the columns of labels beside them.

    So pandas writes the names of an index, which no line of groups names. A part of a table may be
    headed so, too, but seldom has a table one part only; and a row may have labels alone.
    """
    if below + 1 >= len(lines) or rows[below] != rows[below - 1] + 1 or not is_text(lines[below]):
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


def may_have_groups(grid: Mapping[int, Cells]) -> bool:
    """Whether one of the first lines has fewer cells than the next one, which is all text."""
    lines = [grid[row] for row in sorted(grid)[: HEADER_ROWS + 1]]
    return any(1 < len(line) < len(below) and is_text(below) for line, below in pairwise(lines))


def may_name_groups(line: Cells) -> bool:
    """Whether a line is of texts, years and days alone."""
    return all(
        isinstance(cell, str | dt.date) or (isinstance(cell, int | float) and cell in YEARS)
        for cell in line.values()
    )


def spread(
    line: dict[int, str],
    row: int,
    columns: Sequence[int],
    below: Container[int],
    merged: Merged,
) -> dict[int, str]:
    """A group's name in all its columns: those of its merged cell, or up to the next group."""
    spans = {first[1]: last[1] for first, last in merged if first[0] == row and last[1] > first[1]}
    filled: dict[int, str] = {}
    current, until = "", -1
    for column in columns:
        if column in line:
            current = line[column]
            until = spans.get(column, column if spans else columns[-1])
            filled[column] = current
        elif current and column <= until and column in below:
            filled[column] = current
    return filled


def names_of(
    upper: Sequence[str], lower: Sequence[str], merged: Merged
) -> tuple[tuple[int, str], ...]:
    """What two rows of texts call the columns, by column; groups are filled as if merged so."""
    below = {column for column, cell in enumerate(lower) if cell}
    groups = {column: cell for column, cell in enumerate(upper) if cell}
    above = spread(groups, 0, range(len(upper)), below, merged) if merged else groups
    return tuple(
        (column, " ".join(filter(None, (above.get(column, ""), lower[column]))))
        for column in range(len(upper))
    )


def is_text(line: Cells) -> bool:
    return all(isinstance(cell, str) for cell in line.values())


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


def _is_group(
    lines: Sequence[Cells], rows: Sequence[int], start: int, at: int, merged: Merged
) -> bool:
    """Whether the line above a header names groups of its columns."""
    above = at - 1
    if above < 0 or rows[at] != rows[above] + 1 or not may_name_groups(lines[above]):
        return False
    is_merged = any(
        first[0] <= rows[above] <= last[0] and (last[1] > first[1] or last[0] == rows[at])
        for first, last in merged
    )
    if not is_merged and (above < start or not is_text(lines[above])):
        return False
    least = min(column for line in lines[at : at + HEADER_ROWS + 2] for column in line)
    spans_all = any(
        first[0] == rows[above] and first[1] <= least and last[1] >= max(lines[at])
        for first, last in merged
    )
    if len(_told(lines[above])) == 1 and (spans_all or not is_merged or min(lines[above]) <= least):
        return False
    return len(lines[above]) <= len(lines[at]) or is_merged


def _told(line: Cells) -> set[int]:
    """The columns of the cells that are not blank texts."""
    return {column for column, cell in line.items() if str(cell).strip()}
