"""Scan: one fragment, read once: parsed in chunks, written to Parquet, folded into states.

This runs in a sandboxed child, of the runner or of a Ray Data task; what it returns is small.
"""

import hashlib
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import IO, Any, BinaryIO, cast

import polars as pl
import pyarrow.parquet as pq

from connectors.object_store import ObjectStore, S3Object, StoreConfig
from pipelines import sandbox_child
from pipelines.artifacts import PARQUET_TYPE
from pipelines.formats.alignment import united
from pipelines.formats.base import Fragment, RowAccount
from pipelines.ingest import Part
from pipelines.rejects import FragmentRejects
from pipelines.statistics.table_fold import TableFold
from pipelines.statistics.table_states import TableStates

PREVIEW_ROWS = 5
SPOOL_BYTES = 64 << 20
PROBE_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class FragmentOrder:
    """A fragment to scan: the schema its rows shall have, where its part and its rejects go.

    Without `keeps_raw`, rejects are listed without their bytes.
    """

    table: int
    index: int
    fragment: Fragment
    schema: pl.Schema
    part_key: str
    rejects_key: str
    store: StoreConfig
    keeps_raw: bool = True

    @property
    def size_bytes(self) -> int:
        return self.fragment.size_bytes


@dataclass(frozen=True, slots=True)
class FragmentResult:
    """What scanning a fragment gave.

    Where `schema` is wider than what was asked for, nothing was written: the table is to be read
    again. `span` is as in `Chunk.span`, for the whole fragment.
    """

    table: int
    index: int
    schema: pl.Schema
    account: RowAccount
    part: Part | None = None
    states: TableStates | None = None
    preview: tuple[Mapping[str, Any], ...] = ()
    rejected: Mapping[str, int] = field(default_factory=dict)
    rejects_key: str | None = None
    repaired: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    null_tokens: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    span: tuple[int, int] | None = None


def scan_fragment(order: FragmentOrder) -> FragmentResult:
    """Read the fragment, write its part, fold its states. Raises ReadError or SourceError."""
    schema = order.schema
    fits = True
    account = RowAccount()
    counts: dict[str, Counter[str]] = {"repaired": Counter(), "skipped": Counter()}
    null_tokens: dict[str, Counter[str]] = {}
    span: tuple[int, int] | None = None
    preview: list[Mapping[str, Any]] = []
    fold = TableFold(order.schema, fragment=order.index)
    with (
        tempfile.SpooledTemporaryFile(SPOOL_BYTES) as spool,
        FragmentRejects(keeps_raw=order.keeps_raw) as rejects,
    ):
        writer = _PartWriter(spool)
        for chunk in order.fragment.chunks(order.schema):
            account += chunk.rows
            counts["repaired"].update(chunk.repaired)
            counts["skipped"].update(chunk.skipped)
            for column, tokens in chunk.null_tokens.items():
                null_tokens.setdefault(column, Counter()).update(tokens)
            rejects.add(chunk.rejects)
            if chunk.span is not None:
                span = (span[0] if span else chunk.span[0], chunk.span[1])
            schema = united(schema, chunk.frame.schema)
            fits = fits and schema == order.schema
            if fits and chunk.frame.height:
                fold.add(chunk.frame)
                writer.write(chunk.frame)
                if len(preview) < PREVIEW_ROWS:
                    preview.extend(chunk.frame.head(PREVIEW_ROWS - len(preview)).to_dicts())
            sandbox_child.report((order.table, order.index, account.data))
        result = FragmentResult(
            order.table,
            order.index,
            schema,
            account,
            preview=tuple(preview),
            rejected=rejects.reasons,
            repaired=counts["repaired"],
            skipped=counts["skipped"],
            null_tokens=null_tokens,
            span=span,
        )
        if not fits:
            return result
        store = ObjectStore(order.store)
        part = writer.finish(order.schema, order.part_key)
        spool.seek(0)
        store.put_file(order.part_key, cast("BinaryIO", spool), PARQUET_TYPE)
        kept = rejects.put(store, order.rejects_key)
    return replace(
        result, part=part, states=fold.states(), rejects_key=order.rejects_key if kept else None
    )


class _PartWriter:
    """Chunks to one Parquet file, a row group each; hashed as it is written."""

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


def sha256_of(file: S3Object) -> str:
    """The SHA-256 of an object; a large one takes a while, and says that it goes on."""
    return file.sha256(on_block=lambda: sandbox_child.report(None))


def preload(store: StoreConfig) -> None:
    """Make ready what every child needs: the code and the client."""
    import pipelines.source_plan  # noqa: F401

    ObjectStore(store).client  # noqa: B018 - made and kept; it connects in the child
