"""Names apart: a line above the rows that another delimiter parts into names, one a column."""

from collections.abc import Sequence

from pipelines.formats import header_row, records
from pipelines.formats.base import Guess, Notice
from pipelines.formats.cell_looks import is_value
from pipelines.formats.records import Dialect, Record

OTHERS = ("\t", ";", "|", ",", " ")
FEWEST = 3
FEWEST_WORDS = 5  # a title may have fewer
PROSE_WORDS = "a an and as at by for from in is of on or the to und de der die la"
OF_PROSE = frozenset(PROSE_WORDS.split())


def find(
    line: str, below: Sequence[Record], dialect: Dialect, columns: int
) -> tuple[tuple[str, ...], Guess, Notice] | None:
    """The names in a line right above rows that have none, and what to say; None if it has none.

    Where blanks part them, they are many and no words of a sentence.
    """
    body = [record.cells for record in below[: header_row.HEADED_ROWS] if any(record.cells)]
    for mark in OTHERS:
        if mark == dialect.delimiter or mark not in line or line.startswith(header_row.MARKS):
            continue
        part = Dialect(mark, dialect.quote, skips_space=mark == " ")
        (cells, *_), *more = records.read([line.lstrip(" ")], part, is_last=True)
        names = tuple(cell.strip() for cell in cells)
        if more or len(names) != columns or len({*names}) < columns or not all(names):
            continue
        if any(cell.startswith(" ") for cell in cells[1:]):
            continue  # a sentence
        is_prose = any(name.lower() in OF_PROSE or name[-1] in ".,;:!?" for name in names)
        if columns < (FEWEST_WORDS if mark == " " else FEWEST) or (mark == " " and is_prose):
            continue
        if any(map(is_value, names)) or header_row.evidence(names, body) < header_row.SURE:
            continue
        notice = Notice(
            "header.delimiter",
            f"the names of the columns are parted by {mark!r}, unlike the rows:"
            f" {', '.join(names)[:200]}",
            "INFO",
        )
        return names, Guess("header", "names parted otherwise", 0.8, ("none",), names[:5]), notice
    return None
