"""Selection: what it picks is what sorting everything would pick."""

import numpy as np
import pytest

from pipelines.statistics.selection import nth_largest, smallest

RANDOM = np.random.default_rng(5)
COUNTS = {
    "mostly one": np.where(RANDOM.random(5000) < 0.99, 1, RANDOM.integers(1, 900, 5000)),
    "far apart": RANDOM.integers(0, 1 << 60, 5000),
    "all equal": np.full(5000, 7),
    "negative": -RANDOM.integers(0, 50, 5000),
    "one": np.array([3]),
}
HASHES = {
    "even": RANDOM.permutation(np.unique(RANDOM.integers(0, 1 << 64, 9000, np.uint64))),
    "crowded high": np.uint64((1 << 64) - 1) - np.arange(9000, dtype=np.uint64),
    "crowded low": np.arange(9000, dtype=np.uint64)[::-1].copy(),
}


@pytest.mark.parametrize("counts", COUNTS.values(), ids=COUNTS)
def test_the_nth_largest_is_the_nth_of_all_in_order(counts):
    ordered = np.sort(counts)[::-1]

    for n in {1, 2, len(counts) // 2, len(counts)} - {0}:
        if n <= len(counts):
            assert nth_largest(counts, n) == ordered[n - 1]


@pytest.mark.parametrize("hashes", HASHES.values(), ids=HASHES)
@pytest.mark.parametrize("n", [1, 700, 8999, 9000, 20_000])
def test_the_smallest_are_the_first_of_all_in_order(hashes, n):
    """Spread evenly, as hashes are, or not at all."""
    assert np.array_equal(np.sort(hashes[smallest(hashes, n)]), np.sort(hashes)[:n])
