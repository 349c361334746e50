"""Skipped rows: what rows around a table say, of one member, as much of it as a receipt holds."""

from collections.abc import Iterable
from dataclasses import dataclass

from pipelines.formats.base import SkippedRow

MOST_ROWS = 10_000
MOST_CHARACTERS = 1 << 20


@dataclass(frozen=True, slots=True)
class SkippedRows:
    """The rows in their order, and how many more there are than are held.

    What is held is bounded, since a file may be nothing but comments.
    """

    rows: tuple[SkippedRow, ...] = ()
    omitted: int = 0
    characters: int = 0

    def then(self, more: Iterable[SkippedRow]) -> "SkippedRows":
        """These and those that come after them."""
        rows, omitted, characters = [*self.rows], self.omitted, self.characters
        for row in more:
            length = sum(map(len, row.cells))
            if omitted or len(rows) >= MOST_ROWS or characters + length > MOST_CHARACTERS:
                omitted += 1
            else:
                rows.append(row)
                characters += length
        return SkippedRows(tuple(rows), omitted, characters)


def together(found: Iterable[SkippedRows]) -> SkippedRows:
    """Those of one fragment after the other."""
    held = SkippedRows()
    omitted = 0
    for each in found:
        if each.rows:
            held = held.then(each.rows)
        omitted += each.omitted
    return SkippedRows(held.rows, held.omitted + omitted, held.characters)
