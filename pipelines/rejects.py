"""Rejects: the rows that could not be read as they stand, kept with where and why, without a cap.

Each fragment leaves its own in the store while it is read; they are joined to one file a table.
"""

import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import BinaryIO, Self, cast

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.object_store import ObjectStore
from pipelines.artifacts import PARQUET_TYPE
from pipelines.formats.base import Origin, Reject

FOUND = pa.schema(
    [  # type: ignore[arg-type]
        pa.field("line", pa.int64()),
        pa.field("offset", pa.int64()),
        pa.field("reason", pa.string()),
        pa.field("raw", pa.binary()),
    ]
)
PUBLISHED = pa.schema([pa.field("file", pa.string()), pa.field("member", pa.string()), *FOUND])
SPOOL_BYTES = 16 << 20
ROW_GROUP = 1000


class RejectFile:
    """A Parquet file of rejects that grows by row groups; a context manager."""

    def __init__(self, schema: pa.Schema) -> None:
        self._spool = tempfile.SpooledTemporaryFile(SPOOL_BYTES)  # noqa: SIM115 - closed by exit
        self._schema = schema
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()
        self._spool.close()

    def write(self, rows: pa.Table) -> None:
        if self._writer is None:
            self._writer = pq.ParquetWriter(cast("BinaryIO", self._spool), self._schema)
        self._writer.write_table(rows)

    def put(self, store: ObjectStore, key: str) -> bool:
        """Store it; False if there is nothing in it, and so nothing stored."""
        if self._writer is None:
            return False
        self._writer.close()
        self._writer = None
        self._spool.seek(0)
        store.put_file(key, cast("BinaryIO", self._spool), PARQUET_TYPE)
        return True


class FragmentRejects(RejectFile):
    """The rejects of one fragment, and how many there are by reason; `raw` may be withheld."""

    def __init__(self, *, keeps_raw: bool = True) -> None:
        super().__init__(FOUND)
        self._names = [name for name in FOUND.names if keeps_raw or name != "raw"]
        self.reasons: Counter[str] = Counter()

    def add(self, rejects: Sequence[Reject]) -> None:
        self.reasons.update(reject.reason for reject in rejects)
        for start in range(0, len(rejects), ROW_GROUP):
            some = rejects[start : start + ROW_GROUP]
            rows = [{name: getattr(each, name) for name in self._names} for each in some]
            self.write(pa.Table.from_pylist(rows, FOUND))


def join(store: ObjectStore, found: Iterable[tuple[Origin, str]], key: str) -> bool:
    """Make `results/rejects/{table}.parquet` of what the fragments left, in this order."""
    taken: list[str] = []
    with RejectFile(PUBLISHED) as joined:
        for origin, part in found:
            file = pq.ParquetFile(store.object(part).open())
            for group in range(file.num_row_groups):
                joined.write(_placed(file.read_row_group(group), origin))
            taken.append(part)
        stored = joined.put(store, key)
    store.delete(taken)
    return stored


def _placed(rows: pa.Table, origin: Origin) -> pa.Table:
    place: Mapping[str, str | None] = {"file": origin.input, "member": origin.member}
    columns = [pa.array([name] * rows.num_rows, pa.string()) for name in place.values()]
    return pa.Table.from_arrays([*columns, *rows.columns], schema=PUBLISHED)
