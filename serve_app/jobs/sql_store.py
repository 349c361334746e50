"""SQL store: who owns which job, in SQL; each method of the job store is one transaction."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

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

from connectors.errors import JobConflict, JobNotFound, ServiceUnavailable
from serve_app.jobs import page_cursor
from serve_app.jobs.engine import engine_for, now, transaction
from serve_app.jobs.model import Job, JobFailure, JobStatus, Progress
from serve_app.jobs.store import JobPage
from serve_app.jobs.tables import folded, jobs, to_job, to_row

ENDS = [status for status in JobStatus if status.is_end]
WAITING = [JobStatus.CREATED, JobStatus.QUEUED]


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
            query = query.where(tuple_(*age) < tuple_(*map(literal, page_cursor.opened(cursor))))
        found = self._select(query)
        more = len(found) > limit
        return JobPage(tuple(found[:limit]), page_cursor.after(found[limit - 1]) if more else None)

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
