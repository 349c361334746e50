"""Inner comments: lines that begin with a mark among the rows are no rows, and are told."""

import pytest
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.source_plan import plan


def read(text):
    (table,) = plan([MemoryObject("a.csv", text.encode())], Limits()).tables
    chunks = [chunk for part in table.fragments for chunk in part.chunks(table.schema)]
    rows = [row for chunk in chunks for row in chunk.frame.rows()]
    said = [row.cells[0] for chunk in chunks for row in chunk.skipped_rows]
    return rows, said, [notice.code for notice in table.notices]


def text_of(rows, line, at):
    lines = [f"{n},x{n},{n / 2}" for n in range(rows)]
    return "\n".join(["id,name,paid", *lines[:at], line, *lines[at:]])


@pytest.mark.parametrize("line", ["# half of them", "// half of them", "# two, parts\n# one part"])
@pytest.mark.parametrize("at", [0, 7, 40])
def test_a_remark_among_the_rows_is_no_row(line, at):
    """The columns keep their types, and the receipt its words."""
    rows, said, codes = read(text_of(40, line, at))

    assert [row[0] for row in rows] == list(range(40))
    assert said == line.split("\n")
    assert "rows.comments" in codes


@pytest.mark.parametrize(
    "line",
    [
        "#1",  # a tag
        "# 12",  # a number
        "#x,y,1.5",  # a row
        "# half of them\n#9,y,1.5",  # rows begin so too
        "; half of them",
        "12",
    ],
)
def test_what_may_be_a_row_stays_one(line):
    rows, said, codes = read(text_of(40, line, 7))

    assert len(rows) == 40 + len(line.split("\n"))
    assert said == []
    assert "rows.comments" not in codes


def test_lines_of_one_column_are_rows():
    """A mark may be a part of each of them."""
    rows, _, codes = read("name\n" + "# a b\nx\n" * 20)

    assert len(rows) == 40
    assert "rows.comments" not in codes
