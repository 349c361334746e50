import math
from dataclasses import dataclass, replace
from fractions import Fraction

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from pipelines.analytics.checks import where
from pipelines.analytics.fences import spread
from pipelines.analytics.outliers import EXAMPLES, Tail, far, reports
from tests.pipelines.analytics.found import profile
from tests.pipelines.analytics.profiles import numbers, table, text


@dataclass(frozen=True)
class Rows:
    first_row: int
    frame: pl.DataFrame
    part: int = 0


def tails(profile, slices):
    return far(profile, slices)["zscore"]


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


@pytest.mark.parametrize("dtype", [pl.Int64, pl.UInt64])
def test_integers_that_no_float_holds_are_measured_as_they_are(dtype):
    """Close together beyond 2^53, where floats are 256 apart, each is as far as it is."""
    noise = np.random.default_rng(5).normal(0, 30, 400).round().astype(int).tolist()
    values = [2**60 + offset for offset in [*noise, 200, -170]]
    mean = Fraction(sum(values), len(values))
    stddev = math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))
    scores = [float(abs(value - mean)) / stddev for value in values]
    frame = pl.DataFrame({"a": pl.Series(values, dtype=dtype)})
    known = profile("t", frame)

    found = tails(known, cut(frame, (100, 302)))["a"]

    assert found.count == sum(score >= 3 for score in scores)
    assert [each["value"] for each in found.examples[:2]] == [str(2**60 + 200), str(2**60 - 170)]
    for each in found.examples:
        assert each["zscore"] == pytest.approx(scores[each["row"] - 1], rel=1e-12)
    (column,) = known.columns
    judged = where.deviating(spread(column), 3.0)
    sql = f"SELECT count(*) FROM frame WHERE {judged.sql}"
    assert duckdb.sql(sql).fetchall() == [(found.count,)]
    assert frame.select(judged.rows.sum()).item() == found.count


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
        "part": 0,
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
    close = Tail(1, 1, ({"value": 1, "zscore": 3.5, "row": 1},))
    distant = Tail(1, 1, ({"value": 2, "zscore": 9.0, "row": 2},))

    found = reports({"zscore": {"near": close, "far": distant}})

    assert [report["column"] for report in found] == ["far", "near"]
    assert found[0] == {
        "column": "far",
        "method": "zscore",
        "threshold": 3.0,
        "count": 1,
        "values": [{"value": 2, "zscore": 9.0, "row": 2}],
    }


SKEWED = np.random.default_rng(8).standard_t(2, 4000) * 10 + 1000


def expected(method, values):
    """Which values are far, and how far, by the textbook."""
    q1, middle, q3 = np.quantile(values, [0.25, 0.5, 0.75])
    if method == "zscore":
        scores = np.abs(values - values.mean()) / values.std(ddof=1)
        return scores >= 3, scores
    if method == "tukey":
        step = 1.5 * (q3 - q1)
        scores = np.maximum(q1 - values, values - q3) / (q3 - q1)
        return (values < q1 - step) | (values > q3 + step), scores
    scores = 0.6745 * np.abs(values - middle) / np.median(np.abs(values - middle))
    return scores > 3.5, scores


@pytest.mark.parametrize("method", ["zscore", "tukey", "mad"])
@pytest.mark.parametrize("sizes", [(4000,), (1, 3999), (1000,) * 4])
def test_each_method_finds_what_numpy_finds(method, sizes):
    """Counts are over all rows, values the farthest, each with its score and its row."""
    frame = pl.DataFrame({"a": SKEWED})
    held, scores = expected(method, SKEWED)

    found = reports(far(profile("t", frame), cut(frame, sizes)))

    (report,) = [entry for entry in found if entry["method"] == method]
    order = np.flatnonzero(held)[np.argsort(-scores[held], kind="stable")][:EXAMPLES]
    assert report["count"] == held.sum() > EXAMPLES
    assert [each["row"] for each in report["values"]] == (order + 1).tolist()
    assert [each["value"] for each in report["values"]] == SKEWED[order].tolist()
    told = [each["zscore" if method == "zscore" else "score"] for each in report["values"]]
    assert told == pytest.approx(scores[order].tolist())
    inside = SKEWED[~held]
    assert report["bounds"]["lower"] <= inside.min() <= inside.max() <= report["bounds"]["upper"]


def test_a_column_that_mostly_repeats_one_value_has_no_fences_of_its_middle():
    """Where quartiles or the MAD are 0, anything else would be an outlier."""
    frame = pl.DataFrame({"a": [0.0] * 900 + [1.0] * 90 + [50.0] * 10})

    found = far(profile("t", frame), cut(frame, (1000,)))

    assert {method: list(tails) for method, tails in found.items()} == {
        "zscore": ["a"],
        "tukey": [],
        "mad": [],
    }


def test_fences_of_estimated_quantiles_say_so():
    """Beyond the exact values, quartiles are estimates, and so are the fences they make."""
    values = np.random.default_rng(4).standard_t(3, 200_000)
    frame = pl.DataFrame({"a": values})

    found = {r["method"]: r for r in reports(far(profile("t", frame), cut(frame, (200_000,))))}

    assert "estimatedBounds" not in found["zscore"]
    assert found["tukey"]["estimatedBounds"] is True
    bounds = found["tukey"]["bounds"]
    outside = (values < bounds["lower"]) | (values > bounds["upper"])
    assert found["tukey"]["count"] == outside.sum()


def test_thousands_of_columns_share_the_examples():
    """The wider a table, the fewer values are shown of each column; all are counted."""
    frame = pl.DataFrame({f"c{k}": SKEWED[:400] for k in range(2000)})
    columns = profile("t", frame.select("c0")).columns * 2000
    wide = table(*(replace(column, name=f"c{k}") for k, column in enumerate(columns)))

    found = far(wide, cut(frame, (400,)))

    assert {len(tail.examples) for tail in found["tukey"].values()} == {3}
    assert found["tukey"]["c7"].count == expected("tukey", SKEWED[:400])[0].sum()


@pytest.mark.parametrize("offset", [1e9, 1e12, 1e15])
def test_deviations_are_as_exact_far_from_zero_as_near_it(offset):
    """The mean of numbers about 1e15 is told to an eighth; what is far from it is told whole."""
    near = [round(value * 8) / 8 for value in VALUES]
    away = [value + offset for value in near]

    here, there = (
        {method: tail["x"] for method, tail in found.items() if "x" in tail}
        for values in (near, away)
        for frame in [pl.DataFrame({"x": values})]
        for found in [far(profile("t", frame), cut(frame, (150, 252)))]
    )

    for one, other in zip(here["zscore"].examples, there["zscore"].examples, strict=True):
        assert other["row"] == one["row"]
        assert other["zscore"] == pytest.approx(one["zscore"], rel=1e-12)
    assert there["zscore"].count == here["zscore"].count


def test_the_rows_of_a_range_far_from_zero_are_those_that_sql_lists(tmp_path):
    """DuckDB counts by the same mean, and the rest of it."""
    away = [1e15 + round(value * 8) / 8 for value in VALUES]
    frame = pl.DataFrame({"x": away})
    frame.write_parquet(tmp_path / "x.parquet")
    (column,) = profile("t", frame).columns

    look = where.deviating(spread(column), 3.0)

    listed = duckdb.sql(f"SELECT x FROM '{tmp_path}/x.parquet' WHERE {look.sql}").fetchall()
    assert [x for (x,) in listed] == frame.filter(look.rows)["x"].to_list()
    assert len(listed) == 2
    assert column.mean_rest
