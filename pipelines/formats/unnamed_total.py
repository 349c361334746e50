"""Unnamed total: a last row without a label that adds up the rows above it, and may be no row."""

import re
from collections.abc import Iterable, Mapping, Sequence
from math import fsum, isclose

FEWEST, MANY = 3, 200  # rows that a total adds up
PLAIN = re.compile(r"-?\d[\d,]*(\.\d+)?")

Cells = Mapping[int, object]  # those that are filled, by column


def number_in(cell: object) -> float | None:
    """The number that a cell is, or that a text of it is plainly; else nothing."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        return float(cell)
    if isinstance(cell, str) and PLAIN.fullmatch(cell.strip()):
        return float(cell.strip().replace(",", ""))
    return None


def adds_up(last: Cells, rows: Iterable[Cells]) -> bool:
    """Whether the last row has numbers alone, each the sum of those above, or more than it.

    A column that is filled in all rows, its label, must be empty in the last one. Of many rows some
    may not be given: the total is no less than the sum of those that are, if none is negative.

    >>> rows = [{0: "a", 1: 2.0}, {0: "b", 1: 3.0}, {0: "c", 1: 4.0}]
    >>> adds_up({1: 9.0}, rows), adds_up({0: "d", 1: 9.0}, rows), adds_up({1: 5.0}, rows)
    (True, False, False)
    """
    totals = {column: number_in(cell) for column, cell in last.items()}
    if not totals or None in totals.values():
        return False  # nearly always, and at little cost
    above = list(rows)
    if len(above) < FEWEST:
        return False
    if all(column in last for column in above[0] if all(column in row for row in above)):
        return False
    return all(
        total is not None and _is_sum(total, [number_in(r[column]) for r in above if column in r])
        for column, total in totals.items()
    )


def _is_sum(total: float, cells: Sequence[float | None]) -> bool:
    numbers = [cell for cell in cells if cell is not None]
    if len(numbers) < len(cells) or len(numbers) < FEWEST or not any(numbers):
        return False
    found = fsum(numbers)
    if isclose(total, found, rel_tol=1e-9, abs_tol=1e-9):
        return True
    return len(numbers) >= MANY and min(numbers) >= 0 and total > found
