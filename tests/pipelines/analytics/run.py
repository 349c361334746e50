"""A run to watch or to kill: a real store, real Parquet and states, and a scan without Ray."""

import io
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from connectors.object_store import ObjectStore, StoreConfig
from pipelines import artifacts
from pipelines.analytics.outcome import Outcome
from pipelines.analytics.store_workspace import StoreWorkspace
from pipelines.cells import json_values
from pipelines.column_type import word
from pipelines.formats.base import Failure, Guess, Notice, Origin, RowAccount, SkippedMember
from pipelines.ingest import Ingested, IngestResult, InputFile, Part, SourceIngest, TableIngest
from pipelines.order import InputObject, JobOrder
from pipelines.privacy import masked
from pipelines.publish import sha256
from pipelines.statistics import running_merge
from pipelines.statistics.table_states import TableStates

CREATED_AT = 1_795_433_400.5


def sales() -> pl.DataFrame:
    """A small table with something for every rule: nulls, repeats, outliers and correlations."""
    rows = 400
    index = pl.Series(range(rows))
    frame = pl.DataFrame(
        {
            "id": index,
            "amount": (index * 37 % 101) / 10 + 5.0,
            "tax": (index * 37 % 101) / 50 + 1.0,
            "region": [("north", "south", "east", None)[number % 4] for number in range(rows)],
            "=note": [f"=SUM(A{number})" for number in range(rows)],
        }
    )
    odd = pl.DataFrame(
        {
            "id": [900, 901, 901],
            "amount": [950.0, None, None],
            "tax": [0.0, 3.0, 3.0],
            "region": ["west", "west", "west"],
            "=note": ["<b>", "twice", "twice"],
        }
    )
    return pl.concat([frame, odd])


def order(
    store: StoreConfig, checkpoints: str, job_id: str, attempt: int = 1, **options: Any
) -> JobOrder:
    key = artifacts.input_key(job_id, "sales.csv")
    return JobOrder(
        job_id=job_id,
        attempt=attempt,
        created_at=CREATED_AT,
        source={"type": "upload", "bucket": store.bucket, "key": key, "filename": "sales.csv"},
        inputs=(InputObject(store.bucket, key, "sales.csv"),),
        store=store,
        checkpoints=checkpoints,
        options=options,
    )


@dataclass
class Scan:
    """Stores frames as a scan would, a part for every `rows_a_part` rows, and merges states."""

    order: JobOrder
    tables: Mapping[str, pl.DataFrame] = field(default_factory=lambda: {"sales": sales()})
    failures: tuple[Failure, ...] = ()
    skipped: tuple[SkippedMember, ...] = ()
    rows_a_part: int = 150

    def __call__(self) -> Ingested:
        store = ObjectStore(self.order.store)
        content = b"the upload"
        store.put(self.order.inputs[0].key, content)
        uri = store.uri(self.order.inputs[0].key)
        tables = [self._table(store, name, frame) for name, frame in self.tables.items()]
        result = IngestResult(
            inputs=(InputFile("sales.csv", uri, len(content), sha256(content)),),
            tables=tuple(table for table, _ in tables),
            bytes_read=len(content),
            failures=self.failures,
            skipped=self.skipped,
            privacy="mask" if self.order.is_private else "none",
        )
        return Ingested(result, tuple(states for _, states in tables))

    def _table(
        self, store: ObjectStore, name: str, frame: pl.DataFrame
    ) -> tuple[TableIngest, TableStates]:
        parts, states = [], []
        for fragment, start in enumerate(range(0, max(frame.height, 1), self.rows_a_part)):
            rows = frame[start : start + self.rows_a_part]
            stream = io.BytesIO()
            rows.write_parquet(stream, row_group_size=50)
            key = artifacts.part_key(self.order.job_id, name, fragment)
            store.put(key, stream.getvalue())
            digest = sha256(stream.getvalue())
            parts.append(Part(key, rows.height, len(stream.getvalue()), digest))
            states.append(TableStates.of(rows, fragment=fragment, first_row=0))
        whole = running_merge.merged(states)
        table = TableIngest(
            name=name,
            folder=name,
            schema=tuple((column, word(dtype)) for column, dtype in frame.schema.items()),
            rows=frame.height,
            size_bytes=10,
            parts=tuple(parts),
            sources=(
                SourceIngest(
                    Origin("sales.csv"),
                    "csv",
                    RowAccount(parsed=frame.height, skipped=1),
                    skipped={"header": 1},
                    details={"encoding": "utf-8", "header": True},
                    guesses=(Guess("delimiter", ",", 1.0),),
                ),
            ),
            states_key=artifacts.states_key(self.order.job_id, name),
            preview=tuple(
                dict(zip(frame.columns, row, strict=True))
                for row in zip(*map(json_values, frame.head(5).iter_columns()), strict=True)
            ),
            notices=(Notice("text.encoding", "It was guessed.", "INFO", input="sales.csv"),),
        )
        return masked(table, whole) if self.order.is_private else (table, whole)


def workspace(placed: JobOrder, **facts: Any) -> StoreWorkspace:
    return StoreWorkspace(placed, Scan(placed, **facts))


@dataclass
class Mortal(StoreWorkspace):
    """A workspace whose process dies, without a word, at the event of this name."""

    dies_at: str = ""

    def reach(self, event: str) -> None:
        if event == self.dies_at:
            os._exit(9)

    def on_phase(self, phase: str, fraction: float) -> None:
        self.reach(f"{phase} {fraction}")

    def put(self, files: Any) -> Any:
        chosen = list(files)
        written = super().put(chosen)
        self.reach(f"wrote {chosen[0].path}")
        return written

    def commit(self, key: str, body: bytes) -> None:
        self.reach("commits")
        super().commit(key, body)
        self.reach("committed")

    def sweep(self, keep: frozenset[str]) -> None:
        super().sweep(keep)
        self.reach("swept")


def run_until(placed: JobOrder, event: str) -> None:
    """For a process of its own: run the job and die at the event."""
    from langgraph.checkpoint.sqlite import SqliteSaver

    from pipelines.analytics.graph import run_graph

    save = SqliteSaver.put_writes

    def put_writes(self: SqliteSaver, config: Any, writes: Any, *rest: Any) -> None:
        save(self, config, writes, *rest)
        if event.startswith("saved ") and event.removeprefix("saved ") in dict(writes):
            os._exit(9)

    SqliteSaver.put_writes = put_writes
    run_graph(Mortal(placed, Scan(placed), dies_at=event), placed.checkpoints)


def run(placed: JobOrder, make: Callable[..., StoreWorkspace] = workspace, **facts: Any) -> Outcome:
    from pipelines.analytics.graph import run_graph

    return run_graph(make(placed, **facts), placed.checkpoints)


def published(store: ObjectStore, job_id: str) -> dict[str, bytes]:
    """All that lies under the job."""
    return {found.key: store.get(found.key) for found in store.keys(artifacts.base(job_id))}
