"""Alignment: nested columns get the fields that others have, and lose none of their values."""

import datetime as dt

import polars as pl
import pytest

from pipelines.formats.alignment import aligned, united

NARROW = pl.DataFrame({"s": [{"b": 1, "a": "x"}, None, {"b": None, "a": None}]})


def widened(frame: pl.DataFrame, **columns: pl.DataType) -> pl.Series:
    schema = united(pl.Schema(columns), frame.schema)
    return aligned(frame, schema).to_series(0)


def test_fields_of_structs_are_matched_by_name():
    """In whatever order they stand; those that others have are null, and a null stays one."""
    asked = pl.Struct({"a": pl.String(), "b": pl.Float64(), "c": pl.List(pl.Int64())})

    assert widened(NARROW, s=asked).to_list() == [
        {"a": "x", "b": 1.0, "c": None},
        None,
        {"a": None, "b": None, "c": None},
    ]


def test_the_finer_of_two_clocks_holds_both_unless_a_year_is_beyond_it():
    """It is read as text then, and is no other year."""
    near, far = (pl.DataFrame({"t": [dt.datetime(year, 1, 2)]}) for year in (2024, 3000))

    assert widened(near, t=pl.Datetime("ns")).dtype == pl.Datetime("ns")
    assert widened(near, t=pl.Datetime("ms")).dtype == pl.Datetime("us")
    assert widened(near, t=pl.Datetime("us", "UTC")).dtype == pl.String
    assert widened(far, t=pl.Datetime("ns"))[0].startswith("3000-01-02 00:00:00")


def test_a_field_may_become_text():
    """The rest of the struct stays as it is."""
    found = widened(NARROW, s=pl.Struct({"b": pl.String()}))

    assert found.to_list() == [{"b": "1", "a": "x"}, None, {"b": None, "a": None}]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            [[{"b": 1}, {"b": 2}], None, [], [None], [{"b": 3}]],
            [
                [{"a": None, "b": 1.0}, {"a": None, "b": 2.0}],
                None,
                [],
                [None],
                [{"a": None, "b": 3.0}],
            ],
        ),
        ([[], []], [[], []]),
        ([None, None], [None, None]),
    ],
)
def test_lists_of_structs_keep_their_lengths(values, expected):
    """Absent, empty and null elements are still three things."""
    frame = pl.DataFrame({"l": pl.Series(values, dtype=pl.List(pl.Struct({"b": pl.Int64()})))})

    found = widened(frame, l=pl.List(pl.Struct({"a": pl.String(), "b": pl.Float64()})))

    assert found.to_list() == expected


def test_deep_structs_and_lists_of_lists():
    """As deep as they go."""
    frame = pl.DataFrame({"d": [[[{"x": {"y": 1}}]], [[], [{"x": None}]]]})
    inner = pl.Struct({"x": pl.Struct({"y": pl.Float64(), "z": pl.String()})})

    found = widened(frame, d=pl.List(pl.List(inner)))

    assert found.to_list() == [
        [[{"x": {"y": 1.0, "z": None}}]],
        [[], [{"x": None}]],
    ]
