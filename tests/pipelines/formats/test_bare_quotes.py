"""Bare quotes: between tabs, where programs write cells as they are, quotes may be but text."""

import pytest
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.source_plan import plan
from tests.contracts.format_contract import read, table_of


def rows_in(text: str) -> list[tuple[object, ...]]:
    (table,) = plan([MemoryObject("data.tsv", text.encode())], Limits()).tables
    return table_of(read(table.fragments, table.schema)).rows()


def film(number: int, title: str | None = None) -> tuple[int, str, int]:
    return number, title or f"Film {number}", 1900 + number


def text_of(rows: list[tuple[int, str, int]]) -> str:
    return "id\ttitle\tyear\n" + "".join("\t".join(map(str, row)) + "\n" for row in rows)


@pytest.mark.parametrize(
    "titles",
    [
        {5: '"Rome', 40: 'Oslo"'},
        {5: '"Rome', 9: 'The "best"', 20: '"A" and "B"', 40: '"Alone in'},
        {5: '5" and', 30: '"Rome', 40: '6"'},
    ],
)
@pytest.mark.parametrize("above", [0, 3000])
def test_quotes_swallow_no_rows_between_tabs(titles, above):
    """Not in what is looked at first, nor far below, where some quotes around a cell may go."""
    rows = [*map(film, range(1, above)), *(film(n, titles.get(n)) for n in range(60))]

    found = rows_in(text_of(rows))

    assert [row[::2] for row in found] == [row[::2] for row in rows]
    assert above or found == rows


def test_quotes_around_cells_between_tabs_are_none_of_the_text():
    """They may hold tabs, line ends and quotes."""
    rows = [("1", '"a\tb"', "2"), ("2", '"two\nlines\tof it"', "3"), ("3", '"a ""b"""', "4")]
    body = "".join("\t".join(row) + "\n" for row in rows)

    assert [row[1] for row in rows_in("n\ttext\tm\n" + body)] == [
        "a\tb",
        "two\nlines\tof it",
        'a "b"',
    ]


@pytest.mark.parametrize("above", ["month\taddress\tn\n", ""])
def test_lines_of_a_cell_that_are_like_one_another_are_no_rows(above):
    """Where each line of every row has as many tabs, but fewer than a row."""
    rows = [(f"M{n}", f"{n} Way\nRome", n) for n in range(40)]
    body = "".join(f'{month}\t"{address}"\t{n}\n' for month, address, n in rows)

    assert rows_in(above + body) == rows


def test_a_ragged_row_does_not_make_quotes_text():
    """They close at the ends of cells: what is short is the row."""
    text = (
        'name\tnote\tcity\tage\n"Ann\tLee"\tok\tRome\t5\n"Bob\tRay"\tok\tOslo\n'
        'Cyd\tno\tBonn\t7\n"Dan\tFox"\tok\tKiel\t9\n'
    )

    assert rows_in(text) == [
        ("Ann\tLee", "ok", "Rome", 5),
        ("Bob\tRay", "ok", "Oslo", None),
        ("Cyd", "no", "Bonn", 7),
        ("Dan\tFox", "ok", "Kiel", 9),
    ]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('id\ttext\n1\t"see:\na\tb"\n2\tx\n3\tz\n', [(1, "see:\na\tb"), (2, "x"), (3, "z")]),
        ('id\ttext\n1\t"I came\n2\tI saw"\n3\tz\n', [(1, '"I came'), (2, 'I saw"'), (3, "z")]),
    ],
)
def test_lines_of_a_cell_are_rows_if_they_begin_as_rows_do(text, rows):
    """With a value each, or with none."""
    assert rows_in(text) == rows
