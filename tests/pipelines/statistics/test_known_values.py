"""Figures against numpy, scipy and exact fractions."""

import math
from datetime import date, time
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
import scipy.stats

from pipelines.profile import profile_table
from pipelines.statistics import running_merge
from pipelines.statistics.budget import Budget
from pipelines.statistics.column_view import ColumnView
from pipelines.statistics.moments import Moments
from pipelines.statistics.patterns import shapes
from pipelines.statistics.table_states import TableStates
from pipelines.statistics.values import Values

RNG = np.random.default_rng(11)
SAMPLES = {
    "normal": RNG.normal(size=5000),
    "skewed": RNG.lognormal(sigma=1.5, size=5001),
    "near 1e9": 1e9 + RNG.normal(size=4800),
    "few": RNG.integers(0, 7, 3000).astype(float),
    "one": np.array([3.5]),
    "two": np.array([-1.0, 4.0]),
    "constant": np.full(10, 0.1),
}
every_sample = pytest.mark.parametrize("x", SAMPLES.values(), ids=list(SAMPLES))


def profile(frame, parts=1):
    cuts = np.linspace(0, frame.height, parts + 1).astype(int)
    states = running_merge.merged(
        TableStates.of(frame[a:b], fragment=number, first_row=0)
        for number, (a, b) in enumerate(pairwise(cuts))
    )
    return profile_table("t", (), states, size_bytes=0)


def figures(values, parts=1):
    return profile(pl.DataFrame({"c": values}), parts).columns[0].figures


def exact_quantile(ordered, share):
    rank = share * (len(ordered) - 1)
    low, high = ordered[int(rank)], ordered[min(int(rank) + 1, len(ordered) - 1)]
    return low + (high - low) * (rank - int(rank))


def test_quantiles_between_the_ends_of_all_floats_are_there():
    """What lies between -1.7e308 and 1e308 is a float, though their distance is none."""
    view = ColumnView(pl.Series([1.7e308, 1.7e308, -1.7e308, 1e308]), Budget())

    found = Values.of(view).result()

    told = [found["quantiles"][name] for name in ("p25", "p50", "p75")] + [found["iqr"]]
    assert told == pytest.approx([3.25e307, 1.35e308, 1.7e308, 1.375e308], rel=1e-12)


@every_sample
def test_quantiles_are_those_of_numpy(x):
    """Exact quantiles interpolate linearly, to the last bit as numpy does."""
    found = figures(x, parts=3)

    percents = (1, 5, 25, 50, 75, 95, 99)
    assert list(found["quantiles"].values()) == [np.percentile(x, p) for p in percents]
    ordered = sorted(Fraction(float(value)) for value in x)
    quarters = [exact_quantile(ordered, Fraction(p, 4)) for p in (1, 2, 3)]
    distances = sorted(abs(value - quarters[1]) for value in ordered)
    assert found["iqr"] == pytest.approx(float(quarters[2] - quarters[0]), rel=1e-15)
    assert found["mad"] == pytest.approx(
        float(exact_quantile(distances, Fraction(1, 2))), rel=1e-15
    )
    assert found["estimates"] == {}


@every_sample
def test_moments_are_those_of_exact_fractions(x):
    """Fourteen digits of the mean and the variance, in 24 parts as in one."""
    exact = [Fraction(v) for v in x.tolist()]
    mean = sum(exact) / len(exact)
    square = sum((v - mean) ** 2 for v in exact)

    found = figures(x, parts=min(24, len(x)))

    assert found["sum"] == float(sum(exact))
    assert found["mean"] == float(mean)
    if len(x) > 1:
        assert found["variance"] == pytest.approx(float(square / (len(x) - 1)), rel=1e-14)
        assert found["stddev"] == pytest.approx(x.std(ddof=1), rel=1e-9)


@pytest.mark.parametrize("name", ["normal", "skewed", "few"])
def test_shape_is_that_of_scipy(name):
    """Skewness is g1 and kurtosis the excess g2, both of the population."""
    x = SAMPLES[name]

    found = figures(x, parts=5)

    assert found["skewness"] == pytest.approx(scipy.stats.skew(x), rel=1e-11, abs=1e-13)
    assert found["kurtosis"] == pytest.approx(scipy.stats.kurtosis(x), rel=1e-11, abs=1e-13)


@every_sample
def test_a_histogram_is_that_of_numpy_over_its_edges(x):
    """Every finite value is in one bin."""
    histogram = figures(x)["histogram"]

    if x.min() < x.max():
        assert histogram["counts"] == np.histogram(x, histogram["edges"])[0].tolist()
    assert sum(histogram["counts"]) == len(x)
    assert (histogram["edges"][0], histogram["edges"][-1]) == (x.min(), x.max())


@every_sample
def test_spread_and_mode_are_those_of_scipy(x):
    """Range, coefficient of variation, and the smallest of the most frequent values."""
    found = figures(x, parts=2)

    assert found["range"] == np.ptp(x)
    if len(x) > 1:
        assert found["coefficientOfVariation"] == pytest.approx(
            scipy.stats.variation(x, ddof=1) * np.sign(x.mean()), rel=1e-9
        )
    repeats = len(np.unique(x)) < len(x)
    assert found["mode"] == (scipy.stats.mode(x).mode if repeats else None)


def test_ranges_of_dates_are_durations():
    """In ISO 8601, as the ends are."""
    days = [date(2009, 8, 16), date(2009, 9, 15)]

    assert figures(days)["range"] == "P30D"
    assert figures(pl.Series(days).cast(pl.Datetime("ns")))["range"] == "P30D"
    assert figures([time(1), time(2, 30, 0, 5)])["range"] == "PT1H30M0.000005S"


@pytest.mark.parametrize("kind", [int, str])
def test_rare_and_unique_values_are_known(kind):
    """The ten rarest with their counts, and how many values occur once."""
    values = [kind(v) for v in range(100, 130) for _ in range(v - 99)]

    found = figures(values, parts=4)

    assert found["uniqueCount"] == 1
    assert found["bottomValues"] == [{"value": kind(v), "count": v - 99} for v in range(100, 110)]
    assert (found["constant"], found["allUnique"]) == (False, False)
    assert "bottomValues" not in figures([kind(v) for v in range(50)])


def test_constant_and_unique_columns_are_called_so():
    """Nulls aside; a column without values is neither."""
    frame = pl.DataFrame({"a": [7, None, 7], "b": ["x", None, "y"], "c": [None] * 3})

    found = [column.figures for column in profile(frame, parts=2).columns]

    assert [(f.get("constant"), f.get("allUnique")) for f in found] == [
        (True, False), (False, True), (None, None)
    ]  # fmt: skip


@pytest.mark.parametrize("dtype", [pl.Int64, pl.Decimal(38, 2), pl.UInt64])
@pytest.mark.parametrize("parts", [1, 4])
def test_spread_of_large_integers_is_that_of_their_differences(dtype, parts):
    """Near 2**62 neighbours are one float, and yet their quartiles and variance are known."""
    steps = [(n * 37) % 101 for n in range(500)]
    other = [(n * 53) % 97 for n in range(500)]
    near, far = (pl.Series([n + base for n in steps]).cast(dtype) for base in (0, 2**62))
    frame = pl.DataFrame({"near": near, "far": far, "other": other})
    found = profile(frame, parts)
    few, many, _ = (column.figures for column in found.columns)
    for name in ("iqr", "mad", "variance", "stddev", "skewness", "kurtosis"):
        assert many[name] == pytest.approx(few[name], rel=1e-13), name
    assert found.correlation[0, 1] == pytest.approx(1, rel=1e-14)
    assert found.correlation[1, 2] == pytest.approx(found.correlation[0, 2], rel=1e-12)


@pytest.mark.parametrize("power", [-1050, -700, -201, 201, 400, 900, 1017])
@pytest.mark.parametrize("parts", [1, 4])
def test_shape_is_the_same_at_every_size_of_the_numbers(power, parts):
    """Numbers times a power of two have its multiple of a deviation, and the same skewness."""
    x = np.array([float(n * n % 61 - 7) for n in range(400)])
    small, large = figures(x, parts), figures(np.ldexp(x, power), parts)
    assert large["stddev"] == pytest.approx(float(np.ldexp(small["stddev"], power)), rel=1e-13)
    for name in ("skewness", "kurtosis", "coefficientOfVariation"):
        assert large[name] == pytest.approx(small[name], rel=1e-6 if power < -1000 else 1e-13)
    assert large["variance"] == (None if power > 500 else pytest.approx(
        float(np.ldexp(small["variance"], 2 * power)), rel=1e-13))  # fmt: skip


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("power", [-1040, -600, 300, 1000])
def test_correlations_are_the_same_at_every_size_of_the_numbers(power, parts):
    """Products that are no floats, or 0, are none of the coefficient's business."""
    x = np.array([float(n * n % 61 - 7) for n in range(300)])
    y = np.array([None if n % 9 == 0 else float(n % 17) for n in range(300)], np.float64)
    frame = pl.DataFrame({"x": x, "y": y, "far": np.ldexp(x, power)}, nan_to_null=True)
    found = profile(frame, parts).correlation
    assert found[0, 2] == pytest.approx(1, rel=1e-13)
    assert found[1, 2] == pytest.approx(found[0, 1], rel=1e-12)


def test_deviations_of_parts_of_very_different_sizes_are_known():
    """Parts of one value each, or of tiny and ordinary ones, merge to what all are together."""
    for values in ([1e-300] * 5 + [2e-300] * 5, [1e-200, 2e-200, 1.0, 2.0], [1e308, -1e308]):
        exact = [Fraction(value) for value in values]
        mean = sum(exact) / len(exact)
        scale = max(map(abs, exact))
        square = sum(((value - mean) / scale) ** 2 for value in exact) / (len(exact) - 1)
        told = figures(values, parts=2)["stddev"]
        assert told == pytest.approx(float(scale) * math.sqrt(square), rel=1e-14)


def test_integers_sum_beyond_64_bits():
    """Integer sums never overflow, and come as text where JSON numbers would round."""
    assert figures([2**62] * 8)["sum"] == str(2**65)


def test_floats_that_cancel_leave_the_rest():
    """The sum is the exact sum, rounded once, wherever the column is cut."""
    x = [1e308, 1.0, 1e308, -1e308, 3e-300, -1e308]

    assert {figures(x, parts=parts)["sum"] for parts in (1, 2, 3, 6)} == {1.0}


def test_decimals_stay_exact():
    """Decimals are summed and compared as integers, and shown as text."""
    decimals = figures(pl.Series(["0.10", "0.20", "-5.00"]).cast(pl.Decimal(10, 2)))

    assert (decimals["min"], decimals["max"], decimals["sum"]) == ("-5.00", "0.20", "-4.70")
    assert decimals["mean"] == pytest.approx(-4.7 / 3)


def test_a_decimal_with_more_places_than_64_bits_hold_is_whole_only_as_zero():
    """A scale of 30 is no number that the digits can be divided by."""
    thin = [Decimal(0), Decimal("0.000000000000000000000000000007")]
    for values, is_whole in ((thin[:1], True), (thin, False)):
        assert figures(pl.Series(values, dtype=pl.Decimal(38, 30)))["integerValued"] is is_whole


def test_dates_are_iso_dates():
    """A date has no time, and infers as text."""
    column = profile(pl.DataFrame({"c": [date(2009, 8, 16), None, date(1492, 10, 12)]})).columns[0]

    assert (column.figures["min"], column.figures["max"]) == ("1492-10-12", "2009-08-16")
    assert (column.type, column.inferred_type) == ("date", "text")


def test_nulls_are_not_distinct():
    """Two values and a null are two distinct values; an all-null column has none and no type."""
    frame = pl.DataFrame({"a": [1, None, 2, 1], "b": pl.Series([None] * 4, dtype=pl.Int64)})

    a, b = profile(frame, parts=2).columns

    assert (a.figures["distinctCount"], b.figures["distinctCount"]) == (2, 0)
    assert (a.inferred_type, b.inferred_type) == ("numeric", "unknown")
    assert a.figures["topValues"] == [{"value": 1, "count": 2}, {"value": 2, "count": 1}]


def test_texts_are_ordered_by_code_point_and_measured_in_characters():
    """Not by locale, and not in bytes."""
    found = figures(["b", "Z", "ä", "日本", "", "  ", " x"], parts=2)

    assert (found["min"], found["max"]) == ("", "日本")
    assert (found["minLength"], found["maxLength"]) == (0, 2)
    assert (found["empty"], found["blank"], found["padded"]) == (1, 1, 1)


def test_shapes_know_letters_of_all_scripts():
    """Capitals, small letters and digits of any script; the rest stands for itself."""
    texts = ["Ab-12", "Éa", "ñ٣", "日本 1", "", "A" * 80]

    assert shapes(pl.Series(texts)).to_list() == ["Aa-99", "Aa", "a9", "aa 9", "", "A" * 50]


def test_correlations_are_those_of_complete_pairs():
    """Pearson's r over the rows where both columns have a value, as pandas has it."""
    x = RNG.normal(size=(300, 4)) + 1e6
    x[:, 1] += x[:, 0]
    x[::7, 2] = np.nan
    x[::5, 3] = np.nan
    frame = pl.DataFrame(x, schema=list("abcd")).fill_nan(None)

    found = profile(frame, parts=4)

    expected = frame.to_pandas().corr().to_numpy()
    np.testing.assert_allclose(found.correlation, expected, atol=1e-9)
    known = np.isfinite(x).astype(int)
    np.testing.assert_array_equal(found.pair_counts, known.T @ known)


def test_constant_columns_have_no_correlation():
    """Undefined is NaN, not zero and not one."""
    frame = pl.DataFrame({"a": [1.0, 2.0, 3.0], "b": [0.1, 0.1, 0.1]})

    assert np.isnan(profile(frame).correlation).tolist() == [[False, True], [True, True]]


def test_rows_that_repeat_are_duplicates():
    """Three equal rows are two duplicates, across fragments and with nulls and NaN."""
    frame = pl.DataFrame({"a": [1.0, None, 1.0, None, float("nan"), 1.0, float("nan")]})

    assert profile(frame, parts=3).duplicate_rows == {"count": 4, "ratio": 4 / 7}


def test_sampled_rows_know_their_number():
    """A sample is in row order, says which rows it holds, and does not depend on chunks."""
    frame = pl.DataFrame({"a": np.arange(40_000)})

    found = profile(frame, parts=4)

    assert found.sample.height == 5000
    np.testing.assert_array_equal(found.sample["a"] + 1, found.sample_rows)
    assert abs(found.sample["a"].mean() - 20_000) < 1000


def test_missing_cells_are_counted_in_rows_and_cells():
    """Completeness counts cells, rows with nulls count rows."""
    frame = pl.DataFrame({"a": [1, None, None], "b": ["x", None, "y"]})

    found = profile(frame, parts=2)

    assert (found.rows_with_nulls, found.empty_rows, found.completeness) == (2, 1, 0.5)


def test_a_hundred_thousand_rows_have_no_estimates():
    """A table of that size is exact in every figure."""
    n = 100_000
    frame = pl.DataFrame(
        {"i": np.arange(n) * 7919, "f": RNG.normal(size=n), "t": [f"{k:030}" for k in range(n)]}
    )

    found = profile(frame, parts=2)

    assert [column.figures["estimates"] for column in found.columns] == [{}, {}, {}]
    assert [column.figures["distinctCount"] for column in found.columns] == [n, n, n]
    assert found.duplicate_rows == {"count": 0, "ratio": 0.0}


def test_very_wide_tables_are_screened():
    """Beyond a thousand numeric columns the strongest pairs are found in the sample."""
    x = RNG.normal(size=(400, 1200))
    x[:, 1100] = x[:, 30] * -2
    frame = pl.DataFrame(x, schema=[f"c{k}" for k in range(1200)])

    found = profile(frame)

    assert found.correlation_method == "sample"
    assert len(found.correlated) == 400
    i, j = found.correlated.index("c30"), found.correlated.index("c1100")
    assert found.correlation[i, j] == pytest.approx(-1.0)
    assert found.pair_counts[i, j] == 400


def test_a_new_statistic_sees_shared_work():
    """Views compute what several statistics need once."""
    view = ColumnView(pl.Series([3, 1, 3]), Budget())

    Moments.of(view)
    runs = view.runs
    Values.of(view)

    assert view.runs is runs


@pytest.mark.parametrize("name", ["^a.*$", "*", "", "a.b"])
def test_a_name_that_looks_like_a_pattern_is_only_a_name(name):
    """Whatever the columns are called, their figures are the same."""
    frame = pl.DataFrame({"v": [1.5, None, 3.0] * 20, "t": ["x", None, "z"] * 20})
    for column in frame.columns:
        plain = profile(frame.select(column)).columns[0].figures

        found = profile(frame.select(column).rename({column: name})).columns[0].figures

        assert found == plain


def test_a_histogram_that_outliers_crush_is_told_of_its_middle_too():
    """From the 1st to the 99th percentile; every value of these is in one bin."""
    x = np.concatenate([np.arange(1.0, 1001.0), [1e9, -1e9]])

    found = figures(x, parts=3)

    low, high = np.percentile(x, [1, 99])
    inner = x[(x >= low) & (x <= high)]
    middle = found["middleHistogram"]
    assert max(found["histogram"]["counts"]) >= 1000
    assert (middle["edges"][0], middle["edges"][-1]) == (inner.min(), inner.max())
    assert middle["counts"] == np.histogram(inner, middle["edges"])[0].tolist()


@pytest.mark.parametrize(
    "x", [np.arange(100.0), np.array([5.0] * 99 + [1e6]), np.array([1.0]), np.zeros(50)]
)
def test_a_middle_that_shows_no_more_is_not_told(x):
    """Neither of an even column, nor of one that holds hardly more than one value."""
    assert "middleHistogram" not in figures(x)
