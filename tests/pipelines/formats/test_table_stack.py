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
    notices = [notice for table in tables for notice in table.notices]
    assert [(n.code, n.severity, n.table, n.count) for n in notices] == [
        ("table.stack", "INFO", "data", 2)
    ]
    assert "lines 1-4, 5-7" in notices[0].message
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


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("name,score\na,1\nb,2\n\nc,missing\nd,4\ne,5\n", True),
        ("name,score\na,1\nb,2\n\nc,absent\nd,4\ne,5\n", True),
        ("fruit,n\nfig,1\nplum,2\n\nFruit total,sum\nnut,4\noat,5\n", True),
        ("name,score,note\na,1,x\nb,2,y\n\nc,missing,\nd,4,\ne,5,\n", False),
        ("region,sales\na,1\nb,2\n\nRegion,Sales\nc,4\nd,5\n", True),
    ],
    ids=["missing", "absent", "total", "with blanks", "names in capitals"],
)
def test_a_row_with_words_for_numbers_begins_no_table(text, is_told):
    """All its columns go on as they were above; what it may be is told if no cell is blank."""
    (table,) = tables_in(text)

    assert table_of(read(table.fragments, table.schema)).height == 5
    assert [notice.code for notice in table.notices] == ["table.another"] * is_told


@pytest.mark.parametrize(
    "below",
    [
        "place,height\nhill,7\nlake,9\n",
        "name,height\nhill,7\nlake,9\n",
        "day,kind\n5,hill\n6,lake\n",
    ],
    ids=["title", "one name alike", "other types"],
)
def test_a_table_as_wide_as_the_one_above_shows_that_it_is_another(below):
    """By a title, a name that both have, or no column of numbers in both."""
    title = "Places\n" if below.startswith("place") else ""

    found = dicts_in(f"name,score\na,1\nb,2\n\n{title}{below}")

    assert [len(rows) for rows in found] == [2, 2]


def test_other_names_may_be_more_or_fewer():
    """Though numbers stand in the same columns of both."""
    two, three = "name,n\nhill,7\nlake,9\n", "place,m,kg\na,1,2\nb,2,3\n"

    assert [len(rows) for rows in dicts_in(f"{three}\n{two}")] == [2, 2]
    assert [len(rows) for rows in dicts_in(f"{three}\n{three[:10]},s\na,1,2,3\n")] == [2, 1]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("names", "row", "width"),
    [
        ("id,name,born,city", "5,e,2024-05-01,Rome", 4),
        ("id,name", "5,e", 2),
        ("id,city,name,born", "5,Rome,e,2024-05-01", 4),
        ('"id","name","born","city"', "5,e,2024-05-01,Rome", 4),
    ],
    ids=["one more", "one less", "one between", "in quotes"],
)
def test_names_that_come_again_with_others_begin_another_table(names, row, width, end):
    """No blank line need stand above them: files are put one behind the other."""
    first = "id,name,born\n1,a,2024-01-01\n2,b,2024-01-02\n3,c,2024-01-03\n"
    is_told = width != 2  # two words may be a row

    found = dicts_in(f"{first}{names}\n{row}\n{row}\n".replace("\n", end))

    assert [len(rows) for rows in found] == ([3, 2] if is_told else [6])
    assert list(found[0][0]) == ["id", "name", "born"]
    if is_told:
        assert len(found[1][0]) == width
        assert found[1][0]["id"] == 5


def test_the_same_names_again_begin_no_other_table():
    """They are no row, and those below are rows of one table."""
    one = "id,name,born\n1,a,2024-01-01\n2,b,2024-01-02\n"

    assert [len(rows) for rows in dicts_in(one + one)] == [4]


def test_a_row_of_some_of_the_names_is_a_row():
    """Most names must be there, and nothing but names."""
    rows = "name,kind,n\nname,a,1\nkind,b,2\nname,kind,3\nn,kind,4\n"

    assert [len(found) for found in dicts_in(rows)] == [4]


def test_tables_of_numbers_alone_are_read_apart():
    """A row has some value."""
    assert dicts_in("a,b\n1,2\n3,4\n\nx,y\n5,6\n") == [FIRST, [{"x": 5, "y": 6}]]


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


def test_many_pairs_above_a_wider_table_are_a_table():
    """A few may be keys and values; then they are no rows, which is told."""
    below = "\ncity,land,n\nRome,IT,3\nOslo,NO,1\n"
    many = "name,score\n" + "".join(f"n{i},{i}\n" for i in range(20)) + below
    few = "name,score\nAnn,1\nBob,2\n" + below

    assert [len(rows) for rows in dicts_in(many)] == [20, 2]
    assert [notice.code for table in tables_in(few) for notice in table.notices] == ["rows.above"]
