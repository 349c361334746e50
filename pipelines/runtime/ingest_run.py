"""Ingest run: plan, scan, check and merge, until every table is consistent; knows no Ray."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from connectors.object_store import ObjectStore
from pipelines import artifacts, column_type, skipped_rows
from pipelines.artifacts import slug
from pipelines.formats.base import Notice, Plan, RowAccount, TablePlan
from pipelines.ingest import Ingested, IngestResult, SourceIngest, TableIngest, summed
from pipelines.order import JobOrder
from pipelines.privacy import masked, masked_failure
from pipelines.rejects import join
from pipelines.runtime.engine import Engine
from pipelines.runtime.table_reading import TableReading
from pipelines.scan import PREVIEW_ROWS, FragmentReading, PartOrder, PartResult
from pipelines.statistics.as_read import AsRead, together
from pipelines.statistics.table_states import TableStates


def ingest(
    order: JobOrder,
    plan: Plan,
    bytes_read: int,
    choose_engine: Callable[[Sequence[PartOrder]], Engine],
    on_result: Callable[[PartResult, int], None],
) -> Ingested:
    """Read everything that the plan names, and publish parts and rejects.

    The result names no inputs: who calls knows them.
    """
    store = ObjectStore(order.store)
    taken: set[str] = set()
    readings = [
        TableReading.of(number, table, slug(table.name, taken))
        for number, table in enumerate(plan.tables)
    ]
    while orders := [one for reading in readings for one in reading.orders(order)]:
        for result in choose_engine(orders).scan(orders):
            reading = readings[result.table]
            reading.take(result)
            read = (reading.fragments[each.index].size_bytes for each in result.readings)
            on_result(result, sum(read))
        for reading in readings:
            reading.review()
    store.delete(sorted(key for reading in readings for key in reading.left_over(order)))
    finished = [
        _finished(order, store, reading, sources)
        for reading in readings
        if (sources := list(reading.read()))
    ]
    failures = [*plan.failures, *(each for reading in readings for each in reading.failures())]
    scratch = artifacts.scratch(order.job_id)  # what rounds before the last one rejected
    store.delete([each.key for each in store.keys(scratch)])
    found = IngestResult(
        inputs=(),
        tables=tuple(table for table, _ in finished),
        bytes_read=bytes_read,
        failures=tuple(map(masked_failure, failures) if order.is_private else failures),
        skipped=plan.skipped,
        privacy="mask" if order.is_private else "none",
    )
    return Ingested(found, tuple(states for _, states in finished))


def _finished(
    order: JobOrder,
    store: ObjectStore,
    reading: TableReading,
    read: list[tuple[TablePlan, list[FragmentReading]]],
) -> tuple[TableIngest, TableStates]:
    plan = reading.plan
    sources = tuple(_source(source, found) for source, found in read)
    results = reading.parts()
    rejects_key = artifacts.result_key(order.job_id, f"rejects/{reading.folder}.parquet")
    left = [(source.origin, each.rejects_key) for source, found in read for each in found]
    has_rejects = join(store, ((origin, key) for origin, key in left if key), rejects_key)
    rejected = summed(each.rejected for _, found in read for each in found)
    notices = (*plan.notices, *_notices(reading, sources, rejected))
    parts = tuple(result.part for result in results if result.part is not None)
    preview = [row for result in results for row in result.preview][:PREVIEW_ROWS]
    states = replace(reading.states(), as_read=_as_read(sources))
    table = TableIngest(
        name=plan.name,
        folder=reading.folder,
        sources=sources,
        schema=tuple((name, column_type.word(dtype)) for name, dtype in reading.schema.items()),
        rows=sum(part.rows for part in parts),
        size_bytes=sum(source.size_bytes for source, _ in read),
        parts=parts,
        states_key=artifacts.states_key(order.job_id, reading.folder),
        preview=tuple(preview),
        notices=notices,
        rejects_key=rejects_key if has_rejects else None,
    )
    return masked(table, states) if order.is_private else (table, states)


def _source(plan: TablePlan, readings: Sequence[FragmentReading]) -> SourceIngest:
    return SourceIngest(
        origin=plan.origin,
        format=plan.format,
        account=sum((each.account for each in readings), RowAccount()),
        repaired=summed(each.repaired for each in readings),
        skipped=summed(each.skipped for each in readings),
        skipped_rows=skipped_rows.together(each.skipped_rows for each in readings),
        null_tokens=together(each.as_read.null_tokens for each in readings),
        utc_offsets=together(each.as_read.utc_offsets for each in readings),
        details=plan.details,
        guesses=plan.guesses,
    )


def _chosen_types(source: SourceIngest) -> Mapping[str, str]:
    """The types that the user chose, by column."""
    types: Mapping[str, str] = source.details.get("overrides", {}).get("types", {})
    return types


def _as_read(sources: Sequence[SourceIngest]) -> AsRead:
    return AsRead(
        together(source.null_tokens for source in sources),
        together(source.utc_offsets for source in sources),
    )


def _notices(
    reading: TableReading, sources: Sequence[SourceIngest], rejected: Mapping[str, int]
) -> Iterable[Notice]:
    origin = sources[0].origin
    member = origin.member if len(sources) == 1 else None
    notice = partial(Notice, input=origin.input, member=member, table=reading.plan.name)
    chosen = {name for source in sources for name in _chosen_types(source)}
    for column, (before, after) in reading.widened.items():
        if column in chosen:
            told = (
                f"`{column}` cannot be {before}, as the overrides say: not all of it is, so it is"
            )
            yield notice("override.denied", f"{told} {after}", column=column)
        else:
            told = f"`{column}` looked like {before} in a sample, but not all of it is: it is"
            yield notice("type.widened", f"{told} {after}", "INFO", column=column)
    for reason, count in summed(source.repaired for source in sources).items():
        yield notice("rows.repaired", f"{count:,} rows: {reason}", count=count)
    for reason, count in rejected.items():
        yield notice("rows.rejected", f"{count:,} rows: {reason}", "ERROR", count=count)
