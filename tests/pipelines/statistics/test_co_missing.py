"""Co-missing: which columns lack the same rows, against numpy, wherever the table is cut."""

import numpy as np
import polars as pl
import pytest

from pipelines.profile import profile_table
from pipelines.statistics.co_missing import TOP, WIDEST, CoMissing, sampled
from pipelines.statistics.table_states import TableStates
from pipelines.statistics.table_view import TableView

RNG = np.random.default_rng(6)


def table(mask):
    return pl.DataFrame(
        {
            f"c{k}": pl.Series([None if gone else 1 for gone in line])
            for k, line in enumerate(mask.T)
        },
        schema_overrides={f"c{k}": pl.Int64 for k in range(mask.shape[1])},
    )


@pytest.mark.parametrize("cut", [0, 1, 63, 64, 65, 200])
def test_pairs_are_counted_over_all_rows(cut):
    """Whichever columns have nulls in a part."""
    mask = RNG.random((200, 9)) < np.linspace(0, 0.5, 9)
    mask[:70, 3] = False
    frame = table(mask)

    state = CoMissing.of(TableView(frame[:cut])).merge(CoMissing.of(TableView(frame[cut:])))

    holed = np.flatnonzero(mask.any(axis=0))
    np.testing.assert_array_equal(state.places, holed)
    counts = mask[:, holed].astype(int)
    np.testing.assert_array_equal(state.both, counts.T @ counts)


def test_the_pairs_that_go_together_are_named():
    """With the rows that lack both, and those that lack either; the most frequent first."""
    mask = np.zeros((100, 4), bool)
    mask[:30, 1] = mask[:40, 3] = True
    mask[90:, 0] = mask[90:, 1] = True
    states = TableStates.of(table(mask), fragment=0, first_row=0)

    found = profile_table("t", (), states, size_bytes=0)

    assert found.co_missing == {
        "pairs": [
            {"left": "c1", "right": "c3", "both": 30, "either": 50},
            {"left": "c0", "right": "c1", "both": 10, "either": 40},
        ],
        "method": "exact",
        "rows": 100,
    }
    assert (found.cells, found.missing_cells, found.empty_rows) == (400, 90, 0)


def test_very_many_columns_with_nulls_are_told_from_the_sample():
    """And that is said; which part had too many does not matter."""
    mask = np.zeros((50, WIDEST + 5), bool)
    mask[RNG.random(mask.shape) < 0.05] = True
    mask[:20, 7] = mask[:20, WIDEST + 1] = mask[-1] = True
    frame = table(mask)
    states = TableStates.of(frame[:1], fragment=0, first_row=0).merge(
        TableStates.of(frame[1:], fragment=0, first_row=1)
    )

    found = profile_table("t", (), states, size_bytes=0).co_missing

    assert (found["method"], found["rows"], len(found["pairs"])) == ("sample", 50, TOP)
    assert {found["pairs"][0][side] for side in ("left", "right")} == {"c7", f"c{WIDEST + 1}"}
    assert sampled(frame.clear()) == []
