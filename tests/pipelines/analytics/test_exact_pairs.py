"""Exact pairs: what the sample chose is computed over all rows, from these columns alone."""

import uuid
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pipelines.analytics.evidence import Evidence
from pipelines.analytics.exact_pairs import over_all_rows
from tests.pipelines.analytics import found
from tests.pipelines.analytics import run as runs
from tests.pipelines.analytics.profiles import numbers, table

RNG = np.random.default_rng(9)


def test_the_coefficients_of_chosen_columns_are_those_of_all_rows():
    """However the table is cut, r and its rows are numpy's, and other columns are not asked for."""
    values = RNG.normal(size=(5000, 3)) @ RNG.normal(size=(3, 3)) + 1e6
    values[::7, 2] = np.nan
    frame = pl.DataFrame(values, schema=["^a.*$", "b", "c"]).with_columns(rest=pl.lit(1.0))
    columns = [numbers(name, range(10)) for name in ("^a.*$", "b", "c")]
    profile = replace(table(*columns), correlation_method="sample")
    asked = []

    def slices(names, matters):
        assert matters({})
        asked.append(tuple(names))
        return [found.Whole(frame[start : start + 1500]) for start in range(0, 5000, 1500)]

    exact = over_all_rows(profile, slices)

    assert asked == [("^a.*$", "b", "c")]
    assert exact.correlation_method == "exact"
    some = values[~np.isnan(values[:, 2])]
    assert exact.correlation[0, 1] == pytest.approx(np.corrcoef(values[:, :2].T)[0, 1], abs=1e-9)
    assert exact.correlation[0, 2] == pytest.approx(np.corrcoef(some.T)[0, 2], abs=1e-9)
    assert exact.pair_counts[0].tolist() == [5000, 5000, len(some)]


def test_what_is_exact_already_is_not_read_again():
    """Up to a thousand columns the scan has seen all pairs."""

    def slices(names, matters):
        raise AssertionError(names)

    profile = table(numbers("a", [1, 2]), numbers("b", [1, 2]))

    assert over_all_rows(profile, slices) is profile


@pytest.mark.parametrize("privacy", ["none", "mask"])
def test_a_wide_table_has_exact_correlations(privacy, object_store, sqlite_url):
    """Through the store: a planted pair of 1,100 columns; masked columns are not among them."""
    x = RNG.normal(size=(160, 1100))
    x[:, 1002] = -x[:, 3] + RNG.normal(size=160) / 10
    frame = pl.DataFrame(x, schema=[f"c{k}" for k in range(1100)]).with_columns(
        card=pl.Series([4000100000000004, 4000100000000012] * 80),
        account=pl.Series([4000100000000004, 4000100000000012] * 80),
    )
    order = runs.order(object_store.config, sqlite_url, str(uuid.uuid4()), privacy=privacy)
    workspace = runs.workspace(order, tables={"t": frame})

    ingested = workspace.ingest()
    (profile,) = Evidence(workspace, ingested.result, ingested.states).tables

    assert profile.correlation_method == "exact"
    i, j = profile.correlated.index("c3"), profile.correlated.index("c1002")
    assert profile.correlation[i, j] == pytest.approx(np.corrcoef(x[:, 3], x[:, 1002])[0, 1])
    assert ("card" in profile.correlated) is (privacy == "none")
