from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from pipelines.analytics.learning.features import LARGEST, Feature, numbers, usable
from tests.pipelines.analytics.found import profile


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, None, 3], [1, np.nan, 3]),
        ([True, False, None], [1, 0, np.nan]),
        ([1.5, float("inf"), float("nan")], [1.5, np.nan, np.nan]),
        ([1e300, -1e300, 0.0], [LARGEST, -LARGEST, 0]),
        ([Decimal("1.50"), None, Decimal(2)], [1.5, np.nan, 2]),
        ([date(1970, 1, 2), None, date(1969, 12, 31)], [86400e6, np.nan, -86400e6]),
        ([datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), None, None], [1e6, np.nan, np.nan]),
        ([time(0, 0, 1), None, time(0)], [1e9, np.nan, 0]),
        ([timedelta(seconds=2), None, None], [2e6, np.nan, np.nan]),
    ],
)
def test_every_type_is_a_number_or_nothing(values, expected):
    assert np.array_equal(numbers(pl.Series(values)), expected, equal_nan=True)


def test_a_category_is_its_place_and_an_unknown_value_comes_last():
    feature = Feature("c", "category", ("b", "a"))

    found = feature.encoded(pl.Series(["a", "b", None, "new"]))

    assert np.array_equal(found, [1, 0, np.nan, 2], equal_nan=True)


def test_of_many_categories_the_most_frequent_are_kept():
    frame = pl.DataFrame({"c": [f"v{min(row % 100, row % 60)}" for row in range(2000)]})

    found = usable(profile("t", frame).columns, frame)

    counted = frame["c"].value_counts().sort(["count", "c"], descending=[True, False])
    assert list(found.features[0].values) == counted["c"].head(40).to_list()
    assert np.nanmax(found.matrix) == 40


def test_large_numbers_do_not_overflow_a_model():
    """Whatever finite numbers a table has, each model can take them."""
    from pipelines.analytics import inference
    from pipelines.options import MlOptions

    draw = np.random.RandomState(0)
    frame = pl.DataFrame(
        {
            "huge": draw.choice([1e308, -1e308, 5e-324, 0.0], 200),
            "tiny": draw.rand(200) * 1e-300,
            "x": draw.randn(200),
            "target": draw.rand(200) * 1e150,
        }
    )

    payload, _ = inference.infer([profile("t", frame)], MlOptions(), "job")

    assert payload["status"] == "succeeded"
    assert any("too large" in note for note in payload["notes"])


def test_keys_and_codes_are_categories_though_they_are_numbers():
    """A model may look at a postal code as a name; of many customers none is larger."""
    frame = pl.DataFrame(
        {
            "zip": [(10115, 20095, 80331)[row % 3] for row in range(300)],
            "customer_id": [1000 + row * 7 % 250 for row in range(300)],
            "litres": [row * 7 % 250 for row in range(300)],
        }
    )

    found = usable(profile("t", frame).columns, frame)

    assert [(each.column, each.kind) for each in found.features] == [
        ("zip", "category"),
        ("litres", "number"),
    ]
    assert found.excluded == {
        "customer_id": "it is a key or code: 250 different values in 300 rows"
    }
    assert np.array_equal(np.unique(found.matrix[:, 0]), [0, 1, 2])
