"""Order and wholeness: what neighbours and fractions say, wherever the column is cut."""

from decimal import Decimal

import polars as pl
import pytest

from pipelines.statistics.budget import Budget
from pipelines.statistics.column_view import ColumnView
from pipelines.statistics.order import Order
from pipelines.statistics.wholeness import Wholeness

NAN = float("nan")


def words(kind, field, values):
    """What is said of the column cut at every place."""
    series = pl.Series(values)
    return {
        kind.of(ColumnView(series[:cut], Budget()))
        .merge(kind.of(ColumnView(series[cut:], Budget())))
        .result()[field]
        for cut in range(len(series) + 1)
    }


@pytest.mark.parametrize(
    "values, word",
    [
        ([1, 2, 5], "strictly_increasing"),
        ([1, None, 1, 5], "increasing"),
        ([5.5, 2.5, None], "strictly_decreasing"),
        ([5, 2, 2], "decreasing"),
        ([3, 3, 3], "constant"),
        ([1, 3, 2], None),
        ([3, 1, 2], None),
        ([1.0, NAN, 2.0], None),
        ([NAN, 1.0], None),
        ([1.0, 2.0, NAN], None),
        ([NAN, NAN], None),
        ([1], None),
        ([2**63 - 1, -(2**63)], "strictly_decreasing"),
    ],
)
def test_columns_that_only_rise_or_fall_are_told(values, word):
    """Nulls are passed over; what is not a number has no place in an order."""
    assert words(Order, "monotonic", values) == {word}


@pytest.mark.parametrize(
    "values, is_whole",
    [
        ([1, 2], True),
        ([1.0, NAN, float("inf"), -3e300], True),
        ([1.0, 2.5], False),
        ([NAN], None),
        ([Decimal("1.00"), Decimal("-7.00")], True),
        ([Decimal("1.00"), Decimal("-7.10")], False),
    ],
)
def test_numbers_that_are_whole_are_told(values, is_whole):
    """Of the finite values alone; a column without any says nothing."""
    assert words(Wholeness, "integerValued", values) == {is_whole}
