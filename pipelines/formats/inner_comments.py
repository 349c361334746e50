"""Inner comments: lines among the rows of a text that begin with a mark, and are no rows."""

from collections.abc import Sequence

from pipelines.formats.base import Notice
from pipelines.formats.records import Record

MARKS = ("#", "//")  # others begin cells too


def mark_among(rows: Sequence[Record], columns: int) -> str | None:
    """The mark of comments, and the blank behind it, that no line above the rows has.

    Some are alone in their lines, and say something; no row as wide as the table begins so.
    """
    for mark in MARKS if columns > 1 else ():
        marked = [row.cells for row in rows if row.cells and row.cells[0].startswith(mark)]
        alone = [cells[0] for cells in marked if len(cells) == 1]
        are_said = all(
            cell.startswith(f"{mark} ") and any(map(str.isalpha, cell)) for cell in alone
        )
        if alone and are_said and not any(len(cells) == columns for cells in marked):
            return f"{mark} "
    return None


def told(mark: str) -> Notice:
    return Notice(
        "rows.comments",
        f"lines among the rows that begin with '{mark}' are taken for comments",
        "INFO",
    )
