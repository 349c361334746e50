import numpy as np
import pytest

from pipelines.analytics.correlations import strongest
from tests.pipelines.analytics.profiles import numbers, table


def correlated(matrix, counts=None):
    columns = [numbers(f"c{index}", range(10)) for index in range(len(matrix))]
    return table(*columns, correlation=matrix, pair_counts=counts)


@pytest.mark.parametrize("limit", [1, 7, 100, 435, 1000])
def test_the_strongest_pairs_are_those_of_the_full_sort(limit):
    """Picking without sorting all pairs gives what sorting all pairs gives."""
    data = np.random.default_rng(1).normal(size=(50, 30))
    matrix = np.corrcoef(data, rowvar=False)
    pairs = [(-abs(matrix[i, j]), i, j) for i in range(30) for j in range(i + 1, 30)]

    listed, defined = strongest(correlated(matrix), limit)

    assert defined == 435
    assert [(pair["left"], pair["right"]) for pair in listed] == [
        (f"c{i}", f"c{j}") for _, i, j in sorted(pairs)[:limit]
    ]
    assert listed[0]["sampleSize"] == 10


@pytest.mark.parametrize("limit", [1, 3, 5, 10])
def test_equal_strength_keeps_the_order_of_the_columns(limit):
    """Ties at the end of the list are cut by position, not by chance."""
    listed, _ = strongest(correlated(np.ones((5, 5))), limit)

    pairs = [(f"c{i}", f"c{j}") for i in range(5) for j in range(i + 1, 5)]
    assert [(pair["left"], pair["right"]) for pair in listed] == pairs[:limit]


def test_undefined_and_baseless_pairs_are_left_out():
    """NaN is no coefficient, and two rows always correlate."""
    matrix = [[1, np.nan, 1], [np.nan, 1, 0.5], [1, 0.5, 1]]
    counts = [[9, 9, 2], [9, 9, 9], [2, 9, 9]]

    listed, defined = strongest(correlated(matrix, counts))

    assert [(pair["left"], pair["right"]) for pair in listed] == [("c1", "c2")]
    assert defined == 1


@pytest.mark.parametrize("side", [0, 1])
def test_fewer_than_two_columns_have_no_pair(side):
    """Nothing to compare, nothing listed."""
    assert strongest(correlated(np.ones((side, side)))) == ([], 0)
