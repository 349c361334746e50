import hashlib
import io
import json
import multiprocessing
import threading
import uuid
import zipfile
from dataclasses import replace

import polars as pl
import psycopg
import pytest

from connectors.errors import ServiceUnavailable, StorageUnavailable
from pipelines import artifacts
from pipelines.analytics.checkpoints import open_checkpointer
from pipelines.analytics.graph import NODES
from pipelines.analytics.store_workspace import StoreWorkspace
from pipelines.analytics.workspace import RunCancelled
from pipelines.artifacts import Phase
from pipelines.formats.base import Failure, SkippedMember
from tests.pipelines.analytics import run as runs

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["pipelines.analytics.graph"])


@pytest.fixture
def job_id():
    return str(uuid.uuid4())


@pytest.fixture
def order(object_store, sqlite_url, job_id):
    return runs.order(object_store.config, sqlite_url, job_id)


@pytest.fixture(scope="module")
def calm(object_store, tmp_path_factory):
    """The bytes of an undisturbed run, by path, and how it ended."""
    job_id = str(uuid.uuid4())
    url = f"sqlite:///{tmp_path_factory.mktemp('calm') / 'jobs.sqlite3'}"
    outcome = runs.run(runs.order(object_store.config, url, job_id))
    return outcome, masked(runs.published(object_store, job_id), job_id)


def masked(files, job_id):
    """Everything that was published, unpacked and free of the job's id and of what follows from it.

    Sizes and hashes of files that hold the id are checked where they are made.
    """
    seen = {}
    for key, body in files.items():
        for name, content in unpacked(key.removeprefix(artifacts.base(job_id)), body):
            seen[name] = content.replace(job_id.encode(), b"JOB")
    for path in ("manifest.json", "results/manifest.json"):
        manifest = json.loads(seen[path])
        for entry in manifest["artifacts"]:
            if not entry["key"].endswith((".parquet", ".arrow", ".csv", ".png")):
                del entry["sha256"]
                if entry["key"].endswith((".zip", ".xlsx")):
                    del entry["size"]
        seen[path] = manifest
    return seen


def unpacked(path, body):
    """The file itself, or those in it."""
    if not path.endswith((".zip", ".xlsx")):
        yield path, body
        return
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        for name in archive.namelist():
            yield from unpacked(f"{path}/{name}", archive.read(name))


def stored_checkpoints(order):
    with open_checkpointer(order.checkpoints) as checkpointer:
        return list(checkpointer.list({"configurable": {"thread_id": order.job_id}}))


EVENTS = [
    *(f"wrote phases/{node.phase}.json" for node in NODES[:-1]),
    "ingest 0.0",
    "saved ingest",
    "saved outcome",
    "wrote states/sales.arrow",
    "wrote results/results.json",
    "commits",
    "committed",
    "swept",
]


@pytest.mark.parametrize("event", EVENTS)
def test_a_run_killed_anywhere_publishes_what_the_calm_run_does(event, order, object_store, calm):
    """The next attempt goes on, publishes the same bytes once, and leaves nothing behind."""
    outcome, expected = calm
    process = PROCESSES.Process(target=runs.run_until, args=(order, event))
    process.start()
    process.join()
    assert process.exitcode == 9

    resumed = runs.run(runs.order(object_store.config, order.checkpoints, order.job_id, attempt=2))

    assert masked(runs.published(object_store, order.job_id), order.job_id) == expected
    assert (resumed.status, resumed.tables) == (outcome.status, outcome.tables)
    assert resumed.warnings == outcome.warnings
    assert stored_checkpoints(order) == []


def test_finished_phases_are_not_run_again(order, object_store):
    """A resumed run neither reads its input nor writes its early phases a second time."""
    process = PROCESSES.Process(target=runs.run_until, args=(order, "profile 0.75"))
    process.start()
    process.join()
    phases = []

    def scan():
        raise AssertionError

    workspace = StoreWorkspace(order, scan, tell=lambda phase, _: phases.append(phase))
    runs.run(order, lambda _: workspace)

    assert set(phases) <= set(Phase) - {Phase.INGEST}
    assert phases[-1] == Phase.FINALIZE


def test_two_attempts_at_once_publish_once(order, object_store, calm, tmp_path):
    """A late attempt that does not know it is late does no harm."""
    outcomes = []
    orders = [
        runs.order(object_store.config, f"sqlite:///{tmp_path / name}", order.job_id)
        for name in ("one.sqlite3", "two.sqlite3")
    ]
    threads = [
        threading.Thread(target=lambda each=each: outcomes.append(runs.run(each)))
        for each in orders
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes[0] == outcomes[1]
    assert masked(runs.published(object_store, order.job_id), order.job_id) == calm[1]


def test_the_manifest_vouches_for_every_object(order, object_store):
    """Each listed file has the size and hash it is listed with, and no other file exists."""
    outcome = runs.run(order)

    files = runs.published(object_store, order.job_id)
    manifest = json.loads(files[outcome.manifest_key])
    manifests = {outcome.manifest_key, artifacts.result_key(order.job_id, "manifest.json")}
    assert {entry["key"] for entry in manifest["artifacts"]} == files.keys() - manifests
    for entry in manifest["artifacts"]:
        body = files[entry["key"]]
        assert (entry["size"], entry["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())
    assert len({files[key] for key in manifests}) == 1
    assert len({entry["name"] for entry in manifest["artifacts"]}) == len(manifest["artifacts"])


def test_bundles_hold_the_real_files(order, object_store):
    """What an archive holds is what lies beside it."""
    runs.run(order)

    files = runs.published(object_store, order.job_id)
    base = artifacts.base(order.job_id)
    for bundle, folder in [
        ("results/bundles/analytics_bundle.zip", "results/"),
        ("results/bundles/visualizations.zip", "results/"),
        ("phases/phase_payloads.zip", "phases/"),
    ]:
        with zipfile.ZipFile(io.BytesIO(files[base + bundle])) as archive:
            assert archive.namelist()
            for name in archive.namelist():
                assert archive.read(name) == files[base + folder + name]
            if bundle.endswith("analytics_bundle.zip"):
                assert {
                    *("results.json", "ingest_receipt.json", "descriptive_stats.csv"),
                    *("report.html", "report.txt", "report.xlsx"),
                } <= set(archive.namelist())


def test_progress_only_grows_and_names_every_phase(order):
    """Phases that run side by side never turn it back."""
    told = []
    workspace = runs.workspace(order)
    workspace.tell = lambda phase, fraction: told.append((phase, fraction))

    runs.run(order, lambda _: workspace)

    fractions = [fraction for _, fraction in told]
    assert fractions == sorted(fractions)
    assert {phase for phase, _ in told} == set(Phase)
    assert fractions[-1] == 1.0


def test_models_are_asked_while_what_was_read_is_published(order):
    """They take longest, so they wait for no other phase."""
    asked, waited = threading.Event(), []

    class Watched(StoreWorkspace):
        def inquire(self, table, options):
            asked.set()
            return super().inquire(table, options)

        def put(self, files):
            chosen = list(files)
            if chosen[0].path == "phases/ingest.json":
                waited.append(asked.wait(timeout=60))
            return super().put(chosen)

    outcome = runs.run(order, lambda placed: Watched(placed, runs.Scan(placed)))

    assert waited == [True]
    assert outcome.status == "SUCCEEDED"


def test_of_several_tables_each_entry_says_which_it_speaks_of(order, object_store):
    """The top level totals, the schema is empty, and entries carry their table."""
    tables = {"sales": runs.sales(), "rates": pl.DataFrame({"x": [1.0, 2.0], "y": ["a", "b"]})}

    outcome = runs.run(order, tables=tables)

    results = json.loads(object_store.get(outcome.result_key))
    assert results["summary"]["rows"] == 405
    assert results["summary"]["columns"] == 7
    assert results["schema"] == []
    assert [table["name"] for table in results["tables"]] == ["sales", "rates"]
    for entries in (
        results["correlations"],
        results["outliers"],
        results["phases"]["profile"]["columnProfiles"],
        results["phases"]["dq_validate"]["issues"],
        results["phases"]["descriptive_stats"]["descriptiveTable"],
    ):
        assert entries
        assert all(entry["table"] in {"sales", "rates"} for entry in entries)
    header = object_store.get(artifacts.result_key(order.job_id, "descriptive_stats.csv"))
    assert header.startswith(b"column,count,mean,stddev,min,max,q5,q25,q50,q75,q95,table,")


BROKEN = Failure("sales.zip", "bad.csv", "parse.corrupt", "It is cut short.", "Export it again.")


def test_a_job_with_an_unreadable_member_is_partial(order, object_store):
    """The rest is published, and a warning says what is missing."""
    outcome = runs.run(order, failures=(BROKEN,))

    results = json.loads(object_store.get(outcome.result_key))
    assert outcome.status == results["status"] == "PARTIAL"
    assert outcome.warnings[0] == {
        "code": "parse.corrupt",
        "message": "It is cut short.",
        "severity": "ERROR",
        "input": "sales.zip",
        "member": "bad.csv",
    }


def test_a_job_whose_input_is_sound_and_blank_succeeds_with_nothing(order, object_store):
    """A report says so, where a file without any table at all is a failure."""
    blank = SkippedMember("a.xlsx", "a.xlsx", "no cell with a value", is_sound=True)
    readme = SkippedMember("a.zip", "README", "no data")

    outcome = runs.run(order, tables={}, skipped=(blank,))

    results = json.loads(object_store.get(outcome.result_key))
    assert outcome.status == results["status"] == "SUCCEEDED"
    assert (results["tables"], results["summary"]["rows"]) == ([], 0)
    report = object_store.get(artifacts.result_key(order.job_id, "report.html")).decode()
    assert "no cell with a value" in report
    assert runs.run(replace(order, job_id="blank-2"), tables={}, skipped=(readme,)).failure


def test_a_job_without_a_table_fails_with_its_first_failure(order, object_store):
    """It has an error.json and a receipt, and no manifest."""
    outcome = runs.run(order, tables={}, failures=(BROKEN,))

    files = runs.published(object_store, order.job_id)
    error = json.loads(files[artifacts.result_key(order.job_id, "error.json")])
    assert (outcome.status, outcome.result_key, outcome.manifest_key) == ("FAILED", None, None)
    assert error == {
        "jobId": order.job_id,
        "error": "It is cut short.",
        "errorDetail": {
            "code": "parse.corrupt",
            "message": "It is cut short.",
            "hint": "Export it again.",
            "retryable": False,
        },
    }
    assert artifacts.result_key(order.job_id, "ingest_receipt.json") in files
    assert artifacts.manifest_key(order.job_id) not in files
    assert stored_checkpoints(order) == []


@pytest.mark.parametrize("phase", [Phase.INGEST, Phase.DQ_VALIDATE, Phase.FINALIZE])
def test_a_fault_of_ours_is_a_failure_without_a_trace_of_the_inside(phase, order, object_store):
    """Whatever a phase raises, the job ends with a code and a sentence."""

    def tell(at, _):
        if at == phase:
            raise KeyError("secret")

    workspace = runs.workspace(order)
    workspace.tell = tell

    outcome = runs.run(order, lambda _: workspace)

    assert outcome.failure.code == "analysis.failed"
    assert str(phase) in outcome.failure.message
    error = object_store.get(artifacts.result_key(order.job_id, "error.json"))
    assert b"secret" not in error


def test_an_outage_is_raised_and_the_run_goes_on_later(order, object_store, calm):
    """What a retry may cure does not end the job; the retry starts where the outage came."""
    workspace = runs.workspace(order)
    outages = iter([StorageUnavailable("gone")])

    def tell(phase, _):
        if phase == Phase.DESCRIPTIVE_STATS:
            for outage in outages:
                raise outage

    workspace.tell = tell
    with pytest.raises(StorageUnavailable):
        runs.run(order, lambda _: workspace)

    outcome = runs.run(order, lambda _: workspace)

    assert outcome.status == "SUCCEEDED"
    assert masked(runs.published(object_store, order.job_id), order.job_id) == calm[1]


@pytest.mark.parametrize("phase", list(Phase))
def test_a_cancelled_job_publishes_nothing(phase, order, object_store):
    """Cancelled in whatever phase, it has no manifest, and its checkpoints are forgotten."""
    cancelled = threading.Event()
    workspace = runs.workspace(order)
    workspace.is_cancelled = cancelled.is_set
    workspace.tell = lambda at, _: cancelled.set() if at == phase else None

    with pytest.raises(RunCancelled):
        runs.run(order, lambda _: workspace)

    assert object_store.head(artifacts.manifest_key(order.job_id)) is None
    assert stored_checkpoints(order) == []


def test_a_table_without_rows_is_published_like_any_other(order, object_store):
    """Empty is a result, not an error."""
    outcome = runs.run(order, tables={"empty": runs.sales().clear()})

    assert outcome.status == "SUCCEEDED"
    assert outcome.tables == ({"name": "empty", "rows": 0, "columns": 5},)


@pytest.mark.parametrize("event", ["profile 0.75", "nl_report 0.95"])
def test_checkpoints_live_in_postgresql_too(event, object_store, postgres_url, job_id, calm):
    """A killed run resumes from a PostgreSQL job store as it does from SQLite."""
    order = runs.order(object_store.config, postgres_url, job_id)
    process = PROCESSES.Process(target=runs.run_until, args=(order, event))
    process.start()
    process.join()
    assert process.exitcode == 9

    runs.run(order)

    assert masked(runs.published(object_store, job_id), job_id) == calm[1]
    assert stored_checkpoints(order) == []


def test_a_lost_job_store_is_an_outage_not_a_failure(object_store, postgres_url, job_id, calm):
    """When the connection for checkpoints breaks, a retry goes on where the last one held."""
    order = runs.order(object_store.config, postgres_url, job_id)
    workspace = runs.workspace(order)
    workspace.tell = lambda phase, _: disconnect(postgres_url) if phase == "dq_validate" else None

    with pytest.raises(ServiceUnavailable) as outage:
        runs.run(order, lambda _: workspace)

    assert outage.value.retryable
    runs.run(order)
    assert masked(runs.published(object_store, job_id), job_id) == calm[1]


def disconnect(url):
    """End every other session of the database."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
