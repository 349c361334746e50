"""Names apart: names that another delimiter parts than the rows are names; a title is none."""

import pytest
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.source_plan import plan

ROWS = "".join(f"2024-05-{n:02d},{n},a{n},{n / 4},w x\n" for n in range(1, 20))


def table_in(text: str):
    (table,) = plan([MemoryObject("data.csv", text.encode())], Limits()).tables
    return table


@pytest.mark.parametrize("mark", [" ", "\t", ";", "|", "  "])
@pytest.mark.parametrize("above", ["", "Of the club\n"])
def test_names_may_be_parted_otherwise_than_the_rows(mark, above):
    """They are told, and no line of a preamble."""
    names = ["day", "n", "code", '"share"', "note"]

    table = table_in(above + mark.join(names) + "\n" + ROWS)

    (chunk,) = table.fragments[0].chunks(table.schema)
    assert list(table.schema) == ["day", "n", "code", "share", "note"]
    assert len(chunk.frame) == 19
    assert table.details["header"] == 1 + bool(above)
    assert [n.message for n in table.notices if n.code == "header.delimiter"] != []


@pytest.mark.parametrize(
    "title",
    [
        "Values of the good club",
        "Monthly values by Rome again",
        "day n code share",
        "day n code share note more",
        "day n n share note",
        "1 2 3 4 5",
        "Sales we had this year!",
        "Red; blue; green; yellow; black",
    ],
)
def test_a_title_names_no_columns(title):
    """It has words of a sentence, values, or not as many cells as a row."""
    table = table_in(title + "\n" + ROWS)

    assert next(iter(table.schema)) == "column_1"
    assert table.details["header"] is None


def test_names_above_words_are_open():
    """Nothing below tells that they are none of a title."""
    table = table_in("one two three four five\n" + "ab,cd,ef,gh,ij\nkl,mn,op,qr,st\n" * 5)

    assert not [n for n in table.notices if n.code == "header.delimiter"]
