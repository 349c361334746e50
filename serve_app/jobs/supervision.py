"""Supervision: claims jobs, keeps their leases, and sees each to an end that counts once.

The job table is the queue. A crew runs the jobs; what it says, and what it leaves unsaid when it is
killed, becomes a fenced move of the job row. Nothing here knows Ray, and nothing blocks for long.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from connectors.errors import MetricFoundryError, StorageError, UploadNotReceived
from connectors.object_store import ObjectStore
from pipelines import artifacts, publish
from pipelines.analytics.graph import discard_checkpoints
from pipelines.analytics.outcome import Outcome, RunFailure
from pipelines.analytics.workspace import RunCancelled
from pipelines.artifacts import Phase
from pipelines.order import JobOrder
from pipelines.runtime.advance import Advance
from serve_app.jobs import retention
from serve_app.jobs.model import Job, JobFailure, JobStatus, Progress
from serve_app.jobs.service import order_inputs
from serve_app.jobs.store import JobStore
from serve_app.metrics import Counter, Metrics
from serve_app.settings import Settings

CANCEL_GRACE_S = 3.0
UPLOADS_EVERY_S = 1.0
SLOW_UPLOAD_S = 1.0  # an upload that takes longer is a large one
LEASES_EVERY_S = 2.0
RETENTION_EVERY_S, RETENTION_BATCH = 600.0, 10  # jobs at once: those that run do not wait
PROGRESS_EVERY_S = 0.5
PHASES = tuple(Phase)
log = structlog.get_logger()


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


@dataclass
class _Run:
    """A job in the crew's hands; times are monotonic seconds."""

    job: Job
    started: float
    beaten: float
    progress: Progress
    cancelled: float | None = None
    is_overdue: bool = False
    rest_until: float | None = None


@dataclass
class Supervision:
    """One `step` looks at everything once; the actor calls it over and over."""

    jobs: JobStore
    store: ObjectStore
    crew: Crew
    metrics: Metrics
    settings: Settings
    owner: str
    running: dict[str, _Run] = field(default_factory=dict)
    _deaths: dict[tuple[str, str | None], int] = field(default_factory=dict)
    _due: dict[str, float] = field(default_factory=dict)
    _expected: set[str] = field(default_factory=set)

    def take_over(self) -> None:
        """At the start, on a database that no other supervisor shares: what ran, runs no more."""
        for job in self.jobs.page(status=JobStatus.RUNNING, limit=1000).jobs:
            self.jobs.release(job.job_id, job.attempt, crashed=False)

    def step(self, *, nudged: bool = False) -> None:
        """Settle what ended, beat what runs, and start what waits."""
        for job_id, ended in self.crew.ended().items():
            self._settle(self.running[job_id], ended)
        now = time.monotonic()
        for run in list(self.running.values()):
            self._beat(run, now)
        if self._is_due("cancel", self.settings.poll_s, now) or nudged:
            self._cancel(now)
        if self._is_due("uploads", UPLOADS_EVERY_S, now):
            self._look_for_uploads()
        if self._is_due("leases", LEASES_EVERY_S, now):
            self._requeue_expired()
        if self._is_due("claim", self.settings.poll_s, now) or nudged or not self.running:
            self._claim(now)
        if self.settings.retention_days > 0 and self._is_due("retention", RETENTION_EVERY_S, now):
            self._remove_old()

    def _is_due(self, what: str, every_s: float, now: float) -> bool:
        if now < self._due.get(what, 0.0):
            return False
        self._due[what] = now + every_s
        return True

    def _claim(self, now: float) -> None:
        while self.crew.is_free():
            job = self.jobs.claim(self.owner, self.settings.lease_s)
            if job is None:
                return
            _log(job).info("job.claimed")
            run = _Run(job, now, now, job.progress)
            self.running[job.job_id] = run
            if job.attempt > self.settings.max_attempts:
                self._fail(run, _given_up(job))
                continue
            self.crew.start(self._order(job))

    def _order(self, job: Job) -> JobOrder:
        return JobOrder(
            job_id=job.job_id,
            attempt=job.attempt,
            created_at=job.created_at,
            source=job.source,
            inputs=order_inputs(job),
            store=self.settings.store_config(),
            checkpoints=self.settings.database_url,
            options=job.options,
            request_id=job.request_id,
            limits=self.settings.limits,
            inline_bytes=self.settings.inline_bytes,
            chat=self.settings.chat_config(),
        )

    def _beat(self, run: _Run, now: float) -> None:
        if run.rest_until is not None and now >= run.rest_until:
            del self.running[run.job.job_id]
            self.jobs.release(run.job.job_id, run.job.attempt, crashed=False)
            return
        if now - run.started > self.settings.job_timeout_s and not run.is_overdue:
            run.is_overdue = True
            self.crew.kill(run.job.job_id)
        if now - run.beaten < PROGRESS_EVERY_S:
            return
        progress = run.progress
        if run.rest_until is None:
            progress = _progress(self.crew.advance(run.job.job_id))
        if progress == run.progress and now - run.beaten < self.settings.heartbeat_s:
            return
        run.beaten, run.progress = now, progress
        job = run.job
        if not self.jobs.heartbeat(job.job_id, job.attempt, self.settings.lease_s, progress):
            self.crew.kill(job.job_id)  # another attempt owns the job: this one must not go on

    def _cancel(self, now: float) -> None:
        for job in self.jobs.cancel_requests() if self.running else ():
            run = self.running.get(job.job_id)
            if run is None:
                continue
            if run.cancelled is None:
                run.cancelled = now
                self.crew.cancel(job.job_id)
            elif now - run.cancelled > CANCEL_GRACE_S:
                self.crew.kill(job.job_id)

    def _look_for_uploads(self) -> None:
        awaited = self.jobs.awaiting_upload()
        self._expect_large(awaited)
        for job in awaited:
            (wanted,) = order_inputs(job)
            if (there := self.store.head(wanted.key, bucket=wanted.bucket)) is not None:
                if self.jobs.enqueue(job.job_id, there.etag):
                    self.metrics.count(Counter.JOB_QUEUED, _source_type(job))
                    _log(job).info("job.queued")
            elif job.upload_expires_at is not None and time.time() > job.upload_expires_at:
                error = UploadNotReceived("nothing was uploaded before the upload URL expired")
                if self.jobs.fail(job.job_id, _wire(RunFailure.of(error))):
                    self._count_end(job, JobStatus.FAILED, RunFailure.of(error))

    def _expect_large(self, awaited: Sequence[Job]) -> None:
        """Readers start while a large file is still under way."""
        slow = {
            job.job_id
            for job in awaited
            if time.time() - job.created_at > SLOW_UPLOAD_S and self._may_be_large(job)
        }
        if slow - self._expected:
            self.crew.expect_large()
        self._expected = slow

    def _may_be_large(self, job: Job) -> bool:
        size = job.source_config.get("size_bytes")
        return size is None or size > self.settings.inline_bytes

    def _remove_old(self) -> None:
        days = self.settings.retention_days
        removed = retention.remove_old(self.jobs, self.store, days, RETENTION_BATCH)
        for job in removed:
            _log(job).info("job.removed", ended=job.completed_at)
        if len(removed) == RETENTION_BATCH:
            del self._due["retention"]  # there may be more

    def _requeue_expired(self) -> None:
        for job in self.jobs.expired():
            if job.job_id not in self.running:
                _log(job).warning("job.lease_expired", owner=job.owner)
                self.jobs.release(job.job_id, job.attempt, crashed=True)

    def _settle(self, run: _Run, ended: Ended) -> None:
        job = run.job
        if isinstance(ended, Outcome):
            self._finish(run, ended)
        elif run.cancelled is not None or isinstance(ended, RunCancelled):
            self._finish_cancelled(run)
        elif run.is_overdue:
            self._fail(run, _overdue(self.settings.job_timeout_s))
        elif isinstance(ended, RunnerDied):
            self._settle_death(run)
        elif isinstance(ended, MetricFoundryError) and ended.retryable:
            if job.attempt >= self.settings.max_attempts:
                self._fail(run, RunFailure.of(ended))
            else:
                _log(job).warning("job.attempt_failed", code=ended.stable_code, error=str(ended))
                run.rest_until = time.monotonic() + float(job.attempt)
        else:
            error = ended if isinstance(ended, Exception) else RuntimeError(str(ended))
            _log(job).error("job.broke", error=repr(ended), traceback=told_with(ended))
            self._fail(run, RunFailure.of(error))

    def _settle_death(self, run: _Run) -> None:
        """A job whose phase has killed its runner too often is given up: it is poison."""
        job, phase = run.job, run.progress.phase
        deaths = self._deaths[job.job_id, phase] = self._deaths.get((job.job_id, phase), 0) + 1
        _log(job).warning("job.runner_died", phase=phase, deaths=deaths)
        if deaths >= self.settings.max_crashes:
            self._fail(
                run,
                RunFailure(
                    "job.crashed",
                    f"the runner died {deaths} times in the {phase or 'first'} phase of this job",
                    "The input may be more than a runner can hold; split it, or add memory.",
                ),
            )
            return
        del self.running[job.job_id]
        self.jobs.release(job.job_id, job.attempt, crashed=True)
        self._due["claim"] = 0.0

    def _finish(self, run: _Run, outcome: Outcome) -> None:
        failure = _wire(outcome.failure) if outcome.failure is not None else None
        status = JobStatus(outcome.status)
        self._end(
            run,
            status,
            result_key=outcome.result_key,
            manifest_key=outcome.manifest_key,
            failure=failure,
            tables=outcome.tables,
            warnings=outcome.warnings,
            progress=_progress(self.crew.advance(run.job.job_id), is_done=failure is None),
        )

    def _fail(self, run: _Run, failure: RunFailure) -> None:
        try:
            publish.write_error(self.store, run.job.job_id, failure.to_wire())
        except StorageError as error:  # the row tells it too, and the store may be what failed
            _log(run.job).warning("job.error_not_published", error=str(error))
        self._end(run, JobStatus.FAILED, failure=_wire(failure))
        discard_checkpoints(self.settings.database_url, run.job.job_id)

    def _finish_cancelled(self, run: _Run) -> None:
        """Nothing of a cancelled job is published: what it has written goes, but for its input."""
        job_id = run.job.job_id
        kept = artifacts.base(job_id) + "input/"
        written = [item.key for item in self.store.keys(artifacts.base(job_id))]
        self.store.delete([key for key in written if not key.startswith(kept)])
        self._end(run, JobStatus.CANCELLED)
        discard_checkpoints(self.settings.database_url, job_id)

    def _end(self, run: _Run, status: JobStatus, **facts: Any) -> None:
        job = run.job
        self.running.pop(job.job_id, None)
        if not self.jobs.finish(job.job_id, job.attempt, status, **facts):
            _log(job).warning("job.end_not_accepted", status=status)
            return
        self._count_end(job, status, facts.get("failure"), phase=run.progress.phase)
        self._deaths = {key: n for key, n in self._deaths.items() if key[0] != job.job_id}

    def _count_end(
        self, job: Job, status: JobStatus, failure: JobFailure | RunFailure | None, **more: Any
    ) -> None:
        """Once for each job: a line that says why, and the counters; a cancelled job has none."""
        seconds = max(0.0, time.time() - job.created_at)
        why = {"code": failure.code, "error": failure.message} if failure else {}
        said = _log(job).warning if failure else _log(job).info
        said("job.ended", status=status, seconds=round(seconds, 3), **why, **more)
        if status is not JobStatus.CANCELLED:
            counter = Counter.JOB_PROCESSING_FAILED if failure else Counter.JOB_PROCESSED
            self.metrics.count(counter, _source_type(job))
        self.metrics.job_seconds(seconds, _source_type(job))


def _log(job: Job) -> Any:
    """The log, with what every line on a job says."""
    return log.bind(request_id=job.request_id, job_id=job.job_id, attempt=job.attempt)


def told_with(error: BaseException) -> str:
    """What was noted on an error on its way: for one of another process, its traceback there."""
    return "\n".join(getattr(error, "__notes__", ()))


def _progress(advance: Advance, *, is_done: bool = False) -> Progress:
    total = advance.bytes_total
    return Progress(
        phase=advance.phase,
        phase_index=PHASES.index(Phase(advance.phase)) + 1,
        phase_count=len(PHASES),
        fraction=1.0 if is_done else advance.fraction,
        rows_read=advance.rows_read,
        bytes_read=total if is_done and total is not None else advance.bytes_read,
        bytes_total=total,
    )


def _overdue(limit_s: float) -> RunFailure:
    return RunFailure(
        "job.timeout",
        f"the job did not end within {limit_s:,.0f} seconds (MF_JOB_TIMEOUT_S)",
        "Split the input, or ask the operator for more time.",
    )


def _given_up(job: Job) -> RunFailure:
    return RunFailure(
        "job.attempts",
        f"the job did not end within {job.attempt - 1} attempts",
        "Ask the operator to look at the runners' logs, then submit it again.",
    )


def _wire(failure: RunFailure) -> JobFailure:
    return JobFailure(failure.code, failure.message, failure.hint, failure.retryable)


def _source_type(job: Job) -> str:
    return str(job.source.get("type", "upload"))
