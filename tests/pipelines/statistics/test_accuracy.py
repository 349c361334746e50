"""Accuracy: certified values, exact fractions, and the errors that are promised at any size."""

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from pipelines.profile import profile_table
from pipelines.statistics import registry
from pipelines.statistics.budget import Budget
from pipelines.statistics.column_view import ColumnView
from pipelines.statistics.distinct_sketch import DistinctSketch
from pipelines.statistics.hashing import of_codes
from pipelines.statistics.moments import Moments
from pipelines.statistics.rank_sketch import RankSketch
from pipelines.statistics.runs import NumberRuns
from pipelines.statistics.table_states import TableStates
from pipelines.statistics.values import Values
from tests.pipelines.statistics import strd

RNG = np.random.default_rng(23)
every_reference = pytest.mark.parametrize("reference", strd.REFERENCES, ids=lambda r: r.name)
every_split = pytest.mark.parametrize("parts", [1, 3, 24])


def moments(values, parts=1):
    """The figures of the values, cut into parts and merged."""
    cuts = np.linspace(0, len(values), parts + 1).astype(int)
    states = [
        Moments.of(ColumnView(pl.Series(values[a:b]), Budget())) for a, b in pairwise(cuts) if a < b
    ]
    merged = states[0]
    for state in states[1:]:
        merged = merged.merge(state)
    return merged.result()


def _kinds(view):
    return registry.BY_TYPE[view.word]


def digits(found, expected):
    """How many significant digits are right (the log relative error)."""
    wrong = abs(Fraction(found) - Fraction(expected)) / abs(Fraction(expected))
    return 16.0 if wrong == 0 else -math.log10(wrong)


@every_reference
def test_the_reference_data_are_what_nist_certifies(reference):
    """The decimals have the certified values, so that no value was mistyped here."""
    mean, variance = strd.exact(reference.values)

    assert digits(mean, reference.mean) > 14
    assert digits(Fraction(float(variance) ** 0.5), reference.stddev) > 14


@every_split
@every_reference
def test_moments_have_fourteen_certified_digits(reference, parts):
    """Fourteen digits, save those that the data do not have as binary numbers (below)."""
    spread = strd.exact(reference.floats)[1]
    left = digits(Fraction(float(spread) ** 0.5), reference.stddev)

    found = moments(reference.floats, parts)

    assert digits(found["mean"], reference.mean) > 14
    assert digits(found["stddev"], reference.stddev) > min(14, left - 0.1)
    assert digits(found["variance"], spread) > 14


def test_binary_data_limit_four_certificates():
    """A decimal near 1e7 with a spread of 0.1 has eight digits of the latter in binary."""
    left = {
        reference.name: digits(
            Fraction(float(strd.exact(reference.floats)[1]) ** 0.5), reference.stddev
        )
        for reference in strd.REFERENCES
    }

    assert {name for name, count in left.items() if count < 14} == {
        "Mavro", "Michelso", "NumAcc3", "NumAcc4"
    }  # fmt: skip
    assert 8 < left["NumAcc4"] < left["NumAcc3"] < 10


HOSTILE = {
    "1e9 + noise": 1e9 + RNG.normal(size=4800),
    "1e15 + 0 or 1": 1e15 + RNG.integers(0, 2, 2400),
    "twelve magnitudes": 10.0 ** RNG.uniform(-6, 6, 2400) * RNG.choice([-1, 1], 2400),
    "one giant": np.append(RNG.normal(size=2399), 1e8),
    "sorted": np.sort(RNG.lognormal(sigma=2, size=4800)),
    "two clusters": np.repeat([1e6, 1e6 + 1e-3], 1200),
    "cubes": np.arange(2400.0) ** 3,
    "subnormal steps": 1.0 + np.arange(2400) * 2.0**-52,
}


@every_split
@pytest.mark.parametrize("values", HOSTILE.values(), ids=list(HOSTILE))
def test_moments_of_hostile_distributions_are_those_of_exact_fractions(values, parts):
    """Mean exact, variance to 13 digits, shape to 10, however the column is cut."""
    numbers = [Fraction(value) for value in values.tolist()]
    n, mean = len(numbers), sum(numbers) / len(numbers)
    m2, m3, m4 = (sum((value - mean) ** power for value in numbers) / n for power in (2, 3, 4))

    found = moments(values, parts)

    assert found["mean"] == float(mean)
    assert digits(found["variance"], m2 * n / (n - 1)) > 13
    assert found["skewness"] == pytest.approx(float(m3) / float(m2) ** 1.5, rel=1e-10, abs=1e-10)
    assert found["kurtosis"] == pytest.approx(float(m4 / m2**2) - 3, rel=1e-10, abs=1e-10)


BLOCK, BLOCKS = 1 << 17, 763  # 10^8 rows
STREAMS = {
    "sorted": lambda at: np.arange(BLOCK) + at * BLOCK,
    "reversed": lambda at: np.arange(BLOCK) - at * BLOCK,
    "constant": lambda _: np.full(BLOCK, 7),
    "saw": lambda _: np.arange(BLOCK),
    "outward": lambda at: np.arange(BLOCK) * (1 + at),
}


ORDERS = {
    "rising": list(range(BLOCKS)),
    "falling": list(range(BLOCKS))[::-1],
    "any": np.random.default_rng(1).permutation(BLOCKS).tolist(),
}


@pytest.mark.parametrize(
    "order, offset, step",
    [("rising", 10**15, 1), ("falling", 0, 1), ("any", -(2**62), 2**30)],
    ids=["near 1e15", "falling", "large steps in any order"],
)
def test_moments_of_a_hundred_million_rows_are_those_of_algebra(order, offset, step):
    """An arithmetic sequence, merged block by block: mean exact, variance to 13 digits."""
    merged = None
    for at in ORDERS[order]:
        values = offset + step * (np.arange(BLOCK) + at * BLOCK)
        state = Moments.of(ColumnView(pl.Series(values), Budget()))
        merged = state if merged is None else merged.merge(state)

    n, found = BLOCK * BLOCKS, merged.result()

    mean = offset + Fraction(step * (n - 1), 2)
    assert found["mean"] == float(mean)
    assert Fraction(found["sum"]) == n * mean
    assert digits(found["variance"], Fraction(step**2 * n * (n + 1), 12)) > 13
    assert found["skewness"] == pytest.approx(0, abs=1e-9)
    assert found["kurtosis"] == pytest.approx(-1.2 * (n**2 + 1) / (n**2 - 1), rel=1e-9)


def test_moments_of_noise_keep_their_digits_over_a_hundred_million_rows():
    """A block of 1e9 + noise, merged with itself until there are 2**27 rows."""
    values = 1e9 + RNG.normal(size=1 << 12)
    numbers = [Fraction(value) for value in values.tolist()]
    mean = sum(numbers) / len(numbers)
    square = sum((number - mean) ** 2 for number in numbers)
    state, copies = Moments.of(ColumnView(pl.Series(values), Budget())), 1
    while copies * len(values) < 1 << 27:
        state, copies = state.merge(state), 2 * copies

    found = state.result()

    assert found["mean"] == float(mean)
    assert digits(found["variance"], copies * square / (copies * len(values) - 1)) > 13


@pytest.mark.parametrize("budget", [Budget(), Budget.of(2000)], ids=["narrow", "wide"])
@pytest.mark.parametrize("stream", STREAMS.values(), ids=list(STREAMS))
def test_ranks_hold_at_a_hundred_million_rows(stream, budget):
    """Half a percent up to 500 columns and five beyond, whatever the order; the bound is proven."""
    promised = 0.005 if budget == Budget() else 0.05
    probes = np.quantile(np.concatenate([stream(at) for at in (0, 381, 762)]), np.linspace(0, 1, 9))
    below = np.zeros(9)
    upto = np.zeros(9)
    stack = []
    for at in range(BLOCKS):
        values = stream(at)
        below += np.searchsorted(values, probes, side="left")
        upto += np.searchsorted(values, probes, side="right")
        height, state = 0, RankSketch.of(NumberRuns(values, np.ones(BLOCK, np.int64)), budget.ranks)
        while stack and stack[-1][0] == height:
            state, height = stack.pop()[1].merge(state), height + 1
        stack.append((height, state))
    state = stack.pop()[1]
    while stack:
        state = stack.pop()[1].merge(state)

    n = BLOCK * BLOCKS
    runs = state.runs()
    ends = np.concatenate([[0], np.cumsum(runs.counts)])
    low = ends[np.searchsorted(runs.values, probes, side="left")]
    high = ends[np.searchsorted(runs.values, probes, side="right")]

    assert state.n == n
    assert state.error <= promised * n
    assert (low <= upto + state.error).all()
    assert (high >= below - state.error).all()
    assert sum(len(level) for level in state.levels) <= 2 * budget.ranks * (len(state.levels) + 1)


@pytest.mark.parametrize(
    "budget, promised", [(Budget(), 0.02), (Budget.of(2000), 0.05)], ids=["narrow", "wide"]
)
def test_distinct_values_hold_at_a_hundred_million(budget, promised):
    """All different: within two percent (five when wide), within the bounds, whatever the order."""
    once = np.ones(BLOCK, np.int64)
    states = [
        DistinctSketch.of(of_codes(np.arange(BLOCK) + at * BLOCK), once, budget.distinct)
        for at in range(BLOCKS)
    ]
    merged = states[0]
    for state in states[1:]:
        merged = merged.merge(state)
    backwards = states[-1]
    for state in states[-2::-1]:
        backwards = backwards.merge(state)

    n = BLOCK * BLOCKS
    low, high = merged.bounds
    assert abs(merged.estimate / n - 1) <= promised
    assert low <= n <= high
    np.testing.assert_array_equal(merged.hashes, backwards.hashes)


@pytest.mark.parametrize("repeat", [1, 2, 7])
@pytest.mark.parametrize("distinct", [1, 500, 9_000, 40_000])
def test_distinct_values_never_exceed_the_values_there_are(distinct, repeat):
    """Neither the estimate nor its upper bound, exact or sketched."""
    values = np.tile(np.arange(distinct) * 7919, repeat)
    budget = Budget(exact=1000, distinct=512)
    parts = [Values.of(ColumnView(pl.Series(part), budget)) for part in np.array_split(values, 5)]
    merged = parts[0]
    for part in parts[1:]:
        merged = merged.merge(part)

    found = merged.result()

    bound = found.get("estimates", {}).get("distinctCount", {"upper": found["distinctCount"]})
    assert found["distinctCount"] <= bound["upper"] <= len(values)


def test_a_hundred_thousand_rows_of_five_hundred_columns_have_no_estimates():
    """The widest table that is promised to be exact, as far as its budget goes."""
    n, budget = 100_000, Budget.of(500)
    columns = {
        "integer": pl.Series(np.arange(n) * 7919),
        "number": pl.Series(RNG.normal(size=n)),
        "text": pl.Series([f"{k:040}" for k in range(n)]),
        "prose": pl.Series([f"{k:0150}" for k in range(n)]),
    }
    views = {name: ColumnView(column.rename(name), budget) for name, column in columns.items()}
    frame = pl.DataFrame({name: view.series for name, view in views.items()})

    whole = profile_table(
        "t", (), TableStates.of(frame, fragment=0, first_row=0), size_bytes=0
    ).columns

    assert [column.figures["estimates"] for column in whole] == [{}] * 4
    for column, view in zip(whole, views.values(), strict=True):
        parts = [
            ColumnView(view.series[:40_000], budget),
            ColumnView(view.series[40_000:], budget),
        ]
        for kind in _kinds(view):
            figures = kind.of(parts[0]).merge(kind.of(parts[1])).result()
            assert figures.get("estimates", {}) == {}
            assert figures.get("distinctCount", n) == column.figures["distinctCount"] == n
