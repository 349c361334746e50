"""Groups: rows that lie together, by k-means; how many, by their silhouette."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.cluster import KMeans

from pipelines.analytics.learning.features import Matrix, Usable
from pipelines.analytics.learning.models import SEED
from pipelines.analytics.learning.sampling import evenly
from pipelines.analytics.learning.scaling import unscaled

COUNTS = range(2, 9)
STARTS = 3
MOST_COLUMNS = 60
FARTHEST = 5.0  # standard deviations; what lies beyond would be a group of its own
LEAST = 0.25  # Kaufman and Rousseeuw (1990): below it there is no substantial structure
MARGIN = 0.05  # above rows that are spread evenly over the same ranges
MEASURED_ROWS = 1000  # whose distances the silhouettes are taken from
TOLD = 5

Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Groups:
    """The best grouping: the group of each row, from 0, the largest first.

    `silhouettes` has that of every count tried; `even` is what the best count reaches on rows that
    are spread evenly. `deviations` has the mean of each group (rows) and column in standard
    deviations from the mean of all, and `means` the means themselves.
    """

    columns: tuple[str, ...]
    labels: Labels = field(repr=False)
    silhouettes: Mapping[int, float]
    even: float
    means: Matrix = field(repr=False)
    deviations: Matrix = field(repr=False)

    @property
    def count(self) -> int:
        return len(self.means)

    @property
    def silhouette(self) -> float:
        return self.silhouettes[self.count]

    @property
    def is_clear(self) -> bool:
        return self.silhouette >= LEAST and self.silhouette >= self.even + MARGIN

    def summary(self) -> list[dict[str, Any]]:
        """Each group: its size, and the columns in which it differs most from all rows."""
        sizes = np.bincount(self.labels, minlength=self.count)
        entries = []
        for group in range(self.count):
            order = np.argsort(-np.abs(self.deviations[group]), kind="stable")[:TOLD]
            entries.append(
                {
                    "cluster": group + 1,
                    "size": int(sizes[group]),
                    "share": float(sizes[group] / len(self.labels)),
                    "features": [
                        {
                            "column": self.columns[at],
                            "mean": float(self.means[group, at]),
                            "deviation": float(self.deviations[group, at]),
                        }
                        for at in order.tolist()
                    ],
                }
            )
        return entries


def grouped(usable: Usable) -> Groups | str:
    """The rows grouped by their numbers, or why that makes no sense."""
    numeric = [at for at, each in enumerate(usable.features) if each.kind == "number"]
    numeric = numeric[:MOST_COLUMNS]
    if not numeric:
        return "no column of numbers to group the rows by"
    raw = usable.matrix[:, numeric]
    points = standardised(raw)
    counts = [count for count in COUNTS if count < len(np.unique(points, axis=0))]
    if not counts:
        return "too few different rows to group"
    measured = evenly(len(points), MEASURED_ROWS)
    distances = _distances(points[measured])
    labelled = {count: _labels(points, count) for count in counts}
    silhouettes = {
        count: silhouette(distances, labels[measured]) for count, labels in labelled.items()
    }
    best = max(counts, key=lambda count: round(silhouettes[count], 6))
    even = _spread_evenly(points)
    labels = _by_size(labelled[best])
    filled = np.where(np.isnan(raw), np.nanmedian(raw, axis=0), raw)
    centre = [
        (labels == group).astype(np.float64) / (labels == group).sum() for group in range(best)
    ]
    return Groups(
        tuple(usable.features[at].column for at in numeric),
        labels,
        silhouettes,
        silhouette(_distances(even[measured]), _labels(even, best)[measured]),
        np.array([(weights[:, None] * filled).sum(axis=0) for weights in centre]),
        np.array([(weights[:, None] * points).sum(axis=0) for weights in centre]),
    )


def standardised(raw: Matrix) -> Matrix:
    """Each column less its mean, by its standard deviation; empty cells hold the median."""
    centred = unscaled(np.where(np.isnan(raw), np.nanmedian(raw, axis=0), raw))
    deviation = np.sqrt(np.square(centred).mean(axis=0))
    return np.asarray(np.clip(centred / np.where(deviation > 0, deviation, 1), -FARTHEST, FARTHEST))


def silhouette(distances: Matrix, labels: Labels) -> float:
    """The mean over all rows of (b - a) / max(a, b) (Rousseeuw, 1987).

    a is the mean distance to the rows of the same group, b that to the nearest other group.
    """
    groups = int(labels.max()) + 1
    members = (labels[:, None] == np.arange(groups)).astype(np.float64)
    sizes = members.sum(axis=0)
    sums = distances @ members
    rows = np.arange(len(labels))
    own = sizes[labels]
    inside = sums[rows, labels] / np.maximum(own - 1, 1)
    means = sums / np.maximum(sizes, 1)
    means[rows, labels] = np.inf
    means[:, sizes == 0] = np.inf
    outside = means.min(axis=1)
    largest = np.maximum(inside, outside)
    values = np.where(
        (own > 1) & (largest > 0), (outside - inside) / np.maximum(largest, 1e-300), 0
    )
    return float(values.mean())


def _labels(points: Matrix, count: int) -> Labels:
    means = KMeans(count, n_init=STARTS, max_iter=100, random_state=SEED)
    return np.asarray(means.fit_predict(points), np.int64)


def _distances(points: Matrix) -> Matrix:
    squares = np.square(points).sum(axis=1)
    apart = squares[:, None] + squares[None, :] - 2 * (points @ points.T)
    np.fill_diagonal(apart, 0)
    return np.asarray(np.sqrt(np.maximum(apart, 0)), np.float64)


def _spread_evenly(points: Matrix) -> Matrix:
    """As many points over the same ranges, along the axes in which the points are spread.

    Tibshirani, Walther and Hastie (2001): groups are only those that beat what has none.
    """
    axes = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)[2]
    turned = points @ axes.T
    low, high = turned.min(axis=0), turned.max(axis=0)
    even = np.random.RandomState(SEED).uniform(low, high, turned.shape)
    return np.asarray(even, np.float64)


def _by_size(labels: Labels) -> Labels:
    """Groups renamed so that the largest is 0; of equals, the one that comes first."""
    sizes = np.bincount(labels)
    first = [int(np.argmax(labels == group)) for group in range(len(sizes))]
    order = sorted(range(len(sizes)), key=lambda group: (-sizes[group], first[group]))
    names = np.empty(len(order), np.int64)
    names[order] = np.arange(len(order))
    return names[labels]
