"""Sheet layout: tables found in a grid, and what is around them counted, never lost in silence."""

import datetime as dt

import pytest

from pipelines.formats.sheet_layout import Layout, tables


def found(*rows, merged=()) -> list[Layout]:
    grid = {
        row: cells
        for row, line in enumerate(rows)
        if (cells := {i: cell for i, cell in enumerate(line) if cell is not None})
    }
    return tables(grid, merged)


def one(*rows, merged=()) -> Layout:
    (layout,) = found(*rows, merged=merged)
    return layout


def test_titles_above_the_header_are_preamble():
    """With or without a blank row between them."""
    body = [["n", "v", "w"], ["x", 1.0, 2.0], ["y", 3.0, 4.0]]

    for above in ([["Report"]], [["Report"], []], [[], ["Report", None, "2024"], []]):
        layout = one(*above, *body)
        assert layout.names == ("n", "v", "w")
        assert layout.lead == {"preamble": 1, "header": 1}
        assert layout.last - layout.first == 1


def test_a_long_run_of_lone_texts_goes_on_below_a_blank_row():
    """As the rows above do; sentences are notes, however many, and so are a few words."""
    body = [["name", "n"], *[[f"item {n}", float(n)] for n in range(30)], []]

    assert one(*body, *[[f"item {n}"] for n in range(40, 60)]).tail == {}
    for notes in ([[f"{n}. This is a note on the rows"] for n in range(20)], [["item 1"]] * 5):
        layout = one(*body, *notes)
        assert layout.tail == {"note": len(notes)}


def test_a_table_need_not_begin_in_the_corner():
    """Blank rows and columns around it are not part of it."""
    layout = one([], [], [None, "a", "b"], [None, 1.0, "x"])

    assert (layout.top, layout.first, layout.columns) == (2, 3, (1, 2))


def test_numbers_alone_have_no_header():
    """Columns are called by their position."""
    layout = one([1.0, 2.0], [3.0, 4.0])

    assert layout.names == ("column_1", "column_2")
    assert layout.lead == {}


def test_years_are_a_header():
    """Above numbers, beside a label."""
    layout = one(["Country", 2019.0, 2020.0], ["A", 1.5, 2.5], ["B", 3.5, 4.5])

    assert layout.names == ("Country", "2019", "2020")


def test_one_year_is_a_name_beside_a_text_over_numbers():
    """Unless what stands below it are years too, or the text may stand for no number."""
    rows = [[1.0, "Iceland", 968.0], [2.0, "Norway", 968.5], [3.0, "Canada", 962.0]]

    assert one(["Rank", "Country", 2005.0], *rows).names == ("Rank", "Country", "2005")
    assert one(["Rank", "Country", 5.0], *rows).lead == {}
    assert one(["n/a", "Country", 2005.0], *rows).lead == {}
    assert one(["Rank", "Country", 2005.0], *rows, [4.0, "Chile", 1999.0]).lead == {}
    assert one(["A", "Country", 2005.0], ["B", "Norway", 968.0], ["C", "Chile", 9.0]).lead == {}


DAY = dt.date(2010, 2, 9)


@pytest.mark.parametrize("corner", [DAY, 7.0, True])
def test_names_over_numbers_are_a_header_though_one_of_them_is_none(corner):
    """As where the day of the whole sheet stands in the corner."""
    layout = one([corner, "open", "close"], ["A", 1.5, 2.5], ["B", 3.5, 4.5])

    assert layout.names[1:] == ("open", "close")
    assert layout.lead == {"header": 1}


@pytest.mark.parametrize(
    "line",
    [
        [1.0, "n/a", "n/a"],
        [1.0, "N/A", "-"],
        [1.0, 2.0, "x"],
        [DAY, "x", 2.0],
        [DAY, "sold out", "sold out"],
    ],
)
def test_words_in_the_first_row_of_numbers_are_no_names(line):
    """What stands for a missing value, or comes twice."""
    assert one(line, [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]).lead == {}


def test_two_header_rows_are_joined():
    """A group's name goes to all columns of its merged cell."""
    rows = [["id", "Sales", None, "Cost"], [None, "Q1", "Q2", "Q1"], ["x", 1.0, 2.0, 3.0]]

    layout = one(*rows, merged=(((0, 1), (0, 2)), ((0, 0), (1, 0))))

    assert layout.names == ("id", "Sales Q1", "Sales Q2", "Cost Q1")
    assert layout.lead == {"header": 2}


def groups(*spans: tuple[int, int, int]) -> tuple[tuple[tuple[int, int], tuple[int, int]], ...]:
    """Merged cells, each in a row from one column to another."""
    return tuple(((row, first), (row, last)) for row, first, last in spans)


THREE = (
    ["Town", "2024", None, None, None],
    [None, "H1", None, "H2", None],
    [None, "in", "out", "in", "out"],
)
SPANS = ((0, 1, 4), (1, 1, 2), (1, 3, 4))
ROWS = [["x", 1.0, 2.0, 3.0, 4.0], ["y", 5.0, 6.0, 7.0, 8.0], ["z", 5.0, 6.0, 7.0, 8.0]]


@pytest.mark.parametrize("year", ["2024", 2024.0, dt.date(2024, 1, 1)])
def test_three_header_rows_are_joined(year):
    """Groups of groups of columns, above their names, as texts, years or days."""
    head = [["Town", year, *[None] * 3], *THREE[1:]]

    layout = one(*head, *ROWS, merged=groups(*SPANS))

    told = str(year).removesuffix(".0")
    assert layout.names == (
        "Town",
        *(f"{told} {x}" for x in ("H1 in", "H1 out", "H2 in", "H2 out")),
    )
    assert layout.lead == {"header": 3}


def test_a_title_above_groups_is_none():
    """Not even one that is merged over all columns."""
    head = (["A year", *[None] * 4], [None, "H1", None, "H2", None], ["Town", *["in", "out"] * 2])

    layout = one(*head, *ROWS, merged=groups((0, 0, 4), (1, 1, 2), (1, 3, 4)))

    assert layout.names == ("Town", "H1 in", "H1 out", "H2 in", "H2 out")
    assert layout.lead == {"preamble": 1, "header": 2}


def test_a_title_beside_a_blank_is_one():
    """A cell of a space somewhere is nothing."""
    head = (["A year", *[None] * 4, " "], [None, "H1", None, "H2", None], ["Town", *["a", "b"] * 2])

    layout = one(*head, *ROWS, merged=groups((0, 0, 4), (1, 1, 2), (1, 3, 4)))

    assert layout.lead["preamble"] == 1


def test_a_day_beside_its_label_is_no_group():
    """Merged as it may be, it stands on fewer cells than it has."""
    layout = one(["Day:", dt.date(2024, 1, 1)], ["x"], ["y"], merged=groups((0, 1, 2)))

    assert layout.lead == {}


TWO = (["Town", "2023", None, "2024", None], [None, "in", "out", "in", "out"])
NAMED = ("Town", "2023 in", "2023 out", "2024 in", "2024 out")


def test_tables_with_groups_below_each_other_are_two():
    """Years may be their first row, and texts stand where numbers do."""
    again = (["Town", 2023.0, None, 2024.0, None], TWO[1])
    spans = groups((0, 1, 2), (0, 3, 4), (6, 1, 2), (6, 3, 4))

    first, second = found(*TWO, *ROWS, [], *again, *ROWS, merged=spans)

    assert first.names == second.names == NAMED
    assert (first.first, first.last) == (2, 4)
    assert (second.top, second.first, second.last) == (6, 8, 10)


def test_tables_with_groups_beside_each_other_are_two():
    """Each has its own, and its own length."""
    head = [[*line, None, *line] for line in TWO]
    rows = [[*ROWS[0], None, *ROWS[0]], ROWS[1], ROWS[2]]

    left, right = found(*head, *rows, merged=groups((0, 1, 2), (0, 3, 4), (0, 7, 8), (0, 9, 10)))

    assert left.names == right.names == NAMED
    assert (left.last, right.last) == (4, 2)


def test_groups_above_names_are_told_where_all_cells_are_text():
    """By what is merged alone: a second row is names where it parts what is above it."""
    head = (["id", "Home", None, "Work", None], [None, "street", "town", "street", "town"])
    rows = [[f"{name}{row}" for name in "abcde"] for row in range(3)]

    parted = one(*head, *rows, merged=groups((0, 1, 2), (0, 3, 4)))
    as_wide = one(["x", "Home"], ["1", "a"], ["2", "b"], ["3", "c"], merged=groups((0, 1, 2)))

    assert parted.names == ("id", "Home street", "Home town", "Work street", "Work town")
    assert as_wide.lead == {"header": 1}


def test_years_above_the_first_of_several_names_are_groups():
    """Not merged: each goes up to the next one. A row of years above one name each is none."""
    loose = one([None, 2023.0, None, 2024.0], ["Town", "in", "out", "in", "out"], *ROWS)
    plain = one([None, 2023.0, 2024.0], ["a", "no", "no"], ["b", 1.0, 2.0], ["c", 3.0, 4.0])

    assert loose.names == NAMED
    assert plain.lead == {"header": 1}


def test_a_year_that_is_not_merged_is_a_value():
    """Numbers in the first row are names only where something shows it."""
    layout = one([2024.0, "a"], [1.0, "b"], [2.0, "c"])

    assert layout.lead == {}


@pytest.mark.parametrize("corner", [None, "level"])
def test_names_of_an_index_below_groups_name_its_columns(corner):
    """So pandas writes them: in a row of their own, beside the columns that have names."""
    head = [[None, "2024", *[None] * 3], [None, "H1", None, "H2", None]]
    names = [corner, "in", "out", "in", "out"]

    layout = one(*head, names, ["town"], *ROWS, merged=groups(*SPANS))

    assert layout.names[0] == ("town" if corner is None else f"{corner} town")
    assert layout.names[1:] == ("2024 H1 in", "2024 H1 out", "2024 H2 in", "2024 H2 out")
    assert layout.lead == {"header": 4}


def test_parts_of_a_table_are_rows_of_it():
    """Each is headed by a row that only has a label."""
    layout = one(*THREE, ["north"], *ROWS, ["south"], *ROWS, merged=groups(*SPANS))

    assert layout.lead == {"header": 3}
    assert layout.last - layout.first + 1 == 8


def test_blank_and_repeated_names_are_made_unique():
    """As in delimited text."""
    layout = one(["a", None, "a"], ["x", 1.0, 2.0], ["y", 1.0, 2.0])

    assert layout.names == ("a", "column_2", "a_2")


@pytest.mark.parametrize(
    "word",
    ["Total", "Grand total:", "SUM", "Summe", "合計", "Gesamtergebnis", "Total général", "Итого"],
)
def test_a_total_row_is_skipped(word):
    """By its reason, and with its text."""
    layout = one(["n", "v"], ["x", 1.0], ["y", 2.0], [word, 3.0])

    assert layout.tail == {"total row": 1}
    assert [note.cells for note in layout.notes] == [(word, "3")]


def test_a_note_below_a_blank_row_is_skipped():
    """Its text is kept for the notice."""
    layout = one(["n", "v"], ["x", 1.0], ["y", 2.0], [], ["Source: us"])

    assert layout.tail == {"note": 1}
    assert [note.cells for note in layout.notes] == [("Source: us",)]


def test_sparse_rows_that_fit_their_columns_are_data():
    """A name without numbers is a row all the same."""
    layout = one(["n", "v", "w"], ["x", 1.0, 2.0], ["y", 1.0, 2.0], ["z"], ["Total recall"])

    assert layout.tail == {}
    assert layout.last == 4


def test_texts_where_numbers_stand_are_notes():
    """Nearly empty rows below full ones."""
    layout = one(["n", "v", "w"], *(["x", 1.0, 2.0] for _ in range(5)), ["some"], [None, "remark"])

    assert layout.tail == {"note": 2}


def test_tables_below_each_other_are_two():
    """Each with its own header."""
    first, second = found(["n", "v"], ["x", 1.0], [], ["n", "v"], ["y", 2.0], ["z", 3.0])

    assert (first.first, first.last) == (1, 1)
    assert (second.top, second.first, second.last) == (3, 4, 5)


@pytest.mark.parametrize(("count", "expected"), [(100, 100), (101, 1)])
def test_more_tables_than_anyone_tells_apart_are_one(count, expected):
    """No row is lost, and no sheet is read a thousand times."""
    layouts = found(*[["a", "b"], [1.0, 2.0], [3.0, 4.0], []] * count)

    assert len(layouts) == expected
    assert sum(layout.last - layout.first + 1 for layout in layouts) >= 2 * count


def test_tables_beside_each_other_are_two():
    """Each with its own header and length."""
    left, right = found(
        ["a", "b", None, "p", "q"], ["x", 1.0, None, "y", 2.0], ["x", 1.0], ["x", 1.0]
    )

    assert (left.columns, left.last) == ((0, 1), 3)
    assert (right.columns, right.last) == ((3, 4), 1)


def test_blank_rows_inside_of_a_table_do_not_cut_it():
    """Where its columns go on as before."""
    layout = one(["n", "v"], ["x", 1.0], [], ["y", 2.0], [], [], ["z", 3.0])

    assert (layout.first, layout.last) == (1, 6)


def test_all_texts_have_a_header_unless_it_comes_again():
    """Whether the first row names the others is a guess."""
    assert one(["name", "town"], ["Ada", "London"], ["Bob", "Paris"]).names == ("name", "town")
    assert one(["x", "y"], ["x", "y"], ["x", "z"]).names == ("column_1", "column_2")
    assert one(["name", "town"], ["Ada", "London"]).header.confidence < 1


def test_a_lone_cell_is_a_value():
    """It is no header of nothing."""
    layout = one([], [None, "hello"])

    assert (layout.names, layout.first, layout.last) == (("column_1",), 1, 1)


def test_days_are_values():
    """A column of dates has a header only if a text stands above it."""
    assert one([dt.date(2024, 1, 1)], [dt.date(2024, 1, 2)]).lead == {}
    assert one(["day"], [dt.date(2024, 1, 2)]).names == ("day",)


@pytest.mark.parametrize("corner", ["City", "Town", "Place of birth"])
def test_a_first_row_with_a_label_alone_is_a_row(corner):
    """Its column has a name already; no row below is lost for it."""
    head = ([corner, "2020", None, "2021", None], [None, "a", "b", "a", "b"])
    rows = (["Rome"], ["Oslo", 1.0, 2.0, 3.0, 4.0], ["Bern", 5.0, 6.0, 7.0, 8.0])

    layout = one(*head, *rows, merged=groups((0, 1, 2), (0, 3, 4)))

    assert layout.names == (corner, "2020 a", "2020 b", "2021 a", "2021 b")
    assert layout.lead == {"header": 2}
