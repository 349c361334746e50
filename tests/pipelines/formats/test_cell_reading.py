"""Cell reading: what a column proves is read; what it leaves open stays text, and is said."""

from dataclasses import replace
from datetime import date, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.formats import number_layouts
from pipelines.formats.base import Origin
from pipelines.formats.delimited import Delimited


def planned(content: str):
    file = MemoryObject("data.csv", content.encode())
    (plan,) = Delimited().tables(file, Origin("data.csv"), Limits())
    return plan


def column(*cells: str, delimiter: str = ";") -> tuple[pl.Series, list[str]]:
    """The column of these cells, and the codes of what is said of it."""
    rows = "".join(f'{i}{delimiter}"{cell}"\n' for i, cell in enumerate(cells))
    plan = planned(f"id{delimiter}v\n{rows}")
    (chunk,) = plan.fragments[0].chunks(plan.schema)
    return chunk.frame["v"], [notice.code for notice in plan.notices]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1.234,50", "12,00", "-1.000.000,25"], [1234.5, 12.0, -1000000.25]),
        (["1,234.50", "12", "1,000,000"], [1234.5, 12.0, 1000000.0]),
        (["1,5", "22,75"], [1.5, 22.75]),
        (["1'234.50", "12.00"], [1234.5, 12.0]),
        (["1 234,50", "12,00"], [1234.5, 12.0]),
        (["1\u00a0234,50", "12,00"], [1234.5, 12.0]),
        (["$1,234.50", "$5.00", "-$3.25"], [1234.5, 5.0, -3.25]),
        (["1.234,50 €", "7,00 €", ""], [1234.5, 7.0, None]),
        (["12.5%", "7%", "N/A"], [12.5, 7.0, None]),
        (["(1,200)", "50", "(7)"], [-1200, 50, -7]),
        (["100-", "1,250-", "3"], [-100, -1250, 3]),
        (["1,234", "12,345", "999"], [1234, 12345, 999]),
        (["EUR 5", "EUR 12"], [5, 12]),
        (["+12,345,678", "+1,234"], [12345678, 1234]),
    ],
)
def test_numbers_as_people_write_them(cells, values):
    """Marks and units are seen through when no other reading is possible, and named."""
    series, said = column(*cells)

    assert series.to_list() == values
    assert said == ["number.layout"]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["31/12/2024", "1/2/2025"], [date(2024, 12, 31), date(2025, 2, 1)]),
        (["12/31/2024", "1/2/2025"], [date(2024, 12, 31), date(2025, 1, 2)]),
        (["31-12-2024", ""], [date(2024, 12, 31), None]),
        (["03.04.2025", "05.06.2025"], [date(2025, 4, 3), date(2025, 6, 5)]),
        (["2024/12/31", "2024/1/5"], [date(2024, 12, 31), date(2024, 1, 5)]),
        (["5 Jan 2024", "31 Dec 2024"], [date(2024, 1, 5), date(2024, 12, 31)]),
        (["January 5, 2024", "May 31, 2024"], [date(2024, 1, 5), date(2024, 5, 31)]),
        (["01/01/2025", "02/02/2025"], [date(2025, 1, 1), date(2025, 2, 2)]),
        (["12/31/2024 1:05:09 PM"], [datetime(2024, 12, 31, 13, 5, 9)]),
        (
            ["31.12.2024 13:45", "01.02.2025 0:00"],
            [datetime(2024, 12, 31, 13, 45), datetime(2025, 2, 1)],
        ),
    ],
)
def test_dates_in_the_order_that_the_column_proves(cells, values):
    """One cell that only one order allows settles it for all."""
    series, said = column(*cells)

    assert series.to_list() == values
    assert said == ["date.layout"]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["03/04/2025", "05/06/2025"], ["date.ambiguous"]),
        (["1,234", "5,678"], ["number.ambiguous"]),
        (["123 456 789", "987 654 321"], []),
        (["10.123.123.123"], []),
        (["31/12/2024", "12/31/2024"], []),
        (["$5", "7 €"], []),
        (["1,23,456", "1"], []),
        (["01.234,5", "1,5"], []),
        (["31/02/2024"], []),
        (["5 Jan 2024", "soon"], []),
        (["10-20", "30-40"], []),
        (["555 1234", "12"], []),
    ],
)
def test_what_a_column_does_not_prove_stays_text(cells, said):
    """Every cell as it stands; and where two readings are open, both are named."""
    series, codes = column(*cells)

    assert series.to_list() == cells
    assert codes == said


def rows(plan, column):
    (chunk,) = plan.fragments[0].chunks(plan.schema)
    return chunk.frame[column].to_list()


def test_a_thousand_beside_decimal_commas_is_doubted():
    """`1.234` is a number by itself, but not in a file that writes `1.234,50`."""
    plan = planned("a;b\n1.234,50;1.234\n2,00;5.678\n")

    assert plan.schema == {"a": pl.Float64, "b": pl.String}
    assert [(n.code, n.column) for n in plan.notices][-1] == ("number.ambiguous", "b")


def test_columns_that_prove_the_decimal_mark_settle_those_that_do_not():
    """`18,223` is 18.2 kg in a list of prices like `1.234,50`; a mark not seen proves nothing."""
    proven = planned("price;kg\n1.234,50;18,223\n2,00;7,125\n")
    english = planned('price;people\n"1,234.50";"18,223"\n2.00;"7,125"\n')
    silent = planned("price;kg\n5 €;18,223\n7 €;7,125\n")
    unlike = planned("price;kg;size\n1.234,50;18,223;1,234.5\n2,00;7,125;2.5\n")

    assert proven.schema == {"price": pl.Float64, "kg": pl.Float64}
    assert rows(proven, "kg") == [18.223, 7.125]
    assert rows(english, "people") == [18223, 7125]
    assert [plan.schema["kg"] for plan in (silent, unlike)] == [pl.String, pl.String]


def test_no_thousand_begins_with_a_nought():
    """`0,854` is less than one, and tells of all of its column that commas part decimals."""
    plan = planned("id;kg\n1;1,234\n2;0,854\n")

    assert rows(plan, "kg") == [1.234, 0.854]


@pytest.mark.parametrize(
    "cells",
    [
        ["+4915112345678", "+33612345678"],
        ["+33 612 345 678", "+1 202 555 123"],
        ["+1.202.555.123", "+33.612.345.678"],
    ],
)
def test_telephone_numbers_are_no_quantities(cells):
    """Their sign is a part of them, which a number would lose."""
    series, said = column(*cells)

    assert series.to_list() == cells
    assert said == []


def test_pairs_of_whole_numbers_beside_decimal_points_stay_text():
    """`1,7` is a list in a file that writes `2.5`, unless commas part no cells or money says so."""
    pairs = planned('a,b,c\n"1,7",2.5,"1,5 €"\n"6,2",3.5,"2,5 €"\n')
    commas = planned('a,b\n"1,7",2\n"6,2",3\n')
    semicolons = planned("a;b\n1,7;2.5\n6,2;3.5\n")

    assert pairs.schema == {"a": pl.String, "b": pl.Float64, "c": pl.Float64}
    assert ("number.ambiguous", "a") in [(n.code, n.column) for n in pairs.notices]
    assert commas.schema == {"a": pl.Float64, "b": pl.Int64}
    assert semicolons.schema == {"a": pl.Float64, "b": pl.Float64}


def test_a_late_cell_that_denies_the_reading_gives_all_cells_back():
    """Nothing of what was written is lost, and the receipt says that the column widened."""
    body = "".join(f"{i};31/12/20{i % 90 + 10}\n" for i in range(100))
    fragment = planned(f"id;d\n{body}").fragments[0]
    late = MemoryObject("data.csv", f"id;d\n{body}7;12/31/2024\n".encode())

    (chunk,) = replace(fragment, file=late).chunks(pl.Schema({"id": pl.Int64, "d": pl.Date}))

    assert chunk.frame["d"].dtype == pl.String
    assert chunk.frame["d"][0] == "31/12/2010"
    assert chunk.frame["d"][-1] == "12/31/2024"


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["8:05:00", "25:10:00", ""], ["time.beyond_a_day"]),
        ([" 8:05:00", "24:00:00"], ["time.beyond_a_day"]),
        (["08:05", "100:30"], ["time.beyond_a_day"]),
        (["08:05:00", "23:59:59"], []),
        (["25:10:00", "later"], []),
        (["3:2", "1:4"], []),
    ],
)
def test_times_of_the_night_after_a_day_are_told(cells, said):
    """Timetables have them, no clock does; they stand as they are written."""
    series, codes = column(*cells)

    assert series.to_list() == [cell or None for cell in cells]
    assert codes == said


def test_the_receipt_names_the_reading_and_its_rival():
    """A guess has its confidence, what it was chosen against, and cells as they stand."""
    plan = planned("id;d\n1;03/04/2025\n2;05/06/2025\n")

    guess = plan.guesses[-1]
    assert (guess.what, guess.chosen, guess.rejected) == ("date in d", "text", ("D/M/Y", "M/D/Y"))
    assert guess.examples == ("03/04/2025", "05/06/2025")


NUMBERS = st.text("0123456789.,'’ \u00a0()-−+€$ %\n", max_size=12)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.one_of(NUMBERS, st.none()), min_size=1, max_size=8), st.sampled_from(["", "€", "%"])
)
def test_few_numbers_are_read_as_many_are(cells, unit):
    """One by one, or all at once."""
    series = pl.Series("n", cells, pl.String)
    for decimal, thousands in number_layouts.MARKS:
        reading = number_layouts.NumberReading(decimal, thousands, unit)

        assert reading.plain(series).to_list() == reading.plain_column(series).to_list()
