"""Table fold: the chunks of one fragment, as they come, into states."""

import polars as pl

from pipelines.statistics.table_states import TableStates

ROWS = 1 << 17
SIZE_BYTES = 128 << 20


class TableFold:
    """Collects chunks until computing pays (wide tables come in chunks of few rows), then folds.

    The one mutable thing here. Neighbours are merged in a balanced tree, as `merged` does.
    """

    def __init__(self, schema: pl.Schema, *, fragment: int) -> None:
        self._schema = schema
        self._fragment = fragment
        self._first_row = 0
        self._waiting: list[pl.DataFrame] = []
        self._waiting_rows = 0
        self._waiting_bytes = 0.0
        self._stack: list[tuple[int, TableStates]] = []

    def add(self, frame: pl.DataFrame) -> None:
        """The next rows. Raises TypeError when they do not have the schema."""
        if frame.schema != self._schema:
            raise TypeError(f"a chunk of {frame.schema}, not of {self._schema}")
        self._waiting.append(frame)
        self._waiting_rows += frame.height
        self._waiting_bytes += frame.estimated_size()
        if self._waiting_rows >= ROWS or self._waiting_bytes >= SIZE_BYTES:
            self._fold()

    def states(self) -> TableStates:
        """Of all rows so far."""
        if self._waiting or not self._stack:
            self._fold()
        state = self._stack[-1][1]
        for _, earlier in reversed(self._stack[:-1]):
            state = earlier.merge(state)
        return state

    def _fold(self) -> None:
        frame = pl.concat(self._waiting) if self._waiting else pl.DataFrame(schema=self._schema)
        state = TableStates.of(frame, fragment=self._fragment, first_row=self._first_row)
        height = 0
        self._first_row += frame.height
        self._waiting, self._waiting_rows, self._waiting_bytes = [], 0, 0.0
        while self._stack and self._stack[-1][0] == height:
            state, height = self._stack.pop()[1].merge(state), height + 1
        self._stack.append((height, state))
