"""Job store contract: what every job store keeps, whatever database lies below."""

import pickle
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from connectors.errors import InvalidRequest, JobConflict, JobNotFound
from serve_app.jobs.model import MOVES, Job, JobFailure, JobStatus, Progress
from serve_app.jobs.store import JobStore

LEASE_S = 60.0
PAST_S = -1.0  # a lease of this length has run out already
FAILURE = JobFailure("parse.corrupt", "it is cut short", "export it again")
THREADS = 8


def job(job_id: str = "job", **changes: Any) -> Job:
    made = Job(
        job_id=job_id,
        status=JobStatus.QUEUED,
        source={"type": "upload", "filename": f"{job_id}.csv", "key": f"artifacts/{job_id}/input"},
        created_at=1_700_000_000.25,
        updated_at=1_700_000_000.25,
    )
    return replace(made, **changes)


def in_status(store: JobStore, status: JobStatus, job_id: str = "job") -> Job:
    """A job that was brought to a status the way the service does it."""
    store.create(job(job_id, status=JobStatus.CREATED))
    if status is JobStatus.CREATED:
        return store.get(job_id)
    store.enqueue(job_id)
    if status is JobStatus.CANCELLED:
        return store.request_cancel(job_id)
    if status is not JobStatus.QUEUED:
        claimed = store.claim("owner", LEASE_S)
        assert claimed is not None
        if status is not JobStatus.RUNNING:
            store.finish(job_id, claimed.attempt, status)
    return store.get(job_id)


def at_once(call: Callable[[], Any], times: int = THREADS) -> list[Any]:
    """The answers to a call made by many threads at the same moment."""
    barrier = Barrier(times)

    def wait_and_call() -> Any:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(times) as pool:
        return [future.result() for future in [pool.submit(wait_and_call) for _ in range(times)]]


class JobStoreContract:
    """Run by each store; a subclass gives the fixture `job_store`, empty and migrated."""

    def test_a_job_comes_back_as_it_was_stored(self, job_store):
        """Every field survives, text that databases dislike included."""
        stored = job(
            status=JobStatus.FAILED,
            source={
                "type": "s3",
                "uri": "s3://büro/\u0000 \U0001f4c8'\";--",
                "deep": [[{}]],
            },
            source_config={"contentType": None, "size": 2**63},
            options={"seed": 7, "exact": 0.1},
            request_id="r-1",
            attempt=3,
            crashes=2,
            upload_expires_at=1.5,
            started_at=2.5,
            completed_at=3.5,
            progress=Progress("profile", 2, 7, 0.3, 10, 20, None),
            result_key="artifacts/job/results/results.json",
            manifest_key="artifacts/job/manifest.json",
            failure=FAILURE,
            tables=({"name": "t", "rows": 1},),
            warnings=({"code": "w", "message": "m"},),
        )

        job_store.create(stored)

        assert job_store.get("job") == stored

    def test_what_json_cannot_say_is_replaced(self, job_store):
        """A finding that quotes broken text or a NaN does not make its job unreadable."""
        job_store.create(job())
        job_store.claim("me", LEASE_S)
        found = {"code": "w", "member": "a\udcff.csv", "values": [float("nan"), 1e400, 0.5]}

        job_store.finish("job", 1, JobStatus.PARTIAL, warnings=(found,))

        (warning,) = job_store.get("job").warnings
        assert warning == {"code": "w", "member": "a?.csv", "values": [None, None, 0.5]}

    def test_an_unknown_job_is_not_found(self, job_store):
        """Whoever asks for a job that is not there hears so."""
        for ask in (job_store.get, job_store.enqueue, job_store.request_cancel):
            with pytest.raises(JobNotFound, match=r"^Job not found$"):
                ask("nobody")

    def test_an_id_is_given_once(self, job_store):
        """A second job under the same id is refused and changes nothing."""
        job_store.create(job(request_id="first"))

        with pytest.raises(JobConflict):
            job_store.create(job(request_id="second"))

        assert job_store.get("job").request_id == "first"

    @pytest.mark.parametrize("status", JobStatus)
    def test_enqueue_moves_only_a_created_job(self, job_store, status):
        """CREATED becomes QUEUED, for one caller; every later state stays as it stands."""
        before = in_status(job_store, status)

        moved = [job_store.enqueue("job") for _ in range(2)]

        if status is JobStatus.CREATED:
            assert moved == [True, False]
            assert job_store.get("job").status is JobStatus.QUEUED
        else:
            assert moved == [False, False]
            assert job_store.get("job") == before

    def test_the_version_of_an_upload_is_settled_once(self, job_store):
        """Whoever queues the job says what it reads; the next one to try changes nothing."""
        job_store.create(job(status=JobStatus.CREATED))

        assert [job_store.enqueue("job", etag) for etag in ("first", "second")] == [True, False]

        claimed = job_store.claim("owner", LEASE_S)
        assert claimed is not None
        assert claimed.input_etag == "first"

    def test_an_empty_queue_gives_nothing(self, job_store):
        """A claim without queued jobs is None; a created job is not yet queued."""
        job_store.create(job(status=JobStatus.CREATED))

        assert job_store.claim("owner", LEASE_S) is None

    def test_a_claim_writes_owner_attempt_and_lease(self, job_store):
        """A claimed job runs under a new attempt, and its lease is there from the start."""
        job_store.create(job())

        claimed = job_store.claim("me", LEASE_S)

        assert (claimed.status, claimed.owner, claimed.attempt) == (JobStatus.RUNNING, "me", 1)
        assert claimed.lease_until == pytest.approx(claimed.updated_at + LEASE_S, abs=0.1)
        assert claimed.started_at is not None
        assert job_store.get("job") == claimed
        assert job_store.claim("other", LEASE_S) is None

    def test_the_oldest_is_claimed_first(self, job_store):
        """Jobs leave the queue in the order in which they were created."""
        for age in (3, 1, 2):
            job_store.create(job(f"job-{age}", created_at=100.0 - age))

        claimed = [job_store.claim("me", LEASE_S).job_id for _ in range(3)]

        assert claimed == ["job-3", "job-2", "job-1"]

    def test_each_job_is_claimed_exactly_once(self, job_store):
        """Eight threads empty a queue together without taking a job twice or leaving one."""
        for number in range(40):
            job_store.create(job(f"job-{number:02}"))

        def drain() -> list[str]:
            claims: Iterator[Job | None] = iter(lambda: job_store.claim("me", LEASE_S), None)
            return [claimed.job_id for claimed in claims]

        claimed = Counter(job_id for ids in at_once(drain) for job_id in ids)

        assert claimed == {f"job-{number:02}": 1 for number in range(40)}

    def test_a_heartbeat_extends_the_lease_and_records_progress(self, job_store):
        """After a heartbeat the job is no longer expired and shows how far it is."""
        job_store.create(job())
        job_store.claim("me", PAST_S)
        progress = Progress("ingest", 1, 7, 0.25, 1000, 2000, 8000)

        assert job_store.heartbeat("job", 1, LEASE_S, progress)

        assert job_store.expired() == []
        assert job_store.get("job").progress == progress

    def test_only_leases_that_ran_out_are_expired(self, job_store):
        """A running job with a valid lease is left alone."""
        for name in ("dead", "alive"):
            job_store.create(job(name, created_at=1.0 if name == "dead" else 2.0))
        job_store.claim("me", PAST_S)
        job_store.claim("me", LEASE_S)

        assert [found.job_id for found in job_store.expired()] == ["dead"]

    @pytest.mark.parametrize("crashed", [True, False])
    def test_a_released_job_runs_again_under_a_new_attempt(self, job_store, crashed):
        """Release puts the job back; only a crash counts against it."""
        job_store.create(job())
        first = job_store.claim("me", LEASE_S)

        assert job_store.release("job", 1, crashed=crashed)

        queued = job_store.get("job")
        second = job_store.claim("you", LEASE_S)
        assert (queued.status, queued.owner, queued.lease_until) == (JobStatus.QUEUED, None, None)
        assert (second.attempt, second.crashes) == (2, int(crashed))
        assert second.started_at == first.started_at

    def test_an_older_attempt_writes_nothing(self, job_store):
        """A paused worker that wakes after another took over is refused in every way."""
        job_store.create(job())
        job_store.claim("zombie", LEASE_S)
        job_store.release("job", 1, crashed=True)
        owned = job_store.claim("owner", LEASE_S)

        answers = [
            job_store.heartbeat("job", 1, LEASE_S, Progress("finalize")),
            job_store.release("job", 1, crashed=True),
            job_store.finish("job", 1, JobStatus.FAILED, failure=FAILURE),
        ]

        assert answers == [False, False, False]
        assert job_store.get("job") == owned

    def test_a_finished_job_holds_its_outcome(self, job_store):
        """What the run hands over at the end is what readers see."""
        job_store.create(job())
        job_store.claim("me", LEASE_S)

        finished = job_store.finish(
            "job",
            1,
            JobStatus.PARTIAL,
            result_key="r",
            manifest_key="m",
            tables=({"name": "t", "rows": 3, "columns": 2},),
            warnings=({"code": "member.skipped", "message": "locked"},),
            progress=Progress("finalize", 7, 7, 1.0, 3, 4, 4),
        )

        ended = job_store.get("job")
        assert finished
        assert (ended.status, ended.result_key, ended.manifest_key) == (JobStatus.PARTIAL, "r", "m")
        assert (ended.tables[0]["rows"], ended.warnings[0]["message"]) == (3, "locked")
        assert ended.progress.fraction == 1.0
        assert (ended.owner, ended.lease_until) == (None, None)
        assert ended.completed_at == pytest.approx(ended.updated_at, abs=0.1)

    def test_exactly_one_of_many_finishers_wins(self, job_store):
        """A job ends once, however many say so at the same moment."""
        job_store.create(job())
        job_store.claim("me", LEASE_S)

        answers = at_once(lambda: job_store.finish("job", 1, JobStatus.SUCCEEDED))

        assert sorted(answers) == [False] * (THREADS - 1) + [True]

    @pytest.mark.parametrize("status", [s for s in JobStatus if not s.is_end])
    def test_a_run_finishes_in_an_end(self, job_store, status):
        """A status that is no end is the caller's mistake."""
        with pytest.raises(ValueError, match="not an end"):
            job_store.finish("job", 1, status)

    @pytest.mark.parametrize("status", JobStatus)
    def test_only_a_job_that_never_ran_is_failed(self, job_store, status):
        """`fail` is for jobs that wait; a run ends by `finish`."""
        before = in_status(job_store, status)

        failed = job_store.fail("job", FAILURE)

        after = job_store.get("job")
        if status in {JobStatus.CREATED, JobStatus.QUEUED}:
            assert failed
            assert (after.status, after.failure) == (JobStatus.FAILED, FAILURE)
            assert after.completed_at is not None
        else:
            assert not failed
            assert after == before

    @pytest.mark.parametrize("status", JobStatus)
    def test_cancel_in_every_state(self, job_store, status):
        """A waiting job is cancelled, a running one is asked, an ended one is a conflict."""
        before = in_status(job_store, status)

        if status.is_end:
            with pytest.raises(JobConflict, match=status):
                job_store.request_cancel("job")
            assert job_store.get("job") == before
            return
        answer = job_store.request_cancel("job")

        assert answer == job_store.get("job")
        assert answer.cancel_requested
        if status is JobStatus.RUNNING:
            assert answer.status is JobStatus.RUNNING
            assert [asked.job_id for asked in job_store.cancel_requests()] == ["job"]
        else:
            assert answer.status is JobStatus.CANCELLED
            assert answer.completed_at is not None
            assert job_store.cancel_requests() == []
            assert job_store.claim("me", LEASE_S) is None

    def test_a_job_asked_to_stop_does_not_begin_again(self, job_store):
        """When its run dies before it could stop, the job is cancelled, not queued."""
        in_status(job_store, JobStatus.RUNNING)
        job_store.request_cancel("job")

        assert job_store.release("job", 1, crashed=True)

        assert job_store.get("job").status is JobStatus.CANCELLED
        assert job_store.get("job").completed_at is not None
        assert job_store.claim("me", LEASE_S) is None

    def test_a_run_may_end_before_it_hears_of_the_cancel(self, job_store):
        """What was published stays published."""
        in_status(job_store, JobStatus.RUNNING)
        job_store.request_cancel("job")

        assert job_store.finish("job", 1, JobStatus.SUCCEEDED, result_key="r")

        assert job_store.get("job").status is JobStatus.SUCCEEDED
        assert job_store.cancel_requests() == []

    def test_a_claim_and_a_cancel_do_not_both_win(self, job_store):
        """A job cancelled while it is claimed is either never run or asked to stop."""
        for number in range(20):
            job_store.create(job(f"job-{number:02}"))
        ids = iter([f"job-{number:02}" for number in range(20)])
        calls = iter([False, True] * (THREADS // 2))

        def race() -> None:
            if next(calls):
                while job_store.claim("me", LEASE_S):
                    pass
            else:
                for job_id in ids_of_mine(ids):
                    job_store.request_cancel(job_id)

        at_once(race)

        for found in job_store.page(limit=100).jobs:
            assert found.cancel_requested
            assert found.status in {JobStatus.RUNNING, JobStatus.CANCELLED}
            assert (found.attempt == 1) == (found.status is JobStatus.RUNNING)

    def test_pages_walk_over_all_jobs_newest_first(self, job_store):
        """Ties in time included, and undisturbed by jobs that arrive in between."""
        for number in range(25):
            job_store.create(job(f"job-{number:02}", created_at=1000.1 + number // 3))

        seen, cursor = [], None
        while True:
            page = job_store.page(limit=4, cursor=cursor)
            seen += [found.job_id for found in page.jobs]
            job_store.create(job(f"late-{len(seen)}", created_at=2000.0))
            cursor = page.next_cursor
            if cursor is None:
                break

        assert seen == [f"job-{number:02}" for number in reversed(range(25))]

    def test_a_page_that_is_just_full_is_the_last(self, job_store):
        """There is no cursor to an empty page."""
        for name in ("a", "b"):
            job_store.create(job(name))

        assert job_store.page(limit=2).next_cursor is None
        assert job_store.page(limit=1).next_cursor is not None

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            ({}, {"Ünï", "s3", "old"}),
            ({"status": JobStatus.CREATED}, {"old"}),
            ({"source_type": "s3"}, {"s3"}),
            ({"since": 500.0}, {"Ünï", "s3"}),
            ({"q": "üNÏ"}, {"Ünï"}),
            ({"q": "100%_"}, {"s3"}),
            ({"q": "0%d"}, set()),
            ({"q": "a_c"}, set()),
            ({"q": "s3://B/"}, {"s3"}),
            ({"q": ""}, {"Ünï", "s3", "old"}),
            ({"q": "csv", "status": JobStatus.QUEUED}, {"Ünï"}),
        ],
    )
    def test_filters(self, job_store, filters, expected):
        """Each filter narrows the list; a search takes every character as it stands."""
        job_store.create(job("old", created_at=1.0, status=JobStatus.CREATED))
        job_store.create(job("s3", source={"type": "s3", "uri": "s3://b/abc-100%_done"}))
        job_store.create(job("Ünï"))

        found = job_store.page(**filters)

        assert {each.job_id for each in found.jobs} == expected

    @pytest.mark.parametrize(
        "cursor", ["", "!", "bm90IGpzb24", "WzFd", "WyJhIiwgImIiXQ", "e30", "ü", "W05hTiwgImEiXQ"]
    )
    def test_a_made_up_cursor_is_refused(self, job_store, cursor):
        """The caller hears that the cursor is not ours."""
        with pytest.raises(InvalidRequest, match="cursor"):
            job_store.page(cursor=cursor)

    def test_uploads_that_are_waited_for(self, job_store):
        """Created upload jobs, oldest first; not those of other sources or further on."""
        job_store.create(job("new", status=JobStatus.CREATED, created_at=2.0))
        job_store.create(job("old", status=JobStatus.CREATED, created_at=1.0))
        job_store.create(job("s3", status=JobStatus.CREATED, source={"type": "s3"}))
        job_store.create(job("queued"))

        assert [found.job_id for found in job_store.awaiting_upload()] == ["old", "new"]

    def test_retention_sees_ended_jobs_only(self, job_store):
        """What ended before the moment is listed, and forgotten on request."""
        job_store.create(job("ended", status=JobStatus.SUCCEEDED, completed_at=10.0))
        job_store.create(job("later", status=JobStatus.FAILED, completed_at=30.0))
        job_store.create(job("running"))

        assert [found.job_id for found in job_store.ended_before(20.0)] == ["ended"]
        assert [found.job_id for found in job_store.ended_before(40.0)] == ["ended", "later"]
        assert [found.job_id for found in job_store.ended_before(40.0, 1)] == ["ended"]

        job_store.forget("ended")
        assert job_store.ended_before(20.0) == []
        with pytest.raises(JobNotFound):
            job_store.get("ended")

    def test_a_store_travels_by_pickle_and_keeps_its_secret(self, job_store):
        """It crosses processes; its URL, which may hold a password, is not in its repr."""
        job_store.create(job())

        copy = pickle.loads(pickle.dumps(job_store))

        assert copy.get("job") == job_store.get("job")
        assert job_store.url not in repr(job_store)

    def test_a_migrated_store_is_ready(self, job_store):
        """The check passes without a job in it."""
        job_store.check()

    def test_any_order_of_verbs_keeps_the_promises(self, job_store):
        """However verbs interleave, the store agrees with the model of a job's life."""
        run_state_machine_as_test(
            lambda: JobLives(job_store),
            settings=settings(
                max_examples=15,
                stateful_step_count=30,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )


def ids_of_mine(ids: Iterator[str]) -> Iterator[str]:
    """The shared ids, as far as this thread gets to take them."""
    while (job_id := next(ids, None)) is not None:
        yield job_id


class JobLives(RuleBasedStateMachine):
    """Verbs in any order against a model that knows status, attempt and wish to stop."""

    jobs = Bundle("jobs")
    attempts = st.integers(0, 4)

    def __init__(self, store: JobStore) -> None:
        super().__init__()
        self.store = store
        self.model: dict[str, Job] = {}

    def owns(self, job_id: str, attempt: int) -> bool:
        known = self.model[job_id]
        return known.status is JobStatus.RUNNING and known.attempt == attempt

    def moves(self, job_id: str, status: JobStatus, **changes: Any) -> None:
        self.model[job_id] = replace(self.model[job_id].to(status, at=0.0), **changes)

    @rule(target=jobs)
    def create(self) -> str:
        job_id = f"job-{len(self.model)}"
        self.model[job_id] = job(
            job_id, status=JobStatus.CREATED, created_at=float(len(self.model))
        )
        self.store.create(self.model[job_id])
        return job_id

    @rule(job_id=jobs)
    def enqueue(self, job_id: str) -> None:
        self.store.enqueue(job_id)
        if self.model[job_id].status is JobStatus.CREATED:
            self.moves(job_id, JobStatus.QUEUED)

    @rule()
    def claim(self) -> None:
        claimed = self.store.claim("me", LEASE_S)
        queued = [known for known in self.model.values() if known.status is JobStatus.QUEUED]
        assert (claimed and claimed.job_id) == (queued[0].job_id if queued else None)
        if claimed:
            self.moves(claimed.job_id, JobStatus.RUNNING, attempt=claimed.attempt)

    @rule(job_id=jobs, attempt=attempts)
    def heartbeat(self, job_id: str, attempt: int) -> None:
        answer = self.store.heartbeat(job_id, attempt, LEASE_S, Progress())
        assert answer == self.owns(job_id, attempt)

    @rule(job_id=jobs, attempt=attempts, crashed=st.booleans())
    def release(self, job_id: str, attempt: int, crashed: bool) -> None:
        known = self.model[job_id]
        assert self.store.release(job_id, attempt, crashed=crashed) == self.owns(job_id, attempt)
        if self.owns(job_id, attempt):
            after = JobStatus.CANCELLED if known.cancel_requested else JobStatus.QUEUED
            self.moves(job_id, after, crashes=known.crashes + crashed)

    @rule(
        job_id=jobs,
        attempt=attempts,
        status=st.sampled_from([status for status in JobStatus if status.is_end]),
    )
    def finish(self, job_id: str, attempt: int, status: JobStatus) -> None:
        assert self.store.finish(job_id, attempt, status) == self.owns(job_id, attempt)
        if self.owns(job_id, attempt):
            self.moves(job_id, status)

    @rule(job_id=jobs)
    def fail(self, job_id: str) -> None:
        waits = self.model[job_id].status in {JobStatus.CREATED, JobStatus.QUEUED}
        assert self.store.fail(job_id, FAILURE) == waits
        if waits:
            self.moves(job_id, JobStatus.FAILED)

    @rule(job_id=jobs)
    def cancel(self, job_id: str) -> None:
        status = self.model[job_id].status
        if status.is_end:
            with pytest.raises(JobConflict):
                self.store.request_cancel(job_id)
            return
        self.store.request_cancel(job_id)
        if JobStatus.QUEUED in MOVES[status] and status is JobStatus.RUNNING:
            self.model[job_id] = replace(self.model[job_id], cancel_requested=True)
        else:
            self.moves(job_id, JobStatus.CANCELLED, cancel_requested=True)

    @invariant()
    def the_store_agrees_with_the_model(self) -> None:
        for found in self.store.page(limit=1000).jobs:
            known = self.model[found.job_id]
            assert (found.status, found.attempt, found.crashes, found.cancel_requested) == (
                known.status,
                known.attempt,
                known.crashes,
                known.cancel_requested,
            )
            assert (found.lease_until is not None) == (found.status is JobStatus.RUNNING)
            assert (found.completed_at is not None) == found.status.is_end

    def teardown(self) -> None:
        for job_id in self.model:
            self.store.forget(job_id)
