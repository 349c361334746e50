"""Unnamed totals: a last row that adds up the others is told, and stays a row."""

import pytest
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.formats.unnamed_total import number_in
from pipelines.source_plan import plan
from tests.pipelines.formats.test_excel_workbook import written

ROWS = [["north", 10, 1.5], ["south", 20, 2.25], ["east", 30, 4], ["west", 40, 8]]


def as_text(rows):
    return "\n".join(",".join("" if cell is None else str(cell) for cell in row) for row in rows)


def totals(name, content):
    (table,) = plan([MemoryObject(name, content)], Limits()).tables
    chunks = [chunk for part in table.fragments for chunk in part.chunks(table.schema)]
    assert sum(chunk.rows.skipped for chunk in chunks) == 1  # the header alone
    return [notice.message for notice in table.notices if notice.code == "rows.total"]


@pytest.mark.parametrize(
    ("rows", "last", "is_told"),
    [
        (ROWS, [None, 100, 15.75], True),
        (ROWS, [None, 100, None], True),
        (ROWS, [None, 99, 15.75], False),
        (ROWS, [None, 500, None], False),
        (ROWS, ["centre", 100, 15.75], False),
        (ROWS[:2], [None, 30, 3.75], False),
        ([*ROWS, [None, 5, 1]], [None, 105, 16.75], False),  # the label is missing elsewhere too
        ([["a", 0, 0]] * 5, [None, 0, 0], False),
        ([["a", "1", "x"]] * 5, [None, "5", None], True),
    ],
)
def test_a_last_row_that_adds_up_the_others_is_told(rows, last, is_told):
    """In texts and on sheets: numbers alone, no label, each the sum of its column."""
    table = [["area", "units", "paid"], *rows, last]

    for name, content in (("a.csv", as_text(table).encode()), ("a.xlsx", written(table))):
        said = totals(name, content)
        assert len(said) == is_told, name
        assert not said or "may be a total, and is kept as a row" in said[0]


def test_of_a_long_text_the_end_is_enough():
    """A total of more rows than are looked at is more than the sum of those."""
    rows = [[f"shop {n}", n, 0.5] for n in range(50_000)]
    table = [["area", "units", "paid"], *rows]

    assert totals("a.csv", as_text([*table, [None, 1_249_975_000, 25_000.0]]).encode())
    assert not totals("a.csv", as_text([*table, [None, 60_000, 25_000.0]]).encode())
    assert not totals("a.csv", as_text([*table, ["shop", 1_249_975_000, 25_000.0]]).encode())


@pytest.mark.parametrize(
    ("cell", "number"),
    [(2, 2.0), (True, None), (" 1,234.5 ", 1234.5), ("\x1f72.95", 72.95), ("1.234,5", None)],
)
def test_numbers_are_those_that_are_plainly_so(cell, number):
    assert number_in(cell) == number
