"""Chance: likelihoods are those of the tests that have them, and noise is rarely beyond it."""

import numpy as np
import pytest
from scipy import stats

from pipelines.analytics import chance

REPORTS = 400


def test_a_correlation_is_as_likely_as_students_t_says():
    values = np.random.default_rng(1).normal(size=(30, 2))
    found = stats.pearsonr(values[:, 0], values[:, 1])

    assert chance.of_line(found.statistic, 30) == pytest.approx(found.pvalue, rel=1e-9)


def test_a_ratio_is_as_likely_as_the_analysis_of_variance_says():
    random = np.random.default_rng(2)
    groups = [random.normal(size=size) for size in (5, 9, 14, 3)]
    whole = np.concatenate(groups)
    between = sum(len(group) * (group.mean() - whole.mean()) ** 2 for group in groups)
    eta = np.sqrt(between / np.square(whole - whole.mean()).sum())

    likelihood = chance.of_groups(eta, len(whole), len(groups))

    assert likelihood == pytest.approx(stats.f_oneway(*groups).pvalue, rel=1e-9)


def test_v_is_as_likely_as_chi_square_says():
    table = np.array([[30, 11, 9], [8, 25, 12]])
    rows = int(table.sum())
    found = stats.chi2_contingency(table, correction=False)
    bias = 2 / (rows - 1)
    least = min(2 - 1 / (rows - 1), 3 - 4 / (rows - 1)) - 1
    v = np.sqrt((found.statistic / rows - bias) / least)

    assert chance.of_categories(v, rows, (2, 3)) == pytest.approx(found.pvalue, rel=1e-9)


def test_noise_is_rarely_beyond_it():
    """Of 400 tables of ten unrelated columns one in twenty has a pair that is."""
    told = 0
    for seed in range(REPORTS):
        noise = np.random.default_rng(seed).normal(size=(15, 10))
        strongest = np.abs(np.corrcoef(noise, rowvar=False)[np.triu_indices(10, 1)]).max()
        told += chance.is_beyond(chance.of_line(strongest, 15), 45)

    assert 0 < told <= 1.5 * chance.ERROR * REPORTS


def test_what_leaves_nothing_over_proves_nothing():
    """Two points, a value a row, one value: such coefficients are 1 whatever the data."""
    assert chance.of_line(1.0, 2) == 1
    assert chance.of_groups(1.0, 8, 8) == 1
    assert chance.of_groups(0.9, 8, 1) == 1
    assert chance.of_categories(1.0, 1, (2, 2)) == 1
    assert chance.of_categories(1.0, 3, (2, 1)) == 1


def test_what_is_certain_is_beyond_it():
    assert chance.is_beyond(chance.of_line(-1.0, 9), 10**6)
    assert chance.is_beyond(chance.of_groups(1.0, 9, 2), 10**6)
    assert chance.is_beyond(chance.of_categories(1.0, 200, (2, 2)), 10**6)
