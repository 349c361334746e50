"""Contingency: Cramer's V of categorical columns, from blocks of their tables at once."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipelines.analytics.relations.category import (
    WORK,
    Category,
    affordable,
    best_scores,
    blocks,
    projected,
)
from pipelines.analytics.relations.relation import Compared, Relation
from pipelines.analytics.relations.strongest import above_diagonal, strongest

Matrix = npt.NDArray[np.float64]


def cramers_v(found: Sequence[Category], limit: int) -> Compared:
    """The strongest pairs by Cramer's V with Bergsma's correction of its bias (2013).

    Over the rows that have both values. Uncorrected, V of two independent columns of many levels
    is far from 0. Of more columns than can be counted against each other, those are left that
    random projections of their levels show to have the strongest partner.
    """
    if len(found) < 2:
        return Compared()
    columns, found = len(found), _screened(found)
    values, counts = np.full((len(found),) * 2, np.nan), np.zeros((len(found),) * 2, np.int64)
    parts = list(blocks(found))
    for number, (left, ours, starts) in enumerate(parts):
        for right, theirs, others in parts[number:]:
            tables = (ours.T @ theirs).astype(np.float64)
            values[left, right], counts[left, right] = _corrected(tables, starts, others)
    lefts, rights, pairs = strongest(above_diagonal(values), limit)
    listed = tuple(
        Relation(
            found[left].name,
            found[right].name,
            float(values[left, right]),
            int(counts[left, right]),
        )
        for left, right in zip(lefts.tolist(), rights.tolist(), strict=True)
    )
    return Compared(listed, pairs, columns, len(found))


def _screened(found: Sequence[Category]) -> Sequence[Category]:
    most = np.sqrt(2 * WORK / max(1, len(found[0].codes)))
    if sum(category.levels for category in found) <= most:
        return found
    vectors = projected(found)
    return affordable(found, best_scores(vectors, vectors, is_same=True), most)


def _corrected(
    tables: Matrix, starts: npt.NDArray[np.intp], others: npt.NDArray[np.intp]
) -> tuple[Matrix, Matrix]:
    """V and the number of rows of each table; NaN where a side has one value left.

    `tables` holds them side by side, of columns whose levels begin at `starts` and `others`.
    """
    row_sums = np.add.reduceat(tables, others, axis=1)  # levels by columns
    column_sums = np.add.reduceat(tables, starts, axis=0)  # columns by levels
    n = np.add.reduceat(row_sums, starts, axis=0)
    wide = np.repeat(np.arange(len(others)), np.diff([*others, tables.shape[1]]))
    tall = np.repeat(np.arange(len(starts)), np.diff([*starts, len(tables)]))
    expected = row_sums[:, wide] * column_sums[tall]
    parts = np.divide(tables * tables, expected, out=np.zeros_like(tables), where=expected > 0)
    whole = np.add.reduceat(np.add.reduceat(parts, starts, axis=0), others, axis=1)
    r = np.add.reduceat((row_sums > 0).astype(np.float64), starts, axis=0)
    k = np.add.reduceat((column_sums > 0).astype(np.float64), others, axis=1)
    with np.errstate(all="ignore"):
        phi2 = np.maximum(0.0, whole - 1 - (r - 1) * (k - 1) / (n - 1))
        least = np.minimum(r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)) - 1
        v = np.sqrt(np.minimum(1.0, phi2 / least))
    return np.where((least > 0) & (np.minimum(r, k) > 1), v, np.nan), n
