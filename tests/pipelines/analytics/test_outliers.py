import math
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from pipelines.analytics.outliers import EXAMPLES, Tail, reports, spread, tails
from tests.pipelines.analytics.profiles import numbers, table, text


@dataclass(frozen=True)
class Rows:
    first_row: int
    frame: pl.DataFrame


def cut(frame, sizes):
    """Slices of these sizes, as a workspace would yield them; all of them matter."""

    arrow = frame.to_arrow()

    def slices(columns, matters):
        start = 0
        for size in sizes:
            rows = arrow.slice(start, size).select(list(columns))
            yield Rows(start + 1, pl.DataFrame(pl.from_arrow(rows)))
            start += size

    return slices


VALUES = [*np.random.default_rng(7).normal(100, 5, 400).round(3).tolist(), 200.0, -50.0]


@pytest.mark.parametrize("sizes", [(402,), (1, 401), (200, 202), (67,) * 6])
def test_tails_do_not_depend_on_how_the_table_is_cut(sizes):
    """Counts, farthest values and row numbers are those of the whole column, however it lies."""
    frame = pl.DataFrame({"a": VALUES})
    mean, stddev = np.mean(VALUES), np.std(VALUES, ddof=1)
    scores = np.abs((np.array(VALUES) - mean) / stddev)

    found = tails(table(numbers("a", VALUES)), cut(frame, sizes))["a"]

    assert found.count == int((scores >= 3).sum())
    assert [example["row"] for example in found.examples] == (
        1 + np.argsort(-scores, kind="stable")[: found.count]
    ).tolist()
    assert [example["value"] for example in found.examples[:2]] == [-50.0, 200.0]
    assert found.examples[0]["zscore"] == pytest.approx(scores.max())


def test_a_page_of_examples_is_kept_and_all_are_counted():
    """However many values lie far out, only the farthest are shown."""
    values = [0.0] * 10_000 + [float(100 + index) for index in range(50)]

    found = tails(table(numbers("a", values)), cut(pl.DataFrame({"a": values}), (10_050,)))["a"]

    assert (found.count, found.beyond, len(found.examples)) == (50, 50, EXAMPLES)
    assert found.examples[0]["value"] == 149.0


def test_columns_whose_extremes_stay_inside_are_never_read():
    """Without a column that crosses, there is no second pass at all."""

    def slices(columns, matters):
        raise AssertionError(columns)

    assert tails(table(numbers("a", range(100)), text("b", 100)), slices) == {}


def test_row_groups_are_read_only_if_their_bounds_cross():
    """Bounds inside the fences rule a row group out; missing bounds do not."""
    asked = []

    def slices(columns, matters):
        inside, outside = {"a": (90, 110)}, {"a": (90, 200)}
        asked.extend([matters(inside), matters(outside), matters({})])
        return iter(())

    tails(table(numbers("a", VALUES)), slices)

    assert asked == [False, True, True]


def test_what_is_not_a_finite_number_is_no_outlier():
    """Nulls, NaN and infinities are counted elsewhere."""
    values = [None, math.nan, math.inf, *VALUES]
    column = numbers("a", VALUES, infinities=1, nans=1)

    found = tails(table(column), cut(pl.DataFrame({"a": values}), (405,)))["a"]

    assert found.examples[0] == {
        "value": -50.0,
        "zscore": pytest.approx(found.examples[0]["zscore"]),
        "row": 405,
    }
    assert all(math.isfinite(example["zscore"]) for example in found.examples)


@pytest.mark.parametrize("name", ["^a.*$", "*", "a.b", " "])
def test_column_names_are_only_names(name):
    """A name that polars takes for a pattern elsewhere selects its own column here."""
    frame = pl.DataFrame(pl.from_arrow(pa.table({name: VALUES, "ab": [0.0] * 402})))

    found = tails(table(numbers(name, VALUES)), cut(frame, (402,)))

    assert found[name].examples[0]["value"] == -50.0


def test_big_integers_keep_their_digits():
    """A value that a JSON number cannot hold travels as text."""
    values = [*range(100), (1 << 60) + 1]

    found = tails(table(numbers("a", values)), cut(pl.DataFrame({"a": values}), (101,)))["a"]

    assert found.examples[0]["value"] == "1152921504606846977"


@pytest.mark.parametrize("values", [[5.0], [5.0, 5.0]])
def test_a_column_without_spread_has_no_outliers(values):
    """One value, or always the same one, deviates from nothing."""
    assert spread(numbers("a", values)) is None


def test_the_most_extreme_column_is_reported_first():
    """Reports carry the names that clients know."""
    near = Tail(1, 1, ({"value": 1, "zscore": 3.5, "row": 1},))
    far = Tail(1, 1, ({"value": 2, "zscore": 9.0, "row": 2},))

    found = reports({"near": near, "far": far})

    assert [report["column"] for report in found] == ["far", "near"]
    assert found[0] == {
        "column": "far",
        "method": "zscore",
        "threshold": 3.0,
        "count": 1,
        "values": [{"value": 2, "zscore": 9.0, "row": 2}],
    }
