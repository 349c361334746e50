"""Excel 2003 styles: which cells of such a workbook hold durations, by their number formats.

Microsoft, "XML Spreadsheet Reference" (2001): a style has what its parent has, but for what it says
itself; a cell without one is in that of its row, else of its column, else of the table.
"""

import re
from bisect import bisect_right

LASTING = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)  # number formats of durations


class Styles:
    """The styles of one workbook, and where they are in the table that is read."""

    def __init__(self) -> None:
        self._declared = ""
        self._parents: dict[str, str] = {}
        self._lasting: dict[str, bool] = {}  # of those with a number format
        self._table = self._row = ""
        self._begins: list[int] = []  # columns, each run with where it ends and its style
        self._runs: list[tuple[int, str]] = []

    def declare(self, style: str, parent: str) -> None:
        self._declared = style
        self._parents[style] = parent

    def number_format(self, written: str) -> None:
        """Of the style declared last."""
        self._lasting[self._declared] = LASTING.search(written) is not None

    def table(self, style: str) -> None:
        """A new one, of which no row and column has been told."""
        self._table, self._row = style, ""
        self._begins.clear()
        self._runs.clear()

    def columns(self, begin: int, end: int, style: str) -> None:
        """Behind those told before, counted from 0."""
        if style:
            self._begins.append(begin)
            self._runs.append((end, style))

    def row(self, style: str) -> None:
        self._row = style

    def is_lasting(self, own: str, column: int) -> bool:
        """Whether a cell of the row in a column, counted from 0, holds a duration."""
        style = own or self._row or self._of_column(column) or self._table
        if style not in self._lasting:
            self._lasting[style] = self._inherits(style)
        return self._lasting[style]

    def _of_column(self, column: int) -> str:
        at = bisect_right(self._begins, column) - 1
        end, style = self._runs[at] if at >= 0 else (0, "")
        return style if column < end else ""

    def _inherits(self, style: str) -> bool:
        seen: set[str] = set()
        while style not in self._lasting and style in self._parents and style not in seen:
            seen.add(style)
            style = self._parents[style]
        return self._lasting.get(style, False)
