"""Metrics: the counters that operators watch, and the seam to whatever collects them."""

from enum import StrEnum
from typing import Protocol


class Counter(StrEnum):
    """What is counted, by source type."""

    JOB_CREATED = "JobCreated"
    JOB_QUEUED = "JobQueued"
    JOB_VALIDATION_ERROR = "JobValidationError"
    JOB_PERSISTENCE_FAILED = "JobPersistenceFailed"
    JOB_WORKFLOW_START_FAILED = "JobWorkflowStartFailed"
    JOB_PROCESSED = "JobProcessed"
    JOB_PROCESSING_FAILED = "JobProcessingFailed"


DESCRIPTIONS = {
    Counter.JOB_CREATED: "Jobs that were accepted.",
    Counter.JOB_QUEUED: "Jobs whose data is there and that wait for a runner.",
    Counter.JOB_VALIDATION_ERROR: "Requests for a job that were refused.",
    Counter.JOB_PERSISTENCE_FAILED: "Jobs that could not be written to the job store.",
    Counter.JOB_WORKFLOW_START_FAILED: "Jobs whose supervisor could not be woken.",
    Counter.JOB_PROCESSED: "Jobs that ended SUCCEEDED or PARTIAL.",
    Counter.JOB_PROCESSING_FAILED: "Jobs that ended FAILED.",
}


class Metrics(Protocol):
    """Counts events and measures jobs; never raises."""

    def count(self, counter: Counter, source_type: str) -> None: ...

    def job_seconds(self, seconds: float, source_type: str) -> None:
        """How long a job took from its creation to its end."""
        ...


class NoMetrics:
    """Nothing is collected."""

    def count(self, counter: Counter, source_type: str) -> None:
        pass

    def job_seconds(self, seconds: float, source_type: str) -> None:
        pass
