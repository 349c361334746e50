"""Ingest run: plan, scan, check and merge, until every table is consistent; knows no Ray.

A table is consistent when all its fragments were read with one schema, and when each byte range
began where the one before it ended. What is not is read again, with what is known by then.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import polars as pl
import pyarrow as pa

from connectors.object_store import ObjectStore
from pipelines import artifacts, column_type
from pipelines.artifacts import slug
from pipelines.formats.alignment import united
from pipelines.formats.base import Failure, Notice, Plan, RowAccount, TablePlan
from pipelines.ingest import IngestResult, TableIngest
from pipelines.json_value import json_value
from pipelines.order import JobOrder
from pipelines.rejects import rejects_parquet
from pipelines.runtime.engine import Engine, FragmentFailure, Scanned
from pipelines.scan import FragmentOrder, FragmentResult
from pipelines.statistics.table_states import TableStates

ARROW_TYPE = "application/vnd.apache.arrow.file"


@dataclass
class _Reading:
    """A table while it is read: what is asked of its fragments, and what has come back."""

    number: int
    plan: TablePlan
    folder: str
    schema: pl.Schema
    fragments: list[Any]
    results: dict[int, FragmentResult] = field(default_factory=dict)
    failure: FragmentFailure | None = None
    widened: dict[str, tuple[str, str]] = field(default_factory=dict)

    def orders(self, order: JobOrder) -> list[FragmentOrder]:
        """What is still to be scanned."""
        if self.failure is not None:
            return []
        return [
            FragmentOrder(
                self.number,
                index,
                fragment,
                self.schema,
                artifacts.part_key(order.job_id, self.folder, index),
                order.store,
            )
            for index, fragment in enumerate(self.fragments)
            if index not in self.results
        ]

    def take(self, scanned: Scanned) -> None:
        if isinstance(scanned, FragmentFailure):
            if self.failure is None or scanned.index < self.failure.index:
                self.failure = scanned
        else:
            self.results[scanned.index] = scanned

    def review(self) -> None:
        """Drop the results that do not fit together, so that they are asked for again."""
        if self.failure is None and not self._widen():
            self._chain()

    def _widen(self) -> bool:
        joined = self.schema
        for index in sorted(self.results):
            joined = united(joined, self.results[index].schema)
        if joined == self.schema:
            return False
        for name, dtype in joined.items():
            if name in self.schema and dtype != self.schema[name]:
                first = self.widened.get(name, (column_type.word(self.schema[name]), ""))[0]
                self.widened[name] = (first, column_type.word(dtype))
        self.schema = joined
        self.results.clear()
        return True

    def _chain(self) -> None:
        """Ranges that did not begin where the one before ended; each round settles one at least."""
        spans = {i: result.span for i, result in self.results.items() if result.span is not None}
        for index, span in spans.items():
            before = spans.get(index - 1)
            if before is not None and span[0] != before[1]:
                self.fragments[index] = self.fragments[index].starting_at(before[1])
                del self.results[index]


def ingest(
    order: JobOrder,
    plan: Plan,
    bytes_read: int,
    choose_engine: Callable[[Sequence[FragmentOrder]], Engine],
    on_result: Callable[[FragmentOrder, int], None],
) -> IngestResult:
    """Read everything that the plan names, and publish parts, states and rejects.

    The result names no inputs: who calls knows them.
    """
    store = ObjectStore(order.store)
    taken: set[str] = set()
    readings = [
        _Reading(number, table, slug(table.name, taken), table.schema, list(table.fragments))
        for number, table in enumerate(plan.tables)
    ]
    while orders := [one for reading in readings for one in reading.orders(order)]:
        asked = {(one.table, one.index): one for one in orders}
        for scanned in choose_engine(orders).scan(orders):
            readings[scanned.table].take(scanned)
            if isinstance(scanned, FragmentResult):
                on_result(asked[scanned.table, scanned.index], scanned.account.data)
        for reading in readings:
            reading.review()
    tables = [_finished(order, store, r) for r in readings if r.failure is None]
    failures = (*plan.failures, *(_failed(r) for r in readings if r.failure is not None))
    return IngestResult(
        inputs=(),
        tables=tuple(tables),
        bytes_read=bytes_read,
        failures=failures,
        skipped=plan.skipped,
    )


def _finished(order: JobOrder, store: ObjectStore, reading: _Reading) -> TableIngest:
    results = [reading.results.pop(index) for index in sorted(reading.results)]
    states = TableStates.merged(_given_away(results))
    states_key = artifacts.states_key(order.job_id, reading.folder)
    store.put(states_key, _ipc(states.to_arrow()), ARROW_TYPE)
    rejects = [reject for result in results for reject in result.rejects]
    rejects_key = None
    if rejects:
        rejects_key = artifacts.result_key(order.job_id, f"rejects/{reading.folder}.parquet")
        store.put(
            rejects_key,
            rejects_parquet(reading.plan.origin, rejects),
            "application/vnd.apache.parquet",
        )
    account = sum((result.account for result in results), RowAccount())
    plan = reading.plan
    return TableIngest(
        name=plan.name,
        folder=reading.folder,
        origin=plan.origin,
        format=plan.format,
        schema=tuple((name, column_type.word(dtype)) for name, dtype in reading.schema.items()),
        rows=sum(result.part.rows for result in results if result.part is not None),
        size_bytes=plan.size_bytes,
        parts=tuple(result.part for result in results if result.part is not None),
        account=account,
        states_key=states_key,
        preview=tuple(json_value(row) for row in results[0].preview) if results else (),
        repaired=_summed(result.repaired for result in results),
        skipped=_summed(result.skipped for result in results),
        null_tokens=_tokens(results),
        details=plan.details,
        guesses=plan.guesses,
        notices=(*plan.notices, *_notices(reading, account, results)),
        rejects_key=rejects_key,
    )


def _given_away(results: list[FragmentResult]) -> Iterator[TableStates]:
    """The states in fragment order, each let go once it is merged: together they take much room."""
    for place, result in enumerate(results):
        if result.states is not None:
            results[place] = replace(result, states=None)
            yield result.states


def _ipc(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def _failed(reading: _Reading) -> Failure:
    failure = reading.failure
    assert failure is not None
    return Failure(
        reading.plan.origin.input,
        reading.plan.origin.member,
        failure.code,
        failure.message,
        failure.hint,
        failure.retryable,
    )


def _notices(
    reading: _Reading, account: RowAccount, results: Sequence[FragmentResult]
) -> Iterable[Notice]:
    origin = reading.plan.origin
    notice = partial(Notice, input=origin.input, member=origin.member, table=reading.plan.name)
    for column, (before, after) in reading.widened.items():
        yield notice(
            "type.widened",
            f"`{column}` looked like {before} in a sample, but not all of it is: it is {after}",
            "INFO",
            column=column,
        )
    for reason, count in _summed(result.repaired for result in results).items():
        yield notice("rows.repaired", f"{count:,} rows: {reason}", count=count)
    if account.rejected:
        reasons = Counter(reject.reason for result in results for reject in result.rejects)
        for reason, count in sorted(reasons.items()):
            yield notice("rows.rejected", f"{count:,} rows: {reason}", "ERROR", count=count)


def _summed(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return dict(sorted(total.items()))


def _tokens(results: Sequence[FragmentResult]) -> dict[str, dict[str, int]]:
    columns = dict.fromkeys(name for result in results for name in result.null_tokens)
    return {
        name: _summed(result.null_tokens.get(name, {}) for result in results) for name in columns
    }
