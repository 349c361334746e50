"""Sheet grid: the cells of a sheet that have a value, by row and column, both from 0."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ErrorCell:
    """A cell that shows an error such as #DIV/0! in the place of a value."""

    kind: str


Cell = ErrorCell | str | float | int | bool | dt.date | dt.datetime | dt.time | dt.timedelta
Row = tuple[int, Mapping[int, Cell]]
Grid = Mapping[int, Mapping[int, Cell]]
Errors = Mapping[int, Mapping[int, Cell]]  # and other cells that calamine does not read right


@dataclass(frozen=True, slots=True)
class Area:
    """Some cells of a sheet: its bounds, all of them within, from 0."""

    top: int
    bottom: int
    left: int
    right: int

    @classmethod
    def of(cls, text: str) -> "Area":
        """The area that users write so, whichever corners they name.

        >>> Area.of("F120:b3")
        Area(top=2, bottom=119, left=1, right=5)
        """
        corners = [re.fullmatch(r"([A-Z]+)(\d+)", corner) for corner in text.upper().split(":")]
        found = [match.groups() for match in corners if match is not None]
        columns = sorted(column_number(letters) for letters, _ in found)
        rows = sorted(int(digits) - 1 for _, digits in found)
        return cls(rows[0], rows[-1], columns[0], columns[-1])

    def of_grid(self, grid: Grid) -> dict[int, dict[int, Cell]]:
        """The cells that lie within."""
        inside: dict[int, dict[int, Cell]] = {}
        for row, cells in grid.items():
            if self.top <= row <= self.bottom:
                kept = {c: cell for c, cell in cells.items() if self.left <= c <= self.right}
                if kept:
                    inside[row] = kept
        return inside


def column_number(letters: str) -> int:
    """The column of these letters, from 0.

    >>> column_number("A"), column_number("AB"), column_number("XFD")
    (0, 27, 16383)
    """
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def column_letters(column: int) -> str:
    """The letters of a column, from 0.

    >>> column_letters(0), column_letters(27), column_letters(16383)
    ('A', 'AB', 'XFD')
    """
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def area(first_row: int, last_row: int, first_column: int, last_column: int) -> str:
    """An area as users write it.

    >>> area(2, 119, 1, 5)
    'B3:F120'
    """
    start = f"{column_letters(first_column)}{first_row + 1}"
    return f"{start}:{column_letters(last_column)}{last_row + 1}"
