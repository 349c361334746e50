"""Dependencies: what a route asks for, by name.

Those that wait for nothing are `async`: for any other FastAPI wakes a thread, at each request.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from connectors.errors import InvalidRequest, JobNotFound, MetricFoundryError
from connectors.registry import SourceSpec, source_of
from pipelines.choices import Overrides
from pipelines.options import JobOptions
from serve_app.errors import request_id_of
from serve_app.jobs.results import Results as ResultReader
from serve_app.jobs.service import JobService
from serve_app.metrics import Counter
from serve_app.schemas import CreateJob

JOB_ID = re.compile(r"[A-Za-z0-9._~:@-]{1,128}")
KNOWN_TYPES = {"upload", "s3", "http", "https", "database", "warehouse"}


async def job_service(request: Request) -> JobService:
    service: JobService = request.app.state.jobs
    return service


async def result_reader(request: Request) -> ResultReader:
    reader: ResultReader = request.app.state.results
    return reader


async def existing_id(job_id: Annotated[str, Path(description="Id of the job.")]) -> str:
    """An id that could be one of ours; any other text names no job."""
    if not JOB_ID.fullmatch(job_id):
        raise JobNotFound("Job not found")
    return job_id


async def request_id(request: Request) -> str:
    return request_id_of(request)


Jobs = Annotated[JobService, Depends(job_service)]
Results = Annotated[ResultReader, Depends(result_reader)]
JobId = Annotated[str, Depends(existing_id)]
RequestId = Annotated[str, Depends(request_id)]


@dataclass(frozen=True, slots=True)
class Order:
    """A request for a job, checked."""

    source: SourceSpec
    overrides: Overrides
    options: Mapping[str, Any]


def ordered(request: CreateJob, jobs: Jobs) -> Order:
    """What a request asks for; one that makes no sense is counted and refused."""
    try:
        with _at("source_config"):
            source = source_of(request.source_type, request.source_config or {}, request.s3_path)
        with _at("source_config", "overrides"):
            overrides = Overrides.of(request.source_config or {})
        with _at("options"):
            JobOptions.model_validate(request.options)
    except (MetricFoundryError, RequestValidationError):
        kind = str(request.source_type).lower()
        kind = kind if kind in KNOWN_TYPES else "unknown"
        jobs.metrics.count(Counter.JOB_VALIDATION_ERROR, kind)
        raise
    return Order(source, overrides, request.options)


@contextmanager
def _at(*place: str) -> Iterator[None]:
    """Errors of shape point into the body of the request."""
    try:
        yield
    except ValidationError as error:
        raise RequestValidationError(
            [
                {**each, "loc": ("body", *place, *each["loc"])}
                for each in error.errors(include_url=False)
            ]
        ) from error


Ordered = Annotated[Order, Depends(ordered)]


async def listing(
    prefix: Annotated[str, Query(description="Only keys that begin so.")] = "",
    continuation_token: Annotated[
        str | None, Query(alias="continuationToken", description="`nextToken` of the last page.")
    ] = None,
    page_size: Annotated[int, Query(alias="pageSize", ge=1, le=1000)] = 100,
    delimiter: Annotated[
        str, Query(description="`/` folds what lies deeper into commonPrefixes; empty does not.")
    ] = "/",
) -> dict[str, Any]:
    """How to list objects."""
    if delimiter not in {"", "/"}:
        raise InvalidRequest("delimiter must be / or empty")
    return {
        "prefix": prefix,
        "delimiter": delimiter,
        "token": continuation_token or None,
        "size": page_size,
    }


ListingOptions = Annotated[dict[str, Any], Depends(listing)]
