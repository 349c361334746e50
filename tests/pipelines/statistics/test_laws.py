"""Laws that every registered statistic obeys, on every kind of column."""

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from pipelines.column_type import word
from pipelines.statistics import codec, registry
from pipelines.statistics.budget import Budget
from pipelines.statistics.column_view import ColumnView
from pipelines.statistics.runs import NumberRuns
from pipelines.statistics.table_fold import TableFold
from pipelines.statistics.table_states import TableStates
from pipelines.statistics.table_view import TableView

NOISE = np.random.default_rng(7).normal(size=40)
MOMENT = datetime(2009, 8, 16, 1, 2, 3, 500)

COLUMNS: dict[str, pl.Series] = {
    "integer": pl.Series([3, 1, None, -7, 3, 0, 2**60, -(2**60)]),
    "large integer": pl.Series([2**64 - 1, 1, None, 2**63], dtype=pl.UInt64),
    "huge integer": pl.Series([2**100, 1, None, -(2**100)], dtype=pl.Int128),
    "small integer": pl.Series([1, 2, -128, None], dtype=pl.Int8),
    "number": pl.Series([1.5, None, float("nan"), float("inf"), -float("inf"), -0.0, 0.0, 1e-300]),
    "extreme number": pl.Series([1.7e308, 1.7e308, -1.7e308, 1e308, 5e-324]),
    "single number": pl.Series([0.1, None, 3.5], dtype=pl.Float32),
    "noise": pl.Series(1e9 + NOISE),
    "decimal": pl.Series([Decimal("1.25"), None, Decimal("-3.5"), Decimal("1.25")]),
    "long decimal": pl.Series(
        [Decimal(10**35), None, Decimal(-(10**35)) / 4], dtype=pl.Decimal(38, 2)
    ),
    "boolean": pl.Series([True, None, False, True]),
    "text": pl.Series(["", " ", " x ", "Zürich", "東京", "a" * 5000, None, "a", "AB-12"]),
    "many texts": pl.Series([f"text {n % 30}" for n in range(40)]),
    "categorical": pl.Series(["a", None, "b", "a"], dtype=pl.Categorical),
    "enum": pl.Series(["a", None, "b"], dtype=pl.Enum(["b", "a"])),
    "date": pl.Series([date(2009, 8, 16), None, date(1, 1, 1), date(9999, 12, 31)]),
    "far date": pl.Series([2**31 - 1, -(2**31), None, 0], dtype=pl.Int32).cast(pl.Date),
    "datetime": pl.Series([MOMENT, None, datetime(1, 1, 1), MOMENT]),
    "far datetime": pl.Series([2**63 - 1, -(2**63)]).cast(pl.Datetime("ms")),
    "zoned": pl.Series([datetime(2009, 8, 16, tzinfo=UTC), None]).dt.convert_time_zone(
        "Europe/Berlin"
    ),
    "time": pl.Series([time(1, 2, 3), None, time(23, 59, 59, 999999)]),
    "duration": pl.Series([timedelta(days=1), None, timedelta(microseconds=-5)]),
    "binary": pl.Series([b"", b"\xff\x00", None, b"a"]),
    "list": pl.Series([[1, None], [], None, [1, None]]),
    "map": pl.Series(
        [[{"key": k, "value": n} for k in ks] for n, ks in enumerate(["ab", "", "cb", "aab"])]
        + [None]
    ),
    "array": pl.Series([[1, 2], None, [3, 4]], dtype=pl.Array(pl.Int64, 2)),
    "struct": pl.Series([{"x": 1, "y": ["a"]}, None, {"x": None, "y": []}]),
    "bytes in a struct": pl.Series([{"x": b"\xff", "y": Decimal("1.5")}, None]),
    "empty struct": pl.Series([{}, {}], dtype=pl.Struct([])),
    "all null": pl.Series([None, None, None], dtype=pl.Int64),
    "null": pl.Series([None, None]),
}

SMALL = Budget(exact=8, ranks=4, distinct=8, frequent=4, text_bytes=200, sample=3)

MEMBERS = [
    pytest.param(statistic, column.rename("c"), id=f"{statistic.__name__}-{name}")
    for name, column in COLUMNS.items()
    for statistic in registry.BY_TYPE[word(column.dtype)]
]
every_statistic = pytest.mark.parametrize("statistic, column", MEMBERS)


def approximately(figures):
    """Rounding may differ in the last digits, and nothing else may."""
    return {
        name: value if not isinstance(value, float) else pytest.approx(value, rel=1e-12, abs=1e-12)
        for name, value in figures.items()
    }


def state(statistic, column, budget=None):
    return statistic.of(ColumnView(column, budget or Budget()))


@every_statistic
def test_merging_parts_equals_the_whole(statistic, column):
    """However a column is cut in two, merging gives what one pass gives."""
    whole = state(statistic, column).result()

    for cut in range(len(column) + 1):
        merged = state(statistic, column[:cut]).merge(state(statistic, column[cut:]))

        assert merged.result() == approximately(whole)


@every_statistic
def test_merging_is_associative(statistic, column):
    """Three parts give the same, whichever two are merged first."""
    a, b, c = (state(statistic, part) for part in (column[:1], column[1:3], column[3:]))

    left, right = a.merge(b).merge(c), a.merge(b.merge(c))

    assert left.result() == approximately(right.result())


@every_statistic
def test_no_rows_change_nothing(statistic, column):
    """The state of no rows is the identity, on both sides."""
    whole, nothing = state(statistic, column), state(statistic, column.clear())

    assert whole.merge(nothing).result() == whole.result()
    assert nothing.merge(whole).result() == whole.result()


@every_statistic
def test_a_state_survives_the_codec(statistic, column):
    """What is read back gives the same result, alone and merged."""
    whole = state(statistic, column)

    back = codec.decode(*codec.encode(whole))

    assert back.result() == whole.result()
    assert back.merge(whole).result() == whole.merge(whole).result()


@every_statistic
def test_results_are_json(statistic, column):
    """No NaN, no infinity, no type that JSON does not know."""
    for rows in (column, column.clear(), column[:1]):
        json.dumps(state(statistic, rows).result(), allow_nan=False)


@every_statistic
def test_small_budgets_are_survived(statistic, column):
    """Sketches merge, travel and answer, whatever the column holds."""
    rows = pl.concat([column] * 5)

    merged = state(statistic, rows, SMALL).merge(state(statistic, column, SMALL))
    back = codec.decode(*codec.encode(merged))

    assert back.result() == merged.result()
    json.dumps(back.result(), allow_nan=False)


def table():
    height = max(map(len, COLUMNS.values()))
    return pl.DataFrame(
        [column.extend_constant(None, height - len(column)).rename(name)
         for name, column in ((name, column.clone()) for name, column in COLUMNS.items())]
    )  # fmt: skip


def figures(states):
    return [
        [approximately(state.result()) for state in column] for column in states.columns
    ], states.rows


@pytest.mark.parametrize("statistic", registry.TABLE, ids=lambda s: s.name)
def test_table_statistics_merge_to_the_whole(statistic):
    """A table cut anywhere gives the state of the whole table."""
    frame = table()
    whole = TableView(frame)

    for cut in (0, 1, 20, frame.height):
        parts = TableView(frame[:cut]), TableView(frame[cut:], first_row=cut)
        merged = statistic.of(parts[0]).merge(statistic.of(parts[1]))

        assert_same(merged, statistic.of(whole))
        assert_same(codec.decode(*codec.encode(merged)), merged)


def assert_same(left, right):
    if hasattr(left, "result"):
        assert left.result() == right.result()
    elif hasattr(left, "correlation"):
        np.testing.assert_allclose(left.correlation(), right.correlation(), rtol=1e-9, atol=1e-9)
        np.testing.assert_array_equal(left.pair_counts(), right.pair_counts())
    elif hasattr(left, "frame"):
        assert left.frame.equals(right.frame)
        np.testing.assert_array_equal(left.rows, right.rows)
    else:
        assert left == right


def test_table_states_survive_arrow():
    """What is published gives the same results, and merges with what is new."""
    states = TableStates.of(table(), fragment=0, first_row=0)

    back = TableStates.from_arrow(states.to_arrow())

    assert figures(back) == figures(states)
    assert figures(back.merge(states)) == figures(states.merge(states))
    assert back.to_arrow().equals(states.to_arrow(), check_metadata=True)


def test_a_fold_equals_the_merge_of_its_chunks():
    """Chunks are collected before they are folded, and nothing is lost by it."""
    frame = table()
    fold = TableFold(frame.schema, fragment=3)
    for start in range(0, frame.height, 7):
        fold.add(frame[start : start + 7])

    whole = TableStates.of(frame, fragment=3, first_row=0)

    assert fold.states().fragments == ((3, frame.height),)
    assert figures(fold.states()) == figures(whole)


def test_a_chunk_of_another_schema_is_refused():
    """A fold never mixes types silently."""
    fold = TableFold(pl.Schema({"a": pl.Int64()}), fragment=0)

    with pytest.raises(TypeError, match="Float64"):
        fold.add(pl.DataFrame({"a": [1.5]}))


def test_a_table_without_columns_has_states():
    """Nothing in, nothing out, and no exception."""
    states = TableStates.of(pl.DataFrame(), fragment=0, first_row=0)

    assert TableStates.from_arrow(states.merge(states).to_arrow()).rows == 0


@pytest.mark.parametrize(
    "ends, width",
    [((0, 1), 1), ((-128, 127), 1), ((-1, 255), 2), ((0, 65_535), 2), ((0, 2**31), 4),
     ((-(2**63), 2**63 - 1), 8)],
)  # fmt: skip
def test_integers_travel_in_as_few_bytes_as_hold_them(ends, width):
    """And come back as they were: the same numbers, 64 bits each."""
    counts = np.array([*ends] * 20)
    runs = NumberRuns(np.arange(40.0), counts)

    text, buffers = codec.encode(runs)
    back = codec.decode(text, buffers)

    assert [len(buffer) for buffer in buffers] == [320, 40 * width]
    assert back.counts.dtype == counts.dtype
    np.testing.assert_array_equal(back.counts, counts)
    np.testing.assert_array_equal(back.values, runs.values)
