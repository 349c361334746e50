"""To come: the rows of dates after the day of the job, read from the parts that hold any."""

import json
import uuid
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from pipelines import artifacts
from pipelines.analytics.to_come import with_rows
from pipelines.analytics.workspace import Slice
from pipelines.profile import profile_table
from pipelines.statistics.table_states import TableStates
from tests.pipelines.analytics import run as runs

TODAY = date(2030, 1, 10)
PART = 10


def read(frame):
    """The profile with rows, and the numbers of the parts that were read for them."""
    touched = []

    def slices(columns, matters):
        for part, start in enumerate(range(0, frame.height, PART)):
            rows = frame[start : start + PART].select(columns)
            bounds = {name: (rows[name].min(), rows[name].max()) for name in columns}
            if matters(bounds):
                touched.append(part)
                yield Slice(start + 1, rows, part)

    states = TableStates.of(frame, fragment=0, first_row=0)
    profile = profile_table("t", (), states, size_bytes=0, as_of=TODAY)
    columns = with_rows(profile, slices).columns
    return {column.name: column.figures.get("future") for column in columns}, touched


def test_the_first_and_the_last_row_are_told():
    """By column, and only parts that hold such a date are read."""
    days = [TODAY - timedelta(days=n) for n in range(50)]
    days[23], days[38] = TODAY + timedelta(days=1), date(9999, 12, 31)
    frame = pl.DataFrame({"d": days, "past": [date(2000, 1, 1)] * 50, "n": range(50)})

    found, touched = read(frame)

    assert found["d"] == {"asOf": "2030-01-10", "count": 2, "firstRow": 24, "lastRow": 39}
    assert found["past"] == {"asOf": "2030-01-10", "count": 0}
    assert found["n"] is None
    assert set(touched) == {0, 2, 3}  # the first one ends on the day itself


@pytest.mark.parametrize(
    "zone, count", [("UTC", 1), ("Pacific/Kiritimati", 2), ("Pacific/Niue", 0)]
)
def test_the_clocks_of_the_zone_tell_the_day(zone, count):
    """An hour before midnight in UTC is tomorrow in Kiritimati, one after it today in Niue."""
    midnight = datetime(2030, 1, 11, tzinfo=UTC)
    times = [midnight - timedelta(hours=1), None, midnight + timedelta(hours=1)]
    frame = pl.DataFrame({"at": times}).with_columns(pl.col("at").dt.convert_time_zone(zone))

    found, _ = read(frame)

    rows = {0: {}, 1: {"firstRow": 3, "lastRow": 3}, 2: {"firstRow": 1, "lastRow": 3}}[count]
    assert found["at"] == {"asOf": "2030-01-10", "count": count, **rows}


def test_a_job_tells_them(object_store, sqlite_url):
    """In the profile that it publishes."""
    today = datetime.fromtimestamp(runs.CREATED_AT, UTC).date()
    frame = pl.DataFrame({"due": [today + timedelta(days=n - 395) for n in range(400)]})
    order = runs.order(object_store.config, sqlite_url, str(uuid.uuid4()))
    runs.run(order, tables={"t": frame})

    files = runs.published(object_store, order.job_id)
    results = json.loads(files[artifacts.base(order.job_id) + "results/results.json"])
    (column,) = results["tables"][0]["columnProfiles"]
    expected = {"asOf": today.isoformat(), "count": 4, "firstRow": 397, "lastRow": 400}
    assert column["future"] == expected
