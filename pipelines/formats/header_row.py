"""Header row: whether the first record names the columns, by what stands below it."""

import itertools
import re
from collections.abc import Iterable, Sequence

from connectors.errors import InvalidOverride
from pipelines.formats import second_header
from pipelines.formats.base import Guess, Notice
from pipelines.formats.cell_looks import FORMS, OF_LINES, form, is_name, is_typed, is_value
from pipelines.formats.records import Record
from pipelines.formats.sheet_groups import YEARS

HEADER_COLUMNS = 60
HEADED_ROWS = 200
FEWEST_BELOW_YEAR = 3
FEWEST_RISING = 4
FEW_FORMS = 10  # cells that are looked at for what they are
FEWEST_CODES = 5
WHOLE = 8  # digits of a number that may be a year, or one of a series
FEWEST_AGAIN, AGAIN = 3, 0.6  # names that come again, and of all
SURE = 0.9  # evidence of names: one above numbers, at least
LABEL_WORDS = """
    age area category city class code company continent country county date department description
    district gender group id industry item key label location name no number place product province
    region sector series sex state subject team title town type unit
"""
LABELS = frozenset(LABEL_WORDS.split())  # that name a column beside one of a single year
TRUTHS = frozenset({"true", "false"})
MARKS = ("#", "%", "//", "!")  # of comments, above the rows of programs
NUMBERED = re.compile(r"#\s*(\d{1,4})\s+([A-Z][A-Z0-9_]*)\b")
MISSING_MARKS = frozenset({"?", ".", "*", "~", "--", "---", "…", "..", "..."})


def find(records: Sequence[Record], columns: int) -> tuple[tuple[str, ...] | None, Guess]:
    """The names in the first record, or None when it is a row like the others."""
    if not records:
        return None, Guess("header", "none", 0.5)
    head = _names(records[0])
    filled = [r.cells for r in records[1:200] if any(cell.strip() for cell in r.cells)]
    body = below(filled, records[0].cells)
    names = _named(head, columns, body)
    found = evidence(names, body)
    if found < 0 or not _is_said(names, found) or _is_a_row_twice(records):
        return None, Guess(
            "header", "none", min(1.0, 0.6 - min(0.0, found) / 5), ("first row",), tuple(head[:5])
        )
    confidence = min(1.0, 0.6 + found / 5)
    return tuple(names), Guess("header", "first row", confidence, ("none",), tuple(head[:5]))


def _is_said(names: Sequence[str], found: float) -> bool:
    """Whether names have letters or digits; or else are different marks above values alone."""
    filled = [name for name in names if name]
    if any(char.isalnum() for char in "".join(filled)):
        return True
    is_missing = any(name.strip() in MISSING_MARKS for name in filled)
    is_above_values = found >= SURE * len(filled) > 0
    return is_above_values and not is_missing and len(set(filled)) == len(filled)


def several_rows(
    records: Sequence[Record], columns: int
) -> tuple[second_header.TwoRows | None, tuple[Notice, ...]]:
    """What the first two or three records call the columns, if all are header; what to say."""
    rows = [tuple(cell.strip() for cell in record.cells) for record in records[:HEADED_ROWS]]
    if columns > 1 and len(rows) > 1 and len(rows[0]) == columns:
        ruled = second_header.ruled(rows[0], rows[1])
        if ruled is not None:
            return ruled, (ruled.notice,)
    if columns > 1 and len(rows) > 2 and len(rows[0]) == len(rows[1]) == columns >= len(rows[2]):
        body = [row for row in rows[3:] if len(row) == columns]
        found = second_header.flagged(*rows[:3], body=body)
        found = second_header.three(*rows[:3], body=body) if found is None else found
        if found is not None:
            return found, (found.notice,)
    return two_rows(records, columns)


def two_rows(
    records: Sequence[Record], columns: int, *, may_group: bool = True
) -> tuple[second_header.TwoRows | None, tuple[Notice, ...]]:
    """What the first two records call the columns, if both are header; and what to say of it."""
    head = records[: 2 + HEADED_ROWS]
    rows = [[cell.strip() for cell in record.cells] for record in head]
    if columns == 1 or len(rows) < 2 or any(len(row) != columns for row in rows[:2]):
        return None, ()
    body = [row for row in rows[2:] if len(row) == columns and any(row) and row not in rows[:2]]
    found = second_header.find(rows[0], rows[1], body, may_group=may_group)
    notice = second_header.doubt(rows[1], body) if found is None else found.notice
    return found, () if notice is None else (notice,)


def chosen(
    records: Sequence[Record], first: int, columns: int, row: int
) -> tuple[tuple[str, ...] | None, Guess]:
    if not row:
        return None, Guess("header", "none", 1.0)
    if first >= len(records):
        raise InvalidOverride(
            f"overrides.header is row {row}, but only {len(records)} rows were looked at"
        )
    return tuple(_named(_names(records[first]), columns, [])), Guess("header", f"row {row}", 1.0)


def below(rows: Sequence[list[str]], names: Sequence[str]) -> list[list[str]]:
    """The rows but for names that come again; where most have much of the first, these are rows.

    >>> below([list("xbcd"), list("1234"), list("5678")], list("abcd"))
    [['1', '2', '3', '4'], ['5', '6', '7', '8']]
    """
    others = [row for row in rows if not is_again(row, names)]
    are_rows = 2 * len(others) < len(rows)
    return [row for row in rows if row != names] if are_rows else others


def is_again(cells: Sequence[str], names: Sequence[str]) -> bool:
    """Whether a row has the names again: all of them, or most, where columns came or went.

    >>> is_again(["id", "name", "born", "city"], ["id", "name", "born"])
    True
    """
    if cells == names or (names[0] not in cells and names[-1] not in cells):
        return cells == names
    known = set(filter(None, map(str.strip, names)))
    told = {cell.strip() for cell in cells if cell.strip()}
    shared = known & told
    most = max(len(known), len(told))
    are_most = len(shared) >= FEWEST_AGAIN and len(shared) >= AGAIN * most
    return are_most and all(map(is_name, told))


def is_marked(cells: Sequence[str], columns: int) -> bool:
    """Whether a mark of comments stands apart before the names: `# time flux`."""
    return len(cells) == columns + 1 and cells[0].strip() in MARKS


def is_stretched(cells: Sequence[str], columns: int) -> bool:
    """Whether a comment names so many columns, with more delimiters between some than one."""
    return (
        len(cells) > columns > 1
        and cells[0].startswith(MARKS)
        and sum(bool(cell.strip()) for cell in cells) == columns
    )


def numbered(above: Sequence[Record], columns: int) -> tuple[tuple[str, ...], Guess] | None:
    """The names in numbered comments above the rows, one a line, as SExtractor writes them.

    A number that is left out belongs to the column before it, which then is several.
    """
    told = [" ".join(record.cells).strip() for record in above]
    found = [NUMBERED.match(line) for line in told if line]
    lines = {int(each[1]): each[2] for each in found if each is not None}
    places = list(lines)
    if len(lines) < 2 or len(lines) < len(found) or places != sorted(places) or places[0] != 1:
        return None
    if places[-1] > columns:
        return None
    names: list[str] = []
    for place in range(1, columns + 1):
        names.append(lines.get(place) or names[-1])
    return tuple(names), Guess("header", "numbered comments", 0.9, ("none",), tuple(names[:5]))


def in_comment(records: Sequence[Record]) -> Notice | None:
    """What to say of names in a line that is marked as a comment, above rows that are not."""
    first, *below = (record.cells for record in records if record.cells)
    alike = (row for row in below if row[0].startswith(MARKS) and len(row) == len(first))
    if not first[0].startswith(MARKS) or any(alike):
        return None
    return Notice(
        "header.comment",
        f"the names of the columns stand in a line that is marked as a comment: {first[0]!r} …; if"
        " it is none of names, remove it",
        "INFO",
    )


def _names(record: Record) -> list[str]:
    return [
        cell.replace("\r\n", "\n").replace("\r", "\n") if cell.strip() else ""
        for cell in record.cells
    ]


def _named(head: list[str], columns: int, body: list[list[str]]) -> list[str]:
    if is_marked(head, columns):
        return head[1:]
    if is_stretched(head, columns):
        return [name for name in head if name]
    if not any(head[columns:]):
        head = head[:columns]
    if (
        len(head) == columns - 1
        and not (columns == 2 and is_value(head[0]))
        and any(row[-1].strip() for row in body if len(row) == columns)
        and sum(len(row) < columns for row in body) * 10 <= len(body)
        and not any(name.startswith(" ") for name in head[1:])  # a sentence
    ):
        return ["", *head]  # the writer left out the name of the row labels, as R does
    return [*head, *[""] * (columns - len(head))]


def evidence(names: Sequence[str], body: Sequence[Sequence[str]]) -> float:
    """How much a record looks like names above these rows: positive yes, negative no."""
    filled = [name for name in names if name]
    if not filled:
        return -1.0
    if not body:
        return 1.0 if not any(is_value(name) for name in filled) else -1.0
    found = 2.0 * len(names) if _has_empty_corner(names, body) else 0.0
    is_series = _is_series(names) and not any(_is_series(row) for row in body[:3])
    is_series = is_series or _are_years(names, body) or _rise(names, body)
    is_sparse = not is_series and (len(filled) == 1 or len(filled) * 2 < len(names))
    last = max(place for place, name in enumerate(names) if name)
    behind = above = 0.0  # the last name; numbers
    for index, name in enumerate(names[:HEADER_COLUMNS]):
        column = [row[index] for row in body if index < len(row) and row[index].strip()]
        if is_sparse and not name and column and index:
            behind += 0.5 if index > last else 0.0
            found -= 0.5  # rather a row in which something is missing
        if not name or not column:
            continue
        own = None if name.strip().isdecimal() else form(name)
        if own in OF_LINES and len(names) > 1:
            own = None  # questions and answers are numbered too
        is_mark = own not in FORMS and name in column  # of those that belong to what it names
        if own is not None and not is_mark and all(form(c) == own for c in column[:FEW_FORMS]):
            return -1.0  # the addresses of one row more
        if is_series and name.strip().isdecimal():
            found += 0.5
        elif all(map(is_typed, column)):
            is_above = not is_typed(name) or _are_truths(column, name)
            above += is_above
            found += 1.0 if is_above else -1.0
        elif is_value(name):
            found -= 1.0 if all(map(is_value, column)) else 0.3
        elif len(column) > 1 and all(map(is_value, column)):
            found += 1.0  # dates and the like
        elif _is_next(names, index, column, body):
            found -= 1.0
        elif name in column and len(set(column)) < len(column):
            found -= 0.5
        else:
            lengths = {len(cell) for cell in column}
            is_regular = len(column) > 1 and len(lengths) == 1 and len(name) not in lengths
            found += 0.4 if is_regular else 0.1
    if len(set(filled)) < len(filled):
        found -= 0.3
    if above and not any(map(is_value, filled)):
        found += behind  # the last of the names may be that of several columns
    return found


def _is_next(
    names: Sequence[str], place: int, column: Sequence[str], body: Sequence[Sequence[str]]
) -> bool:
    """Whether a name is a code as those below it, and all are in order: `AD` above `AE`, `AF`.

    Not where a name beside it is unlike the cells below, or none stands there: `CC,NAME` is names.
    """
    codes = [names[place], *column]
    return (
        len(codes) > FEWEST_CODES
        and len(names) > 1
        and codes[0].isupper()
        and codes[0][0] == codes[1][0]
        and all(a < b for a, b in itertools.pairwise(codes))
        and len(set(map(_shape, codes))) == 1
        and not any(_is_unlike(names, at, body) for at in range(len(names)) if at != place)
    )


def _shape(code: str) -> str:
    """Which of its characters are digits."""
    return re.sub(r"\d", "9", re.sub(r"[A-Z]", "A", code))


def _are_truths(column: Sequence[str], name: str) -> bool:
    """Whether all cells are true or false, and the name above them is neither."""
    return name.strip().lower() not in TRUTHS and all(c.strip().lower() in TRUTHS for c in column)


def _has_empty_corner(names: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Whether only the first name is missing, over labels that never are: a table with two axes."""
    named = names[1:]
    return (
        not names[0]
        and len(named) > 0
        and all(named)
        and len(set(named)) == len(named)
        and all(row and row[0].strip() for row in body)
    )


def _is_series(cells: Sequence[str]) -> bool:
    """Whether the whole numbers among the cells are years or numbers that go up evenly."""
    numbers = _whole_numbers(cells)
    steps = {after - before for before, after in itertools.pairwise(numbers)}
    return len(numbers) > 2 and len(steps) == 1 and steps != {0}


def _are_years(names: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Whether the whole numbers among the names are different years, and those below are not.

    One year alone is told apart by enough rows, beside names that look like none of the cells below
    them: `Rome,2020` above towns and numbers is a row.
    """
    wholes = {place: name.strip() for place, name in enumerate(names) if name.strip().isdecimal()}
    years = {place: int(name) if len(name) <= WHOLE else 0 for place, name in wholes.items()}
    if not years or len(years) == len(names) or len(set(years.values())) < len(years):
        return False
    if len(years) == 1 and (
        len(body) < FEWEST_BELOW_YEAR
        or any(cell in names for row in body for cell in row)
        or not all(
            _is_unlike(names, place, body) for place in range(len(names)) if place not in years
        )
    ):
        return False
    below = _whole_numbers(row[place] for row in body for place in years if place < len(row))
    return not any(number in YEARS for number in below) and all(y in YEARS for y in years.values())


def _is_unlike(names: Sequence[str], place: int, body: Sequence[Sequence[str]]) -> bool:
    """Whether a name is a word that differs in kind from the cells below it."""
    name = names[place].strip()
    column = [row[place].strip() for row in body if place < len(row) and row[place].strip()]
    if is_value(name) or not name:
        return False
    is_label = LABELS.issuperset(name.lower().replace("_", " ").split())
    return (
        is_label
        or (column != [] and all(is_typed(cell) or is_value(cell) for cell in column))
        or (name.islower() and column != [] and all(cell[0].isupper() for cell in column))
    )


def _rise(names: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Whether many names are whole numbers that rise, over cells that are no such ones."""
    places = [place for place, name in enumerate(names) if name.strip().isdecimal()]
    if len(places) < FEWEST_RISING or len(places) == len(names):
        return False
    numbers = _whole_numbers(names)
    below = [_whole_numbers(row[place] for place in places if place < len(row)) for row in body[:9]]
    is_rising = all(a < b for a, b in itertools.pairwise(numbers))
    return is_rising and not any(len(row) > 1 for row in below)


def _whole_numbers(cells: Iterable[str]) -> list[int]:
    plain = (cell for cell in map(str.strip, cells) if cell.isdecimal())
    return [int(cell) for cell in plain if len(cell) <= WHOLE]


def is_echoed(records: Sequence[Record]) -> bool:
    """Whether the second record has the cells of the first, over columns that prove no names."""
    if len(records) < 2 or records[0].cells != records[1].cells:
        return False
    below = [record.cells for record in records[2:HEADED_ROWS] if record.cells != records[0].cells]
    return not below or evidence(records[0].cells, below) < SURE


def _is_a_row_twice(records: Sequence[Record]) -> bool:
    """Whether the first record is there twice in a row and holds values: names are not."""
    has_values = any(map(is_value, filter(str.strip, records[0].cells)))
    return has_values and len(records) > 1 and records[0].cells == records[1].cells
