"""Footer: what stands below the rows of a delimited text: totals, notes, the source.

Only what is plainly no row is left out, with its reason; what may be one is kept, and said.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipelines.formats import cell_types, number_layouts
from pipelines.formats.base import SPEAKING, Notice, SkippedRow
from pipelines.formats.records import END, Record
from pipelines.formats.unnamed_total import adds_up

DEEPEST = 12  # records that a footer may have
SHOWN = 200
TOTAL = re.compile(
    r"\s*((grand|sub|overall)[- ]?)?(totals?|sum|summe|gesamt|insgesamt|totale|totaal|suma|итого"
    r"|合計|总计|總計)\s*[:.]?\s*",
    re.IGNORECASE,
)
NOTE = re.compile(
    r"\s*((sources?|notes?|quelle|fuente|remarks?|footnotes?|disclaimer|hinweis)\s*:"
    r"|(generated|exported|created|downloaded|copyright|©)\s+\S"
    r"|[*†‡]+\s*\w+\s+\w|(--|==|__)|\(?\d[\d,.]* (rows?|records?)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Footer:
    """The index of the first record that is no row any more, what was left out, what is said.

    `rows` are those that were left out and say something.
    """

    first: int
    skipped: Mapping[str, int] = field(default_factory=dict)
    rows: tuple[SkippedRow, ...] = ()
    notices: tuple[Notice, ...] = ()


def find(records: Sequence[Record], columns: int) -> Footer:
    """The footer among the last records of a table of so many columns; at the end if none."""
    end = len(records)
    if columns == 1:
        return Footer(end)
    body = [r for r in records[: max(0, end - DEEPEST)][-200:] if _filled(r) > 1]
    first = end
    skipped: Counter[str] = Counter()
    notices: list[Notice] = []
    rows: list[SkippedRow] = []
    held: Counter[str] = Counter()  # blank lines count only if something stands below them
    for index in range(end - 1, max(0, end - DEEPEST) - 1, -1):
        record = records[index]
        others = [*body, *(r for r in records[max(0, end - DEEPEST) : index] if _filled(r) > 1)]
        reason = _reason(record, _is_apart(records, index), others)
        if reason is None:
            if first == end and (_is_total(record) or _adds_up(record, others)):
                notices.append(_kept(record))
            break
        held[reason] += 1
        if reason != "blank line":
            first, skipped = index, skipped + held
            held = Counter()
            rows += [SkippedRow.of(reason, record.cells)] if reason in SPEAKING else []
            message = f"below the table stands a {reason}: {_shown(record)}"
            notices.append(Notice("rows.footer", message, "INFO"))
    while first < end and first and not _filled(records[first - 1]):
        first -= 1
        skipped["blank line"] += 1
    return Footer(first, dict(skipped), tuple(reversed(rows)), tuple(reversed(notices)))


def _filled(record: Record) -> int:
    return sum(bool(cell.strip()) for cell in record.cells)


def _adds_up(last: Record, rows: Sequence[Record]) -> bool:
    if _filled(last) == len(last.cells):
        return False
    return adds_up(_filled_by_column(last), map(_filled_by_column, rows))


def _filled_by_column(record: Record) -> dict[int, str]:
    return {place: cell for place, cell in enumerate(record.cells) if cell.strip()}


def _kept(record: Record) -> Notice:
    """What to say of a last row that may be a total."""
    return Notice(
        "rows.total", f"the last row may be a total, and is kept as a row: {_shown(record)}", "INFO"
    )


def _shown(record: Record) -> str:
    return repr(", ".join(cell.strip() for cell in record.cells if cell.strip())[:SHOWN])


def _is_apart(records: Sequence[Record], index: int) -> bool:
    """Whether a blank line stands right above, or above a note and other lines of one cell."""
    top = index
    while top > 0 and len(records[top - 1].cells) == 1 and _filled(records[top - 1]):
        top -= 1
    if top == 0 or _filled(records[top - 1]):
        return False
    return top == index or NOTE.match(records[top].cells[0]) is not None


def _reason(record: Record, is_apart: bool, rows: Sequence[Record]) -> str | None:
    if not _filled(record):
        return "blank line"
    if record.cells == [END]:
        return "mark of the end"
    if not rows:
        return None
    label = next(cell for cell in record.cells if cell.strip())
    if _filled(record) == 1:
        is_alone = bool(record.cells[0].strip())
        return "note" if is_alone and (is_apart or NOTE.match(label)) else None
    if is_apart and NOTE.match(record.cells[0]) and _is_sentence(record, rows):
        return "note"
    if not _is_total(record):
        return None
    place = next(place for place, cell in enumerate(record.cells) if cell.strip())
    return "total" if is_apart or _breaks_type(place, rows) else None


def _is_total(record: Record) -> bool:
    """Whether a word for a total stands before nothing but numbers."""
    label, *others = [cell.strip() for cell in record.cells if cell.strip()] or [""]
    return TOTAL.fullmatch(label) is not None and all(
        number_layouts.PARTS.fullmatch(cell) for cell in others
    )


def _is_sentence(record: Record, rows: Sequence[Record]) -> bool:
    """Whether a blank follows each delimiter, as in no row."""
    return all(cell.startswith(" ") for cell in record.cells[1:]) and not any(
        all(cell.startswith(" ") for cell in row.cells[1:]) for row in rows
    )


def _breaks_type(place: int, rows: Sequence[Record]) -> bool:
    """Whether the column in which the word stands holds numbers or dates otherwise."""
    cells = [r.cells[place] for r in rows if place < len(r.cells) and r.cells[place].strip()]
    if not cells:
        return False
    return cell_types.word_of(cells) != "text"
