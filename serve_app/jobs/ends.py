"""Ends: how jobs end. Each end counts once, is told in one line, and leaves only what it should."""

import time
from dataclasses import dataclass
from typing import Any

import structlog

from connectors.errors import StorageError
from connectors.object_store import ObjectStore
from pipelines import artifacts, publish
from pipelines.analytics.graph import discard_checkpoints
from pipelines.analytics.outcome import Outcome, RunFailure
from serve_app.jobs.model import Job, JobFailure, JobStatus, Progress
from serve_app.jobs.store import JobStore
from serve_app.metrics import Counter, Metrics

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Ends:
    """Where ends are written. `phase` is the one in which a run was last seen, for the log.

    The ends of runs are fenced: of an attempt that no longer owns its job, nothing is counted.
    """

    jobs: JobStore
    store: ObjectStore
    metrics: Metrics
    checkpoints: str  # the URL of their database

    def finish(self, job: Job, outcome: Outcome, progress: Progress, phase: str | None) -> None:
        """The run came to an end by itself."""
        self._end(
            job,
            JobStatus(outcome.status),
            phase,
            result_key=outcome.result_key,
            manifest_key=outcome.manifest_key,
            failure=_wire(outcome.failure) if outcome.failure is not None else None,
            tables=outcome.tables,
            warnings=outcome.warnings,
            progress=progress,
        )

    def fail(self, job: Job, failure: RunFailure, phase: str | None) -> None:
        """The run has failed, or is given up."""
        try:
            publish.write_error(self.store, job.job_id, failure.to_wire())
        except StorageError as error:  # the row tells it too, and the store may be what failed
            log_of(job).warning("job.error_not_published", error=str(error))
        self._end(job, JobStatus.FAILED, phase, failure=_wire(failure))
        discard_checkpoints(self.checkpoints, job.job_id)

    def fail_waiting(self, job: Job, failure: RunFailure) -> None:
        """A job that waits will never run."""
        if self.jobs.fail(job.job_id, _wire(failure)):
            self._count(job, JobStatus.FAILED, failure)

    def cancel(self, job: Job, phase: str | None) -> None:
        """Nothing of a cancelled job is published: what it has written goes, but for its input.

        Raises StorageError where that cannot be done; the job is not ended then.
        """
        kept = artifacts.base(job.job_id) + "input/"
        written = [item.key for item in self.store.keys(artifacts.base(job.job_id))]
        self.store.delete([key for key in written if not key.startswith(kept)])
        self._end(job, JobStatus.CANCELLED, phase)
        discard_checkpoints(self.checkpoints, job.job_id)

    def _end(self, job: Job, status: JobStatus, phase: str | None, **facts: Any) -> None:
        if not self.jobs.finish(job.job_id, job.attempt, status, **facts):
            log_of(job).warning("job.end_not_accepted", status=status)
            return
        self._count(job, status, facts.get("failure"), phase=phase)

    def _count(
        self, job: Job, status: JobStatus, failure: JobFailure | RunFailure | None, **more: Any
    ) -> None:
        """Once for each job: a line that says why, and the counters; a cancelled job has none."""
        seconds = max(0.0, time.time() - job.created_at)
        why = {"code": failure.code, "error": failure.message} if failure else {}
        said = log_of(job).warning if failure else log_of(job).info
        said("job.ended", status=status, seconds=round(seconds, 3), **why, **more)
        if status is not JobStatus.CANCELLED:
            counter = Counter.JOB_PROCESSING_FAILED if failure else Counter.JOB_PROCESSED
            self.metrics.count(counter, source_type(job))
        self.metrics.job_seconds(seconds, source_type(job))


def log_of(job: Job) -> Any:
    """The log, with what every line on a job says."""
    return log.bind(request_id=job.request_id, job_id=job.job_id, attempt=job.attempt)


def source_type(job: Job) -> str:
    """The kind of its source, by which jobs are counted."""
    return str(job.source.get("type", "upload"))


def _wire(failure: RunFailure) -> JobFailure:
    return JobFailure(failure.code, failure.message, failure.hint, failure.retryable)
