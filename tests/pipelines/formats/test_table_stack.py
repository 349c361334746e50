"""Table stack: tables one below the other are read apart where each has names, and else not."""

import gzip

import pytest
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.formats import table_stack
from pipelines.source_plan import plan
from tests.contracts.format_contract import read, table_of

TWO = "a,b\n1,2\n3,4\n\nx,y,z\n5,u,7\n7,v,9\n"
FIRST = [{"a": 1, "b": 2}, {"a": 3, "b": 4}]
SECOND = [{"x": 5, "y": "u", "z": 7}, {"x": 7, "y": "v", "z": 9}]


def tables_in(content: bytes | str, name: str = "data.csv"):
    raw = content if isinstance(content, bytes) else content.encode()
    return plan([MemoryObject(name, raw)], Limits()).tables


def dicts_in(content: bytes | str, name: str = "data.csv"):
    tables = tables_in(content, name)
    return [table_of(read(table.fragments, table.schema)).to_dicts() for table in tables]


@pytest.mark.parametrize(
    "content",
    [
        TWO,
        TWO.replace("\n", "\r\n"),
        TWO.encode("utf-16"),
        TWO.replace(",", ";"),
        "P\n" + TWO.replace("\n\n", "\n\n\nQ\n\n") + "\nSource: us\n",
        TWO + "\x1a",
    ],
    ids=["LF", "CRLF", "UTF-16", "semicolons", "titles and notes", "mark of the end"],
)
def test_tables_with_names_of_their_own_are_read_apart(content):
    """Each has its columns and types; titles belong to the table below them."""
    assert dicts_in(content) == [FIRST, SECOND]


def test_compression_changes_nothing():
    """A stream is read to where the table ends."""
    assert dicts_in(gzip.compress(TWO.encode()), "data.csv.gz") == [FIRST, SECOND]


def test_where_they_lie_is_told():
    """By the lines of the file, each line in one of them; and every line is accounted for."""
    tables = tables_in(TWO)

    chunks = [chunk for table in tables for chunk in read(table.fragments, table.schema)]

    assert [table.origin.range for table in tables] == ["lines 1-4", "lines 5-7"]
    assert [table.name for table in tables] == ["data", "data_2"]
    assert [chunk.skipped for chunk in chunks] == [{"header": 1, "blank line": 1}, {"header": 1}]


def test_a_wider_table_need_have_no_typed_column():
    """Rows have no more cells than the names above them, so these are other names."""
    text = "n,color\n1,red\n2,white\n\nplant,place,size\nrose,hill,big\nlily,pond,small\n"

    assert [len(rows) for rows in dicts_in(text)] == [2, 2]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a,b\n1,2\n3,4\n\n5,6\n", 3),
        ("a,b\n1,2\n3,4\n\na,b\n5,6\n", 3),
        ("a,b\nx,2\ny,4\n\nTotal,6\n", 2),
        ('a,b\n1,"x\n\nc,d"\n3,y\n', 2),
        ("id,name,city\n1,x,y\n\n2,Bob\n3,Cid\n", 3),
        ("of,us\nday,5\n\nid,name,n\n1,Ann,2\n2,Bob,4\n", 2),
        (TWO + "\n1,2,3\n", 6),
    ],
)
def test_other_blank_lines_part_no_tables(text, rows):
    """Below them rows go on, the same names stand again, or a total; above them keys and values."""
    (found,) = dicts_in(text)

    assert len(found) == rows


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("blank", ["", "\n", ",\n", "\n\n"])
def test_only_where_names_may_stand_below_a_blank_line_all_is_read_for_it(end, blank, monkeypatch):
    """The ends of lines are no blank lines, and values are no names: plain files stay fast."""
    looks = []
    monkeypatch.setattr(table_stack, "starts", lambda *given: looks.append(given) or [])
    rows = "".join(f"x{n},{n}\n{blank}" for n in range(9))

    tables_in(("a,b\n" + rows).replace("\n", end))
    assert not looks

    tables_in(("a,b\n" + rows + "\n2024\nc,d\ny,1\n").replace("\n", end))
    assert looks
