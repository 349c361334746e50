"""Associations: how columns of every kind go together, from the row sample, and saying so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipelines.analytics.relations.category import categories
from pipelines.analytics.relations.contingency import cramers_v
from pipelines.analytics.relations.copies import copies
from pipelines.analytics.relations.correlation_ratio import correlation_ratio
from pipelines.analytics.relations.rank_correlation import spearman
from pipelines.analytics.relations.relation import Compared
from pipelines.profile import TableProfile
from pipelines.statistics.comoments import WIDEST

LISTED = 50  # of each method
SAMPLE, ALL = "row_sample", "all_rows"
METHODS = ("spearman", "cramers_v", "correlation_ratio")


@dataclass(frozen=True, slots=True)
class Associations:
    """What the row sample of a table tells; entries are those of `associations` and so on."""

    listed: Sequence[Mapping[str, Any]]
    pairs: Mapping[str, int]
    copies: Sequence[Mapping[str, Any]]
    screened: Sequence[Mapping[str, Any]]


def associations(profile: TableProfile) -> Associations:
    """The strongest pairs of each method, strongest first.

    Copies of a column take no part but for the first of them. `basis` says whether the sample
    holds every row of the table.
    """
    sample = profile.sample
    basis = ALL if sample.height == profile.rows else SAMPLE
    same = copies(profile)
    later = {name for group in same for name in group[1:]}
    own = sample[[name for name in sample.columns if name not in later]]
    numbers, found = own.select(pl.selectors.numeric()), categories(own)
    by_method: Mapping[str, Compared] = {
        "spearman": spearman(numbers, LISTED),
        "cramers_v": cramers_v(found, LISTED),
        "correlation_ratio": correlation_ratio(found, numbers, LISTED),
    }
    listed = [
        {
            "left": relation.left,
            "right": relation.right,
            "correlation": relation.strength,
            "sampleSize": relation.rows,
            "method": method,
            "basis": basis,
        }
        for method, compared in by_method.items()
        for relation in compared.listed
    ]
    listed.sort(key=strength)
    return Associations(
        listed,
        {method: compared.pairs for method, compared in by_method.items()},
        [{"columns": names, "sampleSize": sample.height, "basis": basis} for names in same],
        [*_pearson(profile), *_screened(by_method, sample.height)],
    )


def strength(entry: Mapping[str, Any]) -> float:
    """A key that sorts entries by strength, whatever their sign."""
    return -abs(float(entry["correlation"]))


def _pearson(profile: TableProfile) -> list[dict[str, Any]]:
    numeric = sum(column.is_numeric for column in profile.columns)
    if numeric <= WIDEST:
        return []
    return [_note("pearson", numeric, len(profile.correlated), profile.sample.height)]


def _screened(by_method: Mapping[str, Compared], rows: int) -> list[dict[str, Any]]:
    return [
        _note(method, compared.columns, compared.kept, rows)
        for method, compared in by_method.items()
        if compared.kept < compared.columns
    ]


def _note(method: str, columns: int, kept: int, rows: int) -> dict[str, Any]:
    return {"method": method, "columns": columns, "kept": kept, "sampleSize": rows}
