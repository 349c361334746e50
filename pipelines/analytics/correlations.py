"""Correlations: the strongest pairs of Pearson's matrix, without listing all pairs first."""

from typing import Any

import numpy as np

from pipelines.analytics.relations.strongest import above_diagonal
from pipelines.analytics.relations.strongest import strongest as largest
from pipelines.profile import TableProfile

LISTED = 100
METHODS = {"exact": "pearson", "sample": "pearson_sample"}  # over all rows, over the row sample
LEAST_ROWS = 3  # two points always lie on a line


def strongest(profile: TableProfile, limit: int = LISTED) -> tuple[list[dict[str, Any]], int]:
    """The pairs with the largest absolute coefficient first, and how many pairs have one.

    Pairs of equal strength keep the order of the columns.
    """
    strength = above_diagonal(profile.correlation)
    strength[profile.pair_counts < LEAST_ROWS] = np.nan
    lefts, rights, pairs = largest(strength, limit)
    names = profile.correlated
    listed = [
        {
            "left": names[left],
            "right": names[right],
            "correlation": float(profile.correlation[left, right]),
            "sampleSize": int(profile.pair_counts[left, right]),
            "method": METHODS[profile.correlation_method],
        }
        for left, right in zip(lefts.tolist(), rights.tolist(), strict=True)
    ]
    return listed, pairs
