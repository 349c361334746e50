"""Ordering: the same as numpy's, whatever the numbers are."""

import numpy as np
import pytest

from pipelines.statistics.ordering import FEW, ascending

SEED = np.random.default_rng(7)
EDGES = [0.0, 5e-324, -5e-324, np.inf, -np.inf, 1.7976931348623157e308, -2.2250738585072014e-308]
CASES = {
    "floats": SEED.normal(0, 1e5, 3 * FEW),
    "edges of floats": np.tile(np.array(EDGES), FEW),
    "not a number": np.where(SEED.random(2 * FEW) < 0.1, np.nan, SEED.normal(size=2 * FEW)),
    "integers": SEED.integers(-(2**63), 2**63 - 1, 2 * FEW),
    "hashes": SEED.integers(0, 2**64 - 1, 2 * FEW, dtype=np.uint64),
    "repeated": SEED.integers(0, 3, 2 * FEW),
    "in order": np.arange(2 * FEW),
    "beyond 64 bits": np.array([2**70 - each for each in range(FEW)], dtype=object),
    "every other": SEED.integers(0, 99, 4 * FEW)[::2],
    "few": np.array([3, 1, 2]),
    "none": np.empty(0, np.uint64),
}


@pytest.mark.parametrize("name", CASES)
def test_numbers_come_in_ascending_order(name: str) -> None:
    numbers = CASES[name]
    before = numbers.copy()
    ordered = ascending(numbers)
    assert ordered.dtype == numbers.dtype
    np.testing.assert_array_equal(ordered, np.sort(numbers))
    np.testing.assert_array_equal(numbers, before)
