"""Job store: the queue and the record of all jobs, as those who use it see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from serve_app.jobs.model import Job, JobFailure, JobStatus, Progress


@dataclass(frozen=True, slots=True)
class JobPage:
    """Some jobs, newest first, and the cursor of the next page."""

    jobs: tuple[Job, ...]
    next_cursor: str | None


class JobStore(Protocol):
    """The queue and the record of all jobs. Every method is one transaction.

    Leases use the database's clock (`now` as the store reads it), never a worker's. Methods that a
    run calls take its `attempt` and answer False once another attempt owns the job.
    """

    def create(self, job: Job) -> None: ...

    def get(self, job_id: str) -> Job:
        """Raises JobNotFound."""
        ...

    def page(
        self,
        *,
        status: JobStatus | None = None,
        source_type: str | None = None,
        since: float | None = None,
        q: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> JobPage: ...

    def enqueue(self, job_id: str, input_etag: str | None = None) -> bool:
        """CREATED → QUEUED; False, and nothing done, for a job further on. Raises JobNotFound.

        `input_etag` is the version of its upload that the job reads from now on.
        """
        ...

    def awaiting_upload(self) -> list[Job]:
        """Upload jobs that are still CREATED, oldest first."""
        ...

    def claim(self, owner: str, lease_s: float) -> Job | None:
        """The oldest QUEUED job, now RUNNING under a new attempt with a lease, or None.

        The lease is written in the same statement: no job is RUNNING without one.
        """
        ...

    def heartbeat(self, job_id: str, attempt: int, lease_s: float, progress: Progress) -> bool:
        """Extend the lease and record progress; False once another attempt owns the job."""
        ...

    def expired(self) -> list[Job]:
        """RUNNING jobs whose lease has run out."""
        ...

    def release(self, job_id: str, attempt: int, *, crashed: bool) -> bool:
        """RUNNING → QUEUED, for another attempt; `crashed` counts it against the job.

        A job that was asked to stop is CANCELLED instead: it must not begin again.
        """
        ...

    def finish(
        self,
        job_id: str,
        attempt: int,
        status: JobStatus,
        *,
        result_key: str | None = None,
        manifest_key: str | None = None,
        failure: JobFailure | None = None,
        tables: tuple[Mapping[str, Any], ...] = (),
        warnings: tuple[Mapping[str, Any], ...] = (),
        progress: Progress | None = None,
    ) -> bool:
        """The fenced end of a run: exactly one attempt gets True."""
        ...

    def fail(self, job_id: str, failure: JobFailure) -> bool:
        """CREATED or QUEUED → FAILED, for a job that never ran."""
        ...

    def request_cancel(self, job_id: str) -> Job:
        """Cancel at once unless it runs; a running job is asked. Raises JobConflict if ended."""
        ...

    def cancel_requests(self) -> list[Job]:
        """RUNNING jobs that were asked to stop."""
        ...

    def ended_before(self, moment: float, most: int | None = None) -> list[Job]:
        """Jobs that ended before this epoch second, oldest first, for retention."""
        ...

    def forget(self, job_id: str) -> None:
        """Remove the row."""
        ...

    def check(self) -> None:
        """Raise ServiceUnavailable unless the database answers."""
        ...
