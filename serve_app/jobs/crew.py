"""Crew: who runs the jobs, as supervision sees them, on Ray or in a test."""

from collections.abc import Mapping
from typing import Protocol

from pipelines.analytics.outcome import Outcome
from pipelines.order import JobOrder
from pipelines.runtime.advance import Advance


class RunnerDied(Exception):
    """A runner was killed while it had a job."""


Ended = Outcome | BaseException


class Crew(Protocol):
    """Runs jobs, one a member. No call waits."""

    def is_free(self) -> bool: ...

    def start(self, order: JobOrder) -> None: ...

    def ended(self) -> Mapping[str, Ended]:
        """The jobs that ended since the last call, and how; RunnerDied where one was killed."""
        ...

    def advance(self, job_id: str) -> Advance: ...

    def cancel(self, job_id: str) -> None: ...

    def kill(self, job_id: str) -> None:
        """Make an end of the runner that has the job; the job then ends with RunnerDied."""
        ...

    def expect_large(self) -> None:
        """A large input is on its way."""
        ...
