"""Scaling: numbers freed of where they lie and of how large they are."""

import numpy as np

from pipelines.analytics.learning.features import Matrix


def unscaled(values: Matrix) -> Matrix:
    """Each column less its mean, by its largest distance from it, so that no square overflows.

    What is scaled is the distance to the median, of which nothing is lost: among numbers about
    1e15 that differ by one, scaled first, hardly a digit would be left.

    >>> unscaled(np.array([1e15, 1e15 + 1, 1e15 + 2])).tolist()
    [-1.0, 0.0, 1.0]
    """
    off = values - np.median(values, axis=0)
    off = off / np.maximum(np.abs(off).max(axis=0), 1e-300)
    return np.asarray(off - off.mean(axis=0), np.float64)
