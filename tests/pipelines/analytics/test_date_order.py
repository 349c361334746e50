"""Dates that follow each other in nearly all rows, and those that merely look so."""

from datetime import UTC, date, datetime, timedelta
from functools import partial

import duckdb
import numpy as np
import polars as pl
import pytest

from pipelines.analytics import data_quality, location
from pipelines.analytics.ground import Ground
from tests.pipelines.analytics import found

DAY = date(2024, 1, 1)
ROWS = 500


@pytest.fixture
def issues(tmp_path):
    """The issues of the rule in a table of these columns, after DuckDB has listed as many rows."""

    def judged(columns, masked=()):
        frame = pl.DataFrame(columns, strict=False)
        frame.write_parquet(tmp_path / "part-00000.parquet")

        def slices(names, matters):
            yield found.Whole(frame.select(names))

        payload = data_quality.assess(
            found.profile("t", frame),
            {},
            partial(location.locate, slices=slices, masked=masked),
            ground=Ground(str(tmp_path), tuple(frame.columns), ((0, frame.height),)),
        )
        told = [issue for issue in payload["issues"] if issue["rule"] == "date_order"]
        for issue in told:
            listed = duckdb.sql(f"SELECT count(*) FROM ({issue['sql']})").fetchall()
            assert listed == [(issue["count"],)]
        return told

    return judged


def spread(days, seed=1):
    """So many days in no order, over a year."""
    return [
        DAY + timedelta(days=int(n)) for n in np.random.default_rng(seed).integers(0, 365, days)
    ]


def later(days, lags=(0, 1, 2, 5), odd=()):
    """Each day some days later; in the rows of `odd` four days before it."""
    return [
        day + timedelta(days=-4 if row in odd else lags[row % len(lags)])
        for row, day in enumerate(days, 1)
    ]


def test_the_few_rows_in_the_wrong_order_are_told(issues):
    """The later column is named, with how many rows, where they are and what they hold."""
    ordered = spread(ROWS)

    (issue,) = issues({"shipped": later(ordered, odd={77, 401}), "ordered": ordered})

    assert (issue["column"], issue["count"], issue["severity"]) == ("shipped", 2, "WARNING")
    assert [example["row"] for example in issue["examples"]] == [77, 401]
    assert issue["examples"][0]["value"] == str(ordered[76] - timedelta(days=4))
    assert issue["message"] == (
        "2 of 500 dates lie before “ordered” of the same row, first in row 77"
    )


def test_times_and_days_are_compared_by_days(issues):
    """A time on the day itself is not before it, nor after it."""
    ordered = [datetime(day.year, day.month, day.day, 15) for day in spread(ROWS)]
    shipped = later([time.date() for time in ordered], lags=(0, 0, 3), odd={5})

    (issue,) = issues({"ordered": ordered, "shipped": shipped})

    assert [example["row"] for example in issue["examples"]] == [5]


def test_times_in_a_zone_are_compared_with_their_like_only(issues):
    """Whether a local time is before one in UTC, no one knows."""
    local = [datetime(day.year, day.month, day.day) for day in spread(ROWS)]
    zoned = [time.replace(tzinfo=UTC) + timedelta(hours=9) for time in local]
    zoned[9] -= timedelta(days=3)
    both = [time + timedelta(hours=1) for time in zoned]
    both[30] -= timedelta(days=1)

    told = issues({"local": local, "begun": zoned, "ended": both})

    assert [(issue["column"], issue["examples"][0]["row"]) for issue in told] == [("ended", 31)]


@pytest.mark.parametrize("seed", range(4))
def test_unrelated_dates_have_no_order(issues, seed):
    """Neither over the same year nor where one column lies mostly after the other."""
    first, second = spread(ROWS, seed), spread(ROWS, seed + 100)

    assert issues({"a": first, "b": second}) == []
    assert issues({"a": first, "b": [day + timedelta(days=335) for day in second]}) == []


def test_few_exceptions_among_equal_days_are_no_order(issues):
    """Copies of which one is before and another after say nothing of an order."""
    first = spread(ROWS)
    second = list(first)
    for row in range(0, 40, 2):
        second[row] += timedelta(days=1)
        second[row + 1] -= timedelta(days=1)

    assert issues({"a": first, "b": second}) == []


@pytest.mark.parametrize("name", ["due_date", "expectedDelivery", "l_commitdate", "valid until"])
def test_plans_are_kept_or_not(issues, name):
    """What is paid after it was due is no error of the data."""
    paid = spread(ROWS)

    assert issues({"paid": paid, name: later(paid, odd={8})}) == []


def test_more_exceptions_than_a_percent_are_no_order(issues):
    """What holds in 98 % of the rows is a habit."""
    first = spread(ROWS)

    assert len(issues({"a": first, "b": later(first, odd=range(1, 4))})) == 1
    assert issues({"a": first, "b": later(first, odd=range(1, 11))}) == []


def test_empty_cells_and_stand_ins_are_left_aside(issues):
    """1900-01-01 is told by the rule of sentinels, and nothing is before no date."""
    first = spread(ROWS)
    last = later(first, odd={20})
    last[3], last[4] = None, date(1900, 1, 1)

    (issue,) = issues({"a": first, "b": last})

    assert [example["row"] for example in issue["examples"]] == [20]


def test_masked_columns_show_no_date(issues):
    """Places alone are told of a column whose values are withheld."""
    first = spread(ROWS)

    (issue,) = issues({"a": first, "b": later(first, odd={20})}, masked={"b"})

    assert issue["examples"] == [{"part": 0, "row": 20, "partRow": 20}]


def test_dates_that_are_always_in_order_are_not_read_again(tmp_path):
    """The states know it of all rows."""
    ordered = spread(ROWS)
    frame = pl.DataFrame({"n": range(ROWS), "shipped": later(ordered), "ordered": ordered})
    asked = []

    def slices(names, matters):
        asked.extend(names)
        yield found.Whole(frame.select(names))

    data_quality.assess(
        found.profile("t", frame),
        {},
        partial(location.locate, slices=slices, masked=()),
        ground=Ground(str(tmp_path), tuple(frame.columns), ((0, frame.height),)),
    )

    assert not {"shipped", "ordered"} & set(asked)
