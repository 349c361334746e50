"""Screening: the columns of a planted pair survive it, whatever lies around them."""

import numpy as np
import polars as pl
import pytest

from pipelines.statistics import screening

ROWS, COLUMNS, LEFT, RIGHT = 400, 5000, 17, 4993


def noise(seed: int = 5, rows: int = ROWS) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, COLUMNS))


def planted(x: np.ndarray, r: float) -> np.ndarray:
    x[:, RIGHT] = r * x[:, LEFT] + np.sqrt(1 - r * r) * x[:, RIGHT]
    return x


def chosen(x: np.ndarray) -> set[int]:
    scores = screening.best_partners(x)
    return set(screening.strongest(scores, screening.KEPT).tolist())


@pytest.mark.parametrize("r", [0.4, -0.4, 1.0])
def test_a_pair_among_five_thousand_columns_is_found(r):
    """Of twelve million pairs, the one that is no chance is kept."""
    assert {LEFT, RIGHT} <= chosen(planted(noise(), r))


def test_a_pair_with_missing_cells_is_not_lost_among_complete_ones():
    """Cells filled with the mean would make r = 0.9 look weaker than three thousand of 0.7."""
    x = noise()
    x[:, 1000:4000] += x[:, [1000]]
    x = planted(x, 0.9)
    missing = np.random.default_rng(6).random((ROWS, 2)) < 0.5
    x[:, [LEFT, RIGHT]] = np.where(missing, np.nan, x[:, [LEFT, RIGHT]])

    assert {LEFT, RIGHT} <= chosen(x)


def test_a_few_rows_on_a_line_do_not_displace_a_pair():
    """Columns with a handful of values agree by chance, and count for what that is worth."""
    x = planted(noise(), 0.5)
    sparse = np.random.default_rng(7).random((ROWS, 3000)) > 0.1
    x[:, 1000:4000][sparse] = np.nan

    assert {LEFT, RIGHT} <= chosen(x)


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_blocks_give_what_the_whole_matrix_gives(missing):
    """Scores are Fisher's z less six standard errors, of each column's best partner."""
    x = noise(rows=60)[:, :1500]
    x[np.random.default_rng(8).random(x.shape) < missing] = np.nan

    scores = screening.best_partners(x)

    matrix, n = screening.pairwise(x)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.arctanh(np.abs(matrix)) - 6 / np.sqrt(n - 3)
    np.fill_diagonal(z, -np.inf)
    np.testing.assert_allclose(scores, z.max(axis=1), atol=1e-3)


def test_columns_without_values_or_spread_have_no_partner():
    """A masked, an empty and a constant column are never among the chosen."""
    x = noise()[:, :30]
    x[:, 3], x[:, 4], x[1:, 5] = np.nan, 7.0, np.nan

    scores = screening.best_partners(x)

    assert np.flatnonzero(np.isinf(scores)).tolist() == [3, 4, 5]


def test_the_correlations_of_the_chosen_are_those_of_numpy():
    """Names, coefficients and rows belong together."""
    x = planted(noise(), 0.9)
    frame = pl.DataFrame(x, schema=[f"c{k}" for k in range(COLUMNS)])

    names, matrix, counts = screening.screened(frame)

    assert len(names) == screening.KEPT
    at = [int(name[1:]) for name in names]
    np.testing.assert_allclose(matrix, np.corrcoef(x[:, at], rowvar=False), atol=1e-12)
    assert (counts == ROWS).all()
