"""Cells: values as Python and JSON have them, whatever years they lie in."""

from datetime import date

import polars as pl
import pytest

from pipelines.cells import json_values, python_values
from pipelines.statistics.table_states import TableStates

FAR = pl.Series([4_000_000, None, -1_500_000, 0], dtype=pl.Int32).cast(pl.Date)


def test_days_that_python_has_not_are_iso_dates():
    """Dates beyond the year 9999 and before 1 are told as all others are."""
    assert json_values(FAR) == ["12921-08-18", None, "-2137-02-21", "1970-01-01"]


@pytest.mark.parametrize("days", [-719_529, -735_103, -1_080_000, -1_100_000])
def test_years_before_0_have_four_digits(days):
    """As polars writes them too."""
    column = pl.Series([days], dtype=pl.Int32).cast(pl.Date)

    assert json_values(column) == column.cast(pl.String).to_list()
    assert len(json_values(column)[0].lstrip("-")) == len("2024-02-29")


def test_times_keep_their_nanoseconds():
    """A preview shows what Python's own times would cut off."""
    times = pl.Series([1_500_000_001]).cast(pl.Datetime("ns", "Europe/Paris"))
    assert json_values(times) == ["1970-01-01T01:00:01.500000001+01:00"]


@pytest.mark.parametrize("binary", [False, True])
def test_nested_days_that_python_has_not_are_texts(binary):
    """Lists and structs that hold such days can be shown, whatever else they hold."""
    dates = FAR.implode().rename("days")
    nested = pl.DataFrame([dates, pl.Series("b", [b"x" if binary else 1])]).to_struct("s")
    (cell,) = python_values(nested)
    assert len(cell["days"]) == 4
    assert "12921-08-18" in cell["days"][0]
    TableStates.of(nested.to_frame(), fragment=0, first_row=0)


def test_what_python_has_is_left_as_it_is():
    """Ordinary values are Python's own."""
    assert python_values(FAR[3:]) == [date(1970, 1, 1)]
