"""Held sheet: how large a sheet may be that only calamine can read, which holds it whole.

It holds every cell between the first and the last, empty ones too, and a copy of its text in each.
"""

from dataclasses import dataclass

from connectors.errors import LimitExceeded
from pipelines.containers.limits import Limits

MOST_CELLS = 8_000_000
MOST_TEXT_BYTES = 256 << 20
HINT = "Save it as .xlsx, which is read row by row, or split it."


@dataclass(slots=True)
class Held:
    """What is known of a sheet so far. Rows come in order; blank ones count once others follow."""

    what: str
    limits: Limits
    _rows: int = 0
    _blank: int = 0
    _width: int = 0
    _text_bytes: int = 0

    def add_rows(self, count: int, width: int, text_bytes: int = 0) -> None:
        """Some equal rows of so many cells up to the last with a value. Raises LimitExceeded."""
        if not width:
            self._blank += count
            return
        if self._rows:
            self._rows += self._blank
        self._blank = 0
        self._rows += count
        self.extend(self._rows, width, text_bytes * count)

    def extend(self, rows: int, width: int, text_bytes: int = 0) -> None:
        """It has at least so many rows and columns, and so much more text. Raises LimitExceeded."""
        self._rows = max(self._rows, rows)
        self._width = max(self._width, width)
        self._text_bytes += text_bytes
        most = min(MOST_CELLS, self.limits.max_sheet_cells)
        if self._rows * self._width > most:
            raise LimitExceeded(
                f"{self.what} takes up more than {most} cells, empty ones between others included"
                " (max_sheet_cells)",
                limit="max_sheet_cells",
                hint=HINT,
            )
        if self._text_bytes > MOST_TEXT_BYTES:
            raise LimitExceeded(
                f"the cells of {self.what} hold more than {MOST_TEXT_BYTES >> 20} MiB of text,"
                " repeated ones included (max_expanded_bytes)",
                limit="max_expanded_bytes",
                hint=HINT,
            )
