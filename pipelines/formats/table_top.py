"""Table top: where the rows of a text begin, and how many columns they have."""

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import dropwhile, takewhile

from pipelines.formats import header_row
from pipelines.formats.base import Notice
from pipelines.formats.cell_looks import is_name, is_value
from pipelines.formats.records import Record

DEEP = 200
SHOWN = 200
TITLE_WORDS = 3
TOLD_LINES = 5
MOST_KEYS = 12
MANY_WIDER = 0.25  # of all rows
MANY_SPARSE = 0.2
MOST_RAGGED = 1000
MOST_PARTED = 3  # blank lines that tables may stand between
TOLD_VALUE = re.compile(r"[#%/! ]+[@\w][\w ]*: *\d")  # in a comment: `# start: 2024`
COMMENT = re.compile(r"(#|%|//|!)+(\s|$)")


def columns(records: Sequence[Record]) -> int:
    """As many as most rows have; or as the names have, if rows leave out what is empty behind."""
    usual = _usual_width(list(dropwhile(_may_be_comment, records)) or records)
    told = _told(records)
    if usual > 1 and all(_filled_to(record, 1) == _filled(record) for record in told):
        return 1 if _width(told[0]) == 1 else usual  # delimiters behind the only cell
    start = next((at for at, record in enumerate(told) if _width(record) > 1), 0)
    head, below = told[start : start + 1], told[start + 1 : start + DEEP]
    if usual == 1 or not below:
        return usual
    usual = _ragged_width(told[start:], usual)
    width = _width(head[0])
    is_ragged = width > usual or sum(_width(record) == usual for record in below) * 2 <= len(below)
    return width if is_ragged and _names_others(head[0], below, usual) else usual


def are_closed(records: Sequence[Record]) -> bool:
    """Whether nothing but delimiters stands behind the only cell of all rows, below the names."""
    below = _told(records)[1:]
    return bool(below) and all(
        _width(record) > 1 and _filled_to(record, 1) == _filled(record) for record in below
    )


def _ragged_width(records: Sequence[Record], usual: int) -> int:
    """As many cells as the longer rows have, where these are many and no names deny it."""
    rows = [record for record in records if not _may_be_comment(record)]
    wider = Counter(_width(row) for row in rows[1:] if any(map(str.strip, row.cells[usual:])))
    if wider.total() < 2 or wider.total() < MANY_WIDER * len(rows) or _is_header(rows, usual):
        return usual
    return min(max(wider), MOST_RAGGED)


def _names_others(head: Record, below: Sequence[Record], usual: int) -> bool:
    """Whether a record names other columns than the usual row below it fills."""
    names, width = head.cells, _width(head)
    if (
        not names[-1].strip()
        or sum(not name.strip() for name in names) * 4 > width
        or any(is_value(name) for name in names if name.strip())
        or any(name.startswith(" ") for name in names)  # a sentence with commas
        or COMMENT.match(names[0])
        or sum(_width(record) > width for record in below) * 2 > len(below)
    ):
        return False
    return not _is_header(below, usual) and header_row.evidence(names, _cells(below)) > 0


def _is_header(records: Sequence[Record], width: int) -> bool:
    """Whether the first record plainly names the columns of those below it."""
    return (
        len(records) > 1
        and _width(records[0]) == width
        and all(name.strip() for name in records[0].cells)
        and header_row.evidence(records[0].cells, _below(records[:DEEP])) >= header_row.SURE
    )


def _below(records: Sequence[Record]) -> list[list[str]]:
    """The rows below the first record, but for names that come again."""
    names = records[0].cells
    is_open = any(map(is_value, names))
    rows = _cells(records[1:])
    return rows if is_open else header_row.below(rows, names)


def _cells(records: Sequence[Record]) -> list[list[str]]:
    return [record.cells for record in records if not _is_blank(record)]


def _told(records: Sequence[Record]) -> list[Record]:
    return [record for record in records if not _is_blank(record)]


def _is_blank(record: Record) -> bool:
    return not any(map(str.strip, record.cells))


def _filled(record: Record) -> int:
    return _filled_to(record, _width(record))


def _filled_to(record: Record, columns: int) -> int:
    return sum(map(bool, map(str.strip, record.cells[:columns])))


def _width(record: Record) -> int:
    return len(record.cells)


def _usual_width(records: Sequence[Record]) -> int:
    widths = Counter(_width(record) for record in records if not _is_blank(record))
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
        has_names = has_names and _is_header(records[first:], columns)
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
    if _width(record) != columns or _is_blank(record) or _may_be_comment(record):
        return False
    rows = _told(below)
    return sum(_filled(row) <= _filled(record) for row in rows) >= MANY_SPARSE * len(rows) > 0


def _is_sparse_row(record: Record, columns: int) -> bool:
    """Whether a record with few cells is a row or the names, and no title: that is words."""
    cells = [cell.strip() for cell in record.cells if cell.strip()]
    if not cells or _may_be_comment(record) or _width(record) > columns:
        return False
    if _width(record) < columns:
        return sum(map(is_value, cells)) * 2 > len(cells)
    return columns > 1 and (len(cells) > 1 or len(cells[0].split()) < TITLE_WORDS)


def _first_full(records: Sequence[Record], columns: int) -> int:
    filled = list(map(_filled, records))

    usual = _usual_width(records)
    is_ragged = 1 < usual < columns == _ragged_width(_told(records), usual)

    def is_full(index: int) -> bool:
        width = _width(records[index])
        is_wide = usual <= width <= columns if is_ragged else width == columns
        return is_wide and filled[index] >= fewest

    if keyed := _keyed(records, columns):
        return keyed
    fewest = 2 if columns > 1 and any(n > 1 for n in filled) else 1
    comments = _comments(records, columns)
    for index, record in enumerate(records):
        if index < comments or filled[index] == 0:
            continue
        if header_row.is_stretched(record.cells, columns):
            return index
        if is_full(index):
            return index + _above_names(records[index:], columns)
        is_told = columns < 2 * filled[index] == 2 * _filled_to(record, columns)
        if _width(record) > columns > 1 and filled[index] > 1 and is_told:
            return index  # delimiters behind the last name
        if _width(record) == columns == 2 and not record.cells[0].strip():
            return index  # names whose first one is missing: that of the row labels
        if _width(record) in (columns - 1, columns + 1) and filled[index] >= max(2, columns - 1):
            full = next((i for i in range(index + 1, len(records)) if is_full(i)), index)
            if _width(record) < columns and _is_prose(record.cells, _told(records[full:])):
                return full
            is_title = (
                not header_row.is_marked(record.cells, columns)
                and (
                    _are_keys(above := _told(records[index:full]))
                    or not _is_header(above, _width(record))
                )
                and _is_header(records[full:], columns)
            )
            return full if is_title else index
        if not any(_width(later) == columns for later in records[index + 1 :]):
            return index
    return next((i for i, n in enumerate(filled) if n), 0)


def _keyed(records: Sequence[Record], columns: int) -> int:
    """Where the names stand below a blank line, if all above it are keys with colons, and values.

    Such a block is often as wide as the table, since spreadsheets fill its rows up.
    """
    above = _block(records)
    start = next((at for at in range(len(above), len(records)) if not _is_blank(records[at])), 0)
    if not start or len(above) > MOST_KEYS or _width(records[start]) != columns:
        return 0
    keys = [cell.strip() for record in above for cell in record.cells[::2]]
    are_keys = all(record.cells[0].strip() for record in above)
    are_keys = are_keys and all(key.endswith(":") for key in keys if key)
    return start if are_keys and _is_header(records[start:], columns) else 0


def _are_keys(records: Sequence[Record]) -> bool:
    """Whether a few records may be keys and values."""
    pairs = all(_width(record) == 2 and _filled(record) == 2 for record in records)
    return pairs and len(records) <= MOST_KEYS and not any(is_value(r.cells[0]) for r in records)


def _above_names(records: Sequence[Record], columns: int) -> int:
    """How many of the first records are notes in a few of the cells, above one with the names.

    One may fill more than half of them if it holds a value; of several, none may.
    """
    cells = [cell for cell in records[0].cells if cell.strip()]
    if len(cells) == columns:
        return 0
    notes = list(takewhile(lambda each: _filled(each) * 2 <= columns, records[: MOST_KEYS + 1]))
    count = len(notes)
    if count < 2:
        is_note = len(cells) * 2 <= columns or any(map(is_value, cells))
        is_above = is_note and _is_header(records[1:], columns)
        return int(is_above and header_row.two_rows(records, columns)[0] is None)
    if count > MOST_KEYS or any(map(is_value, records[count].cells if records[count:] else ())):
        return 0
    is_above = _is_header(records[count:], columns)
    return (
        count if is_above and header_row.two_rows(records[count - 1 :], columns)[0] is None else 0
    )


def _comments(records: Sequence[Record], columns: int) -> int:
    """How many records, at the head, are comments; the last of them may hold the names."""
    above = commented(records)
    marked = [place for place, record in enumerate(above) if not _is_blank(record)]
    if not marked or not (below := [each for each in records[len(above) :] if not _is_blank(each)]):
        return 0
    whole = sum(_width(above[place]) == columns for place in marked)
    are_close = not all(_is_spaced(above[place]) for place in marked)
    are_whole = whole == len(marked) and (are_close or columns > 1)  # as any line of one column is
    if len(marked) > 1 and (are_whole or (are_close and 2 * whole >= len(marked))):
        return 0  # rows of tags or colours
    last = above[marked[-1]]
    may_name = _width(last) == columns and not _is_prose(last.cells, below)
    may_name = may_name and not TOLD_VALUE.match(last.cells[0])
    may_name = may_name and (columns > 1 or len(marked) == 1)
    may_name = may_name or header_row.is_marked(last.cells, columns)
    may_name = may_name or header_row.is_stretched(last.cells, columns)
    if _is_header(below, columns):
        return len(above)
    if may_name:
        return marked[-1]
    several = [above[place] for place in marked if _width(above[place]) > 1]
    if len(several) == 1 and _has_names(several[0].cells, columns):  # of lines without delimiters
        return above.index(several[0])
    return len(above)


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
    marked = [record for record in above if record.cells and _may_be_comment(record)]
    marked = [record for record in marked if record.cells[0].strip()]
    firsts = [record.cells[0] for record in marked]
    mark = next((mark for mark in header_row.MARKS if firsts and firsts[-1].startswith(mark)), None)
    told = [record.cells for record in above]
    below = [row for row in rows if _width(row) > 1 and row.cells not in told]
    whole = sum(_width(row) == columns for row in below)
    marked_below = [row for row in below if mark is not None and row.cells[0].startswith(mark)]
    tagged = sum(_width(row) == columns for row in marked_below)
    close = {_width(row) == columns for row in marked_below if not _is_spaced(row)}
    if mark is None or 2 * tagged > whole:
        return None
    alone = [row for row in rows if _width(row) == 1 < columns and row.cells[0].startswith(mark)]
    is_mixed = len(close) > 1
    if is_mixed and not (alone and all(map(_is_spaced, alone))):
        return None
    apart = is_mixed or all(map(_is_spaced, (*marked, *marked_below)))
    return f"{mark} " if apart else mark


def _is_prose(cells: Sequence[str], below: Sequence[Record]) -> bool:
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
    return list(takewhile(_may_be_comment, records))


def _may_be_comment(record: Record) -> bool:
    return _is_blank(record) or record.cells[0].startswith(header_row.MARKS)


def another(records: Sequence[Record]) -> Notice | None:
    """What to say where names stand again below a blank line, and are not those of the table.

    Its rows are read as rows of the first table, so that their columns are text.
    """
    told = _told(records)
    widest = 0
    for place, (above, first) in enumerate(itertools.pairwise(records), start=1):
        widest = max(widest, _width(above))
        if not _is_blank(above) or _is_blank(first):
            continue
        below = _block(records[place:])
        is_titled = _filled(first) == 1 < len(below)
        record, start = (below[1], place + 1) if is_titled else (first, place)
        is_wider = _width(record) > widest and not any(map(is_value, record.cells))
        if (
            _filled(record) > 1
            and record.cells != told[0].cells
            and (
                is_wider
                or _is_header(records[start:], _width(record))
                or _is_unlike(_block(reversed(records[: place - 1])), below[is_titled:])
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
    rows = [record.cells for record in _told(records)[1:]]
    if columns == 1 or any(is_value(cell) for cells in rows for cell in cells if cell.strip()):
        return None
    places = [
        place
        for place, (above, first) in enumerate(itertools.pairwise(records), start=1)
        if _is_blank(above) and len(_block(records[place:])) > 1 and not _is_blank(first)
    ]
    if not 0 < len(places) <= MOST_PARTED or not len(_block(records)) > 1:
        return None
    line = records[places[0]].line + 1
    return Notice(
        "rows.parted",
        f"a blank line stands above line {line}; if the names of another table stand there, put"
        " each table into a file of its own",
        "INFO",
        count=len(places),
    )


def _block(records: Iterable[Record]) -> list[Record]:
    """The first records, up to a blank one, of those that are looked at."""
    near = itertools.islice(records, DEEP)
    return list(takewhile(lambda record: not _is_blank(record), near))


def _is_unlike(above: Sequence[Record], below: Sequence[Record]) -> bool:
    """Whether rows are as wide as each other, but not as those above a blank line.

    Or else have no values in a column of which all those are values; the first may have the names.
    """
    if len(below) < 2 or len(above) < 2:
        return False
    wide, other = ({_width(record) for record in rows} for rows in (above, below))
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
    told = _told(records)
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
