"""Odd quotes: around whole lines, or curly ones; the cells are those that were meant."""

import pytest
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.formats import odd_quotes
from pipelines.source_plan import plan
from tests.contracts.format_contract import read, table_of

WRAPPED = '"a,b,c"\n"1,""x, y"",z"\n"3,""say """"hi"""""",w"\n'


def table_in(content: bytes):
    (table,) = plan([MemoryObject("data.csv", content)], Limits()).tables
    return table, table_of(read(table.fragments, table.schema))


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("last", ["", '"4,x,y"', "4,ü,y"])
def test_lines_in_quotes_are_parted(newline, encoding, last):
    """As if they had none around them; a line without them is a row too."""
    content = (WRAPPED + last).replace("\n", newline).encode(encoding)
    table, frame = table_in(content)

    assert frame.columns == ["a", "b", "c"]
    assert frame.rows()[:2] == [(1, "x, y", "z"), (3, 'say "hi"', "w")]
    assert frame.height == 2 + bool(last)
    assert [n.code for n in table.notices if n.code == "quotes.odd"] == ["quotes.odd"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_curly_quotes_enclose_cells(encoding):
    """Where delimiters stand between them; or where all names stand in them."""
    lines = "a,b\n“x, y”,1\nz “so”,2\n“it”,3\n"
    named = "“a”,“b”\n“x”,1\nz,2\n"

    table, frame = table_in(lines.encode(encoding))
    assert frame.rows() == [("x, y", 1), ("z “so”", 2), ("it", 3)]
    assert "quotes.odd" in [notice.code for notice in table.notices]
    assert table_in(named.encode(encoding))[1].to_dicts() == [
        {"a": "x", "b": 1},
        {"a": "z", "b": 2},
    ]


@pytest.mark.parametrize(
    "text",
    [
        '"name"\n"Doe, Ann"\n"Roe, Bob"\n',
        '"text"\n"No, no, no"\n"Well, then, so"\n',
        '"No, no, no"\n"Well, then, so"\n"Oh, my, dear"\n',
        '"a","b","c"\n"1","2","3"\n',
        '"255,0,0"\n"0,0,0,1"\n',
        "quote,by\n“Be yourself”,Wilde\n“So it goes”,Vonnegut\n",
        'quote,by\n"“Be, or not”",S\n“So it goes”,V\n',
    ],
)
def test_other_quotes_are_what_they_are(text):
    """Around one cell that is a sentence or a name, around each cell, or within a text."""
    assert odd_quotes.find(text.splitlines(keepends=True)) is None


def test_a_line_in_quotes_among_others_is_a_row():
    """As a spreadsheet writes those lines that have quotes in them; each is told."""
    table, frame = table_in(b'a,b,c\n1,x,2\n"2,""x, y"",3"\n3,z,4\n4,w,5\n"so, it is"\n')
    (chunk,) = read(table.fragments, table.schema)

    assert frame.rows()[1] == ("2", "x, y", 3)
    assert frame.rows()[-1] == ("so, it is", None, None)
    assert chunk.repaired == {"line in quotes as a whole": 1, "cells missing at the end": 1}


def test_a_stream_is_read_in_blocks_of_whole_lines():
    """However they are cut."""
    content = b"\xef\xbb\xbf" + WRAPPED.encode() * 3

    class Slow(MemoryObject):
        def stream(self, start=0, end=None):
            whole = self.content[start:end]
            return iter([whole[at : at + 7] for at in range(0, len(whole), 7)])

    plain = odd_quotes.Requoted(Slow("a", content), "whole lines", "utf-8", b"\n", 3)

    whole = b"".join(plain.stream())
    assert whole == b"\xef\xbb\xbf" + b'a,b,c\n1,"x, y",z\n3,"say ""hi""",w\n' * 3


def test_a_short_row_may_hold_delimiters_in_quotes():
    """An amount, or a name and what belongs to it, is one cell."""
    _, two = table_in(b'price,mail\n"$2,850.46",x\n"$2,850.46"\n"$3,000.00",y\n1,z\n')
    _, three = table_in(b'a,b,c\n"Doe, Ann, Dr.",x,1\n"Doe, Ann, Dr."\n"Roe",y,2\nz,z,3\n')

    assert two["price"].to_list()[:2] == ["$2,850.46"] * 2
    assert three["a"].to_list()[:2] == ["Doe, Ann, Dr."] * 2
