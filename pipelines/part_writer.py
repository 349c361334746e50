"""Part writer: rows to one Parquet file, a row group for each frame; hashed as it is written."""

import hashlib
from typing import IO, Any, cast

import polars as pl
import pyarrow.parquet as pq

from pipelines.ingest import Part

PROBE_ROWS = 20_000


class PartWriter:
    """Takes frames, and tells what became of them. A part without rows has its columns."""

    def __init__(self, spool: IO[bytes]) -> None:
        self._sink = _HashingSink(spool)
        self._writer: pq.ParquetWriter | None = None
        self._rows = 0

    def write(self, frame: pl.DataFrame) -> None:
        table = frame.to_arrow()
        if self._writer is None:
            self._writer = pq.ParquetWriter(
                cast("IO[bytes]", self._sink),
                table.schema,
                compression="snappy",
                use_dictionary=cast("bool", _repetitive(frame)),  # the stubs know no list
                # Of unsorted texts they prune nothing, and cost more than the texts' compression.
                write_statistics=cast("bool", [c.name for c in frame if c.dtype != pl.String]),
            )
        self._writer.write_table(table)
        self._rows += frame.height

    def finish(self, schema: pl.Schema, key: str) -> Part:
        if self._writer is None:
            self.write(pl.DataFrame(schema=schema))
        if self._writer is not None:
            self._writer.close()
        return Part(key, self._rows, self._sink.size, self._sink.digest.hexdigest())


def _repetitive(frame: pl.DataFrame) -> list[str]:
    """Columns whose values repeat enough for a dictionary to pay."""
    probe = frame.head(PROBE_ROWS)
    flat = [column for column in probe.get_columns() if not column.dtype.is_nested()]
    enough = max(1, probe.height // 6)
    return [c.name for c in flat if cast("int", c.alias("cells").approx_n_unique()) <= enough]


class _HashingSink:
    """A file object that only writes, and hashes on the way."""

    def __init__(self, inner: IO[bytes]) -> None:
        self._inner = inner
        self.digest = hashlib.sha256()
        self.size = 0
        self.closed = False

    def write(self, content: Any) -> int:
        view = memoryview(content)
        self._inner.write(view)
        self.digest.update(view)
        self.size += view.nbytes
        return view.nbytes

    def flush(self) -> None:
        self._inner.flush()

    def close(self) -> None:
        self.closed = True

    def tell(self) -> int:
        return self.size

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False
