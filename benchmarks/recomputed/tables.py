"""Tables: every figure of a table as a whole, from its published rows."""

import math
from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np

from recomputed import columns
from recomputed.ledger import Ledger
from recomputed.published import Table

WIDEST = 1000


def check(ledger: Ledger, at: str, table: Table, told: Mapping[str, Any]) -> None:
    """The table, and each of its columns."""
    found = table.columns
    rows, cells = table.data.num_rows, table.data.num_rows * len(found)
    ledger.same(f"{at}.rows", told["rows"], rows)
    ledger.same(f"{at}.columns", told["columns"], len(found))
    schema = [{"name": column.name, "type": column.word} for column in found]
    for name in ("name", "type"):
        ledger.same(f"{at}.schema[].{name}", told["schema"], schema)
    for place, (column, profile) in enumerate(zip(found, told["columnProfiles"], strict=True)):
        columns.check(ledger, f"{at}.columnProfiles[{place}]", column, profile)
    masks = {c.name: np.array([cell is None for cell in c.cells], np.bool_) for c in found}
    missing = int(sum(mask.sum() for mask in masks.values()))
    nulls = np.zeros(rows, np.int64)
    for mask in masks.values():
        nulls += mask
    ledger.same(f"{at}.cells", told["cells"], cells)
    ledger.same(f"{at}.missingCells", told["missingCells"], missing)
    ledger.same(f"{at}.rowsWithNulls", told["rowsWithNulls"], int((nulls > 0).sum()))
    empty = int((nulls == len(found)).sum()) if found else 0
    ledger.same(f"{at}.emptyRows", told["emptyRows"], empty)
    share = Fraction(cells - missing, cells) if cells else Fraction(1)
    ledger.near(f"{at}.completeness", told["completeness"], share)
    _duplicates(ledger, f"{at}.duplicateRows", table, told["duplicateRows"])
    _co_missing(ledger, f"{at}.coMissing", masks, rows, told["coMissing"])


def repeats(table: Table) -> int:
    """Rows that are as an earlier row is; nulls are alike, and so are all NaN."""
    keys = [[columns.alike(cell) for cell in column.cells] for column in table.columns]
    counts = Counter(zip(*keys, strict=True))
    return counts.total() - len(counts)


def _duplicates(ledger: Ledger, at: str, table: Table, told: Mapping[str, Any]) -> None:
    count, rows = repeats(table), table.data.num_rows
    if "lower" in told:
        ledger.within(f"{at}.lower", count, told["lower"], told["upper"])
        ledger.within(f"{at}.count", told["count"], told["lower"], told["upper"])
        return
    ledger.same(f"{at}.count", told["count"], count)
    ledger.near(f"{at}.ratio", told["ratio"], Fraction(count, rows) if rows else Fraction(0))


def _co_missing(
    ledger: Ledger, at: str, masks: Mapping[str, Any], rows: int, told: Mapping[str, Any]
) -> None:
    holed = [name for name, mask in masks.items() if mask.any()]
    ledger.same(f"{at}.method", told["method"], "exact" if len(holed) <= WIDEST else "sample")
    if told["method"] != "exact":
        return
    ledger.same(f"{at}.rows", told["rows"], rows)
    pairs = [
        (int((masks[a] & masks[b]).sum()), int((masks[a] | masks[b]).sum()), a, b)
        for a, b in combinations(holed, 2)
    ]
    best = sorted((pair for pair in pairs if pair[0]), key=lambda pair: -pair[0])[:20]
    listed = [(p["both"], p["either"], p["left"], p["right"]) for p in told["pairs"]]
    for name in ("both", "either", "left", "right"):
        ledger.same(f"{at}.pairs[].{name}", listed, best)


def finite(cell: Any) -> bool:
    return cell is not None and (not isinstance(cell, float) or math.isfinite(cell))
