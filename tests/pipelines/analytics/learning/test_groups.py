import numpy as np
import pytest
from sklearn.metrics import silhouette_score

from pipelines.analytics.learning.features import usable
from pipelines.analytics.learning.groups import _distances, grouped, silhouette, standardised
from pipelines.analytics.learning.leakage import correlation
from tests.pipelines.analytics import learnable
from tests.pipelines.analytics.found import profile


@pytest.mark.parametrize("groups", [2, 3, 7])
def test_the_silhouette_is_that_of_scikit_learn(groups):
    draw = np.random.RandomState(groups)
    points, labels = draw.randn(60, 3), draw.randint(0, groups, 60)

    found = silhouette(_distances(points), labels)

    assert found == pytest.approx(silhouette_score(points, labels), abs=1e-9)


def test_a_row_alone_in_its_group_counts_for_nothing():
    points, labels = np.array([[0.0], [0.1], [9.0]]), np.array([0, 0, 1])

    found = silhouette(_distances(points), labels)

    assert found == pytest.approx(silhouette_score(points, labels))


def test_groups_are_told_by_the_columns_in_which_they_differ():
    frame = learnable.blobs()

    found = grouped(usable(profile("t", frame).columns, frame))

    assert found.is_clear
    told = [entry["features"][0] for entry in found.summary()]
    assert sorted(entry["column"] for entry in told[1:]) == ["across", "up"]
    assert all(entry["mean"] == pytest.approx(9, abs=0.3) for entry in told[1:])


def test_a_table_without_numbers_is_not_grouped():
    frame = learnable.noise().select("target")

    assert "no column of numbers" in grouped(usable(profile("t", frame).columns, frame))


@pytest.mark.parametrize("offset", [0.0, 1e9, 1e15])
def test_numbers_are_measured_alike_wherever_they_lie(offset):
    """Standardised and correlated, numbers about 1e15 keep the digits that they have."""
    values = offset + np.random.RandomState(0).randint(0, 50, 300)
    small = values - offset

    found = standardised(values[:, None])[:, 0]

    np.testing.assert_allclose(found, (small - small.mean()) / small.std(), rtol=1e-12, atol=1e-12)
    assert correlation(values, np.square(small)) == pytest.approx(
        correlation(small, np.square(small)), rel=1e-12
    )
