"""Head comments: the lines above a table that are marked, and which of them holds the names."""

import re
from collections.abc import Sequence
from itertools import takewhile

from pipelines.formats import header_row
from pipelines.formats.cell_looks import is_name, is_value
from pipelines.formats.record_looks import is_blank, is_header, width_of
from pipelines.formats.records import Record

TOLD_VALUE = re.compile(r"[#%/! ]+[@\w][\w ]*: *\d")  # in a comment: `# start: 2024`


def count(records: Sequence[Record], columns: int) -> int:
    """How many records, at the head, are comments; the last of them may hold the names."""
    above = commented(records)
    marked = [place for place, record in enumerate(above) if not is_blank(record)]
    if not marked or not (below := [each for each in records[len(above) :] if not is_blank(each)]):
        return 0
    whole = sum(width_of(above[place]) == columns for place in marked)
    are_close = not all(_is_spaced(above[place]) for place in marked)
    are_whole = whole == len(marked) and (are_close or columns > 1)  # as any line of one column is
    if len(marked) > 1 and (are_whole or (are_close and 2 * whole >= len(marked))):
        return 0  # rows of tags or colours
    last = above[marked[-1]]
    may_name = width_of(last) == columns and not is_prose(last.cells, below)
    may_name = may_name and not TOLD_VALUE.match(last.cells[0])
    may_name = may_name and (columns > 1 or len(marked) == 1)
    may_name = may_name or header_row.is_marked(last.cells, columns)
    may_name = may_name or header_row.is_stretched(last.cells, columns)
    if is_header(below, columns):
        return len(above)
    if may_name:
        return marked[-1]
    told = [above[place] for place in marked if width_of(above[place]) > 1]
    if len(told) != 1 or told[0] is last or is_prose(told[0].cells, below):
        return len(above)  # prose, or lines that delimiters part by chance
    return above.index(told[0]) if _has_names(told[0].cells, columns) else len(above)


def _has_names(cells: Sequence[str], columns: int) -> bool:
    """Whether a comment that others follow is names and nothing else, one for each column."""
    if header_row.is_marked(cells, columns):
        cells = cells[1:]
    marks = "".join(header_row.MARKS) + " "
    names = [cell.strip() if place else cell.lstrip(marks) for place, cell in enumerate(cells)]
    is_sentence = any(name.endswith(".") for name in names)
    is_whole = 1 < columns == len(names) == len(set(names))
    return is_whole and not is_sentence and all(map(is_name, names))


def comment_mark(above: Sequence[Record], rows: Sequence[Record], columns: int) -> str | None:
    """The mark with which the last comment above a table, or its names, begin; if there is any.

    A blank follows it where white space stands behind all marks.

    None where most rows begin with it too, or some whole and some ragged ones with nothing apart:
    then what it marks is a number or a tag, `#40`. But where all lines of one cell that begin with
    it have a blank behind it, these are comments, and the ragged ones are rows.
    """
    marked = [record for record in above if record.cells and may_be_comment(record)]
    marked = [record for record in marked if record.cells[0].strip()]
    firsts = [record.cells[0] for record in marked]
    mark = next((mark for mark in header_row.MARKS if firsts and firsts[-1].startswith(mark)), None)
    told = [record.cells for record in above]
    below = [row for row in rows if width_of(row) > 1 and row.cells not in told]
    whole = sum(width_of(row) == columns for row in below)
    marked_below = [row for row in below if mark is not None and row.cells[0].startswith(mark)]
    tagged = sum(width_of(row) == columns for row in marked_below)
    close = {width_of(row) == columns for row in marked_below if not _is_spaced(row)}
    if mark is None or 2 * tagged > whole:
        return None
    alone = [row for row in rows if width_of(row) == 1 < columns and row.cells[0].startswith(mark)]
    is_mixed = len(close) > 1
    if is_mixed and not (alone and all(map(_is_spaced, alone))):
        return None
    apart = is_mixed or all(map(_is_spaced, (*marked, *marked_below)))
    return f"{mark} " if apart else mark


def is_prose(cells: Sequence[str], below: Sequence[Record]) -> bool:
    """Whether cells are the parts of a sentence with commas, above rows that have no blanks so."""
    if len(cells) == 1 and not all(is_value(row.cells[0]) for row in below):
        return False
    is_spaced = any(cell.startswith(" ") for row in below for cell in row.cells[1:])
    parts = [cell.strip("".join(header_row.MARKS) + " ") for cell in cells]
    return (
        not is_spaced
        and all(cell.startswith(" ") for cell in cells[1:])
        and sum(" " in part for part in parts) * 2 > len(parts)
    )


def _is_spaced(record: Record) -> bool:
    """Whether white space follows the mark, as it does in a comment; or nothing."""
    return record.cells[0].lstrip("".join(header_row.MARKS))[:1].strip() == ""


def commented(records: Sequence[Record]) -> list[Record]:
    """The records at the head that are blank or begin with a mark of comments."""
    return list(takewhile(may_be_comment, records))


def may_be_comment(record: Record) -> bool:
    return is_blank(record) or record.cells[0].startswith(header_row.MARKS)
