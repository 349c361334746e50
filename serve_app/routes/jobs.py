"""Job routes: create, list, look at, start and cancel."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from serve_app.deps import JobId, Jobs, Ordered, RequestId
from serve_app.jobs.model import JobStatus
from serve_app.routes.problems import problems
from serve_app.schemas import CreatedJob, JobList, JobView, ProcessView

router = APIRouter(prefix="/jobs", tags=["jobs"])


@router.post("", responses=problems(400, 413, 415, 422, 503))
def create_job(order: Ordered, jobs: Jobs, request_id: RequestId) -> CreatedJob:
    """Register a job; it starts at once unless its data is still to be uploaded."""
    return CreatedJob.of(jobs.create(order.source, order.overrides, order.options, request_id))


@router.get("", responses=problems(400, 503))
def list_jobs(  # noqa: PLR0917 (FastAPI passes them by name)
    jobs: Jobs,
    status: Annotated[JobStatus | None, Query(description="Only jobs in this status.")] = None,
    source_type: Annotated[
        str | None, Query(alias="sourceType", pattern="^[a-z0-9]{1,32}$")
    ] = None,
    since: Annotated[
        datetime | None, Query(description="Created at or after: ISO 8601, or epoch seconds.")
    ] = None,
    q: Annotated[
        str | None, Query(max_length=200, description="Part of the id, file name or address.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(description="`nextCursor` of the last page.")] = None,
) -> JobList:
    """The jobs, newest first."""
    page = jobs.jobs.page(
        status=status,
        source_type=source_type,
        since=None if since is None else _epoch_s(since),
        q=q,
        limit=limit,
        cursor=cursor,
    )
    return JobList(jobs=[JobView.of(job) for job in page.jobs], next_cursor=page.next_cursor)


@router.get("/{job_id}", responses=problems(404, 503))
def get_job(job_id: JobId, jobs: Jobs) -> JobView:
    """The job as it stands."""
    return JobView.of(jobs.jobs.get(job_id))


@router.post("/{job_id}/process", responses=problems(404, 409, 503))
def process_job(job_id: JobId, jobs: Jobs) -> ProcessView:
    """Say that the upload is there. Starts or finds the run, and answers at once."""
    return ProcessView.of(jobs.process(job_id))


@router.post("/{job_id}/cancel", responses=problems(404, 409, 503))
def cancel_job(job_id: JobId, jobs: Jobs) -> JobView:
    """Stop a job that has not ended. A running one ends within seconds."""
    return JobView.of(jobs.cancel(job_id))


def _epoch_s(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
