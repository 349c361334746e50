"""Table notices: what to say of lines above a table, and of another one that may stand in it."""

import itertools
from collections.abc import Sequence

from pipelines.formats.base import Notice
from pipelines.formats.cell_looks import is_value
from pipelines.formats.record_looks import block, filled_in, is_blank, is_header, told_of, width_of
from pipelines.formats.records import Record

SHOWN = 200
TOLD_LINES = 5
MOST_PARTED = 3  # blank lines that tables may stand between


def another(records: Sequence[Record]) -> Notice | None:
    """What to say where names stand again below a blank line, and are not those of the table.

    Its rows are read as rows of the first table, so that their columns are text.
    """
    told = told_of(records)
    widest = 0
    for place, (above, first) in enumerate(itertools.pairwise(records), start=1):
        widest = max(widest, width_of(above))
        if not is_blank(above) or is_blank(first):
            continue
        below = block(records[place:])
        is_titled = filled_in(first) == 1 < len(below)
        record, start = (below[1], place + 1) if is_titled else (first, place)
        is_wider = width_of(record) > widest and not any(map(is_value, record.cells))
        if (
            filled_in(record) > 1
            and record.cells != told[0].cells
            and (
                is_wider
                or is_header(records[start:], width_of(record))
                or _is_unlike(block(reversed(records[: place - 1])), below[is_titled:])
            )
        ):
            return Notice(
                "table.another",
                f"below a blank line, line {record.line + 1} looks like the names of another table:"
                f" {', '.join(record.cells)[:SHOWN]}; its rows are read as rows of this one."
                " Put each table into a file of its own",
            )
    return None


def parted(records: Sequence[Record], columns: int) -> Notice | None:
    """What to say where a blank line parts rows of words, of which nothing tells names apart."""
    rows = [record.cells for record in told_of(records)[1:]]
    if columns == 1 or any(is_value(cell) for cells in rows for cell in cells if cell.strip()):
        return None
    places = [
        place
        for place, (above, first) in enumerate(itertools.pairwise(records), start=1)
        if is_blank(above) and len(block(records[place:])) > 1 and not is_blank(first)
    ]
    if not 0 < len(places) <= MOST_PARTED or not len(block(records)) > 1:
        return None
    line = records[places[0]].line + 1
    return Notice(
        "rows.parted",
        f"a blank line stands above line {line}; if the names of another table stand there, put"
        " each table into a file of its own",
        "INFO",
        count=len(places),
    )


def _is_unlike(above: Sequence[Record], below: Sequence[Record]) -> bool:
    """Whether rows are as wide as each other, but not as those above a blank line.

    Or else have no values in a column of which all those are values; the first may have the names.
    """
    if len(below) < 2 or len(above) < 2:
        return False
    wide, other = ({width_of(record) for record in rows} for rows in (above, below))
    if len(wide) > 1 or len(other) > 1 or other == {1}:
        return False
    if wide != other:
        return True
    rows = [record.cells for record in above[:-1]]  # from the last one to the one below the names
    return any(
        all(map(is_value, column)) and not any(map(is_value, cells)) and all(map(str.strip, cells))
        for column, cells in zip(
            zip(*rows, strict=True), zip(*(r.cells for r in below), strict=True), strict=True
        )
    )


def left_out(records: Sequence[Record]) -> Notice | None:
    """What to say of the records above a table, which are none of its rows."""
    told = told_of(records)
    if not told:
        return None
    texts = (", ".join(cell.strip() for cell in each.cells if cell.strip()) for each in told)
    shown = "; ".join(repr(text[:SHOWN]) for text in itertools.islice(texts, TOLD_LINES))
    left = len(told) - TOLD_LINES
    more = f"; and {left} more, which the receipt holds" if left > 0 else ""
    return Notice(
        "rows.above",
        f"above the table stand lines that are no rows: {shown}{more}",
        "INFO",
        count=len(told),
    )
