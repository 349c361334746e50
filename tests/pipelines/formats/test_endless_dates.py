"""Endless dates: no time is null, infinity is a word, and polars stops at neither."""

import datetime as dt
import io

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from polars.testing import assert_frame_equal
from samples import MemoryObject

from pipelines.cells import json_values
from pipelines.containers.limits import Limits
from pipelines.formats.endless_dates import mended
from pipelines.source_plan import plan

NO_TIME, MOST = -(2**63), 2**63 - 1
MOMENTS = [pl.Datetime("ms"), pl.Datetime("us"), pl.Datetime("ns"), pl.Datetime("us", "UTC")]


def column(dtype: pl.DataType, *numbers: int | None) -> pl.DataFrame:
    stored = pl.Int32 if dtype == pl.Date else pl.Int64
    return pl.DataFrame([pl.Series("a", numbers, stored).cast(dtype)])


@pytest.mark.parametrize("dtype", [*MOMENTS, pl.Duration("us"), pl.Duration("ns")], ids=str)
def test_no_time_is_null(dtype):
    """And is counted by its word; a null that was one before is not."""
    found, words = mended(column(dtype, 5, NO_TIME, None, NO_TIME))

    assert found.schema["a"] == dtype
    assert found["a"].to_physical().to_list() == [5, None, None, None]
    assert words == {"a": {"NaT": 2}}


@pytest.mark.parametrize("dtype", [pl.Date(), *MOMENTS[:2]], ids=str)
def test_infinity_is_a_word(dtype):
    """The column is text, so that nothing in it is lost."""
    most = 2**31 - 1 if dtype == pl.Date else MOST

    found, words = mended(column(dtype, most, 0, None, -most))

    first = "1970-01-01" if dtype == pl.Date else str(column(dtype, 0)["a"].cast(pl.String)[0])
    assert found["a"].to_list() == ["infinity", first, None, "-infinity"]
    assert not words


BEYOND = pl.Series("d", [2**31 - 1, 0, None, 1 - 2**31], pl.Int32).cast(pl.Date)
SAID = ["infinity", "1970-01-01", None, "-infinity"]


def test_lists_and_structs_have_them_too():
    """Only what holds one becomes text; empty ones and nulls stay what they are."""
    numbers = BEYOND.to_physical().to_list()
    near = [[dt.date(2024, 1, 1)], [], None]
    frame = pl.DataFrame(
        {
            "l": pl.Series([numbers, [], None]).cast(pl.List(pl.Date)),
            "s": pl.Series(
                [[{"d": numbers[0], "n": 1}], [], None],
                dtype=pl.List(pl.Struct({"d": pl.Int32, "n": pl.Int64})),
            ).cast(pl.List(pl.Struct({"d": pl.Date, "n": pl.Int64}))),
            "a": pl.Series([numbers] * 3, dtype=pl.Array(pl.Int32, 4)).cast(pl.Array(pl.Date, 4)),
            "near": pl.Series(near, dtype=pl.List(pl.Date)),
        }
    )

    found, words = mended(frame)

    assert found.to_dict(as_series=False) == {
        "l": [SAID, [], None],
        "s": [[{"d": "infinity", "n": 1}], [], None],
        "a": [SAID] * 3,
        "near": near,
    }
    assert found.schema["near"] == pl.List(pl.Date)
    assert not words


def test_no_time_within_lists_and_structs_is_null():
    moments = pl.Series([5, NO_TIME, None, NO_TIME], dtype=pl.Int64).cast(pl.Datetime("us"))
    frame = pl.DataFrame({"l": [moments, None], "s": [{"t": None}, None]})
    frame = frame.with_columns(pl.DataFrame({"t": moments[1:3]}).to_struct("s"))

    found, words = mended(frame)

    assert found.schema == frame.schema
    assert [t is None for t in found["l"][0]] == [False, True, True, True]
    assert found["s"].to_list() == [{"t": None}, {"t": None}]
    assert words == {"l": {"NaT": 2}, "s": {"NaT": 1}}


def far_day(number: int) -> str:
    """The calendar comes again every 400 years."""
    turns, days = divmod(number, 146_097)
    near = dt.date(1970, 1, 1) + dt.timedelta(days=days)
    return f"{near.year + 400 * turns}-{near:%m-%d}"


@pytest.mark.parametrize("days", [100_000_000, 200_000_000, -100_000_000, -200_000_000])
def test_a_day_beyond_the_years_of_polars_is_written_out(days):
    found, _ = mended(column(pl.Date(), days, 0))
    moments, _ = mended(column(pl.Datetime("ms"), days * 86_400_000 + 1, 0))

    assert found["a"].to_list() == [far_day(days), "1970-01-01"]
    assert moments["a"][0] == f"{far_day(days)}T00:00:00.001"


@pytest.mark.parametrize("year", [-258_000, -1044, 1, 9999, 12_000, 262_000])
def test_other_days_are_what_they_were(year):
    """Also those that Python has not."""
    days = round((year - 1970) * 365.2425) + 9
    frame = column(pl.Date(), days, None).with_columns(b=pl.lit("x"), t=dt.time(1))

    found, words = mended(frame)

    assert_frame_equal(found, frame)
    assert not words
    assert json_values(found["a"])[0].lstrip("0").startswith(f"{year}-")


def test_an_empty_column_is_what_it_was():
    frame = pl.DataFrame(schema={"a": pl.Date, "b": pl.Datetime("ns"), "c": pl.Duration("us")})

    assert_frame_equal(mended(frame)[0], frame)


def test_parquet_of_either_is_read():
    """As fastparquet and DuckDB write it."""
    moments = pa.array([0, NO_TIME, None], pa.int64()).cast(pa.timestamp("ns"))
    days = pa.array([2**31 - 1, 0, None], pa.int32()).cast(pa.date32())
    content = io.BytesIO()
    pq.write_table(pa.table({"m": moments, "d": days}), content)
    (table,) = plan([MemoryObject("a.parquet", content.getvalue())], Limits()).tables

    (chunk,) = table.fragments[0].chunks(table.schema)

    assert chunk.frame.rows() == [
        (dt.datetime(1970, 1, 1), "infinity"),
        (None, "1970-01-01"),
        (None, None),
    ]
    assert chunk.null_tokens == {"m": {"NaT": 1}}
