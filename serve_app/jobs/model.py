"""Jobs: one request and the only moves its status can make."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from connectors.errors import JobConflict


class JobStatus(StrEnum):
    """Where a job stands. The last four are ends."""

    CREATED = "CREATED"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def is_end(self) -> bool:
        return not MOVES[self]


MOVES: Mapping[JobStatus, frozenset[JobStatus]] = {
    JobStatus.CREATED: frozenset({JobStatus.QUEUED, JobStatus.FAILED, JobStatus.CANCELLED}),
    JobStatus.QUEUED: frozenset({JobStatus.RUNNING, JobStatus.FAILED, JobStatus.CANCELLED}),
    JobStatus.RUNNING: frozenset(
        {
            JobStatus.QUEUED,
            JobStatus.SUCCEEDED,
            JobStatus.PARTIAL,
            JobStatus.FAILED,
            JobStatus.CANCELLED,
        }
    ),
    JobStatus.SUCCEEDED: frozenset(),
    JobStatus.PARTIAL: frozenset(),
    JobStatus.FAILED: frozenset(),
    JobStatus.CANCELLED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come. `phase_index` counts from 1; `fraction` lies in 0..1."""

    phase: str | None = None
    phase_index: int = 0
    phase_count: int = 7
    fraction: float = 0.0
    rows_read: int = 0
    bytes_read: int = 0
    bytes_total: int | None = None


@dataclass(frozen=True, slots=True)
class JobFailure:
    """Why a job ended FAILED; `errorDetail` on the wire."""

    code: str
    message: str
    hint: str
    retryable: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """One request, as it stands in the job store. Times are epoch seconds.

    `owner`, `attempt` and `lease_until` say who runs it: every write of a run carries its attempt
    and is refused once another attempt has begun. `crashes` counts attempts that just died.
    `source` is the stored form of the source (no secrets), `request_id` the request that made it,
    `input_etag` the version of an upload that lay there when the job was queued.
    """

    job_id: str
    status: JobStatus
    source: Mapping[str, Any]
    created_at: float
    updated_at: float
    options: Mapping[str, Any] = field(default_factory=dict)
    source_config: Mapping[str, Any] = field(default_factory=dict)
    request_id: str = ""
    attempt: int = 0
    crashes: int = 0
    owner: str | None = None
    lease_until: float | None = None
    cancel_requested: bool = False
    upload_expires_at: float | None = None
    input_etag: str | None = None
    started_at: float | None = None
    completed_at: float | None = None
    progress: Progress = field(default_factory=Progress)
    result_key: str | None = None
    manifest_key: str | None = None
    failure: JobFailure | None = None
    tables: tuple[Mapping[str, Any], ...] = ()
    warnings: tuple[Mapping[str, Any], ...] = ()

    def to(self, status: JobStatus, *, at: float) -> "Job":
        """The job in another status. Raises JobConflict when no such move exists."""
        if status not in MOVES[self.status]:
            raise JobConflict(f"a job that is {self.status} cannot become {status}")
        return replace(self, status=status, updated_at=at)
