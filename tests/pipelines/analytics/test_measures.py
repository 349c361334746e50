"""Numbers that measure, and numbers that are labels."""

import polars as pl
import pytest

from pipelines.analytics.measures import is_key, is_label, is_measure, is_year
from tests.pipelines.analytics.found import profile


def column(name, values):
    (found,) = profile("t", pl.DataFrame({name: values})).columns
    return found


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("customerId", [7, 7, 9]),
        ("order_id", [7.0, None, 9.0]),
        ("area code", [30, 40, 30]),
        ("zip", [10115, 20095, 80331]),
        ("status", [200, 404, 500]),
        ("SITEID", [101, 102, 101]),
        ("Account Number", [83012290, 83012291, 83012290]),
        ("pickup_type", [0, 1, 3]),
        ("phone", [49301234567, 49301234568, 49301234569]),
    ],
)
def test_keys_and_codes_are_labels(name, values):
    """By their name, or by what they mean."""
    found = column(name, list(values))

    assert is_label(found)
    assert not is_measure(found)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("inhabitants", [83_000_000, 9_000_000, 447_000, 331_000_000]),
        ("paid", [3, 3, 4]),
        ("line no", [1, 2, 1]),
        ("number of orders", [1, 2, 1]),
        ("open_status", [0, 1, 1]),
        ("status change", [1, 2, 9]),
        ("decode", [1, 2, 2]),
        ("key figure", [0.5, 1.5, 1.5]),
        ("year of life", [1, 20, 20]),
    ],
)
def test_what_merely_never_repeats_or_sounds_alike_is_a_measure(name, values):
    found = column(name, values)

    assert is_measure(found)
    assert not is_key(found)


def test_a_counter_is_a_key_whatever_it_is_called():
    """Integers as close together as those that count rows; they may still go along with others."""
    found = column("row", list(range(1, 50)))

    assert is_key(found)
    assert not is_measure(found)
    assert not is_label(found)


def test_texts_are_neither():
    assert not is_label(column("id", ["a", "b"]))
    assert not is_measure(column("id", ["a", "b"]))


def test_a_calendar_year_is_no_measure():
    """It says when, and has no mean; a weight of 2,000 kg does."""
    years = [1999, 2024, 2024]

    assert is_year(column("Jahr", years))
    assert not is_measure(column("modelYear", years))
    assert is_measure(column("weight", years))
