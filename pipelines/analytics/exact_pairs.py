"""Exact pairs: of columns that the row sample chose, the correlations over all rows.

The scan keeps no co-moments of very many columns. Those that are left after screening are few, so
a second pass over our own Parquet reads them alone.
"""

from dataclasses import replace
from typing import Any

from pipelines.analytics.outliers import Slices
from pipelines.profile import TableProfile
from pipelines.statistics.comoments import CoMoments
from pipelines.statistics.table_view import TableView


def over_all_rows(profile: TableProfile, slices: Slices) -> TableProfile:
    """The profile with correlations of all rows; as it is where they are so already."""
    names = profile.correlated
    if profile.correlation_method == "exact" or len(names) < 2:
        return profile
    moments = CoMoments(names)
    for rows in slices(names, _always):
        moments = moments.merge(CoMoments.of(TableView(rows.frame[list(names)])))
    return replace(
        profile,
        correlation=moments.correlation(),
        pair_counts=moments.pair_counts(),
        correlation_method="exact",
    )


def _always(_: Any) -> bool:
    return True
