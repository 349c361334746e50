"""Long delimiters: several characters between cells, and what only looks like it."""

import pytest
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.formats.long_delimiter import KNOWN, ONE, Rejoined, find
from pipelines.source_plan import plan
from tests.contracts.format_contract import read, table_of

ROWS = [(1, "Heat (1995)", 2.5), (2, "It's: now", 3.5), (3, "a, b; c", None), (4, "ü", 4.5)]


def table_in(content: bytes):
    (table,) = plan([MemoryObject("data.csv", content)], Limits()).tables
    return table, table_of(read(table.fragments, table.schema))


def written(delimiter: str, rows=ROWS, end: str = "\n") -> str:
    lines = [("id", "title", "score"), *rows]
    return "".join(
        delimiter.join("" if cell is None else str(cell) for cell in row) + end for row in lines
    )


@pytest.mark.parametrize("delimiter", KNOWN)
def test_every_known_one_parts_cells(delimiter):
    """One of its signs within a cell parts nothing, where the delimiter is of different ones."""
    rows = [row for row in ROWS if delimiter[0] not in str(row[1])]

    table, frame = table_in(written(delimiter, rows).encode())

    assert table.schema.names() == ["id", "title", "score"]
    assert frame.rows() == rows
    assert table.details["dialect"]["delimiter"] == delimiter


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings_and_ends_change_nothing(encoding, end):
    """It is looked for in text."""
    _, frame = table_in(written("||", end=end).encode(encoding))

    assert frame.rows() == ROWS


def test_it_may_stand_in_a_quoted_cell_or_name():
    """There it is no delimiter, and comes out as it is."""
    lines = ['id||"of||us"||n', *(f'{i}||"x||y"||{i}' for i in range(9)), "1||2||3||4"]

    table, frame = table_in("\n".join(lines).encode())
    rejects = [
        each for part in table.fragments for c in part.chunks(table.schema) for each in c.rejects
    ]

    assert frame.columns == ["id", "of||us", "n"]
    assert frame.rows()[3] == (3, "x||y", 3)
    assert [each.raw for each in rejects] == [b"1||2||3||4"]


@pytest.mark.parametrize(
    "lines",
    [
        ["a;;b", "1;;2", "3;;4"],
        ["id,from,to", "1,fe80::1,fe80::2", "2,fe80::3,fe80::4"],
        ["a||b||c", "1||2||3", "4|5|6|7|8", "9||1||1"],
        ["a::b::c"],
        ["x::y::z" + ONE, "x::y::z"],
        ["a||b||c", "1||2", "3||4||5||6", "7||8||9"],
        ["id,path", *["0,std::m0::T0"] * 12],
        ["a,cond", *["0,x && y && z"] * 12],
        ["0,fe80::1::1", *["1,fe80::2::1"] * 4],
        ["name", *["Crypt::Mod1::Sub"] * 12],
        ["Crypt::Mod1::Sub"] * 12,
        ["id;x;y;z;total", *["1;;;;5"] * 12],
        ["a;b;c;d;e", *["0;;2;;5"] * 12],
        ["id|x|y|z|total", *["1||||5"] * 12],
        ["1;;;;5"] * 12,
        [*["1||2||3"] * 12, "1|2|3|4|5"],
    ],
)
def test_other_texts_have_none(lines):
    """Too few, with its sign alone too, or not in all lines alike."""
    assert find(lines) is None


def test_signs_in_titles_are_no_cells():
    """A colon stands in names, and is no other delimiter."""
    lines = ["1::Heat (1995)::Action", "2::Alien: Rebirth::Horror", *["3::Babe::Drama"] * 9]

    assert find(lines) == "::"


def test_comments_above_have_none():
    """Unless they are the names."""
    rows = ["1||2||3", "4||5||6"]

    assert find(["# of us", "#", *rows]) == "||"
    assert find(["#a||b||c", *rows]) == "||"
    assert find(["#a|b|c", "a;b;c||d", *rows]) is None


def test_cells_may_be_empty():
    """Below names, where none is."""
    assert find(["a||b||c||d", *["1||||||4"] * 9, "1||2||3||4"]) == "||"


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
def test_however_the_bytes_come_they_are_joined(size):
    """A delimiter may lie on both sides of a cut."""
    content = b"a|~|b|~|c|\n|~||~|~|x|~"

    class Piecewise(MemoryObject):
        def stream(self, start: int = 0, end: int | None = None):
            whole = self.content[start:end]
            yield from (whole[at : at + size] for at in range(0, len(whole), size))

    joined = Rejoined(Piecewise("x", content), "|~|")

    assert b"".join(joined.stream()) == content.replace(b"|~|", ONE.encode())
