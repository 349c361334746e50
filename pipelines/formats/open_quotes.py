"""Open quotes: what becomes of a record that a line leaves open, told without reading it again.

Where many lines leave one open that nothing closes, or nothing but a stray quote, each of them
would be read to the end of what it seems to begin. What lies behind them is the same, though.
"""

import csv
from collections.abc import Callable, Iterable, Iterator

Reader = Callable[[Iterable[str]], Iterator[list[str]]]


class _Ended(Exception):
    """The line ran out inside quotes."""


class OpenQuotes:
    """Asks of lines, from the top down, what closes a record that is open where they begin.

    Each line is read once, as it is read within quotes, whatever is asked. `reader` and `strict`
    read records of lines.
    """

    def __init__(self, lines: list[str], quote: str, reader: Reader, strict: Reader) -> None:
        self._lines, self._quote = lines, quote
        self._reader, self._strict = reader, strict
        self._first = self._at = 0  # all lines from the first one on leave it open
        self._is_closed = False
        self._last_flaw = -1

    def closing(self, place: int, most: int) -> int | None:
        """The line that closes a record open where the one at `place` begins.

        None if none before `most` does. Raises csv.Error if one of them cannot be read.
        """
        if not self._first <= place <= self._at:
            self._first = self._at = place
            self._is_closed = False
        while self._at < min(most, len(self._lines)) and not self._is_closed:
            self._look(self._lines[self._at])
            if not self._is_closed:
                self._at += 1
        return self._at if self._is_closed and self._at < most else None

    def is_flawed(self, place: int) -> bool:
        """Whether text stands behind a quote that closes a cell, from that line on."""
        return self._last_flaw >= place

    def _look(self, line: str) -> None:
        """Whether a line that begins within quotes ends outside of them, and whether cleanly."""
        if self._quote not in line:
            return
        quoted = self._quote + line
        try:
            next(self._reader(_only(quoted)))
            self._is_closed = True
        except _Ended:
            quoted += self._quote
        try:
            next(self._strict([quoted]))
        except csv.Error:
            self._last_flaw = self._at


def _only(line: str) -> Iterator[str]:
    yield line
    raise _Ended
