"""Sheet layout: where in a sheet its tables stand, each with its header, and what is around them.

Conservative: what is not clearly a title, a total or a note is a row, and what is not clearly two
tables is one.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, takewhile

from pipelines.formats.base import SkippedRow
from pipelines.formats.naming import unique_columns
from pipelines.formats.sheet_cells import text_of
from pipelines.formats.sheet_footer import footer, text_columns
from pipelines.formats.sheet_grid import Grid
from pipelines.formats.sheet_groups import HEADER_ROWS
from pipelines.formats.sheet_header import Header, fill, find_header, is_headed

MOST_STRIPS = 16
MANY_LONE = 11  # rows of one cell
MOST_STACKED = 100  # each is read by itself, and of so many none is what the sheet is about
Rows = Sequence[int]
Merged = Sequence[tuple[tuple[int, int], tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Layout:
    """One table of a sheet; rows and columns are counted from 0 over the whole sheet.

    `lead` and `tail` count the rows skipped above and below by reason, `notes` are those of them
    that say something.
    """

    columns: tuple[int, ...]
    names: tuple[str, ...]
    top: int
    first: int
    last: int
    header: Header
    lead: Mapping[str, int] = field(default_factory=dict)
    tail: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[SkippedRow, ...] = ()


def tables(grid: Grid, merged: Merged = ()) -> list[Layout]:
    """The tables of a sheet of which every cell is known, from left to right and down."""
    found: list[Layout] = []
    for columns in _strips(grid, merged):
        strip = {
            row: {column: cell for column, cell in cells.items() if column in columns}
            for row, cells in sorted(grid.items())
            if not columns.isdisjoint(cells)
        }
        found.extend(_stacked(strip, len(columns), merged))
    return found


def one_table(
    grid: Grid, last_row: int, columns: int, header: int | None = None, merged: Merged = ()
) -> Layout:
    """The only table of a sheet of which the first rows are known, down to its last row."""
    layout = chosen_table(grid, header, merged)
    first = min(min(cells) for cells in grid.values())
    last_row = max(last_row, *grid)
    every = tuple(range(first, max(columns, layout.columns[-1] + 1)))
    named = dict(zip(layout.columns, layout.header.names, strict=True))
    names = unique_columns([named.get(column) for column in every])
    return Layout(
        every,
        names,
        layout.top,
        layout.first,
        last_row,
        layout.header,
        layout.lead,
        {},
        layout.notes,
    )


def chosen_table(grid: Grid, header: int | None, merged: Merged = ()) -> Layout:
    """All these cells as one table; `header` is the row of its names, from 1, or 0 for none."""
    rows = sorted(grid)
    if header is None:
        return _table(grid, rows, (), merged)
    if not header:
        return _table(grid, rows, (), merged, Header())
    above = [row for row in rows if row < header - 1]
    named = grid.get(header - 1, {})
    names = tuple((column, text_of(cell)) for column, cell in sorted(named.items()))
    below = [row for row in rows if row >= header - 1]
    return _table(grid, below, above, merged, Header(rows=1, by_column=names))


def _strips(grid: Grid, merged: Merged) -> list[set[int]]:
    """The columns of tables that stand side by side."""
    used = sorted({column for cells in grid.values() for column in cells})
    if not used:
        return []
    runs: list[set[int]] = [{used[0]}]
    for left, right in pairwise(used):
        if right > left + 1:
            runs.append(set())
        runs[-1].add(right)
    if len(runs) == 1:
        return runs
    if len(runs) > MOST_STRIPS:
        return [set(used)]
    by_run = _rows_by_run(grid, runs)
    if all(len(rows) == 1 and fill(next(iter(rows.values()))) == 1 for rows in by_run):
        shared = {row for rows in by_run for row in rows}
        return runs if len(shared) == len(runs) else [set(used)]
    strips = [runs[0]]
    headed = _has_header(by_run[0], len(runs[0]), merged)
    for run, rows in zip(runs[1:], by_run[1:], strict=True):
        is_own = _has_header(rows, len(run), merged)
        if headed and is_own:
            strips.append(run)
        else:
            strips[-1] = strips[-1] | run
            headed = headed or is_own
    return strips


def _rows_by_run(grid: Grid, runs: Sequence[set[int]]) -> list[dict[int, dict[int, object]]]:
    number = {column: index for index, run in enumerate(runs) for column in run}
    split: list[dict[int, dict[int, object]]] = [{} for _ in runs]
    for row, cells in sorted(grid.items()):
        for column, cell in cells.items():
            split[number[column]].setdefault(row, {})[column] = cell
    return split


def _has_header(rows: Mapping[int, Mapping[int, object]], width: int, merged: Merged) -> bool:
    bands = _bands(list(rows))
    start = next((band for band in bands if max(fill(rows[row]) for row in band) > 1), None)
    return width > 1 and start is not None and is_headed(rows, start, width, merged)


def _bands(rows: Rows) -> list[list[int]]:
    """The rows in runs without a blank row between them."""
    bands: list[list[int]] = [[rows[0]]] if rows else []
    for above, row in pairwise(rows):
        if row > above + 1:
            bands.append([])
        bands[-1].append(row)
    return bands


def _stacked(grid: Grid, width: int, merged: Merged) -> list[Layout]:
    """The tables that stand below each other in a strip."""
    pieces: list[tuple[list[int], list[int]]] = []  # notes above, rows
    current: list[int] = []
    above: list[int] = []
    notes: list[int] = []
    for band in _bands(list(grid)):
        may_be_notes = width > 1 and all(fill(grid[row]) == 1 for row in band)
        if may_be_notes and _is_text(grid, band) and not _goes_on(grid, current, band, merged):
            notes.extend(band)
        elif not current:
            current, above, notes = list(band), notes, []
        elif _starts_anew(grid, current, band, merged):
            pieces.append((above, current))
            current, above, notes = list(band), notes, []
        else:
            current += notes + band
            notes = []
    if not current:
        return [_table(grid, notes, (), merged)]
    pieces.append((above, current))
    if len(pieces) > MOST_STACKED:
        return [_table(grid, list(grid), (), merged)]
    found = [_table(grid, rows, notes_above, merged) for notes_above, rows in pieces]
    return [*found[:-1], _with_notes(found[-1], grid, notes)]


def _goes_on(grid: Grid, current: Rows, band: Rows, merged: Merged) -> bool:
    """Whether lone texts below a table are too many for notes, and go on in a column of texts.

    Notes are sentences: some are much longer than all texts of the column.
    """
    if not current or len(band) < MANY_LONE:
        return False
    rows = [grid[row] for row in _below_names(grid, current, merged)]
    texts = text_columns(rows)
    longest = dict.fromkeys(texts, 0)
    for cells in rows:
        for column in texts & cells.keys():
            longest[column] = max(longest[column], len(text_of(cells[column])))
    return all(
        len(text_of(cell)) <= 1.5 * longest.get(column, 0)
        for row in band
        for column, cell in grid[row].items()
    )


def _is_text(grid: Grid, band: Rows) -> bool:
    return all(isinstance(cell, str) for row in band for cell in grid[row].values())


def _starts_anew(grid: Grid, current: Rows, band: Rows, merged: Merged) -> bool:
    """Whether a band below a blank row is another table: it has a header that cannot be a row."""
    columns = {column for row in current for column in grid[row]}
    beyond = {column for row in band for column in grid[row]}
    if columns.isdisjoint(beyond):
        return True
    if len(current) < 2 or not is_headed(grid, band, len(beyond), merged):
        return False
    texts = text_columns([grid[row] for row in _below_names(grid, current, merged)])
    conflict = any(column not in texts for column in grid[band[0]] if column in columns)
    own = text_columns([grid[row] for row in _below_names(grid, band, merged)])
    return conflict or any(column not in own for column in grid[band[0]])


def _below_names(grid: Grid, rows: Rows, merged: Merged) -> Rows:
    """The rows below the first one, and below those that name columns of its merged groups."""
    wide = {first[1] for first, last in merged if first[0] == rows[0] and last[1] > first[1]}
    if len(grid[rows[0]]) < 2 or wide.isdisjoint(grid[rows[0]]):
        return rows[1:]
    head = takewhile(lambda row: _is_text(grid, [row]), rows[1 : HEADER_ROWS + 1])
    return rows[1 + sum(1 for _ in head) :] or rows[1:]


def _with_notes(layout: Layout, grid: Grid, notes: Rows) -> Layout:
    if not notes:
        return layout
    return Layout(
        layout.columns,
        layout.names,
        layout.top,
        layout.first,
        layout.last,
        layout.header,
        layout.lead,
        Counter(layout.tail) + Counter({"note": len(notes)}),
        (*layout.notes, *(_note(grid, row, "note") for row in notes)),
    )


def _note(grid: Grid, row: int, reason: str) -> SkippedRow:
    return SkippedRow.of(reason, (text_of(cell) for _, cell in sorted(grid[row].items())), row + 1)


def _table(
    grid: Grid, rows: Rows, above: Rows, merged: Merged, chosen: Header | None = None
) -> Layout:
    header = find_header(grid, rows, merged) if chosen is None else chosen
    head, body = rows[: header.preamble], rows[header.preamble + header.rows :]
    cut = footer([grid[row] for row in body]) if header.rows else []
    kept = body[: len(body) - len(cut)]
    below = zip(body[len(kept) :], cut, strict=True)
    skipped = [*above, *head]
    shown = rows[header.preamble : header.preamble + header.rows]
    used = {column for row in (*shown, *kept) for column in grid[row]}
    columns = tuple(sorted(used))
    by_column = dict(header.by_column)
    names = tuple(by_column.get(column) for column in columns)
    lead = {"preamble": len(skipped), "header": header.rows}
    first = kept[0] if kept else (shown[-1] + 1 if shown else rows[0])
    return Layout(
        columns=columns,
        names=unique_columns(names),
        top=shown[0] if shown else first,
        first=first,
        last=kept[-1] if kept else first - 1,
        header=header.named(names),
        lead={reason: count for reason, count in lead.items() if count},
        tail=Counter(cut),
        notes=(
            *(_note(grid, row, "preamble") for row in skipped),
            *(_note(grid, row, reason) for row, reason in below),
        ),
    )
