"""Service: the verbs of a job, as the routes and the supervisor speak them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import structlog

from connectors.earlier_job import EarlierJob
from connectors.errors import (
    InvalidSource,
    JobConflict,
    JobNotFound,
    LimitExceeded,
    SourceNotFound,
    UploadChanged,
)
from connectors.object_store import ObjectStore
from connectors.registry import SourceSpec
from connectors.s3_uri import S3Source, split_uri
from connectors.upload import UploadSource
from pipelines.artifacts import input_key
from pipelines.choices import Overrides
from pipelines.order import InputObject
from serve_app.jobs.model import Job, JobStatus
from serve_app.jobs.runner import Dispatcher
from serve_app.jobs.store import JobStore
from serve_app.metrics import Counter, Metrics

# Not signed, so a PUT works without it; but an S3 server that compresses text leaves this alone.
UNSIGNED_TYPE = "application/octet-stream"
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Accepted:
    """A new job and, for an upload, where and how to put its bytes."""

    job: Job
    upload_url: str | None = None
    upload_headers: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class JobService:
    """Creates, starts and cancels jobs. `clock` gives epoch seconds."""

    store: ObjectStore
    jobs: JobStore
    dispatcher: Dispatcher
    metrics: Metrics
    clock: Callable[[], float]
    upload_ttl_s: int
    single_put_bytes: int

    def create(
        self,
        source: SourceSpec,
        overrides: Overrides,
        options: Mapping[str, Any],
        request_id: str,
    ) -> Accepted:
        """Write the job down. It is queued at once unless its data is still to be uploaded."""
        chosen = {"overrides": overrides.to_wire()} if overrides.given else {}
        job_id, at = str(uuid4()), self.clock()
        uploads = isinstance(source, UploadSource)
        stored, input_etag = self._stored(source, job_id)
        job = Job(
            job_id=job_id,
            status=JobStatus.CREATED if uploads else JobStatus.QUEUED,
            source={**stored, **chosen},
            source_config=source.model_dump(exclude_none=True, exclude={"kind"}),
            options=options,
            request_id=request_id,
            created_at=at,
            updated_at=at,
            upload_expires_at=at + self.upload_ttl_s if uploads else None,
            input_etag=input_etag,
        )
        if isinstance(source, UploadSource):
            accepted = self._with_upload(job, source)
            self._persist(job)
            return accepted
        self._persist(job)
        self._started(job)
        return Accepted(job)

    def process(self, job_id: str) -> Job:
        """Start the job now that its data is there; a job further on is told as it stands."""
        job = self.jobs.get(job_id)
        if job.status is JobStatus.CANCELLED:
            raise JobConflict("the job was cancelled")
        if job.status not in {JobStatus.CREATED, JobStatus.QUEUED}:
            return job
        (wanted,) = order_inputs(job)
        there = self.store.head(wanted.key, bucket=wanted.bucket)
        if there is None:
            raise SourceNotFound(
                f"the job's input s3://{wanted.bucket}/{wanted.key} is not there",
                hint="Upload the file to uploadUrl first, then ask again.",
            )
        is_started = self.jobs.enqueue(job_id, there.etag)
        queued = self.jobs.get(job_id)
        if queued.input_etag not in {None, there.etag}:
            raise UploadChanged("the job is queued already, for what had been uploaded before")
        if is_started:
            self._started(queued)
        return queued

    def cancel(self, job_id: str) -> Job:
        """Stop a job that has not ended."""
        job = self.jobs.request_cancel(job_id)
        log.info("job.cancel_requested", job_id=job_id, status=job.status)
        self._nudge(job)
        return job

    def _stored(self, source: SourceSpec, job_id: str) -> tuple[dict[str, Any], str | None]:
        """The source as the job keeps and shows it, and its version where that is settled."""
        if isinstance(source, EarlierJob):
            return self._again(source)
        if isinstance(source, S3Source):
            return {"type": "s3", "uri": source.uri}, None
        stored = {
            "type": "upload",
            "bucket": self.store.bucket,
            "key": input_key(job_id, source.stored_name),
            "filename": source.stored_name,
            **({"contentType": source.media_type} if source.media_type else {}),
        }
        return stored, None

    def _again(self, source: EarlierJob) -> tuple[dict[str, Any], str | None]:
        """The source of the earlier job: its object is read where it lies, as it was then."""
        try:
            earlier = self.jobs.get(source.from_job)
        except JobNotFound as error:
            raise InvalidSource(f"fromJob: there is no job {source.from_job}") from error
        kind = earlier.source["type"]
        if kind != source.kind:
            raise InvalidSource(f"fromJob: that job has source_type {kind}, not {source.kind}")
        if earlier.status is JobStatus.CREATED:
            raise JobConflict("fromJob: that job has not received its upload yet")
        again = {name: value for name, value in earlier.source.items() if name != "overrides"}
        return {**again, "fromJob": source.from_job}, earlier.input_etag

    def _with_upload(self, job: Job, source: UploadSource) -> Accepted:
        if (source.size_bytes or 0) > self.single_put_bytes:
            raise LimitExceeded(
                f"an upload may hold {self.single_put_bytes:,} bytes at most, "
                f"not {source.size_bytes:,}",
                limit="single_put_bytes",
                hint="Put the file into S3 by its own tools and use source_type s3.",
            )
        url = self.store.presign_put(
            job.source["key"],
            self.upload_ttl_s,
            content_type=source.media_type,
            size_bytes=source.size_bytes,
        )
        return Accepted(job, url, {"Content-Type": source.media_type or UNSIGNED_TYPE})

    def _persist(self, job: Job) -> None:
        source_type = str(job.source["type"])
        try:
            self.jobs.create(job)
        except Exception:
            self.metrics.count(Counter.JOB_PERSISTENCE_FAILED, source_type)
            raise
        self.metrics.count(Counter.JOB_CREATED, source_type)
        log.info("job.created", job_id=job.job_id, source_type=source_type, status=job.status)

    def _started(self, job: Job) -> None:
        self.metrics.count(Counter.JOB_QUEUED, str(job.source["type"]))
        log.info("job.queued", job_id=job.job_id)
        self._nudge(job)

    def _nudge(self, job: Job) -> None:
        try:
            self.dispatcher.nudge()
        except Exception:
            # The job is safe in the store, and the supervisor's poll finds it there.
            self.metrics.count(Counter.JOB_WORKFLOW_START_FAILED, str(job.source["type"]))
            log.exception("job.nudge_failed", job_id=job.job_id)


def order_inputs(job: Job) -> tuple[InputObject, ...]:
    """The objects that a job reads. Pure: whether they exist is found out by reading.

    Raises InvalidSource for a stored source that is not one of ours.
    """
    source = job.source
    match source.get("type"):
        case "upload":
            name = source["filename"]
            return (InputObject(source["bucket"], source["key"], name, job.input_etag),)
        case "s3":
            bucket, key = split_uri(source["uri"])
            return (InputObject(bucket, key, key.rstrip("/").rsplit("/", 1)[-1]),)
        case other:
            raise InvalidSource(f"a stored source of type {other} cannot be read")
