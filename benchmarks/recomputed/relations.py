"""Relations: Pearson over all rows, associations and outliers, from the published rows."""

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
from scipy import stats

from recomputed import exact
from recomputed.ledger import Ledger
from recomputed.published import NUMERIC, Column, Table, wire
from recomputed.tables import finite

MOST_PAIRS = 30  # of which Pearson's r is computed without rounding
MOST_CELLS = 200_000
LISTED, ASSOCIATED = 100, 50
WIDEST = 1000
CONSISTENT = 0.6745


def correlations(
    ledger: Ledger, at: str, table: Table, told: Sequence[Mapping[str, Any]], pairs: int | None
) -> None:
    """The pairs of `correlations`, strongest first, and how many there are."""
    numeric = {c.name: c for c in table.columns if c.word in NUMERIC}
    if len(numeric) > WIDEST:
        return
    x = {name: offsets(column) for name, column in numeric.items()}
    strengths = {}
    for left, right in combinations(x, 2):
        both = np.isfinite(x[left]) & np.isfinite(x[right])
        if both.sum() < 3:
            continue
        a, b = x[left][both], x[right][both]
        if (a == a[0]).all() or (b == b[0]).all():
            continue
        a, b = a - a[len(a) // 2], b - b[len(b) // 2]
        a, b = a - a.mean(), b - b.mean()
        with np.errstate(all="ignore"):
            r = float((a @ b) / math.sqrt(a @ a) / math.sqrt(b @ b)) if (a @ a) and (b @ b) else 0.0
        strengths[left, right] = (abs(r), int(both.sum()))
    if pairs is not None:
        ledger.same(f"{at}Pairs", pairs, len(strengths))
        ledger.same(f"{at}Omitted", len(told), min(LISTED, len(strengths)))
    best = sorted((s for s, _ in strengths.values()), reverse=True)
    for place, entry in enumerate(told):
        path = f"{at}[{place}]"
        key = entry["left"], entry["right"]
        ledger.seen(f"{path}.left", key in strengths, f"{key}")
        ledger.seen(f"{path}.right", key in strengths, f"{key}")
        if key not in strengths:
            continue
        ledger.same(f"{path}.sampleSize", entry["sampleSize"], strengths[key][1])
        ledger.same(f"{path}.method", entry["method"], "pearson")
        strongest = best[place] if place < len(best) else None
        ledger.near(f"{path}.correlation", abs(entry["correlation"]), strongest, 1e-7)
        if place < MOST_PAIRS and place * table.data.num_rows < MOST_CELLS:
            cells = zip(numeric[key[0]].cells, numeric[key[1]].cells, strict=True)
            common = [(a, b) for a, b in cells if finite(a) and finite(b)]
            r = exact.pearson([a for a, _ in common], [b for _, b in common])
            ledger.near(f"{path}.correlation", entry["correlation"], r, 1e-12)


def offsets(column: Column) -> Any:
    """The cells from the middle of the numbers, in units of the largest; NaN is none."""
    cells = np.full(len(column.cells), np.nan)
    there = [row for row, cell in enumerate(column.cells) if finite(cell)]
    cells[there] = _offsets([column.cells[row] for row in there])
    return cells


def _offsets(values: Sequence[Any]) -> Any:
    if not values:
        return np.empty(0)
    whole, _ = exact.scaled(values)
    pivot = sorted(whole)[len(whole) // 2]
    largest = max(abs(value - pivot) for value in whole) or 1
    return np.array([(value - pivot) / largest for value in whole])


def associations(
    ledger: Ledger,
    at: str,
    table: Table,
    told: Sequence[Mapping[str, Any]],
    copies: Sequence[Mapping[str, Any]],
    counted: Mapping[str, int] | None,
    sampled: Sequence[int],
) -> None:
    """Every pair over the rows of the sample (numbers from 1), and that the strongest are listed.

    The sample is that of the published states; what stands in its rows is read from the table.
    """
    if len(table.columns) > 200:
        return
    basis = "all_rows" if len(sampled) == table.data.num_rows else "row_sample"
    if basis == "row_sample":
        rows = table.data.take(pa.array([row - 1 for row in sampled], pa.int64()))
        table = Table(rows, ((0, len(sampled)),))
    _copies(ledger, at.replace("associations", "copies"), table, copies, basis)
    later = {name for entry in copies for name in entry["columns"][1:]}
    own = [column for column in table.columns if column.name not in later]
    numbers = [column for column in own if column.word in NUMERIC]
    categories = [column for column in own if _is_category(column)]
    found = {
        "spearman": {(a.name, b.name): _spearman(a, b) for a, b in combinations(numbers, 2)},
        "cramers_v": {(a.name, b.name): _cramers_v(a, b) for a, b in combinations(categories, 2)},
        "correlation_ratio": {(a.name, b.name): _eta(a, b) for a in categories for b in numbers},
    }
    for method, strengths in found.items():
        known = {pair: each for pair, each in strengths.items() if each is not None}
        listed = [entry for entry in told if entry["method"] == method]
        if counted is not None:
            path = at.replace("associations", f"associationPairs.{method}")
            ledger.same(path, counted[method], len(known))
        best = sorted((abs(r) for r, _ in known.values()), reverse=True)
        ledger.same(f"{at}[].method", len(listed), min(ASSOCIATED, len(known)))
        for place, entry in enumerate(listed):
            r, n = known.get((entry["left"], entry["right"]), (None, None))
            ledger.near(f"{at}[].correlation", entry["correlation"], r, 1e-9)
            ledger.same(f"{at}[].sampleSize", entry["sampleSize"], n)
            ledger.same(f"{at}[].basis", entry["basis"], basis)
            ledger.seen(f"{at}[].left", r is not None)
            ledger.seen(f"{at}[].right", r is not None)
            if place < len(best):
                ledger.near(f"{at}[].correlation", abs(entry["correlation"]), best[place], 1e-9)


def _copies(
    ledger: Ledger, at: str, table: Table, told: Sequence[Mapping[str, Any]], basis: str
) -> None:
    cells = {column.name: column for column in table.columns}
    for entry in told:
        first = cells[entry["columns"][0]].cells
        same = all(
            all(
                (a is None) == (b is None) and (a is None or a == b or a != a)
                for a, b in zip(first, cells[name].cells, strict=True)
            )
            for name in entry["columns"][1:]
        )
        ledger.seen(f"{at}[].columns[]", same, f"{entry['columns']} are copies")
        ledger.same(f"{at}[].sampleSize", entry["sampleSize"], table.data.num_rows)
        ledger.same(f"{at}[].basis", entry["basis"], basis)


def _is_category(column: Column) -> bool:
    """2 to 50 values, each in five rows on average."""
    levels = len(set(column.values)) if column.word in {"text", "boolean"} else 0
    return 2 <= levels <= 50 and 5 * levels <= len(column.values)


def _common(left: Column, right: Column) -> tuple[list[Any], list[Any]]:
    cells = zip(left.cells, right.cells, strict=True)
    pairs = [(a, b) for a, b in cells if finite(a) and finite(b)]
    return [a for a, _ in pairs], [b for _, b in pairs]


def _spearman(left: Column, right: Column) -> tuple[float, int] | None:
    a, b = _common(left, right)
    if len(a) < 5 or len(set(a)) < 2 or len(set(b)) < 2:
        return None
    places = ({v: n for n, v in enumerate(sorted(set(each)))} for each in (a, b))
    ranks = [stats.rankdata([at[v] for v in each]) for at, each in zip(places, (a, b), strict=True)]
    if np.ptp(ranks[0]) == 0 or np.ptp(ranks[1]) == 0:
        return None
    return float(stats.pearsonr(*ranks).statistic), len(a)


def _cramers_v(left: Column, right: Column) -> tuple[float, int] | None:
    """Bergsma's corrected V (2013)."""
    a, b = _common(left, right)
    if not a:
        return None
    table = stats.contingency.crosstab(a, b).count
    n, (r, k) = table.sum(), table.shape
    if min(r, k) < 2:
        return None
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    phi2 = float(((table - expected) ** 2 / expected).sum()) / n
    phi2 = max(0.0, phi2 - (r - 1) * (k - 1) / (n - 1))
    least = min(r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)) - 1
    return (math.sqrt(min(1.0, phi2 / least)), int(n)) if least > 0 else None


def _eta(category: Column, numbers: Column) -> tuple[float, int] | None:
    a, b = _common(category, numbers)
    if not b:
        return None
    x = _offsets(b)
    groups: dict[Any, list[float]] = {}
    for level, value in zip(a, x.tolist(), strict=True):
        groups.setdefault(level, []).append(value)
    if len(groups) < 2 or len(a) < 5 * len(groups):
        return None
    if np.ptp(x) == 0:
        return None
    x0 = x - x.mean()
    total = float(x0 @ x0)
    between = sum(len(g) * (np.mean(np.array(g) - x.mean())) ** 2 for g in groups.values())
    return math.sqrt(min(1.0, between / total)), len(a)


def outliers(ledger: Ledger, at: str, table: Table, told: Sequence[Mapping[str, Any]]) -> None:
    """Fences by their definitions over exact figures, and what lies beyond them."""
    by_column: dict[str, dict[str, Mapping[str, Any]]] = {}
    for entry in told:
        by_column.setdefault(entry["column"], {})[entry["method"]] = entry
        ledger.seen(f"{at}[0].column", entry["column"] in {column.name for column in table.columns})
        ledger.seen(f"{at}[0].method", entry["method"] in {"zscore", "tukey", "mad"})
    for column in table.columns:
        if column.word in NUMERIC and len(column.finite) > 1:
            _far(ledger, at, table, column, by_column.get(column.name, {}))


def _far(
    ledger: Ledger, at: str, table: Table, column: Column, told: Mapping[str, Mapping[str, Any]]
) -> None:
    whole, unit = exact.scaled(column.finite)
    moments, ordered = exact.Moments(whole, unit), sorted(whole)
    stddev = moments.stddev
    if not stddev or stddev < Fraction(1, 10**300) or stddev > Fraction(10) ** 150:
        return
    cut, mad = exact.quantiles(ordered, unit), exact.mad(ordered, unit)
    low, middle, high = cut["p25"], cut["p50"], cut["p75"]
    fences = {"zscore": (moments.mean, moments.mean, stddev, 3)}
    if high > low:
        fences["tukey"] = (low, high, high - low, Fraction(3, 2))
    if mad:
        fences["mad"] = (middle, middle, mad / Fraction(str(CONSISTENT)), Fraction(7, 2))
    for method, (left, right, size, threshold) in fences.items():
        lower, upper = left - threshold * size, right + threshold * size
        cells = [(row, cell) for row, cell in enumerate(column.cells, 1) if finite(cell)]
        closed = method == "zscore"
        edge = abs(upper - lower) * Fraction(1, 10**11)
        if not closed or column.word != "integer":  # whose fences lie at rounded quantiles
            edge += abs(left) * Fraction(1, 2**51)
        scores = [
            (row, cell, max(left - Fraction(cell), Fraction(cell) - right) / size)
            for row, cell in cells
        ]
        sure = sum(Fraction(c) < lower - edge or Fraction(c) > upper + edge for _, c in cells)
        perhaps = sum(Fraction(c) <= lower + edge or Fraction(c) >= upper - edge for _, c in cells)
        entry = told.get(method)
        if entry is None:
            path = f"{at}[].count"
            ledger.within(path, 0, sure if closed else 0, max(perhaps, 0)) if sure else None
            if sure:
                ledger.differ(f"{at}[{column.name} {method}].count", None, sure)
            continue
        path = f"{at}[{column.name} {method}]".replace("[", "[").split("[")[0] + "[0]"
        path = f"{at}[0]"
        if entry.get("estimatedBounds"):
            ends = entry["bounds"]["lower"], entry["bounds"]["upper"]
            sure = perhaps = sum(c < ends[0] or c > ends[1] for _, c in cells)
        else:
            slack = 1e-12 * float(max(abs(left), abs(right), size * threshold))
            ledger.near(f"{path}.bounds.lower", entry["bounds"]["lower"], lower, slack)
            ledger.near(f"{path}.bounds.upper", entry["bounds"]["upper"], upper, slack)
        told_as = f"{path}.count"
        ledger.within(told_as, entry["count"], sure, perhaps)
        ledger.same(f"{path}.threshold", entry["threshold"], float(threshold))
        _examples(ledger, path, table, column, entry, scores, (moments.mean, stddev), size)


def _examples(
    ledger: Ledger,
    path: str,
    table: Table,
    column: Column,
    entry: Mapping[str, Any],
    scores: Sequence[tuple[int, Any, Fraction]],
    centre: tuple[Fraction, Fraction],
    size: Fraction,
) -> None:
    best = sorted((float(score) for _, _, score in scores), reverse=True)
    ledger.seen(f"{path}.values", len(entry["values"]) >= min(3, entry["count"]))
    ends = np.cumsum([rows for _, rows in table.parts])
    is_estimate = "estimatedBounds" in entry
    is_zscore = entry["method"] == "zscore" and column.word == "integer"
    blurred = float(max(abs(Fraction(cell)) for _, cell, _ in scores) * Fraction(1, 2**52) / size)
    for place, found in enumerate(entry["values"]):
        cell = column.cells[found["row"] - 1]
        ours = f"{path}.values[{place}]"
        ledger.same(f"{ours}.value", found["value"], wire(column, cell))
        z = abs(Fraction(cell) - centre[0]) / centre[1]
        is_whole = column.word == "integer"  # which are subtracted before they become floats
        blur = 0.0 if is_whole else float(abs(centre[0]) * Fraction(1, 2**52) / centre[1])
        is_float = float(cell) == Fraction(cell)
        slack = 1e-12 * float(z) if is_float else 1e-10 + blur
        ledger.near(f"{ours}.zscore", found["zscore"], z, slack)
        part = table.parts[int(np.searchsorted(ends, found["row"] - 1, "right"))][0]
        ledger.same(f"{ours}.part", found["part"], part)
        ledger.seen(f"{ours}.row", found["value"] == wire(column, cell))
        score = found.get("score", found["zscore"])
        if not is_estimate:
            ledger.near(
                f"{ours}.{'score' if 'score' in found else 'zscore'}",
                score,
                best[place],
                1e-9 * max(1, best[place]) + 4 * max(blur, 0.0 if is_zscore else blurred),
            )
