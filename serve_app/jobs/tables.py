"""Tables: how a job lies in the database."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    RowMapping,
    Table,
    Text,
)

from serve_app.jobs.model import Job, JobFailure, JobStatus, Progress

metadata = MetaData()

jobs = Table(
    "jobs",
    metadata,
    Column("job_id", Text, primary_key=True),
    Column("status", Text, nullable=False),
    Column("source_type", Text, nullable=False),
    Column("source", JSON, nullable=False),
    Column("source_config", JSON, nullable=False),
    Column("options", JSON, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("search", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("upload_expires_at", Double),
    Column("input_etag", Text),
    Column("started_at", Double),
    Column("completed_at", Double),
    Column("attempt", Integer, nullable=False),
    Column("crashes", Integer, nullable=False),
    Column("owner", Text),
    Column("lease_until", Double),
    Column("cancel_requested", Boolean, nullable=False),
    Column("progress", JSON, nullable=False),
    Column("result_key", Text),
    Column("manifest_key", Text),
    Column("failure", JSON(none_as_null=True)),
    Column("tables", JSON, nullable=False),
    Column("warnings", JSON, nullable=False),
    CheckConstraint(
        "status <> 'RUNNING' OR (owner IS NOT NULL AND lease_until IS NOT NULL)",
        name="a_running_job_has_a_lease",
    ),
    Index("jobs_newest", "created_at", "job_id"),
    Index("jobs_by_status", "status", "created_at", "job_id"),
)


def to_row(job: Job) -> dict[str, Any]:
    return {
        "job_id": job.job_id,
        "status": str(job.status),
        "source_type": str(job.source.get("type", "")),
        "source": dict(job.source),
        "source_config": dict(job.source_config),
        "options": dict(job.options),
        "request_id": job.request_id,
        "search": searchable(job),
        "created_at": job.created_at,
        "updated_at": job.updated_at,
        "upload_expires_at": job.upload_expires_at,
        "input_etag": job.input_etag,
        "started_at": job.started_at,
        "completed_at": job.completed_at,
        "attempt": job.attempt,
        "crashes": job.crashes,
        "owner": job.owner,
        "lease_until": job.lease_until,
        "cancel_requested": job.cancel_requested,
        "progress": asdict(job.progress),
        "result_key": job.result_key,
        "manifest_key": job.manifest_key,
        "failure": None if job.failure is None else asdict(job.failure),
        "tables": [dict(table) for table in job.tables],
        "warnings": [dict(warning) for warning in job.warnings],
    }


def to_job(fields: RowMapping) -> Job:
    return Job(
        job_id=fields["job_id"],
        status=JobStatus(fields["status"]),
        source=fields["source"],
        source_config=fields["source_config"],
        options=fields["options"],
        request_id=fields["request_id"],
        created_at=fields["created_at"],
        updated_at=fields["updated_at"],
        upload_expires_at=fields["upload_expires_at"],
        input_etag=fields["input_etag"],
        started_at=fields["started_at"],
        completed_at=fields["completed_at"],
        attempt=fields["attempt"],
        crashes=fields["crashes"],
        owner=fields["owner"],
        lease_until=fields["lease_until"],
        cancel_requested=fields["cancel_requested"],
        progress=Progress(**fields["progress"]),
        result_key=fields["result_key"],
        manifest_key=fields["manifest_key"],
        failure=None if fields["failure"] is None else JobFailure(**fields["failure"]),
        tables=tuple(fields["tables"]),
        warnings=tuple(fields["warnings"]),
    )


def searchable(job: Job) -> str:
    """What `GET /jobs?q=` looks through: the id and the name or address of the data."""
    words = [job.job_id, *(job.source.get(key) for key in ("filename", "uri"))]
    return "\n".join(folded(str(word)) for word in words if word)


def folded(text: str) -> str:
    """The text without case, and without what a database cannot hold as text."""
    return text.casefold().encode(errors="replace").decode().replace("\0", "?")
