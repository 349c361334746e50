"""Bounds of what is estimated, and that nothing in it is left to chance."""

import numpy as np
import polars as pl
import pytest

from pipelines.statistics.budget import Budget
from pipelines.statistics.column_view import ColumnView
from pipelines.statistics.distinct_sketch import DistinctSketch
from pipelines.statistics.duplicates import KEPT, Duplicates
from pipelines.statistics.hashing import mix, of_codes
from pipelines.statistics.rank_sketch import RankSketch
from pipelines.statistics.runs import NumberRuns
from pipelines.statistics.table_view import TableView
from pipelines.statistics.text_values import TextValues
from pipelines.statistics.values import Values

N = 300_000
BUDGET = Budget(exact=20_000)
RNG = np.random.default_rng(5)
ORDERS = {
    "ascending": np.arange(N),
    "descending": np.arange(N)[::-1],
    "shuffled": RNG.permutation(N),
    "saw": np.arange(N) % 1000 * 300 + np.arange(N) // 1000,
    "skewed": (RNG.pareto(1.0, N) * 1e6).astype(np.int64),
    "heavy tails": RNG.standard_cauchy(N),
    "from both ends": np.stack([np.arange(N // 2), N - np.arange(N // 2)], axis=1).ravel(),
    "outward": (np.arange(N) // 2) * np.where(np.arange(N) % 2, 1, -1),
    "one value and others": np.where(RNG.random(N) < 0.9, 7, np.arange(N)),
    "runs": np.repeat(RNG.permutation(N // 5), 5),
    "magnitudes": np.ldexp(RNG.random(N), RNG.integers(-1000, 1000, N)),
    "neighbours": 1.0 + RNG.permutation(N) * 2.0**-52,
}
every_order = pytest.mark.parametrize("x", ORDERS.values(), ids=list(ORDERS))


def folded(kind, x, part, budget=BUDGET):
    states = [
        kind.of(ColumnView(pl.Series(x[start : start + part]), budget))
        for start in range(0, len(x), part)
    ]
    while len(states) > 1:
        pairs = zip(states[::2], [*states[1::2], None], strict=False)
        states = [a if b is None else a.merge(b) for a, b in pairs]
    return states[0]


@every_order
@pytest.mark.parametrize("part", [1000, 37_777])
def test_quantiles_stay_within_half_a_percent_and_within_their_bounds(x, part):
    """The rank of every quantile is right to 0.5 %, and the bounds that are stated hold."""
    ordered = np.sort(x)

    found = folded(Values, x, part).result()

    stated = found["estimates"]["quantiles"]
    assert stated["rankError"] <= 0.005
    for name, value in found["quantiles"].items():
        share = int(name[1:]) / 100
        low, high = (np.searchsorted(ordered, value, side=s) / N for s in ("left", "right"))
        assert low - 0.005 <= share <= high + 0.005
        exact = np.percentile(x, share * 100, method="lower")
        assert stated["lower"][name] <= exact <= stated["upper"][name]


@every_order
def test_spread_and_histogram_stay_within_their_bounds(x):
    """MAD, IQR and every bin lie between the bounds that are stated."""
    found = folded(Values, x, 10_000).result()

    bounds = found["estimates"]
    mad = np.median(np.abs(x - np.median(x)))
    counts = np.histogram(x, found["histogram"]["edges"])[0]
    assert bounds["mad"]["lower"] <= mad <= bounds["mad"]["upper"]
    assert bounds["iqr"]["lower"] <= np.subtract(*np.percentile(x, [75, 25]))
    assert np.subtract(*np.percentile(x, [75, 25])) <= bounds["iqr"]["upper"]
    assert (np.array(bounds["histogram"]["lower"]) <= counts).all()
    assert (counts <= np.array(bounds["histogram"]["upper"])).all()
    assert sum(found["histogram"]["counts"]) == N


@pytest.mark.parametrize("size", [1, 2, 3, 64])
def test_a_rank_sketch_loses_no_weight(size):
    """What the kept values stand for is always the number of values."""
    sketch = RankSketch.of(NumberRuns.of(np.empty(0, np.int64)), size)
    for n in (1, 5, 64, 1000, 7):
        sketch = sketch.merge(RankSketch.of(NumberRuns.of(RNG.integers(0, 50, n)), size))

    assert sketch.n == sketch.runs().total == 1077


@pytest.mark.parametrize("seed", range(5))
def test_distinct_values_are_counted_to_two_percent(seed):
    """With the default size the error stays below 2 %, and within the bounds."""
    n = 400_000
    sketch = DistinctSketch.of(
        of_codes(np.arange(n) + seed * 10**9), np.ones(n, np.int64), Budget().distinct
    )

    low, high = sketch.bounds

    assert abs(sketch.estimate / n - 1) < 0.02
    assert low <= n <= high


def test_distinct_values_do_not_depend_on_the_split():
    """The same hashes are kept, however the column is cut."""
    x = ORDERS["skewed"]

    counts = {folded(Values, x, part).result()["distinctCount"] for part in (999, 12_345, N)}

    assert len(counts) == 1


@pytest.mark.parametrize("kind", [Values, TextValues], ids=lambda k: k.__name__)
def test_frequent_values_lie_between_their_bounds(kind):
    """Values that surely lead are listed, and each true count is within what is stated."""
    x = np.where(RNG.random(N) < 0.3, RNG.integers(0, 5, N), np.arange(N) + 10)
    values = x if kind is Values else np.char.add("v", x.astype(str))
    keys, counts = np.unique(values, return_counts=True)
    truth = dict(zip(keys.tolist(), counts.tolist(), strict=True))

    found = folded(kind, values, 10_000, Budget(exact=20_000, frequent=500)).result()

    assert {top["value"] for top in found["topValues"]} == set(keys[counts > 1000].tolist())
    stated = found["estimates"]["topValues"]
    for top, low, high in zip(found["topValues"], stated["lower"], stated["upper"], strict=True):
        assert low <= truth[top["value"]] <= high


@pytest.mark.parametrize("kind", [Values, TextValues], ids=lambda k: k.__name__)
def test_values_that_occur_once_are_estimated_within_bounds(kind):
    """Whether a kept value repeats is known, wherever the column is cut."""
    x = np.concatenate([np.arange(60_000), np.arange(20_000)])
    x = RNG.permutation(x if kind is Values else np.char.add("v", x.astype(str)))

    found = [folded(kind, x, part).result() for part in (7000, len(x))]

    bound = found[0]["estimates"]["uniqueCount"]
    assert found[0]["uniqueCount"] == found[1]["uniqueCount"] == pytest.approx(40_000, rel=0.05)
    assert bound["lower"] <= 40_000 <= bound["upper"]


def test_a_mode_is_told_only_where_it_surely_leads():
    """A value that stands for a tenth leads; among values that hardly repeat none does."""
    leading = np.where(RNG.random(N) < 0.1, 7, np.arange(N) + 10)

    assert folded(Values, leading, 10_000).result()["mode"] == 7
    assert folded(Values, np.arange(N) // 2, 10_000).result()["mode"] is None


def test_patterns_of_many_texts_are_estimated():
    """Shares of shapes come from a sample of the values, and their bounds hold."""
    texts = [f"A-{k:06}" if k % 4 else f"{k:06}" for k in range(60_000)]

    found = folded(TextValues, np.array(texts), 10_000).result()

    assert [p["pattern"] for p in found["patterns"]] == ["A-999999", "999999"]
    stated = found["estimates"]["patterns"]
    assert stated["lower"][0] <= 45_000 <= stated["upper"][0]
    assert found["distinctCount"] == pytest.approx(60_000, rel=0.02)


def test_long_texts_are_cut_before_counts_are_lost():
    """Distinct values stay exact when the texts themselves take too much room."""
    texts = np.array([f"{k:05}" + "x" * 500 for k in range(1000)])

    found = folded(TextValues, texts, 300, Budget(text_bytes=100_000)).result()

    assert found["distinctCount"] == 1000
    assert found["topValues"][0] == {"value": "00000" + "x" * 95, "count": 1}


def test_duplicates_of_very_many_rows_are_estimated_within_bounds():
    """Beyond a million distinct rows hashes are sampled, and any split keeps the same ones."""
    n = KEPT + KEPT // 4
    x = np.concatenate([np.arange(n), np.arange(100_000)])
    frame = pl.DataFrame({"a": x})

    whole = Duplicates.of(TableView(frame)).result()
    parts = [
        Duplicates.of(TableView(frame[start : start + 400_000]))
        for start in range(0, len(x), 400_000)
    ]
    merged = parts[0]
    for part in parts[1:]:
        merged = merged.merge(part)

    assert whole == merged.result()
    assert whole["lower"] <= 100_000 <= whole["upper"]
    assert whole["count"] == pytest.approx(100_000, rel=0.05)


def test_integers_hash_alike_however_they_are_held():
    """A column whose chunks fit 64 bits, or do not, counts a value once."""
    values = [0, 1, -1, 2**63 - 1, -(2**63)]

    plain, boxed = of_codes(np.array(values)), of_codes(np.array(values, dtype=object))

    np.testing.assert_array_equal(plain, boxed)
    assert len(set(of_codes(np.array([2**64, 0, -(2**64), 2**63], dtype=object)).tolist())) == 4


def test_hashes_of_polars_are_the_ones_that_are_published():
    """States outlive a process: if polars changes its hashes, the version of states must change."""
    assert pl.Series(["", "a", "hello world"]).hash().to_list() == [
        12660643674261709305,
        12015426485309150842,
        11252579303410138158,
    ]
    frame = pl.DataFrame({"l": [1], "s": ["a"], "f": [0.5], "n": [None]})
    assert frame.hash_rows().to_list() == [6754447140487476320]
    assert mix(np.array([1], np.uint64)).tolist() == [0x5692161D100B05E5]


def test_the_middle_of_a_heavy_tail_stays_within_its_bounds():
    """The ends are those of estimated percentiles; what lies between them is bounded bin by bin."""
    x = np.random.default_rng(3).pareto(0.6, N)

    found = folded(Values, x, 25_000).result()

    edges, bounds = found["middleHistogram"]["edges"], found["estimates"]["middleHistogram"]
    counts = np.histogram(x, edges)[0]
    assert (np.array(bounds["lower"]) <= counts).all()
    assert (counts <= np.array(bounds["upper"])).all()
    assert max(found["histogram"]["counts"]) > 0.9 * N > max(found["middleHistogram"]["counts"])
