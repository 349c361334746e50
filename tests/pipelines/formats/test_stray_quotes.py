"""Stray quotes: a quote out of place costs no row, and no row is forced where none fits."""

import polars as pl
import pytest
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.formats import stray_quotes
from pipelines.source_plan import plan
from tests.contracts.format_contract import read, table_of

HEAD = "id,day,name,text\n"


def table_in(text: str):
    (table,) = plan([MemoryObject("data.csv", text.encode())], Limits()).tables
    texts = pl.Schema(dict.fromkeys(table.schema, pl.String()))
    return table_of(read(table.fragments, texts))


def line(number: int) -> str:
    return f'{number},2024-05-01,n{number},"red, blue {number}"\n'


def row(number: int) -> tuple[str, ...]:
    return (str(number), "2024-05-01", f"n{number}", f"red, blue {number}")


@pytest.mark.parametrize(
    ("odd", "cells"),
    [
        ('"7,2024-05-01,n7,"red, blue"', ('"7', "2024-05-01", "n7", "red, blue")),
        ('7,2024-05-01,"n7,"red, blue"', ("7", "2024-05-01", '"n7', "red, blue")),
        ('7,2024-05-01,n7,""red, blue"', ("7", "2024-05-01", "n7", '"red, blue')),
        ('7,2024-05-01,n7,"', ("7", "2024-05-01", "n7", '"')),
        ('7,2024-05-01,"5"","red, blue"', ("7", "2024-05-01", '5"', "red, blue")),
        ('7,2024-05-01,"a, "b"","red, blue"', ("7", "2024-05-01", 'a, "b"', "red, blue")),
    ],
    ids=["first cell", "within", "twice", "at the end", "not doubled", "in quotes"],
)
@pytest.mark.parametrize("place", [0, 30, 59, 30_000])
def test_a_quote_out_of_place_costs_no_row(odd, cells, place):
    """In the first row, in the last one, and far below what is looked at first."""
    lines = [line(number) for number in range(max(60, 2 * place * (place > 59)))]
    lines[place] = odd + "\n"

    found = table_in(HEAD + "".join(lines))

    assert len(found) == len(lines)
    near = (place - 1) % len(lines), (place + 1) % len(lines)
    assert found.row(place) == cells
    assert all(found.row(at) == row(at) for at in near)


@pytest.mark.parametrize(
    "names",
    ['"id,day,"name","text"', 'id,day,name,"', '"id","day,"name","text"', '""id","day",name,text'],
)
def test_a_quote_out_of_place_costs_no_names(names):
    """Where the rows tell how many there are."""
    found = table_in(names + "\n" + "".join(map(line, range(9))))

    assert (len(found), found.width) == (9, 4)
    assert "day" in "".join(found.columns)


def test_what_is_no_whole_row_without_a_quote_stays_as_it_is():
    """A delimiter more or less is no matter of quotes, nor is a line end in a cell."""
    odd = '7,2024-05-01,"n, 7""red"\n8,2024-05-01,"n8","red","blue"\n9,2024-05-01,n9,"red\nblue",\n'

    found = table_in(HEAD + "".join(map(line, range(9))) + odd)

    assert found.rows()[9][2:] == ('n, 7"red', None)
    assert found.rows()[-1][2:] == ("n9", "red\nblue")


def test_apostrophes_are_kept_within_apostrophes():
    """Though a backslash stands before one of them."""
    said = ["it's red, she's", "8\\'9 of them", "it's", *["plain, blue"] * 5]
    lines = [f"{n},'{said[n % 8]}','b, {n}'\n" for n in range(40)]

    found = table_in("n,said,other\n" + "".join(lines))

    assert found["said"].to_list() == said * 5
    assert found["other"].to_list() == [f"b, {n}" for n in range(40)]


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ('a,"b,c', 4),
        ('a,"b",c', 3),
        ('"a "b","c" d"', 3),
        ('"a,b",c', 3),
        (",".join(['"a"b"'] * 300) + ',"', 301),
    ],
    ids=["too few", "none out of place", "one more", "one in quotes", "endlessly many"],
)
def test_only_one_whole_row_is_taken(text, width):
    """Where quotes leave none, several, or too many to look at, nothing is decided."""
    found = stray_quotes.fitting(text, '"', ",", width)

    assert found is None or len(found) == width == 301


@pytest.mark.parametrize("odd", ['{0},"x{0}', '{0},"x, y"z"', '{0},5" x{0}'])
@pytest.mark.parametrize("between", ["", "0,a\n"])
def test_quotes_out_of_place_in_each_row_are_read_as_one_among_others(odd, between):
    """Whether or not the row below closes what a row leaves open."""
    lines = [odd.format(number) + "\n" + between for number in range(1, 30)]

    together = table_in("n,text\n" + "".join(lines)).rows()

    for place, line in enumerate(lines):
        above = between.count("\n")
        among = table_in("n,text\n" + line + "0,plain\n" * 20).rows()
        assert together[place * (above + 1)] == among[0]


def test_a_line_of_many_cells_has_its_quotes_out_of_place_told():
    cells = ["1"] * 20_000

    found = stray_quotes.fitting(",".join([*cells, '"a', '"b" c"']), '"', ",", len(cells) + 2)

    assert found == [*cells, '"a', 'b" c']
