"""Sheet grid: the cells of a sheet that have a value, by row and column, both from 0."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ErrorCell:
    """A cell that shows an error such as #DIV/0! in the place of a value."""

    kind: str


Cell = ErrorCell | str | float | int | bool | dt.date | dt.datetime | dt.time | dt.timedelta
Row = tuple[int, Mapping[int, Cell]]
Grid = Mapping[int, Mapping[int, Cell]]
Errors = Mapping[int, Mapping[int, ErrorCell]]


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
