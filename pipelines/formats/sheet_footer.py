"""Sheet footer: rows at the end of a table that are clearly no rows of it: totals and notes."""

import re
from collections.abc import Mapping, Sequence
from statistics import median_high

TOTAL = re.compile(
    r"\s*((grand|sub|overall)[ -]?)?(totals?|sum|summe|gesamt(summe)?|insgesamt|somme|totale"
    r"|(gesamt)?ergebnis|total g[eé]n[eé]ral|total general|totale complessivo|(eind)?totaal|totalt"
    r"|totalsumma|summa|suma( końcowa)?|celkem|(общий )?итог|итого|всего)"
    r"\s*:?\s*|\s*(总计|合计|汇总|総計|合計|集計|합계|총합계|요약)\s*",
    re.IGNORECASE,
)
NOTE = re.compile(r"\s*(sources?|notes?|quellen?|footnotes?)\s*:|\s*[*†‡©]|\s*\(c\)", re.IGNORECASE)
FOOTER_ROWS = 12
MOSTLY = 0.9

Cells = Mapping[int, object]


def text_columns(rows: Sequence[Cells]) -> set[int]:
    """The columns in which text is more than an exception."""
    texts: dict[int, int] = {}
    values: dict[int, int] = {}
    for cells in rows:
        for column, cell in cells.items():
            values[column] = values.get(column, 0) + 1
            texts[column] = texts.get(column, 0) + isinstance(cell, str)
    return {column for column, count in values.items() if texts[column] > (1 - MOSTLY) * count}


def footer(rows: Sequence[Cells]) -> list[str]:
    """Why the last rows are no rows of the table, each of as many as that are.

    >>> footer([{0: "a", 1: 1.0}, {0: "b", 1: 2.0}, {0: "Total", 1: 3.0}])
    ['total row']
    """
    notes = _notes(rows)
    kept = end = len(rows) - notes
    while kept > 2 and _is_total(rows[kept - 1]):
        kept -= 1
    totals = end - kept
    above = _notes(rows[:kept]) if totals else 0
    return ["note"] * above + ["total row"] * totals + ["note"] * notes


def _is_total(cells: Cells) -> bool:
    first = cells.get(min(cells)) if cells else None
    numbers = sum(isinstance(cell, int | float) for cell in cells.values())
    return isinstance(first, str) and TOTAL.fullmatch(first) is not None and numbers > 0


def _notes(rows: Sequence[Cells]) -> int:
    """Nearly empty rows below full ones, if they name themselves or stand where numbers do."""
    if len(rows) < 3:
        return 0
    typical = median_high(len(cells) for cells in rows)
    count = 0
    while count < min(FOOTER_ROWS, len(rows) - 2):
        cells = rows[len(rows) - count - 1]
        is_text = all(isinstance(cell, str) for cell in cells.values())
        if not is_text or len(cells) > max(1, typical / 3) or typical < 2:
            break
        count += 1
    last = rows[len(rows) - count :]
    texts = text_columns(rows[: len(rows) - count])
    clashes = any(column not in texts for cells in last for column in cells)
    if clashes and typical >= 3:
        return count
    named = 0
    for cells in reversed(last):
        text = next(iter(cells.values()))
        if len(cells) > 1 or not isinstance(text, str) or not NOTE.match(text):
            break
        named += 1
    return named
