"""Supervision: claims jobs, keeps their leases, and sees each to an end that counts once.

The job table is the queue. A crew runs the jobs; what it says, and what it leaves unsaid when it is
killed, becomes a fenced move of the job row. Nothing here knows Ray, and nothing blocks for long.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from connectors.errors import MetricFoundryError, UploadNotReceived
from connectors.object_store import ObjectStore
from pipelines.analytics.outcome import Outcome, RunFailure
from pipelines.analytics.workspace import RunCancelled
from pipelines.artifacts import Phase
from pipelines.order import JobOrder
from pipelines.runtime.advance import Advance
from serve_app.jobs import retention
from serve_app.jobs.crew import Crew, Ended, RunnerDied
from serve_app.jobs.ends import Ends, log_of, source_type
from serve_app.jobs.model import Job, JobStatus, Progress
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
    _ended: dict[str, Ended] = field(default_factory=dict)
    _deaths: dict[tuple[str, str | None], int] = field(default_factory=dict)
    _due: dict[str, float] = field(default_factory=dict)
    _expected: set[str] = field(default_factory=set)

    def take_over(self) -> None:
        """At the start, on a database that no other supervisor shares: what ran, runs no more."""
        for job in self.jobs.page(status=JobStatus.RUNNING, limit=1000).jobs:
            self.jobs.release(job.job_id, job.attempt, crashed=False)

    def step(self, *, nudged: bool = False) -> None:
        """Settle what ended, beat what runs, and start what waits."""
        self._ended.update(self.crew.ended())
        while self._ended:  # where one cannot be settled now, the others are in the next step
            job_id = next(iter(self._ended))
            self._settle(self.running[job_id], self._ended.pop(job_id))
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
            log_of(job).info("job.claimed")
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
                    self.metrics.count(Counter.JOB_QUEUED, source_type(job))
                    log_of(job).info("job.queued")
            elif job.upload_expires_at is not None and time.time() > job.upload_expires_at:
                error = UploadNotReceived("nothing was uploaded before the upload URL expired")
                self._ends.fail_waiting(job, RunFailure.of(error))

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
            log_of(job).info("job.removed", ended=job.completed_at)
        if len(removed) == RETENTION_BATCH:
            del self._due["retention"]  # there may be more

    def _requeue_expired(self) -> None:
        for job in self.jobs.expired():
            if job.job_id not in self.running:
                log_of(job).warning("job.lease_expired", owner=job.owner)
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
                log_of(job).warning("job.attempt_failed", code=ended.stable_code, error=str(ended))
                run.rest_until = time.monotonic() + float(job.attempt)
        else:
            error = ended if isinstance(ended, Exception) else RuntimeError(str(ended))
            log_of(job).error("job.broke", error=repr(ended), traceback=told_with(ended))
            self._fail(run, RunFailure.of(error))

    def _settle_death(self, run: _Run) -> None:
        """A job whose phase has killed its runner too often is given up: it is poison."""
        job, phase = run.job, run.progress.phase
        deaths = self._deaths[job.job_id, phase] = self._deaths.get((job.job_id, phase), 0) + 1
        log_of(job).warning("job.runner_died", phase=phase, deaths=deaths)
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
        last = _progress(self.crew.advance(run.job.job_id), is_done=outcome.failure is None)
        with self._letting_go(run):
            self._ends.finish(run.job, outcome, last, run.progress.phase)

    def _fail(self, run: _Run, failure: RunFailure) -> None:
        with self._letting_go(run):
            self._ends.fail(run.job, failure, run.progress.phase)

    def _finish_cancelled(self, run: _Run) -> None:
        with self._letting_go(run):
            self._ends.cancel(run.job, run.progress.phase)

    @contextmanager
    def _letting_go(self, run: _Run) -> Iterator[None]:
        """While its end is written: should that fail, the lease runs out, and the job goes on."""
        job_id = run.job.job_id
        del self.running[job_id]
        yield
        self._deaths = {key: n for key, n in self._deaths.items() if key[0] != job_id}

    @property
    def _ends(self) -> Ends:
        return Ends(self.jobs, self.store, self.metrics, self.settings.database_url)


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
