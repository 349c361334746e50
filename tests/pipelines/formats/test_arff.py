"""ARFF: the attributes name the columns, and the rows below them are delimited text."""

import gzip

import pytest
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.source_plan import plan
from tests.contracts.format_contract import read, table_of

TEXT = """% Made by us
%
@RELATION 'of us'

@attribute 'its name' string
@attribute n numeric % so
@attribute\tkind {red, 'light blue'}
@data
% rows
'Ann, of Rome', 1, red
'O\\'Brien', ?, 'light blue'
Bob, 2.5, ?

% the end, or not
Cid, 3, red
"""
ROWS = [
    ("Ann, of Rome", 1.0, "red"),
    ("O'Brien", None, "light blue"),
    ("Bob", 2.5, None),
    ("Cid", 3.0, "red"),
]


def planned(content: bytes, name: str = "data.arff"):
    return plan([MemoryObject(name, content)], Limits())


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("packing", [bytes, gzip.compress])
def test_attributes_name_the_columns(newline, packing):
    """Comments are none, a question mark is nothing, and each line is accounted for."""
    name = "data.arff" if packing is bytes else "data.arff.gz"
    (table,) = planned(packing(TEXT.replace("\n", newline).encode()), name).tables
    (chunk,) = read(table.fragments, table.schema)

    assert table.details["header"] is None  # no row is one
    assert chunk.frame.columns == ["its name", "n", "kind"]
    assert chunk.frame.rows() == ROWS
    assert chunk.skipped == {"header": 8, "comment": 2, "blank line": 1}
    assert {name: words for name, words in chunk.null_tokens.items() if "?" in words} == {
        "n": {"?": 1},
        "kind": {"?": 1},
    }


def test_plain_rows_may_be_many():
    """Beyond what is looked at first, and parted by tabs."""
    head = "@relation r\n@attribute a real\n@attribute b string\n@data\n"
    body = "".join(f"{n}\tw{n}\n" for n in range(120_000))
    (table,) = planned((head + body).encode()).tables
    frame = table_of(read(table.fragments, table.schema))

    assert frame.height == 120_000
    assert frame.row(-1) == (119_999, "w119999")


@pytest.mark.parametrize(
    ("rows", "names", "expected", "rejects"),
    [
        ("1,a,{2}\n2,b,{0.5}\n3,c\n", ["a", "b", "weight"], [1, 2, 3], 0),
        ("1 'a b'\n2  b\n3 c\n", ["a", "b"], [1, 2, 3], 0),
        ("1,x\n% 5,6\n%7,y\n2,'% z'\n", ["a", "b"], [1, 2], 0),
        ('1,"a, b"\n2,"c, d"\n3,\'tis\n', ["a", "b"], [1, 2, 3], 0),
    ],
)
def test_rows_are_read_however_they_are_written(rows, names, expected, rejects):
    """With weights, parted by blanks, among comments as wide as rows, in either quotes."""
    head = "@relation r\n@attribute a real\n@attribute b string\n@data\n"
    (table,) = planned((head + rows).encode()).tables
    chunks = read(table.fragments, table.schema)

    assert table_of(chunks).columns == names
    assert table_of(chunks)["a"].to_list() == expected
    assert sum(len(chunk.rejects) for chunk in chunks) == rejects


def test_a_quote_is_escaped_however_seldom():
    """As Weka writes an apostrophe; where it stands in one cell of many, too."""
    head = "@relation r\n@attribute a real\n@attribute b string\n@data\n"
    (table,) = planned(f"{head}1,'it\\'s'\n2,'c, d'\n3,e\n".encode()).tables

    assert table_of(read(table.fragments, table.schema))["b"].to_list() == ["it's", "c, d", "e"]


@pytest.mark.parametrize(("row", "is_told"), [('3,"d e"', True), ("3,d e", False)])
def test_quotes_of_two_kinds_are_told(row, is_told):
    """Those that fewer cells have part nothing."""
    head = "@relation r\n@attribute a real\n@attribute b string\n@data\n"
    (table,) = planned(f"{head}1,'a b'\n2,'c'\n{row}\n".encode()).tables

    assert [notice.code for notice in table.notices] == ["quotes.odd"] * is_told
    assert table_of(read(table.fragments, table.schema))["b"].to_list()[2] == row[2:]


def test_without_rows_it_has_columns():
    """As a text of names alone has."""
    (table,) = planned(b"@relation r\n@attribute a real\n@attribute b {x, y}\n@data\n").tables

    assert table.schema.names() == ["a", "b"]
    assert table_of(read(table.fragments, table.schema)).height == 0


def test_attributes_may_be_thousands():
    """As those of genes; where none of them would be seen to end, the format is named."""
    head = "@relation genes\n" + "".join(f"@attribute gene{n} numeric\n" for n in range(9000))
    rows = "\n".join(",".join(str(n + row) for n in range(9000)) for row in range(3))
    content = f"{head}@data\n{rows}\n".encode()

    (table,) = planned(content).tables
    chunks = read(table.fragments, table.schema)

    assert table.format == "delimited"
    assert len(table.schema) == 9000
    assert [row[-1] for chunk in chunks for row in chunk.frame.rows()] == [8999, 9000, 9001]
    (failure,) = planned(head.replace("numeric", "numeric % " + "x" * 200).encode()).failures
    assert failure.code == "format.unknown"
    assert "is ARFF" in failure.message


def test_sparse_rows_are_refused():
    """They name the places of their cells, which are no columns of a delimited text."""
    found = planned(
        b"@relation r\n@attribute a real\n@attribute b real\n@data\n{0 1, 1 2}\n{1 3}\n"
    )

    assert not found.tables
    assert "sparse" in found.failures[0].message


def test_other_texts_with_such_words_are_what_they_are():
    """Where no relation begins the text, or it has no data."""
    for text in (b"@relation,n\n@a,1\n@b,2\n", b"word,n\n@relation,1\n@data,2\n"):
        (table,) = planned(text, "data.csv").tables
        assert table_of(read(table.fragments, table.schema)).rows()[1][1] == 2
