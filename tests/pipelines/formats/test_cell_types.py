"""Cell types: a column is what all its cells say, and conversion never changes a meaning."""

from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_series_equal

from pipelines.formats import cell_types
from pipelines.formats.cell_types import (
    DATETIME,
    FINE_DATETIME,
    FINE_INSTANT,
    INSTANT,
    convert,
    infer,
)


@pytest.mark.parametrize(
    ("cells", "dtype", "values"),
    [
        (["1", "-2", ""], pl.Int64(), [1, -2, None]),
        (["1", "N/A"], pl.Int64(), [1, None]),
        (["a", "N/A"], pl.String(), ["a", "N/A"]),
        (["1.5", "nan"], pl.Float64(), [1.5, None]),
        (["1", "2.5"], pl.Float64(), [1.0, 2.5]),
        ([" 7", "8 "], pl.Int64(), [7, 8]),
        (["007", "1"], pl.String(), ["007", "1"]),
        (["0.5", "0"], pl.Float64(), [0.5, 0.0]),
        (["+4915112345678"], pl.String(), ["+4915112345678"]),
        (["+5", "-5"], pl.Int64(), [5, -5]),
        (["1e400"], pl.String(), ["1e400"]),
        (["inf", "1.5"], pl.Float64(), [float("inf"), 1.5]),
        (["9223372036854775808"], pl.Decimal(38, 0), [Decimal(9223372036854775808)]),
        (["9007199254740992", "1.5"], pl.Float64(), [9007199254740992.0, 1.5]),
        (["9007199254740993", "1.5"], pl.String(), ["9007199254740993", "1.5"]),
        (["-9007199254740993", "inf"], pl.String(), ["-9007199254740993", "inf"]),
        (["true", "FALSE"], pl.Boolean(), [True, False]),
        (["true", "1"], pl.String(), ["true", "1"]),
        (["2024-02-29"], pl.Date(), [date(2024, 2, 29)]),
        (["2023-02-29"], pl.String(), ["2023-02-29"]),
        (["2024-1-5"], pl.String(), ["2024-1-5"]),
        (["2024-01-05 10:20"], DATETIME, [datetime(2024, 1, 5, 10, 20)]),
        (
            ["2024-01-05", "2024-01-05T01:02:03.5"],
            DATETIME,
            [datetime(2024, 1, 5), datetime(2024, 1, 5, 1, 2, 3, 500_000)],
        ),
        (["2024-01-05T10:00:00+02:00"], INSTANT, [datetime(2024, 1, 5, 8, tzinfo=UTC)]),
        (
            ["2024-01-05 10:00:00 UTC", "2024-01-05 10:00:00 +0200", "2024-01-05T10:00UTC"],
            INSTANT,
            [
                datetime(2024, 1, 5, 10, tzinfo=UTC),
                datetime(2024, 1, 5, 8, tzinfo=UTC),
                datetime(2024, 1, 5, 10, tzinfo=UTC),
            ],
        ),
        (["2024-01-05 10:00:00 CET"], pl.String(), ["2024-01-05 10:00:00 CET"]),
        (["", "null"], pl.Null(), [None, None]),
    ],
)
def test_known_columns(cells, dtype, values):
    """The type and the values that a careful person would give them."""
    series = pl.Series("c", cells, pl.String)

    converted = convert(series, infer(series))

    assert converted.series.dtype == dtype
    assert converted.series.to_list() == values


def test_null_words_are_counted():
    """The receipt can say which word stood for nothing, and how often."""
    converted = convert(pl.Series("c", ["1", "NA", "NA", "", "null"], pl.String), pl.Int64())

    assert converted.null_tokens == {"": 1, "NA": 2, "null": 1}


@given(
    st.lists(
        st.one_of(
            st.none(),
            st.text(max_size=6),
            st.integers().map(str),
            st.floats(allow_nan=False).map(repr),
            st.dates().map(str),
        ),
        max_size=8,
    )
)
def test_conversion_is_stable_and_keeps_every_cell(cells):
    """Asked again for the type it gave, it gives the same; and only null words become null."""
    series = pl.Series("c", cells, pl.String)

    once = convert(series, infer(series)).series
    again = convert(series, once.dtype).series

    assert once.equals(again)
    words = {None, "", "null", "NULL", "NaN", "nan", "NA", "N/A", "n/a", "None", "-"}
    assert all(
        value is not None for value, cell in zip(once, cells, strict=True) if cell not in words
    )


@pytest.mark.parametrize(
    "asked", [pl.Boolean(), pl.Int64(), pl.Float64(), pl.Date(), DATETIME, pl.Null()]
)
def test_a_wrong_type_widens_instead_of_failing(asked):
    """Whatever was guessed, text comes back as it was."""
    converted = convert(pl.Series("c", ["x", "1", "2024-01-01"], pl.String), asked)

    assert converted.series.to_list() == ["x", "1", "2024-01-01"]


@pytest.mark.parametrize(
    ("cells", "dtype", "nanoseconds"),
    [
        (["1970-01-02", "1970-01-01 00:00:00.123456789", "NA"], FINE_DATETIME, [86400 * 10**9]),
        (["1970-01-01T00:00:01.0000001Z", "1970-01-01T02:00+02:00"], FINE_INSTANT, [1000000100, 0]),
    ],
)
def test_what_is_finer_than_a_microsecond_is_kept(cells, dtype, nanoseconds):
    converted = convert(pl.Series("c", cells, pl.String), infer(pl.Series(cells)))

    assert converted.series.dtype == dtype
    assert converted.series.to_physical()[: len(nanoseconds)].to_list() == nanoseconds
    assert converted.series.dt.nanosecond()[1] == (123456789 if len(nanoseconds) == 1 else 0)


@pytest.mark.parametrize(
    ("cells", "dtype"),
    [
        (["3000-01-01 00:00:00.123456000", "0001-01-01"], DATETIME),
        (["3000-01-01 00:00:00", "2024-01-01 00:00:00.1234567"], pl.String()),
        (["0001-01-01", "2024-01-01 00:00:00.1234567"], pl.String()),
    ],
)
def test_years_that_no_nanosecond_reaches_are_not_turned_into_others(cells, dtype):
    """64 bits of them would run over in silence."""
    series = pl.Series("c", cells, pl.String)

    converted = convert(series, infer(series)).series

    assert converted.dtype == dtype
    assert [str(cell)[:10] for cell in converted] == [cell[:10] for cell in cells]


def test_a_column_becomes_finer_where_a_late_cell_is():
    late = convert(pl.Series("c", ["2024-01-01", "2024-01-01 00:00:00.1234567"]), DATETIME)

    assert late.series.dtype == FINE_DATETIME


@pytest.mark.parametrize(
    "cells, offsets",
    [
        (["2024-01-01T00:00Z", "2024-01-01 00:00:00Z"], {"+00:00": 2}),
        (
            ["2024-01-01 12:00+02", "2024-01-01 12:00:30+0200", "2024-01-01T12:00:00.5+02:00"],
            {"+02:00": 3},
        ),
        (["2024-01-01T12:00-11:30", None, "NA", "2024-07-01T12:00Z"], {"+00:00": 1, "-11:30": 1}),
        (["2024-01-01 12:00 UTC", "2024-01-01 12:00 -0500"], {"+00:00": 1, "-05:00": 1}),
        (["2024-01-01T12:00", "2024-07-01T12:00"], {}),
    ],
)
def test_the_offsets_of_times_are_counted_before_they_are_lost(cells, offsets):
    """All times are told in UTC, so only the text says with which offset each was written."""
    series = pl.Series("c", cells, pl.String)

    assert convert(series, infer(series)).utc_offsets == offsets


def test_few_truths_are_read_as_many_are(monkeypatch):
    """One by one where columns are short, which thousands of them may be."""
    cells = pl.Series("x", ["true", "FALSE", None, "True", "yes", "", "ＴＲＵＥ"])
    few = cell_types._booleans(cells)
    monkeypatch.setattr(cell_types, "FEW", 0)

    assert_series_equal(cell_types._booleans(cells), few)
    assert few.to_list()[:4] == [True, False, None, True]
