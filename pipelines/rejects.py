"""Rejects: the rows that could not be read as they stand, kept with where and why."""

import io
from collections.abc import Iterable, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.formats.base import Origin, Reject

SCHEMA = pa.schema(
    [  # type: ignore[arg-type]
        pa.field("file", pa.string()),
        pa.field("member", pa.string()),
        pa.field("line", pa.int64()),
        pa.field("offset", pa.int64()),
        pa.field("reason", pa.string()),
        pa.field("raw", pa.binary()),
    ]
)


def rejects_parquet(rejects: Iterable[tuple[Origin, Sequence[Reject]]]) -> bytes:
    """`results/rejects/{table}.parquet`: file, member, line, byte offset, reason, raw bytes."""
    rows = [
        {
            "file": origin.input,
            "member": origin.member,
            "line": reject.line,
            "offset": reject.offset,
            "reason": reject.reason,
            "raw": reject.raw,
        }
        for origin, found in rejects
        for reject in found
    ]
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), sink)
    return sink.getvalue()
