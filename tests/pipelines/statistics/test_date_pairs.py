"""Date pairs: which of two dates lies before the other, counted row by row, wherever it is cut."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from pipelines.statistics.date_pairs import WIDEST, DatePairs
from pipelines.statistics.table_view import TableView

DAYS = [date(2024, 1, day) for day in (1, 5, 9, 9)]
FRAME = pl.DataFrame(
    {
        "n": [1, 2, 3, 4],
        "a": pl.Series(DAYS),
        "b": pl.Series([date(2024, 1, 2), date(2024, 1, 4), None, date(2024, 1, 9)]),
        "at": pl.Series([datetime(2024, 1, 1, 12), None, datetime(2024, 1, 10), None]),
        "fine": pl.Series([datetime(2024, 1, 1, 11)] * 4).cast(pl.Datetime("ns")),
        "finer": pl.Series([1_704_106_800_000_000_001] * 4).cast(pl.Datetime("ns")),
        "coarse": pl.Series([datetime(2024, 1, 1, 11)] * 4).cast(pl.Datetime("ms")),
        "zoned": pl.Series([datetime(2023, 1, 1, tzinfo=UTC)] * 4),
    }
)


def rows(state, left, right):
    places = [FRAME.columns.index(name) for name in (left, right)]
    (found,) = [
        pair["rows"] for pair in state.result()["pairs"] if [pair["left"], pair["right"]] == places
    ]
    return found


@pytest.mark.parametrize("cut", range(5))
@pytest.mark.parametrize(
    ("left", "right", "count"),
    [
        ("a", "b", 1),
        ("b", "a", 1),  # equal days are in neither order, nor is what is missing
        ("a", "at", 1),  # a date and a moment by their days
        ("at", "a", 0),
        ("fine", "at", 2),  # moments by their clock, in whatever unit
        ("at", "zoned", 0),  # nobody knows
        ("zoned", "a", 4),
        ("finer", "fine", 0),
        ("fine", "finer", 4),
        ("coarse", "finer", 4),
        ("finer", "coarse", 0),
    ],
)
def test_rows_are_counted(cut, left, right, count):
    state = DatePairs.of(TableView(FRAME[:cut])).merge(DatePairs.of(TableView(FRAME[cut:])))

    assert rows(state, left, right) == count


def test_only_the_first_of_very_many_columns_are_compared():
    frame = pl.DataFrame({f"d{n}": DAYS for n in range(WIDEST + 3)})

    assert len(DatePairs.of(TableView(frame)).places) == WIDEST
    assert DatePairs.of(TableView(frame.select("d0"))).result() == {"pairs": []}
