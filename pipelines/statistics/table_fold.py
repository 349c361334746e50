"""Table fold: the rows of one fragment, in whatever chunks they come, into the same states."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.statistics.running_merge import RunningMerge
from pipelines.statistics.table_states import TableStates

ROWS = 1 << 19
SIZE_BYTES = 64 << 20  # of values; wide tables cost less the more rows a block has
FIXED = 8  # bytes of a value that is no text


class TableFold:
    """Collects rows until computing pays (wide tables come in chunks of few rows), then folds.

    Where a block of rows ends depends on the rows before it and on nothing else, so that sums of
    floats round alike however the reader cut the rows into chunks.
    """

    def __init__(
        self, schema: pl.Schema, *, fragment: int, rows: int = ROWS, size_bytes: int = SIZE_BYTES
    ) -> None:
        self._schema = schema
        self._fragment = fragment
        self._most_rows, self._most_bytes = rows, size_bytes
        self._fixed, self._weights = FIXED * len(schema), tuple(_weights(schema))
        self._first_row = 0
        self._waiting: list[pl.DataFrame] = []
        self._waiting_rows = 0
        self._waiting_bytes = 0
        self._merging = RunningMerge()

    def add(self, frame: pl.DataFrame) -> None:
        """The next rows. Raises TypeError when they do not have the schema."""
        if frame.schema != self._schema:
            raise TypeError(f"a chunk of {frame.schema}, not of {self._schema}")
        upto = self._sizes(frame)
        start = 0
        while start < frame.height:
            stop = self._stop(upto, start)
            if stop > start:
                self._waiting.append(frame[start:stop])
                self._waiting_rows += stop - start
                self._waiting_bytes += int(upto[stop] - upto[start])
            if stop < frame.height or self._waiting_rows >= self._most_rows:
                self._fold()
            start = stop

    def _sizes(self, frame: pl.DataFrame) -> npt.NDArray[np.int64]:
        """The bytes of the rows before each row, and of all."""
        sizes = np.full(frame.height, self._fixed, np.int64)
        if self._weights:  # without a column in it, an expression has no height that is sure
            numbered = frame.clone()
            numbered.columns = [str(place) for place in range(frame.width)]
            sizes += numbered.select(size=pl.sum_horizontal(self._weights))["size"].to_numpy()
        return np.concatenate([[0], np.cumsum(sizes)])

    def _stop(self, upto: npt.NDArray[np.int64], start: int) -> int:
        """The first row that no longer fits; a block has one row at least."""
        most = int(upto[start]) + self._most_bytes - self._waiting_bytes
        by_size = int(np.searchsorted(upto, most, side="right")) - 1
        by_rows = start + self._most_rows - self._waiting_rows
        least = start if self._waiting_rows else start + 1
        return max(least, min(by_size, by_rows, len(upto) - 1))

    def states(self) -> TableStates:
        """Of all rows so far."""
        if self._waiting or self._merging.is_empty:
            self._fold()
        return self._merging.states()

    def _fold(self) -> None:
        frame = pl.concat(self._waiting) if self._waiting else pl.DataFrame(schema=self._schema)
        self._merging.add(TableStates.of(frame, fragment=self._fragment, first_row=self._first_row))
        self._first_row += frame.height
        self._waiting, self._waiting_rows, self._waiting_bytes = [], 0, 0


def _weights(schema: pl.Schema) -> Iterator[pl.Expr]:
    """The bytes of what may be of any length in each row, of columns called by their place.

    Polars takes a name such as `^a.*$` for a pattern.
    """
    for place, dtype in enumerate(schema.dtypes()):
        size = _size(pl.col(str(place)), dtype)
        if size is not None:
            yield size.cast(pl.Int64).fill_null(0)


def _size(value: pl.Expr, dtype: Any) -> pl.Expr | None:
    """The bytes of what may be of any length; None of what may not."""
    match dtype:
        case pl.String():
            return value.str.len_bytes()
        case pl.Binary():
            return value.bin.size()
        case pl.List():
            inner = _size(pl.element(), dtype.inner)
            if inner is None:
                return value.list.len() * FIXED
            return value.list.eval(inner.cast(pl.Int64) + FIXED).list.sum()
        case pl.Struct():
            named = (f for f in dtype.fields if not f.name.startswith("^"))
            sizes = (_size(value.struct.field(f.name), f.dtype) for f in named)
            known = [size.cast(pl.Int64) for size in sizes if size is not None]
            return pl.sum_horizontal(known) if known else None
    return None
