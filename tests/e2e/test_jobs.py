"""Jobs, end to end: real Serve, Ray, SeaweedFS and SQLite, as a user and an attacker meet them."""

import hashlib
import io
import json
import os
import random
import signal
import time
import zipfile

import httpx2 as httpx
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.contracts.format_contract import zipped

pytestmark = [pytest.mark.e2e, pytest.mark.ray]
ROWS = 120_000
PHASES = (
    "ingest",
    "profile",
    "dq_validate",
    "descriptive_stats",
    "ml_inference",
    "nl_report",
    "finalize",
)


def orders(rows: int, seed: int = 1) -> bytes:
    """A table with quoted newlines, nulls and a late surprise in one column."""
    chosen = random.Random(seed)
    lines = ["id,amount,note,code"]
    for i in range(rows):
        amount = "" if i % 17 == 0 else f"{chosen.gauss(50, 12):.2f}"
        note = '"two\nlines, one ""cell"""' if i % 101 == 0 else f"note {i % 9}"
        lines.append(f"{i},{amount},{note},{i % 7 if i < rows - 5 else 'x' + str(i)}")
    return ("\n".join(lines) + "\n").encode()


def table(results: dict, name: str) -> dict:
    return next(table for table in results["tables"] if table["name"] == name)


def column(table: dict, name: str) -> dict:
    return next(profile for profile in table["columnProfiles"] if profile["name"] == name)


def masked(results: dict, job_id: str) -> dict:
    """Without what may differ between two runs: ids, and times and hashes that hold them."""
    text = json.dumps(results).replace(job_id, "JOB")
    found = json.loads(text)
    for volatile in ("generatedAt", "artifactManifest"):
        found.pop(volatile, None)
    found["phases"].pop("nl_report", None)
    return found


def test_an_upload_becomes_tables_and_a_profile(service):
    """The way that every user goes, and each figure against polars."""
    content = orders(3_000)
    truth = pl.read_csv(content, schema_overrides={"code": pl.String})

    job_id = service.upload("orders.csv", content)
    job = service.wait(job_id)

    assert job["status"] == "SUCCEEDED", job["errorDetail"]
    results = service.results(job_id)
    profile = table(results, "orders")
    amount = column(profile, "amount")
    assert (profile["rows"], profile["columns"]) == (3_000, 4)
    assert amount["nullCount"] == truth["amount"].null_count()
    assert amount["mean"] == pytest.approx(truth["amount"].mean(), rel=1e-12)
    assert amount["distinctCount"] == truth["amount"].n_unique() - 1
    assert column(profile, "code")["type"] == "text"
    assert results["receipt"]["rows"] == {
        "read": 3_001,
        "parsed": 3_000,
        "repaired": 0,
        "rejected": 0,
        "skipped": 1,
    }


def test_a_request_id_comes_back_once(service):
    """Serve's proxy echoes it, and so would we."""
    for sent in ({"x-request-id": "abc-1"}, {}):
        answer = httpx.get(f"{service.url}/health", headers=sent)
        (echoed,) = answer.headers.get_list("x-request-id")
        assert echoed == sent.get("x-request-id", echoed)
    assert httpx.head(f"{service.url}/health").status_code == 200


def test_the_manifest_names_what_is_there(service):
    """Every key with its size and digest, and nothing but the manifests lies there besides."""
    job_id = service.upload("m.csv", orders(50))
    service.wait(job_id)

    manifest = service.call("GET", f"/jobs/{job_id}/manifest")["manifest"]
    for artifact in manifest["artifacts"]:
        link = service.call("GET", f"/jobs/{job_id}/download?key={artifact['key']}")["downloadUrl"]
        body = httpx.get(link).content
        assert (len(body), hashlib.sha256(body).hexdigest()) == (
            artifact["size"],
            artifact["sha256"],
        )
    listed = service.call("GET", f"/jobs/{job_id}/artifacts?delimiter=&pageSize=1000")["objects"]
    unnamed = {item["key"] for item in listed} - {a["key"] for a in manifest["artifacts"]}
    base = f"artifacts/{job_id}/"
    assert unnamed == {base + "manifest.json", base + "results/manifest.json"}


def test_an_upload_starts_by_itself(service):
    """Nobody calls /process; the service notices."""
    job_id = service.upload("self.csv", b"a\n1\n", start=False)

    assert service.wait(job_id)["status"] == "SUCCEEDED"


def test_ray_data_and_the_runner_write_the_same_bytes(service):
    """Above the threshold tasks read, below it the runner does: the same parts come out."""
    content = orders(ROWS)
    large = service.upload("same.csv", content)
    compressed = io.BytesIO()
    with zipfile.ZipFile(compressed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("same.csv", content)
    small = service.upload("same.zip", compressed.getvalue())

    first, second = service.wait(large), service.wait(small)

    assert first["status"] == second["status"] == "SUCCEEDED"
    assert len(content) > 1 << 20 > len(compressed.getvalue())
    parts = [
        [
            a["sha256"]
            for a in service.call("GET", f"/jobs/{job}/manifest")["manifest"]["artifacts"]
            if a["key"].endswith(".parquet")
        ]
        for job in (large, small)
    ]
    assert parts[0] == parts[1]


def test_an_archive_with_a_broken_member_is_partial(service):
    """What can be read is; what cannot is named."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("good.csv", "a,b\n1,2\n")
        archive.writestr("more.jsonl", '{"x": 1}\n{"x": 2}\n')
        archive.writestr("broken.parquet", b"PAR1" + b"\0" * 40 + b"PAR1")
        archive.writestr("__MACOSX/._good.csv", b"junk")

    job_id = service.upload("mixed.zip", packed.getvalue())
    job = service.wait(job_id)

    assert job["status"] == "PARTIAL"
    assert {t["name"] for t in job["tables"]} == {"good", "more"}
    assert [w["member"] for w in job["warnings"] if w["severity"] == "ERROR"] == ["broken.parquet"]


def bomb() -> bytes:
    """A million rows of one dictionary value of 1 MB, in 2.6 kB."""
    value = pa.array(["x" * (1 << 20)])
    rows = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000_000, pa.int32()), value)
    sink = io.BytesIO()
    pq.write_table(pa.table({"bomb": rows}), sink, compression="zstd")
    return sink.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "codes"),
    [
        ("deep.json", b"[" * 20_000 + b"]" * 20_000, {"limit.json_depth"}),
        ("deep.jsonl", b'{"a":' * 20_000 + b"1" + b"}" * 20_000 + b"\n", {"limit.json_depth"}),
        ("bomb.parquet", bomb(), {"limit.ratio", "parse.memory_limit"}),
        ("cut.parquet", b"PAR1\0\0\0\0PAR1", {"parse.corrupt", "parse.crashed"}),
        ("empty.csv", b"\n", {"input.empty"}),
        ("picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, {"format.unknown"}),
    ],
)
def test_hostile_files_fail_with_a_code_and_hurt_nobody(service, name, content, codes):
    """One attempt, a typed error with a hint, and the runners are the same processes as before."""
    runners = sorted(service.pids("ray::Runner"))

    job_id = service.upload(name, content)
    job = service.wait(job_id)

    assert job["status"] == "FAILED"
    assert job["errorDetail"]["code"] in codes, job["errorDetail"]
    assert job["errorDetail"]["hint"]
    assert job["attempt"] == 1
    assert json.loads(service.file(job_id, "error.json"))["errorDetail"]["code"] in codes
    assert sorted(service.pids("ray::Runner")) == runners


def test_a_doubt_is_settled_by_a_choice_without_another_upload(service):
    """What was text with a warning is a date, in every member; the receipt says why."""
    members = {f"{name}.csv": b"id,day\n1,03/04/2025\n2,05/06/2025\n" for name in ("jan", "feb")}
    first = service.upload("days.zip", zipped(members))
    doubts = {warning["code"] for warning in service.wait(first)["warnings"]}

    made = service.call(
        "POST",
        "/jobs",
        {
            "source_type": "upload",
            "source_config": {"fromJob": first, "overrides": {"dateOrder": "DMY"}},
        },
    )

    assert made["uploadUrl"] is None
    again = service.wait(made["jobId"])
    assert "date.ambiguous" in doubts
    assert again["status"] == "SUCCEEDED"
    assert again["source"]["overrides"] == {"dateOrder": "DMY"}
    assert "date.ambiguous" not in {warning["code"] for warning in again["warnings"]}
    (found,) = service.results(made["jobId"])["tables"]
    assert [each["member"] for each in found["origin"]] == ["jan.csv", "feb.csv"]
    assert column(found, "day")["min"] == "2025-04-03"
    (entry,) = json.loads(service.file(made["jobId"], "ingest_receipt.json"))["inputs"]
    assert [member["overrides"] for member in entry["members"]] == [{"dateOrder": "DMY"}] * 2


def test_a_missing_s3_object_ends_the_job(service):
    """Accepted, looked for, not found, said."""
    made = service.call(
        "POST", "/jobs", {"source_type": "s3", "s3_path": "s3://metricfoundry/no/such"}
    )

    job = service.wait(made["jobId"])

    assert (job["status"], job["errorDetail"]["code"]) == ("FAILED", "source.not_found")


def test_two_jobs_at_once_share_one_cpu(service):
    """Both fan out to tasks on a cluster of one CPU, and both end."""
    jobs = [service.upload(f"two-{i}.csv", orders(ROWS, seed=i)) for i in range(2)]

    assert [service.wait(job)["status"] for job in jobs] == ["SUCCEEDED"] * 2


@pytest.mark.parametrize("victim", ["ray::Runner", "ray::SupervisorActor", "ray::Read"])
def test_killed_processes_cost_no_job(service, victim):
    """SIGKILL in the middle of reading: the results are those of a calm run, published once."""
    content = orders(ROWS, seed=5)
    calm = service.upload("calm.csv", content)
    service.wait(calm)
    job_id = service.upload("calm.csv", content)
    service.wait(job_id, until=lambda job: job["status"] == "RUNNING")
    deadline = time.monotonic() + 20
    while not (found := service.pids(victim)) and time.monotonic() < deadline:
        time.sleep(0.01)

    assert found
    for pid in found:
        os.kill(pid, signal.SIGKILL)
    job = service.wait(job_id)

    assert job["status"] == "SUCCEEDED", job["errorDetail"]
    assert masked(service.results(job_id), job_id) == masked(service.results(calm), calm)


def wide(columns: int = 700, rows: int = 200) -> bytes:
    """So many columns that every phase takes a while."""
    chosen = random.Random(3)
    lines = [",".join(f"c{i}" for i in range(columns))]
    lines += [",".join(f"{chosen.gauss(i, 3):.2f}" for i in range(columns)) for _ in range(rows)]
    return ("\n".join(lines) + "\n").encode()


def published(service, job_id: str) -> dict[str, str]:
    """Digests of what does not hold the job's id."""
    manifest = service.call("GET", f"/jobs/{job_id}/manifest")["manifest"]
    names = {
        a["key"].removeprefix(f"artifacts/{job_id}/"): a["sha256"] for a in manifest["artifacts"]
    }
    return {
        name: digest
        for name, digest in names.items()
        if name.endswith((".parquet", ".arrow", ".png", ".csv"))
    }


@pytest.fixture(scope="module")
def calm(service) -> str:
    job_id = service.upload("wide.csv", wide())
    job = service.wait(job_id)
    assert job["status"] == "SUCCEEDED", job["errorDetail"]
    return job_id


@pytest.mark.parametrize(
    "written",
    ["tables/wide/part-00000.parquet", *(f"phases/{p}.json" for p in PHASES)],
    ids=lambda key: key,
)
def test_a_runner_killed_in_any_phase_costs_nothing(service, calm, written):
    """SIGKILL as soon as a phase has left its payload: the next attempt publishes the same, once.

    Where the kill comes too late, because the job has ended, another job is tried.
    """
    for _ in range(8):
        job_id = service.upload("wide.csv", wide())
        service.wait_object(job_id, written)
        for pid in service.pids("ray::Runner"):
            os.kill(pid, signal.SIGKILL)
        job = service.wait(job_id)
        assert job["status"] == "SUCCEEDED", job["errorDetail"]
        assert masked(service.results(job_id), job_id) == masked(service.results(calm), calm)
        assert published(service, job_id) == published(service, calm)
        if job["attempt"] == 2:
            return
    raise AssertionError(f"no kill came in time after {written}")


def test_a_job_takes_no_blame_for_runners_that_died_before_it_came(service):
    """It is given to a new one, and its first attempt is the only one."""
    before = service.wait(service.upload("before.csv", b"a,b\n1,2\n"))
    runners = service.pids("ray::Runner")
    assert (before["status"], len(runners) > 0) == ("SUCCEEDED", True)
    for pid in runners:
        os.kill(pid, signal.SIGKILL)

    job = service.wait(service.upload("after.csv", b"a,b\n1,2\n"))

    assert (job["status"], job["attempt"]) == ("SUCCEEDED", 1), job["errorDetail"]


def test_cancel_stops_a_running_job(service):
    """Within seconds; nothing is published, and the runner is free again."""
    job_id = service.upload("cancel.csv", orders(4 * ROWS))
    service.wait(job_id, until=lambda job: job["status"] == "RUNNING")

    service.call("POST", f"/jobs/{job_id}/cancel")
    job = service.wait(job_id)

    assert (job["status"], job["resultKey"]) == ("CANCELLED", None)
    left = service.call("GET", f"/jobs/{job_id}/artifacts?delimiter=")["objects"]
    assert [item["key"] for item in left] == [f"artifacts/{job_id}/input/cancel.csv"]
    assert service.wait(service.upload("after.csv", b"a\n1\n"))["status"] == "SUCCEEDED"


def test_every_line_of_the_replicas_is_json(service):
    """One for each request, and that is ours: Serve's own would be a second one, in plain text."""
    for _ in range(4):
        service.call("GET", "/health")

    logs = service.home / "ray" / "sessions" / "session_latest" / "logs" / "serve"
    lines = [line for log in logs.glob("replica_*.log") for line in log.read_text().splitlines()]

    assert lines
    assert not [line for line in map(json.loads, lines) if "/health" in line["message"]]
