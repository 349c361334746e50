"""Table top: where the rows of a text begin, and how many columns they have."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import dropwhile, takewhile

from pipelines.formats import head_comments, header_row
from pipelines.formats.cell_looks import is_value
from pipelines.formats.record_looks import (
    DEEP,
    block,
    cells_of,
    filled_in,
    filled_to,
    is_blank,
    is_header,
    told_of,
    width_of,
)
from pipelines.formats.records import Record

TITLE_WORDS = 3
MOST_KEYS = 12
MANY_WIDER = 0.25  # of all rows
MANY_SPARSE = 0.2
MOST_RAGGED = 1000
COMMENT = re.compile(r"(#|%|//|!)+(\s|$)")


def columns(records: Sequence[Record]) -> int:
    """As many as most rows have; or as the names have, if rows leave out what is empty behind."""
    usual = _usual_width(list(dropwhile(head_comments.may_be_comment, records)) or records)
    told = told_of(records)
    if usual > 1 and all(filled_to(record, 1) == filled_in(record) for record in told):
        return 1 if width_of(told[0]) == 1 else usual  # delimiters behind the only cell
    start = next((at for at, record in enumerate(told) if width_of(record) > 1), 0)
    head, below = told[start : start + 1], told[start + 1 : start + DEEP]
    if usual == 1 or not below:
        return usual
    usual = _ragged_width(told[start:], usual)
    width = width_of(head[0])
    is_ragged = width > usual or sum(width_of(record) == usual for record in below) * 2 <= len(
        below
    )
    return width if is_ragged and _names_others(head[0], below, usual) else usual


def are_closed(records: Sequence[Record]) -> bool:
    """Whether nothing but delimiters stands behind the only cell of all rows, below the names."""
    below = told_of(records)[1:]
    return bool(below) and all(
        width_of(record) > 1 and filled_to(record, 1) == filled_in(record) for record in below
    )


def _ragged_width(records: Sequence[Record], usual: int) -> int:
    """As many cells as the longer rows have, where these are many and no names deny it."""
    rows = [record for record in records if not head_comments.may_be_comment(record)]
    wider = Counter(width_of(row) for row in rows[1:] if width_of(row) > usual)
    if not any(cell.strip() for row in rows for cell in row.cells[usual:]):
        return usual
    if wider.total() < 2 or wider.total() < MANY_WIDER * len(rows) or is_header(rows, usual):
        return usual
    return min(max(wider), MOST_RAGGED)


def _names_others(head: Record, below: Sequence[Record], usual: int) -> bool:
    """Whether a record names other columns than the usual row below it fills."""
    names, width = head.cells, width_of(head)
    if (
        not names[-1].strip()
        or sum(not name.strip() for name in names) * 4 > width
        or any(is_value(name) for name in names if name.strip())
        or any(name.startswith(" ") for name in names)  # a sentence with commas
        or COMMENT.match(names[0])
        or sum(width_of(record) > width for record in below) * 2 > len(below)
    ):
        return False
    return not is_header(below, usual) and header_row.evidence(names, cells_of(below)) > 0


def _usual_width(records: Sequence[Record]) -> int:
    widths = Counter(width_of(record) for record in records if not is_blank(record))
    if not widths:
        return 1
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    # A few longer rows are the truth when the short ones are titles or notes of one cell.
    wide = {w: n for w, n in widths.items() if w > 1}
    if width == 1 and wide and sum(wide.values()) >= 0.3 * sum(widths.values()):
        return max(wide.items(), key=lambda item: item[1])[0]
    return width if count else 1


def first_record(records: Sequence[Record], columns: int) -> int:
    """Where the table begins: titles and notes above it have fewer cells than its rows.

    Where no names stand below them, those that do not look like titles are rows.
    """
    first = _first_full(records, columns)
    if not first:
        return first
    has_names = header_row.find(records[first:], columns)[0] is not None
    if columns == 2:  # half of a pair is more likely to be missing than to be a title
        has_names = has_names and is_header(records[first:], columns)
    if has_names:
        return first
    below = records[first:]
    above = takewhile(
        lambda each: _is_sparse_row(each, columns) or _is_usual(each, below, columns),
        reversed(records[:first]),
    )
    return first - sum(1 for _ in above)


def _is_usual(record: Record, below: Sequence[Record], columns: int) -> bool:
    """Whether a record is as wide as a row, and many rows have no more cells filled than it."""
    if width_of(record) != columns or is_blank(record) or head_comments.may_be_comment(record):
        return False
    rows = told_of(below)
    return sum(filled_in(row) <= filled_in(record) for row in rows) >= MANY_SPARSE * len(rows) > 0


def _is_sparse_row(record: Record, columns: int) -> bool:
    """Whether a record with few cells is a row or the names, and no title: that is words."""
    cells = [cell.strip() for cell in record.cells if cell.strip()]
    if not cells or head_comments.may_be_comment(record) or width_of(record) > columns:
        return False
    if width_of(record) < columns:
        return sum(map(is_value, cells)) * 2 > len(cells)
    return columns > 1 and (len(cells) > 1 or len(cells[0].split()) < TITLE_WORDS)


def _first_full(records: Sequence[Record], columns: int) -> int:
    filled = list(map(filled_in, records))

    usual = _usual_width(records)
    is_ragged = 1 < usual < columns == _ragged_width(told_of(records), usual)

    def is_full(index: int) -> bool:
        width = width_of(records[index])
        is_wide = usual <= width <= columns if is_ragged else width == columns
        return is_wide and filled[index] >= fewest

    if keyed := _keyed(records, columns):
        return keyed
    fewest = 2 if columns > 1 and any(n > 1 for n in filled) else 1
    comments = head_comments.count(records, columns)
    for index, record in enumerate(records):
        if index < comments or filled[index] == 0:
            continue
        if header_row.is_stretched(record.cells, columns):
            return index
        if is_full(index):
            return index + _above_names(records[index:], columns)
        is_told = columns < 2 * filled[index] == 2 * filled_to(record, columns)
        if width_of(record) > columns > 1 and filled[index] > 1 and is_told:
            return index  # delimiters behind the last name
        if width_of(record) == columns == 2 and not record.cells[0].strip():
            return index  # names whose first one is missing: that of the row labels
        if width_of(record) in (columns - 1, columns + 1) and filled[index] >= max(2, columns - 1):
            full = next((i for i in range(index + 1, len(records)) if is_full(i)), index)
            if width_of(record) < columns and head_comments.is_prose(
                record.cells, told_of(records[full:])
            ):
                return full
            is_title = (
                not header_row.is_marked(record.cells, columns)
                and (
                    _are_keys(above := told_of(records[index:full]))
                    or not is_header(above, width_of(record))
                )
                and is_header(records[full:], columns)
            )
            return full if is_title else index
        if not any(width_of(later) == columns for later in records[index + 1 :]):
            return index
    return next((i for i, n in enumerate(filled) if n), 0)


def _keyed(records: Sequence[Record], columns: int) -> int:
    """Where the names stand below a blank line, if all above it are keys with colons, and values.

    Such a block is often as wide as the table, since spreadsheets fill its rows up.
    """
    above = block(records)
    start = next((at for at in range(len(above), len(records)) if not is_blank(records[at])), 0)
    if not start or len(above) > MOST_KEYS or width_of(records[start]) != columns:
        return 0
    keys = [cell.strip() for record in above for cell in record.cells[::2]]
    are_keys = all(record.cells[0].strip() for record in above)
    are_keys = are_keys and all(key.endswith(":") for key in keys if key)
    return start if are_keys and is_header(records[start:], columns) else 0


def _are_keys(records: Sequence[Record]) -> bool:
    """Whether a few records may be keys and values."""
    pairs = all(width_of(record) == 2 and filled_in(record) == 2 for record in records)
    return pairs and len(records) <= MOST_KEYS and not any(is_value(r.cells[0]) for r in records)


def _above_names(records: Sequence[Record], columns: int) -> int:
    """How many of the first records are notes in a few of the cells, above one with the names.

    One may fill more than half of them if it holds a value; of several, none may.
    """
    cells = [cell for cell in records[0].cells if cell.strip()]
    if len(cells) == columns:
        return 0
    notes = list(takewhile(lambda each: filled_in(each) * 2 <= columns, records[: MOST_KEYS + 1]))
    count = len(notes)
    if count < 2:
        is_note = len(cells) * 2 <= columns or any(map(is_value, cells))
        is_above = is_note and is_header(records[1:], columns)
        return int(is_above and header_row.two_rows(records, columns)[0] is None)
    if count > MOST_KEYS or any(map(is_value, records[count].cells if records[count:] else ())):
        return 0
    is_above = is_header(records[count:], columns)
    return (
        count if is_above and header_row.two_rows(records[count - 1 :], columns)[0] is None else 0
    )
