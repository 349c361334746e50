"""Supervision: whatever happens to runners and supervisors, a job ends once, and rightly."""

import time
from collections import Counter
from contextlib import closing
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from connectors.chat_model import ChatConfig
from connectors.errors import CorruptFile, StorageUnavailable
from pipelines import artifacts
from pipelines.analytics.outcome import Outcome
from pipelines.analytics.workspace import RunCancelled
from pipelines.runtime.advance import Advance
from serve_app.jobs.crew import RunnerDied
from serve_app.jobs.model import Job, JobStatus
from serve_app.jobs.sql_store import SqlJobStore
from serve_app.jobs.supervision import RETENTION_BATCH, Supervision
from serve_app.metrics import NoMetrics
from serve_app.migrations import migrate
from serve_app.settings import Settings


class Hands:
    """A crew whose runs end as the test says."""

    def __init__(self, size: int = 1) -> None:
        self.size = size
        self.orders = {}
        self.ends = {}
        self.cancelled = []
        self.killed = []
        self.at = Advance()
        self.expects = 0

    def is_free(self):
        return len(self.orders) < self.size

    def start(self, order):
        self.orders[order.job_id] = order

    def ended(self):
        ends, self.ends = self.ends, {}
        for job_id in ends:
            del self.orders[job_id]
        return ends

    def advance(self, _):
        return self.at

    def cancel(self, job_id):
        self.cancelled.append(job_id)

    def expect_large(self):
        self.expects += 1

    def kill(self, job_id):
        self.killed.append(job_id)
        self.ends[job_id] = RunnerDied()


@pytest.fixture
def job_store(sqlite_url):
    migrate(sqlite_url)
    with closing(SqlJobStore(sqlite_url)) as store:
        yield store


@pytest.fixture
def crew():
    return Hands()


@pytest.fixture
def supervise(job_store, object_store, crew, sqlite_url):
    """A function that makes a supervision over the same stores and crew."""

    def make(owner="one", **changes):
        store = object_store.config
        settings = Settings(
            _env_file=None,
            database_url=sqlite_url,
            s3_bucket=store.bucket,
            s3_endpoint=store.endpoint,
            s3_access_key=store.access_key,
            s3_secret_key=store.secret_key,
            poll_s=0.0,
            **{"retention_days": 0, **changes},
        )
        return Supervision(job_store, object_store, crew, NoMetrics(), settings, owner)

    return make


def queued(job_store, status=JobStatus.QUEUED, age_s=0, **facts):
    job_id = str(uuid4())
    key = artifacts.input_key(job_id, "a.csv")
    source = {"type": "upload", "bucket": "metricfoundry", "key": key, "filename": "a.csv"}
    now = time.time() - age_s
    job_store.create(Job(job_id, status, source=source, created_at=now, updated_at=now, **facts))
    return job_id


def done(job_id):
    return Outcome.published(job_id, "SUCCEEDED", [], [])


def ended_ago(job_store, object_store, age_days):
    job_id = queued(job_store, JobStatus.SUCCEEDED, completed_at=time.time() - age_days * 86_400)
    object_store.put(artifacts.result_key(job_id, "results.json"), b"{}")
    return job_id


def published(object_store, job_id):
    return [item.key for item in object_store.keys(artifacts.base(job_id))]


def test_what_ended_long_ago_goes_with_all_that_it_published(supervise, job_store, object_store):
    """Some at a time, the oldest first: what waits to be run does not wait for all of them."""
    old = [ended_ago(job_store, object_store, 100 - n) for n in range(RETENTION_BATCH + 2)]
    young, waiting = ended_ago(job_store, object_store, 1), queued(job_store)
    supervision = supervise(retention_days=30)

    with capture_logs() as captured:
        supervision.step()
    assert [job_id for job_id in old if published(object_store, job_id)] == old[RETENTION_BATCH:]
    supervision.step()

    assert not [job_id for job_id in old if published(object_store, job_id)]
    left = {job.job_id for job in job_store.page().jobs}
    assert left == {young, waiting}
    assert published(object_store, young)
    removed = [line["job_id"] for line in captured if line["event"] == "job.removed"]
    assert removed == old[:RETENTION_BATCH]


def test_without_retention_nothing_goes(supervise, job_store, object_store):
    job_id = ended_ago(job_store, object_store, 4000)

    supervise(retention_days=0).step()

    assert published(object_store, job_id)


def test_a_job_is_run_and_ends(supervise, job_store, crew):
    """The plain way: claimed, run, finished with its keys."""
    job_id, supervision = queued(job_store), supervise()

    supervision.step()
    assert job_store.get(job_id).status is JobStatus.RUNNING
    crew.at = Advance("finalize", 0.9, rows_read=9, bytes_read=90, bytes_total=100)
    crew.ends[job_id] = done(job_id)
    supervision.step()

    job = job_store.get(job_id)
    assert job.status is JobStatus.SUCCEEDED
    assert job.result_key == artifacts.result_key(job_id)
    assert (job.progress.fraction, job.progress.rows_read) == (1.0, 9)
    assert job.progress.bytes_read == job.progress.bytes_total == 100  # its header too


def test_an_order_carries_the_chat_model_that_is_configured(supervise, job_store, crew):
    """And its key is in no repr, since orders are logged."""
    one, two = queued(job_store), queued(job_store)
    crew.size = 2

    supervise().step()
    assert {order.chat for order in crew.orders.values()} == {None}

    crew.orders.clear()
    job_store.release(one, 1, crashed=False)
    job_store.release(two, 1, crashed=False)
    supervise("two", chat_url="http://a/v1", chat_model="m", chat_key="hidden").step()
    (order, _) = crew.orders.values()
    assert order.chat == ChatConfig("http://a/v1", "m", "hidden")
    assert "hidden" not in repr(order)


class Counts:
    """Metrics that can be read back."""

    def __init__(self) -> None:
        self.counted = Counter()
        self.ends = 0

    def count(self, counter, source_type):
        self.counted[str(counter), source_type] += 1

    def job_seconds(self, *_):
        self.ends += 1


@pytest.fixture
def counts():
    return Counts()


@pytest.fixture
def lines():
    with capture_logs() as captured:
        yield captured


def ended(lines, job_id):
    (line,) = [line for line in lines if line["event"] == "job.ended" and line["job_id"] == job_id]
    return line


def test_the_end_of_a_job_is_told_with_its_cause_and_counted(
    supervise, job_store, object_store, crew, counts, lines
):
    """Every line has the ids of job and request; a cancelled job has neither failed nor worked."""
    crew.size = 3
    good, bad, unwanted = (queued(job_store, request_id=f"r{n}") for n in range(3))
    supervision = supervise()
    supervision.metrics = counts
    supervision.step()
    job_store.request_cancel(unwanted)
    supervision.step()
    crew.ends = {good: done(good), bad: CorruptFile("it breaks off"), unwanted: RunCancelled()}
    supervision.step()

    assert {line["job_id"]: line["request_id"] for line in lines} == {
        good: "r0",
        bad: "r1",
        unwanted: "r2",
    }
    assert ended(lines, good)["status"] == "SUCCEEDED"
    assert "code" not in ended(lines, good)
    assert ended(lines, bad)["code"] == "parse.corrupt"
    assert ended(lines, bad)["error"] == "it breaks off"
    assert ended(lines, unwanted)["status"] == "CANCELLED"
    assert counts.counted == {("JobProcessed", "upload"): 1, ("JobProcessingFailed", "upload"): 1}
    assert counts.ends == 3


def test_a_bug_is_told_with_the_traceback_of_its_process(supervise, job_store, crew, lines):
    """It came as a note on the error; the user gets a sentence."""
    job_id, supervision = queued(job_store), supervise()
    supervision.step()
    bug = ValueError("x")
    bug.add_note("Traceback: in the runner")
    crew.ends[job_id] = bug

    supervision.step()

    (line,) = [line for line in lines if line["event"] == "job.broke"]
    assert line["traceback"] == "Traceback: in the runner"
    assert "in the runner" not in job_store.get(job_id).failure.message


class Away:
    """A store of which one method fails once, and else the store itself."""

    def __init__(self, store, method):
        self._store, self._method = store, method

    def __getattr__(self, name):
        if name == self._method:
            self._method = ""
            return self._fail
        return getattr(self._store, name)

    def _fail(self, *_, **__):
        raise StorageUnavailable("it does not answer now")


def test_an_end_that_cannot_be_written_keeps_no_other_from_being(supervise, job_store, crew):
    """The job whose end was lost is free once its lease runs out; the others have ended."""
    crew.size = 2
    first, second = queued(job_store), queued(job_store)
    supervision = supervise()
    supervision.step()
    crew.ends = {first: done(first), second: done(second)}
    supervision.jobs = Away(job_store, "finish")

    with pytest.raises(StorageUnavailable):
        supervision.step()
    supervision.step()

    assert job_store.get(first).status is JobStatus.RUNNING
    assert job_store.get(second).status is JobStatus.SUCCEEDED
    assert not supervision.running


def test_a_cancelled_job_ends_though_the_object_store_was_away(supervise, job_store, crew):
    """Nobody beats it any longer, and when its lease has run out it is cancelled by that."""
    job_id, supervision = queued(job_store), supervise(lease_s=0.01, heartbeat_s=0.005)
    supervision.step()
    job_store.request_cancel(job_id)
    supervision.step()
    crew.ends[job_id] = RunCancelled()
    supervision.store = Away(supervision.store, "keys")

    with pytest.raises(StorageUnavailable):
        supervision.step()
    time.sleep(0.05)
    supervision._due.clear()
    supervision.step()

    assert job_store.get(job_id).status is JobStatus.CANCELLED


def test_an_upload_is_counted_once_by_whoever_queues_it(
    supervise, job_store, object_store, crew, counts, lines
):
    """`/process` may come between; and an upload that never comes is a job that has failed."""
    crew.size = 0
    there, expired = queued(job_store, JobStatus.CREATED), None
    expired = queued(job_store, JobStatus.CREATED, upload_expires_at=time.time() - 1)
    object_store.put(job_store.get(there).source["key"], b"a\n1\n")
    supervision = supervise()
    supervision.metrics = counts
    seen = job_store.awaiting_upload()
    supervision.step()

    supervision.jobs = Stale(job_store, seen)
    supervision._due.clear()
    supervision.step()

    assert counts.counted == {("JobQueued", "upload"): 1, ("JobProcessingFailed", "upload"): 1}
    assert ended(lines, expired)["code"] == "upload.not_received"


class Stale:
    """A job store whose list of waiting uploads is of a moment ago."""

    def __init__(self, jobs, seen):
        self._jobs, self._seen = jobs, seen

    def awaiting_upload(self):
        return self._seen

    def __getattr__(self, name):
        return getattr(self._jobs, name)


def test_an_upload_that_comes_by_itself_is_read_as_it_came(
    supervise, job_store, object_store, crew
):
    """What is put there after that is another version, which its run refuses."""
    job_id = queued(job_store, JobStatus.CREATED)
    key = job_store.get(job_id).source["key"]
    object_store.put(key, b"a\n1\n")
    first = object_store.object(key).etag
    supervision = supervise()
    crew.size = 0
    supervision.step()
    object_store.put(key, b"a\n2\n")

    crew.size = 1
    supervision.step()

    (wanted,) = crew.orders[job_id].inputs
    assert wanted.etag == first != object_store.object(key).etag


def test_no_more_jobs_are_claimed_than_the_crew_can_run(supervise, job_store, crew):
    """What waits, waits in the job store, where others can take it."""
    for _ in range(3):
        queued(job_store)

    supervise().step()

    assert len(crew.orders) == 1


def test_a_killed_runner_costs_an_attempt(supervise, job_store, crew):
    """The job goes on in another attempt and ends once."""
    job_id, supervision = queued(job_store), supervise()
    supervision.step()

    crew.ends[job_id] = RunnerDied()
    supervision.step()
    assert crew.orders[job_id].attempt == 2
    crew.ends[job_id] = done(job_id)
    supervision.step()

    assert job_store.get(job_id).status is JobStatus.SUCCEEDED


def test_a_job_that_kills_its_runner_twice_in_a_phase_is_given_up(supervise, job_store, crew):
    """Poison runs twice, not for ever, and says so in the job and in error.json."""
    job_id, supervision = queued(job_store), supervise()
    for _ in range(2):
        supervision.step()
        crew.ends[job_id] = RunnerDied()
    supervision.step()

    job = job_store.get(job_id)
    assert job.status is JobStatus.FAILED
    assert job.failure.code == "job.crashed"
    assert job.attempt == 2
    assert supervision.store.head(artifacts.result_key(job_id, "error.json")) is not None


def test_deaths_in_different_phases_are_not_poison(supervise, job_store, crew, monkeypatch):
    """A run that gets further each time is let go on."""
    monkeypatch.setattr("serve_app.jobs.supervision.PROGRESS_EVERY_S", 0.0)
    job_id, supervision = queued(job_store), supervise()
    for phase in artifacts.Phase:
        crew.at = Advance(phase=phase)
        supervision.step()
        supervision.step()
        crew.ends[job_id] = RunnerDied()
        supervision.step()
    crew.ends[job_id] = done(job_id)
    supervision.step()

    assert job_store.get(job_id).status is JobStatus.SUCCEEDED


def test_a_passing_fault_is_tried_again_and_a_lasting_one_is_not(supervise, job_store, crew):
    """`retryable` decides."""
    job_id, supervision = queued(job_store), supervise()
    supervision.step()
    crew.ends[job_id] = StorageUnavailable("away")
    supervision.step()
    supervision.running[job_id].rest_until = 0.0
    supervision.step()
    assert crew.orders[job_id].attempt == 2

    crew.ends[job_id] = CorruptFile("broken")
    supervision.step()

    assert job_store.get(job_id).failure.code == "parse.corrupt"


def test_attempts_are_limited(supervise, job_store, crew):
    """A fault that never passes ends the job."""
    job_id, supervision = queued(job_store), supervise(max_attempts=1)
    supervision.step()
    crew.ends[job_id] = StorageUnavailable("away")
    supervision.step()

    assert job_store.get(job_id).failure.code == "storage.unavailable"


def test_cancel_stops_the_run_and_removes_what_it_wrote(supervise, job_store, crew):
    """Nothing is published; the input stays."""
    job_id, supervision = queued(job_store), supervise()
    supervision.store.put(artifacts.input_key(job_id, "a.csv"), b"a\n1\n")
    supervision.store.put(artifacts.part_key(job_id, "a", 0), b"part")
    supervision.step()

    job_store.request_cancel(job_id)
    supervision.step()
    assert crew.cancelled == [job_id]
    crew.ends[job_id] = RunCancelled()
    supervision.step()

    left = [item.key for item in supervision.store.keys(artifacts.base(job_id))]
    assert job_store.get(job_id).status is JobStatus.CANCELLED
    assert left == [artifacts.input_key(job_id, "a.csv")]


def test_a_run_that_does_not_hear_is_killed(supervise, job_store, crew, monkeypatch):
    """A cancelled run gets a grace, not more."""
    monkeypatch.setattr("serve_app.jobs.supervision.CANCEL_GRACE_S", 0.0)
    job_id, supervision = queued(job_store), supervise()
    supervision.step()
    job_store.request_cancel(job_id)
    for _ in range(3):
        supervision.step()

    assert crew.killed
    assert job_store.get(job_id).status is JobStatus.CANCELLED


def test_a_run_that_takes_too_long_fails_and_says_so(supervise, job_store, crew):
    """Nobody asked for its end, so it is not CANCELLED."""
    job_id, supervision = queued(job_store), supervise(job_timeout_s=1e-9)
    for _ in range(3):
        supervision.step()

    job = job_store.get(job_id)
    assert crew.killed == [job_id]
    assert job.status is JobStatus.FAILED
    assert job.failure.code == "job.timeout"
    assert "MF_JOB_TIMEOUT_S" in job.failure.message


def test_an_upload_that_arrives_starts_its_job(supervise, job_store, crew):
    """Nobody needs to call /process."""
    job_id = queued(job_store, JobStatus.CREATED, upload_expires_at=time.time() + 900)
    supervision = supervise()
    supervision.step()
    assert job_store.get(job_id).status is JobStatus.CREATED

    supervision.store.put(artifacts.input_key(job_id, "a.csv"), b"a\n1\n")
    supervision._due.clear()
    supervision.step()

    assert job_id in crew.orders


@pytest.mark.parametrize(
    ("age_s", "size_bytes", "expects"),
    [(0, None, 0), (5, None, 1), (5, 1 << 30, 1), (0, 1 << 30, 0), (5, 1000, 0)],
)
def test_readers_start_while_a_large_upload_is_under_way(
    age_s, size_bytes, expects, supervise, job_store, crew
):
    """Once for each: an upload that takes long, unless its size is known to be small."""
    config = {} if size_bytes is None else {"size_bytes": size_bytes}
    job_id = queued(job_store, JobStatus.CREATED, age_s=age_s, source_config=config)
    supervision = supervise()

    for _ in range(3):
        supervision._due.clear()
        supervision.step()

    assert job_store.get(job_id).status is JobStatus.CREATED
    assert crew.expects == expects


def test_an_upload_that_never_arrives_fails_its_job(supervise, job_store):
    """With the code that clients know."""
    job_id = queued(job_store, JobStatus.CREATED, upload_expires_at=time.time() - 1)

    supervise().step()

    assert job_store.get(job_id).failure.code == "upload.not_received"


def test_the_jobs_of_a_dead_supervisor_go_on(supervise, job_store, crew):
    """Its lease runs out, and another attempt begins; the dead one's end does not count."""
    job_id = queued(job_store)
    dead = supervise("dead", lease_s=0.05)
    dead.step()
    crew.orders.clear()
    time.sleep(0.1)

    alive = supervise("alive")
    alive.step()
    alive.step(nudged=True)

    assert crew.orders[job_id].attempt == 2
    assert not job_store.finish(job_id, 1, JobStatus.SUCCEEDED)


def test_a_run_whose_job_another_attempt_owns_is_stopped(supervise, job_store, crew, monkeypatch):
    """A supervisor that slept too long finds out by its heartbeat."""
    monkeypatch.setattr("serve_app.jobs.supervision.PROGRESS_EVERY_S", 0.0)
    job_id, supervision = queued(job_store), supervise(heartbeat_s=0.0)
    supervision.step()
    job_store.release(job_id, 1, crashed=True)

    supervision.step()

    assert crew.killed == [job_id]


def test_a_fresh_start_on_an_embedded_database_takes_over(supervise, job_store):
    """After Ctrl-C nobody runs what the table calls RUNNING, and nobody waits for its lease."""
    job_id = queued(job_store)
    supervise("before").step()

    supervise("after").take_over()

    assert job_store.get(job_id).status is JobStatus.QUEUED
