"""Emptiness: rows that would be a table of nearly nothing but empty cells.

A few bytes can name thousands of columns, each in a row of its own; as a table that is a bomb. What
is read at one time may have some millions of empty cells, and two hundred for each that is filled.
"""

from connectors.errors import LimitExceeded

FREE_CELLS = 8_000_000
MOST_EMPTY = 200  # for each cell that holds a value
HINT = "Part the rows by the columns that they fill, a file for each kind of row."


def is_too_empty(rows: int, columns: int, filled: int) -> bool:
    """Whether so many rows have too few of their cells filled.

    >>> is_too_empty(1000, 1000, 1000), is_too_empty(100_000, 1000, 100_000)
    (False, True)
    """
    return rows * columns - filled > max(FREE_CELLS, MOST_EMPTY * filled)


def refuse_emptiness(rows: int, columns: int, filled: int) -> None:
    """Raises LimitExceeded for such rows."""
    if is_too_empty(rows, columns, filled):
        raise LimitExceeded(
            f"{rows:,} rows name {columns:,} different columns and fill {filled:,} cells: less than"
            f" one in {MOST_EMPTY}",
            limit="empty_cells",
            hint=HINT,
        )
