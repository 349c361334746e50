"""IPAC tables: the bars above the rows say where columns are; the rows have none."""

import pytest
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.source_plan import plan
from tests.contracts.format_contract import read, table_of

HEAD = """\
\\fixlen = T
\\ a: what it is
|   ra     |name        | n|
|   double |char        |i |
|   deg    |            |  |
"""
ROWS = [(1.5, "Ann of Rome", 3), (None, "b", None), (-20.25, None, 12)]


def written(rows) -> str:
    """The rows below their header, as wide as the bars leave room."""
    cells = ([("null" if cell is None else str(cell)) for cell in row] for row in rows)
    return HEAD + "".join(f" {ra:>10} {name:<12} {n:>2}\n" for ra, name, n in cells)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("count", [1, 3, 30_000])
def test_columns_stand_between_bars(newline, count):
    """However few rows there are, and however many; what `null` stands for is nothing."""
    rows = (ROWS * count)[:count]
    text = written(rows).replace("\n", newline)
    (table,) = plan([MemoryObject("a.tbl", text.encode())], Limits()).tables
    chunks = read(table.fragments, table.schema)

    assert table.format == "fixed-width"
    assert table_of(chunks).columns == ["ra", "name", "n"]
    assert table_of(chunks).rows() == rows
    assert chunks[0].skipped == {"header": 3, "preamble": 2}
    assert [notice.code for notice in table.notices] == ["rows.above"]


@pytest.mark.parametrize(
    "text",
    [
        "|a|b|\n|1|2|\n|3|4|\n",
        "|a|b|\n|real|char|\n|1|2|\n|3|4|\n",
        "|a  |b   |\n|real|char|\n 1.5  x\n",
        "|a   |b   |\n|real|char|\n 1.55555 x\n 1.66666 y\n",
    ],
)
def test_other_bars_part_cells(text):
    """They go on in all rows, are not one below the other, or values cross them."""
    (table,) = plan([MemoryObject("a.tbl", text.encode())], Limits()).tables

    assert all(guess.chosen != "between bars, as IPAC has it" for guess in table.guesses)
