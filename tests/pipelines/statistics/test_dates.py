"""Calendars against pandas: hours, weekdays, months, gaps, resolution, and what is no date."""

from datetime import date, datetime, time, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pytest

from pipelines.profile import profile_table
from pipelines.statistics.budget import Budget
from pipelines.statistics.column_view import ColumnView
from pipelines.statistics.dates import UNITS, Calendar
from pipelines.statistics.oddities import Oddities
from pipelines.statistics.table_states import TableStates

RNG = np.random.default_rng(3)
SECONDS = RNG.integers(-(10**9), 2 * 10**9, 3000)


def state_of(statistic, series, budget=None):
    return statistic.of(ColumnView(series, budget or Budget()))


def state(series, budget=None):
    return state_of(Calendar, series, budget)


def figures(series, cuts=(0,)):
    parts = [state(series[a:b]) for a, b in zip(cuts, (*cuts[1:], len(series)), strict=True)]
    merged = parts[0]
    for part in parts[1:]:
        merged = merged.merge(part)
    return merged.result()


@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin", "Asia/Kathmandu"])
@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_values_fall_where_pandas_says(unit, zone):
    """By hour, weekday and month of the clocks in the column's zone."""
    per_second = {"ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    series = pl.Series(SECONDS * per_second).cast(pl.Datetime(unit, zone))
    shown = pd.to_datetime(SECONDS, unit="s", utc=True).tz_convert(zone or "UTC")

    found = figures(series, cuts=(0, 500, 501))

    assert found["byHour"] == np.bincount(shown.hour, minlength=24).tolist()
    assert found["byWeekday"] == np.bincount(shown.day_of_week, minlength=7).tolist()
    assert found["byMonth"] == np.bincount(shown.month - 1, minlength=12).tolist()
    assert found["resolution"] == "second"
    assert found.get("timeZone") == zone


@pytest.mark.parametrize(
    "values, resolution",
    [
        ([date(2001, 1, 1), date(1950, 1, 1)], "year"),
        ([date(2001, 1, 1), date(1950, 4, 1)], "month"),
        ([date(2001, 1, 1), date(1950, 4, 2)], "day"),
        ([datetime(2001, 1, 1), datetime(1950, 4, 1)], "month"),
        ([datetime(2001, 1, 1), datetime(1950, 4, 2, 6)], "hour"),
        ([datetime(2001, 1, 1), datetime(1950, 4, 2, 6, 30)], "minute"),
        ([datetime(2001, 1, 1), datetime(1950, 4, 2, 6, 30, 1)], "second"),
        ([datetime(2001, 1, 1), datetime(1950, 4, 2, 6, 30, 1, 5000)], "millisecond"),
        ([datetime(2001, 1, 1), datetime(1950, 4, 2, 6, 30, 1, 5)], "microsecond"),
        ([time(1), time(2)], "hour"),
        ([time(1), time(2, 0, 1)], "second"),
    ],
)
def test_the_resolution_is_the_coarsest_that_holds_all(values, resolution):
    """Whatever part of the column needs it."""
    assert figures(pl.Series(values), cuts=(0, 1))["resolution"] == resolution


def test_nanoseconds_are_a_resolution():
    """The finest there is."""
    assert figures(pl.Series([0, 1]).cast(pl.Datetime("ns")))["resolution"] == UNITS[-1]


def test_gaps_are_the_days_that_no_value_is_from():
    """Between the first and the last; the longest first, with the days around them."""
    start = date(2024, 2, 26)
    kept = [n for n in range(30) if n not in {3, 10, 11, 12, 20, 21}]
    series = pl.Series([start + timedelta(days=n) for n in reversed(kept)])

    gaps = figures(series, cuts=(0, 7))["gaps"]

    assert (gaps["unit"], gaps["count"], gaps["missing"]) == ("day", 3, 6)
    assert gaps["longest"][0] == {"after": "2024-03-06", "before": "2024-03-10", "missing": 3}
    assert [gap["missing"] for gap in gaps["longest"]] == [3, 2, 1]


def test_gaps_of_months_are_months():
    """Where every value begins a month, days between are none that is missing."""
    months = [date(2023, m, 1) for m in (1, 2, 3, 6, 7)]

    assert figures(pl.Series(months))["gaps"] == {
        "unit": "month",
        "count": 1,
        "missing": 2,
        "longest": [{"after": "2023-03", "before": "2023-06", "missing": 2}],
    }


def test_dates_that_stand_for_none_are_counted():
    """Where systems begin or end to count."""
    days = [date(1970, 1, 1)] * 3 + [date(1900, 1, 1), date(9999, 12, 31), date(2020, 5, 5)]

    assert figures(pl.Series(days), cuts=(0, 2))["epochDates"] == {
        "1900-01-01": 1,
        "1970-01-01": 3,
        "9999-12-31": 1,
    }


def test_the_future_begins_on_the_day_after_the_job():
    """Only where a day is given, and the day itself is no future."""
    frame = pl.DataFrame(
        {"d": [date(2030, 1, n) for n in range(1, 8)], "t": [time(n) for n in range(7)]}
    )
    states = TableStates.of(frame, fragment=0, first_row=0)

    now = profile_table("t", (), states, size_bytes=0, as_of=date(2030, 1, 3)).columns
    never = profile_table("t", (), states, size_bytes=0).columns

    assert now[0].figures["future"] == {"asOf": "2030-01-03", "count": 4}
    assert "future" not in now[1].figures
    assert "future" not in never[0].figures


@pytest.mark.parametrize("cut", [1, 700, 2999])
def test_days_are_joined_when_there_are_too_many(cut):
    """The same stretches wherever the column is cut, and the future is bounded then."""
    budget = Budget(exact=100)
    series = pl.Series(SECONDS * 1000).cast(pl.Datetime("ms"))
    day = 15_000

    whole = state(series, budget)
    merged = state(series[:cut], budget).merge(state(series[cut:], budget))

    np.testing.assert_array_equal(whole.days.values, merged.days.values)
    np.testing.assert_array_equal(whole.days.counts, merged.days.counts)
    assert whole.result() == merged.result()
    assert whole.result()["gaps"] is None
    least, most = whole.after(day)
    assert least < np.count_nonzero(day < SECONDS // 86_400) < most


@pytest.mark.parametrize("cut", [0, 1, 3, 7])
@pytest.mark.parametrize(
    "kind, zone",
    [(pl.Date(), None), *((pl.Datetime(u), None) for u in ("ms", "us", "ns")),
     (pl.Datetime("us"), "Asia/Kathmandu")],
)  # fmt: skip
def test_dates_that_stand_for_none_have_places(cut, kind, zone):
    """The first and the last row, as the clocks of the column show the day."""
    moments = [datetime(2020, 5, 5), None, datetime(1970, 1, 1), datetime(1969, 12, 31, 20),
               datetime(1970, 1, 2), datetime(1900, 1, 1), datetime(2020, 5, 6)]  # fmt: skip
    series = pl.Series(moments, dtype=pl.Datetime("us")).cast(kind)
    if zone:
        series = series.dt.replace_time_zone(zone)
        shown = series.dt.convert_time_zone("UTC").dt.date()
        assert shown[2] == date(1969, 12, 31)

    found = state_of(Oddities, series[:cut]).merge(state_of(Oddities, series[cut:])).result()

    assert {"what": "epoch", "count": 2, "firstRow": 3, "lastRow": 6} in found["oddities"]
    assert figures(series)["epochDates"] == {"1900-01-01": 1, "1970-01-01": 1}


def test_dates_around_those_are_no_oddities():
    """A day before and a day after, and times of day, which have no date."""
    near = pl.Series([date(1969, 12, 31), date(1970, 1, 2), date(1899, 12, 31)])

    assert state_of(Oddities, near).result() == {"oddities": []}
    assert state_of(Oddities, pl.Series([time(0)])).result() == {"oddities": []}
