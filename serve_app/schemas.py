"""Schemas: what travels over the wire. camelCase by one alias generator, snake_case accepted."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from connectors.object_store import Listing
from serve_app.jobs.model import Job, JobFailure, JobStatus
from serve_app.jobs.service import Accepted

MAX_DEPTH = 16


def plain(value: dict[str, Any]) -> dict[str, Any]:
    """The same, once it is known to be storable: finite numbers, real text, not too deep."""
    waiting: list[tuple[Any, int]] = [(value, 0)]
    while waiting:
        inner, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise ValueError(f"must not be nested deeper than {MAX_DEPTH} levels")
        if isinstance(inner, float) and not math.isfinite(inner):
            raise ValueError("must hold finite numbers only")
        if isinstance(inner, str) and any("\ud800" <= letter <= "\udfff" for letter in inner):
            raise ValueError("must hold text without lone surrogates")
        if isinstance(inner, dict):
            waiting += [(part, depth + 1) for pair in inner.items() for part in pair]
        elif isinstance(inner, list):
            waiting += [(part, depth + 1) for part in inner]
    return value


def _text(value: str) -> str:
    plain({"": value})
    return value


PlainText = Annotated[str, AfterValidator(_text)]
PlainObject = Annotated[dict[str, Any], AfterValidator(plain)]


class Wire(BaseModel):
    """A value on the wire."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, serialize_by_alias=True, frozen=True
    )


class CreateJob(Wire):
    """A request for a job: where the data is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"source_type": "upload", "source_config": {"filename": "sales-2026.csv"}},
                {"source_type": "s3", "s3_path": "s3://my-bucket/raw/sales-2026.csv"},
                {
                    "source_type": "upload",
                    "source_config": {
                        "filename": "deliveries.csv",
                        "overrides": {"dateOrder": "DMY", "types": {"zip": "text"}},
                    },
                },
            ]
        }
    )

    source_type: Annotated[
        str | None,
        Field(
            validation_alias=AliasChoices("source_type", "sourceType"),
            description="upload or s3.",
        ),
    ] = None
    source_config: Annotated[
        PlainObject | None,
        Field(
            validation_alias=AliasChoices("source_config", "sourceConfig"),
            description="The fields of the source; GET /connectors describes them.",
        ),
    ] = None
    s3_path: Annotated[
        PlainText | None,
        Field(
            validation_alias=AliasChoices("s3_path", "s3Path"),
            description="s3://bucket/key, for source_type s3.",
        ),
    ] = None
    options: Annotated[
        PlainObject,
        BeforeValidator(lambda given: {} if given is None else given),
        Field(description="How to read and analyse."),
    ] = {}


class CreatedJob(Wire):
    """A new job. `uploadUrl` is for one PUT, best with `uploadHeaders`; null for s3."""

    job_id: str
    upload_url: str | None
    source: Mapping[str, Any]
    status: JobStatus
    upload_headers: Mapping[str, str]

    @classmethod
    def of(cls, accepted: Accepted) -> Self:
        return cls(
            job_id=accepted.job.job_id,
            upload_url=accepted.upload_url,
            source=accepted.job.source,
            status=accepted.job.status,
            upload_headers=accepted.upload_headers or {},
        )


class ErrorDetail(Wire):
    """Why a job failed, and what to do."""

    code: str
    message: str
    hint: str
    retryable: bool

    @classmethod
    def of(cls, failure: JobFailure) -> Self:
        return cls(
            code=failure.code,
            message=failure.message,
            hint=failure.hint,
            retryable=failure.retryable,
        )


class TableSummary(Wire):
    """A table that a job made."""

    name: str
    rows: int
    columns: int


class JobView(Wire):
    """A job as it stands. `createdAt` and `updatedAt` are epoch seconds, the other times ISO."""

    job_id: str
    status: JobStatus
    created_at: int
    updated_at: int
    result_key: str | None
    source: Mapping[str, Any]
    error: str | None
    error_detail: ErrorDetail | None
    phase: str | None
    phase_index: int
    phase_count: int
    progress: Annotated[float, Field(ge=0, le=100, description="Percent.")]
    rows_read: int
    bytes_read: int
    bytes_total: int | None
    tables: list[TableSummary]
    attempt: int
    cancel_requested: bool
    started_at: datetime | None
    completed_at: datetime | None
    options: Mapping[str, Any]
    warnings: list[Mapping[str, Any]]

    @classmethod
    def of(cls, job: Job) -> Self:
        at = job.progress
        return cls(
            job_id=job.job_id,
            status=job.status,
            created_at=int(job.created_at),
            updated_at=int(job.updated_at),
            result_key=job.result_key,
            source=job.source,
            error=job.failure.message if job.failure else None,
            error_detail=ErrorDetail.of(job.failure) if job.failure else None,
            phase=at.phase,
            phase_index=at.phase_index,
            phase_count=at.phase_count,
            progress=round(min(max(at.fraction, 0.0), 1.0) * 100, 1),
            rows_read=at.rows_read,
            bytes_read=at.bytes_read,
            bytes_total=at.bytes_total,
            tables=[TableSummary.model_validate(table) for table in job.tables],
            attempt=job.attempt,
            cancel_requested=job.cancel_requested,
            started_at=moment(job.started_at),
            completed_at=moment(job.completed_at),
            options=job.options,
            warnings=list(job.warnings),
        )


class JobList(Wire):
    """Some jobs, newest first; `nextCursor` is null on the last page."""

    jobs: list[JobView]
    next_cursor: str | None


class ProcessView(Wire):
    """How a job stands after it was told to start."""

    ok: bool = True
    job_id: str
    status: JobStatus
    result_key: str | None
    manifest_key: str | None

    @classmethod
    def of(cls, job: Job) -> Self:
        return cls(
            job_id=job.job_id,
            status=job.status,
            result_key=job.result_key,
            manifest_key=job.manifest_key,
        )


class ManifestView(Wire):
    """The manifest, and what the object store says of it."""

    job_id: str
    manifest: Mapping[str, Any]
    etag: str
    content_length: int


class ObjectView(Wire):
    """An object of a job."""

    key: str
    size: int
    last_modified: str
    etag: str
    storage_class: str


class ObjectPage(Wire):
    """A page of objects; `nextToken` goes back as `continuationToken`."""

    job_id: str
    prefix: str
    objects: list[ObjectView]
    common_prefixes: list[str]
    is_truncated: bool
    next_token: str | None

    @classmethod
    def of(cls, job_id: str, prefix: str, listing: Listing) -> Self:
        return cls(
            job_id=job_id,
            prefix=prefix,
            objects=[
                ObjectView(
                    key=found.key,
                    size=found.size,
                    last_modified=found.modified,
                    etag=found.etag,
                    storage_class=found.storage_class,
                )
                for found in listing.objects
            ],
            common_prefixes=list(listing.prefixes),
            is_truncated=listing.next_token is not None,
            next_token=listing.next_token,
        )


class Link(Wire):
    """A signed GET URL of an object."""

    job_id: str
    download_url: str
    key: str


class Column(Wire):
    """A column of a normalised table."""

    name: str
    type: str


class TableView(Wire):
    """A normalised table: its Parquet files lie under `prefix`."""

    name: str
    origin: Any
    rows: int
    columns: int
    bytes: int | None
    prefix: str | None
    schema_: Annotated[list[Column], Field(alias="schema")]


class TableList(Wire):
    """The tables of a job."""

    job_id: str
    tables: list[TableView]


class ConnectorView(Wire):
    """A kind of source; `schema` describes its `source_config`."""

    source_type: str
    description: str
    schema_: Annotated[Mapping[str, Any], Field(alias="schema")]


class ConnectorList(Wire):
    """The kinds of source that this server reads."""

    connectors: list[ConnectorView]
    overrides: Mapping[str, Any]


class FormatView(Wire):
    """A file format."""

    name: str
    extensions: tuple[str, ...]


class FormatList(Wire):
    """The file formats that this server reads."""

    formats: list[FormatView]


class Health(Wire):
    """The process lives."""

    ok: bool = True


class Check(Wire):
    """One thing that the service needs."""

    name: str
    ok: bool
    detail: str


class Readiness(Wire):
    """Whether jobs can be taken and run."""

    ready: bool
    checks: list[Check]


class Problem(Wire):
    """What went wrong (RFC 9457). `code` is stable; `detail` is for people."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    retryable: bool
    request_id: str
    hint: str | None = None
    errors: list[Mapping[str, str]] | None = None


def moment(epoch_s: float | None) -> datetime | None:
    return None if epoch_s is None else datetime.fromtimestamp(epoch_s, UTC)
