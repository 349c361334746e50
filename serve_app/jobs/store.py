"""Job store: who owns which job, in SQL."""

import base64
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from sqlalchemy import (
    Select,
    Update,
    case,
    delete,
    func,
    insert,
    literal,
    null,
    select,
    tuple_,
    update,
)
from sqlalchemy.exc import IntegrityError, ProgrammingError

from connectors.errors import InvalidRequest, JobConflict, JobNotFound, ServiceUnavailable
from serve_app.jobs.engine import engine_for, now, transaction
from serve_app.jobs.model import Job, JobFailure, JobStatus, Progress
from serve_app.jobs.tables import folded, jobs, to_job, to_row

ENDS = [status for status in JobStatus if status.is_end]
WAITING = [JobStatus.CREATED, JobStatus.QUEUED]


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


@dataclass(frozen=True, slots=True)
class SqlJobStore:
    """The jobs in SQLite or PostgreSQL. Picklable; each process has its own connections."""

    url: str = field(repr=False)

    def create(self, job: Job) -> None:
        try:
            with transaction(self.url, writes=True) as connection:
                connection.execute(insert(jobs).values(to_row(job)))
        except IntegrityError as error:
            raise JobConflict(f"job {job.job_id} exists already") from error

    def get(self, job_id: str) -> Job:
        found = self._select(select(jobs).where(jobs.c.job_id == job_id))
        if not found:
            raise JobNotFound("Job not found")
        return found[0]

    def page(
        self,
        *,
        status: JobStatus | None = None,
        source_type: str | None = None,
        since: float | None = None,
        q: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> JobPage:
        age = (jobs.c.created_at, jobs.c.job_id)
        query = select(jobs).order_by(*(column.desc() for column in age)).limit(limit + 1)
        if status is not None:
            query = query.where(jobs.c.status == status)
        if source_type is not None:
            query = query.where(jobs.c.source_type == source_type)
        if since is not None:
            query = query.where(jobs.c.created_at >= since)
        if q:
            query = query.where(jobs.c.search.contains(folded(q), autoescape=True))
        if cursor is not None:
            query = query.where(tuple_(*age) < tuple_(*map(literal, decode_cursor(cursor))))
        found = self._select(query)
        more = len(found) > limit
        return JobPage(tuple(found[:limit]), encode_cursor(found[limit - 1]) if more else None)

    def enqueue(self, job_id: str, input_etag: str | None = None) -> bool:
        queued = self._update(
            update(jobs)
            .where(jobs.c.job_id == job_id, jobs.c.status == JobStatus.CREATED)
            .values(status=JobStatus.QUEUED, input_etag=input_etag, updated_at=now())
        )
        if queued is None:
            self.get(job_id)
        return queued is not None

    def awaiting_upload(self) -> list[Job]:
        return self._select(_oldest_first(JobStatus.CREATED).where(jobs.c.source_type == "upload"))

    def claim(self, owner: str, lease_s: float) -> Job | None:
        oldest = (
            select(jobs.c.job_id)
            .where(jobs.c.status == JobStatus.QUEUED)
            .order_by(jobs.c.created_at, jobs.c.job_id)
            .limit(1)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )
        return self._update(
            update(jobs)
            .where(jobs.c.job_id == oldest, jobs.c.status == JobStatus.QUEUED)
            .values(
                status=JobStatus.RUNNING,
                owner=owner,
                attempt=jobs.c.attempt + 1,
                lease_until=now() + lease_s,
                started_at=func.coalesce(jobs.c.started_at, now()),
                updated_at=now(),
            )
        )

    def heartbeat(self, job_id: str, attempt: int, lease_s: float, progress: Progress) -> bool:
        return self._fenced(job_id, attempt, lease_until=now() + lease_s, progress=asdict(progress))

    def expired(self) -> list[Job]:
        return self._select(_oldest_first(JobStatus.RUNNING).where(jobs.c.lease_until < now()))

    def release(self, job_id: str, attempt: int, *, crashed: bool) -> bool:
        asked_to_stop = jobs.c.cancel_requested
        return self._fenced(
            job_id,
            attempt,
            status=case((asked_to_stop, JobStatus.CANCELLED.value), else_=JobStatus.QUEUED.value),
            completed_at=case((asked_to_stop, now()), else_=null()),
            crashes=jobs.c.crashes + int(crashed),
            owner=None,
            lease_until=None,
        )

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
        if not status.is_end:
            raise ValueError(f"{status} is not an end")
        last = {} if progress is None else {"progress": asdict(progress)}
        return self._fenced(
            job_id,
            attempt,
            status=status,
            completed_at=now(),
            owner=None,
            lease_until=None,
            result_key=result_key,
            manifest_key=manifest_key,
            failure=None if failure is None else asdict(failure),
            tables=[dict(table) for table in tables],
            warnings=[dict(warning) for warning in warnings],
            **last,
        )

    def fail(self, job_id: str, failure: JobFailure) -> bool:
        failed = self._update(
            update(jobs)
            .where(jobs.c.job_id == job_id, jobs.c.status.in_(WAITING))
            .values(
                status=JobStatus.FAILED,
                failure=asdict(failure),
                completed_at=now(),
                updated_at=now(),
            )
        )
        return failed is not None

    def request_cancel(self, job_id: str) -> Job:
        runs = jobs.c.status == JobStatus.RUNNING
        asked = self._update(
            update(jobs)
            .where(jobs.c.job_id == job_id, jobs.c.status.not_in(ENDS))
            .values(
                status=case((runs, jobs.c.status), else_=JobStatus.CANCELLED.value),
                completed_at=case((runs, null()), else_=now()),
                cancel_requested=True,
                updated_at=now(),
            )
        )
        if asked is None:
            raise JobConflict(f"the job has ended already: it is {self.get(job_id).status}")
        return asked

    def cancel_requests(self) -> list[Job]:
        return self._select(_oldest_first(JobStatus.RUNNING).where(jobs.c.cancel_requested))

    def ended_before(self, moment: float, most: int | None = None) -> list[Job]:
        return self._select(
            select(jobs)
            .where(jobs.c.status.in_(ENDS), jobs.c.completed_at < moment)
            .order_by(jobs.c.completed_at)
            .limit(most)
        )

    def forget(self, job_id: str) -> None:
        with transaction(self.url, writes=True) as connection:
            connection.execute(delete(jobs).where(jobs.c.job_id == job_id))

    def check(self) -> None:
        try:
            self._select(select(jobs).limit(1))
        except ProgrammingError as error:
            raise ServiceUnavailable("the job store has not been migrated") from error

    def close(self) -> None:
        """Close the idle connections of this process."""
        engine_for(self.url).dispose()

    def _select(self, query: Select[Any]) -> list[Job]:
        with transaction(self.url, writes=False) as connection:
            return [to_job(row) for row in connection.execute(query).mappings()]

    def _update(self, statement: Update) -> Job | None:
        with transaction(self.url, writes=True) as connection:
            row = connection.execute(statement.returning(*jobs.c)).mappings().one_or_none()
            return None if row is None else to_job(row)

    def _fenced(self, job_id: str, attempt: int, **values: Any) -> bool:
        """Write as this attempt; False, and nothing written, once it no longer owns the job."""
        written = self._update(
            update(jobs)
            .where(
                jobs.c.job_id == job_id,
                jobs.c.attempt == attempt,
                jobs.c.status == JobStatus.RUNNING,
            )
            .values(updated_at=now(), **values)
        )
        return written is not None


def _oldest_first(status: JobStatus) -> Select[Any]:
    return select(jobs).where(jobs.c.status == status).order_by(jobs.c.created_at, jobs.c.job_id)


def encode_cursor(last: Job) -> str:
    """An opaque word for "after this job"."""
    place = json.dumps([last.created_at, last.job_id])
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> tuple[float, str]:
    """The place a cursor stands for. Raises InvalidRequest."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        created_at, job_id = json.loads(base64.urlsafe_b64decode(padded))
        is_id = isinstance(job_id, str) and job_id.isascii() and job_id.isprintable()
        if is_id and isinstance(created_at, float) and math.isfinite(created_at):
            return created_at, job_id
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidRequest("cursor is not one that this service gave out") from error
    raise InvalidRequest("cursor is not one that this service gave out")
