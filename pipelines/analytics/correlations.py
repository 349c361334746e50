"""Correlations: the strongest pairs of Pearson's matrix, without listing all pairs first."""

from typing import Any

import numpy as np

from pipelines.profile import TableProfile

LISTED = 100
METHODS = {"exact": "pearson", "sample": "pearson_sample"}  # over all rows, over the row sample
LEAST_ROWS = 3  # two points always lie on a line


def strongest(profile: TableProfile, limit: int = LISTED) -> tuple[list[dict[str, Any]], int]:
    """The pairs with the largest absolute coefficient first, and how many pairs have one.

    Pairs of equal strength keep the order of the columns.
    """
    strength = np.triu(np.abs(profile.correlation), k=1)
    defined = np.triu(np.isfinite(profile.correlation) & (profile.pair_counts >= LEAST_ROWS), k=1)
    pairs = int(defined.sum())
    strength[~defined] = -1.0
    flat = strength.ravel()
    if pairs > limit:
        weakest = np.partition(flat, flat.size - limit)[flat.size - limit]
        above = np.flatnonzero(flat > weakest)
        equal = np.flatnonzero(flat == weakest)[: limit - above.size]
        chosen = np.concatenate([above, equal])
    else:
        chosen = np.flatnonzero(defined.ravel())
    order = chosen[np.lexsort((chosen, -flat[chosen]))]
    lefts, rights = np.unravel_index(order, strength.shape)
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
