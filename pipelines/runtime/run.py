"""Run: one attempt of one job, from its inputs to its published manifest."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from connectors.errors import ReadError, UploadChanged
from connectors.object_store import ObjectStore
from connectors.s3_object import S3Object
from pipelines import sandbox
from pipelines.analytics.graph import run_graph
from pipelines.analytics.outcome import Outcome
from pipelines.analytics.store_workspace import StoreWorkspace
from pipelines.analytics.workspace import RunCancelled
from pipelines.choices import Overrides
from pipelines.ingest import Ingested, InputFile
from pipelines.options import JobOptions
from pipelines.order import InputObject, JobOrder
from pipelines.privacy import masked_error
from pipelines.runtime.advance import Watch
from pipelines.runtime.data_engine import DataEngine
from pipelines.runtime.engine import Engine, InlineEngine, fits_inline
from pipelines.runtime.ingest_run import ingest
from pipelines.runtime.input_digest import InputDigests, input_digests
from pipelines.runtime.learner import Learner
from pipelines.runtime.planning import Planner
from pipelines.sandbox import Sandbox
from pipelines.scan import PartOrder, PartResult


def run_job(order: JobOrder, children: Sandbox, learner: Learner, watch: Watch) -> Outcome:
    """Run the phases that are still to be run, and publish. Raises RunCancelled."""
    workspace = StoreWorkspace(
        order,
        scan=lambda: _scan(order, children, watch),
        is_cancelled=watch.is_cancelled,
        tell=watch.on_phase,
        learn=partial(learner.inquire, is_cancelled=watch.is_cancelled),
    )
    return run_graph(workspace, order.checkpoints)


def _scan(order: JobOrder, children: Sandbox, watch: Watch) -> Ingested:
    try:
        return _read(order, children, watch)
    except sandbox.Cancelled as error:
        raise RunCancelled from error
    except ReadError as error:
        if not order.is_private:
            raise
        raise masked_error(error) from None


def _read(order: JobOrder, children: Sandbox, watch: Watch) -> Ingested:
    store = ObjectStore(order.store)
    objects = [_found(store, item) for item in order.inputs]
    watch.on_plan(sum(item.size for item in objects))
    with input_digests(objects, watch.is_cancelled) as digests:
        ingested = _ingest(order, digests, children, watch)
        found = digests.finish()
    inputs = tuple(
        InputFile(item.name, f"s3://{item.bucket}/{item.key}", item.size, digest)
        for item, digest in zip(objects, found, strict=True)
    )
    return replace(ingested, result=replace(ingested.result, inputs=inputs))


def _found(store: ObjectStore, wanted: InputObject) -> S3Object:
    """The input, which from here on is read in this version alone."""
    found = store.object(wanted.key, wanted.bucket)
    if wanted.etag is not None and found.etag != wanted.etag:
        raise UploadChanged(
            f"{wanted.name} is not what had been uploaded when the job was queued: "
            "something else was put to the upload URL since"
        )
    return found


def _ingest(order: JobOrder, digests: InputDigests, children: Sandbox, watch: Watch) -> Ingested:
    options = JobOptions.model_validate(order.options)
    planner = Planner(
        f"job-{order.job_id}-plan",
        children,
        order.limits,
        Overrides.of(order.source),
        watch.is_cancelled,
    )
    plan = planner.plan(digests.objects, group=options.group)
    watch.on_planned()
    digests.follow(plan)

    def choose(orders: Sequence[PartOrder]) -> Engine:
        engine: Engine
        name = f"job-{order.job_id}-ingest"
        if fits_inline(orders, order.inline_bytes):
            engine = InlineEngine(name, children, order.limits, watch.on_read, watch.is_cancelled)
        else:
            engine = DataEngine(name, order.limits, watch.is_cancelled)
        return engine

    def on_result(result: PartResult, size_bytes: int) -> None:
        watch.on_result(result, size_bytes)
        digests.on_result(result)

    bytes_read = sum(item.size for item in digests.objects)
    return ingest(order, plan, bytes_read, choose, on_result)
