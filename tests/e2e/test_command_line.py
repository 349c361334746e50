"""Command line beside a running service, and what of the service can be reached."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2 as httpx
import psutil
import pytest

from serve_app.cli_output import Exit
from serve_app.embedded import ports

pytestmark = [pytest.mark.e2e, pytest.mark.ray]
LOOPBACK = {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


@pytest.fixture
def metricfoundry(service, tmp_path):
    """Run a command with --json in the service's folder; gives exit code and object."""

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "serve_app", *arguments, "--json"],
            env={**os.environ, "MF_HOME": str(service.home), "MF_PORT": service.url[-5:]},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert "Traceback" not in done.stderr
        return done.returncode, json.loads(done.stdout)

    return run


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "points.csv"
    path.write_text("x,y\n" + "".join(f"{i},{i * i}\n" for i in range(500)))
    return path


def test_run_uses_the_running_service(service, metricfoundry, table):
    """Headline figures, and a copy of the report that outlives signed links."""
    code, found = metricfoundry("run", str(table))

    assert code == Exit.OK
    assert (found["status"], found["rows"], found["columns"]) == ("SUCCEEDED", 500, 2)
    assert found["datasetCompleteness"] == 1.0
    report = Path(found["report"])
    assert report.is_relative_to(service.home / "results")
    assert "points" in report.read_text()
    assert json.loads((report.parent / "results.json").read_text())["jobId"] == found["jobId"]
    assert service.process.poll() is None


def test_submit_status_and_open_speak_of_the_same_job(service, metricfoundry, table):
    code, submitted = metricfoundry("submit", str(table))
    assert code == Exit.OK
    service.wait(submitted["jobId"])

    _, job = metricfoundry("status", submitted["jobId"][:8])
    _, jobs = metricfoundry("status")
    code, opened = metricfoundry("open", submitted["jobId"][:8])

    assert job["jobId"] == submitted["jobId"]
    assert submitted["jobId"] in {each["jobId"] for each in jobs["jobs"]}
    assert code == Exit.OK
    assert Path(opened["report"]).exists()


def test_a_job_is_read_again_by_other_choices(service, metricfoundry, table):
    """From the file at once, or from the earlier job's input by its id."""
    code, first = metricfoundry("run", str(table), "--override", 'types={"x": "text"}')
    assert code == Exit.OK

    code, second = metricfoundry("submit", "--from", first["jobId"][:8], "--override", "header=0")

    assert code == Exit.OK
    service.wait(second["jobId"])
    schemas = [service.results(job["jobId"])["tables"][0]["schema"] for job in (first, second)]
    assert schemas == [
        [{"name": "x", "type": "text"}, {"name": "y", "type": "integer"}],
        [{"name": "column_1", "type": "text"}, {"name": "column_2", "type": "text"}],
    ]


def test_run_reads_from_s3_with_the_key_that_doctor_gives(service, metricfoundry, table):
    """Put there by any S3 client, read by its address."""
    import boto3

    _, access = metricfoundry("doctor", "--s3")
    boto3.client(
        "s3",
        endpoint_url=access["endpoint"],
        region_name=access["region"],
        aws_access_key_id=access["accessKey"],
        aws_secret_access_key=access["secretKey"],
    ).upload_file(str(table), access["bucket"], "raw/points.csv")

    code, found = metricfoundry("run", f"s3://{access['bucket']}/raw/points.csv")

    assert (code, found["rows"]) == (Exit.OK, 500)


def test_a_failed_job_is_an_exit_code_and_a_sentence(metricfoundry, tmp_path):
    """Three things to go by: code, message and hint."""
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 is how it begins, and then nothing fits")

    code, found = metricfoundry("run", str(broken))

    assert (code, found["status"]) == (Exit.JOB_FAILED, "FAILED")
    assert all(found["errorDetail"][key] for key in ("code", "message", "hint"))
    assert found["report"] is None


def test_a_failed_job_is_called_so_by_every_command(metricfoundry, tmp_path):
    """`status` and `open` end as `run` did, and no path to a report is given that there is not."""
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 is how it begins, and then nothing fits")
    _, run = metricfoundry("run", str(broken))

    for command in ("status", "open"):
        code, found = metricfoundry(command, run["jobId"])

        assert (code, found["status"], found["report"]) == (Exit.JOB_FAILED, "FAILED", None)
        assert found["errorDetail"] == run["errorDetail"]


def test_an_address_with_brackets_is_listed_as_it_is(service, metricfoundry, tmp_path):
    """Rich would take them for markup."""
    address = "s3://metricfoundry/[/red]x[a]*.csv"
    code, _ = metricfoundry("submit", address)
    assert code == Exit.OK

    done = subprocess.run(
        [sys.executable, "-m", "serve_app", "status"],
        env={**os.environ, "MF_HOME": str(service.home), "MF_PORT": service.url[-5:]},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stderr) == (Exit.OK, "")
    assert f" {address}\n" in done.stdout


def test_a_start_that_several_ids_have_is_no_job(service, metricfoundry):
    """It is told, with ids to choose from; no command guesses."""
    starts: set[str] = set()
    while True:  # 17 times at most, since there are 16 digits
        made = service.call("POST", "/jobs", {"source_type": "upload", "source_config": {}})
        start = made["jobId"][0]
        if start in starts:
            break
        starts.add(start)

    for command in ("status", "open", "cancel"):
        code, said = metricfoundry(command, start)

        assert code == Exit.ERROR
        assert f"several jobs begin with '{start}'" in said["error"]["message"]
        assert made["jobId"] in said["error"]["message"]  # the newest


def test_an_interrupted_command_names_the_job_that_runs_on(service, metricfoundry, tmp_path):
    """Ctrl-C ends the waiting, not the job; what ends the job is told, and works."""
    large = tmp_path / "large.csv"
    with large.open("w") as file:
        file.write("x,y,z\n")
        file.writelines(f"{i},{i * i % 9973},text {i % 977}\n" for i in range(600_000))
    before = len(service.call("GET", "/jobs?q=large.csv")["jobs"])
    command = [sys.executable, "-m", "serve_app", "run", str(large)]
    environment = {**os.environ, "MF_HOME": str(service.home), "MF_PORT": service.url[-5:]}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as waiting:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            jobs = service.call("GET", "/jobs?q=large.csv")["jobs"]
            if len(jobs) > before and jobs[0]["status"] == "RUNNING":
                break
            time.sleep(0.02)
        waiting.send_signal(signal.SIGINT)
        complaint = waiting.stderr.read()

    job_id = jobs[0]["jobId"]
    assert waiting.returncode == Exit.INTERRUPTED
    assert f"job {job_id} runs on; `metricfoundry cancel {job_id}` stops it" in complaint
    code, cancelled = metricfoundry("cancel", job_id)
    assert (code, cancelled["jobId"]) == (Exit.OK, job_id)
    assert service.wait(job_id)["status"] == "CANCELLED"
    code, _ = metricfoundry("open", job_id)
    assert code == Exit.JOB_CANCELLED


def test_a_second_service_in_the_folder_is_refused(metricfoundry):
    code, said = metricfoundry("up")

    assert code == Exit.UNAVAILABLE
    assert "another MetricFoundry" in said["error"]["message"]


def test_doctor_finds_the_service_ready(service, metricfoundry):
    _, report = metricfoundry("doctor")

    checks = {each["name"]: each for each in report["checks"]}
    assert checks["service"]["detail"] == f"ready at {service.url}"


def test_nothing_listens_beyond_loopback(service):
    """Ray, Serve, the dashboard, the S3 server: no port of ours can be reached from outside."""
    tree = [psutil.Process(service.process.pid)]
    tree += tree[0].children(recursive=True)
    listening = {
        (each.laddr.ip, each.laddr.port)
        for process in tree
        for each in process.net_connections()
        if each.status == psutil.CONN_LISTEN
    }

    assert len(listening) > 10
    assert {ip for ip, _ in listening} <= LOOPBACK


def test_the_ray_dashboard_asks_for_the_token(service):
    """It would run any code for whoever asks."""
    record = json.loads((service.home / "service.json").read_text())
    token = (service.home / "ray" / "token").read_text()
    jobs = f"{record['dashboard_url']}/api/jobs/"

    assert httpx.get(jobs).status_code == 401
    assert httpx.post(jobs, json={"entrypoint": "id"}).status_code == 401
    assert httpx.get(jobs, headers={"Authorization": f"Bearer {token}"}).status_code == 200


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_a_service_ends_with_sigterm_and_takes_its_own_along(path, tmp_path):
    """While it starts, too: all that it started is gone, and jobs are kept."""
    (port,) = ports.free_pairs(1)
    environment = {**os.environ, "MF_HOME": str(tmp_path / "home"), "MF_PORT": str(port)}
    command = [sys.executable, "-m", "serve_app", "up"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as up:
        try:
            wait_ready(port, up, path)
            started = psutil.Process(up.pid).children(recursive=True)
        finally:
            up.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        up.send_signal(signal.SIGINT)  # an impatient user

    assert up.returncode == Exit.OK
    _, alive = psutil.wait_procs(started, timeout=15)
    assert not alive
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    assert not (tmp_path / "home" / "service.json").exists()
    assert (tmp_path / "home" / "jobs.sqlite3").exists()


def test_clean_removes_ended_jobs_and_frees_the_disk(service, metricfoundry, tmp_path):
    """Rows, objects and the copies here; a job that ended later than asked stays."""
    large = tmp_path / "large.csv"
    large.write_text("x,y\n" + "".join(f"{i},{i * i % 9973}\n" for i in range(80_000)))
    _, found = metricfoundry("run", str(large))
    assert metricfoundry("clean", "--days", "1") == (Exit.OK, {"jobs": 0})
    assert service.results(found["jobId"])["summary"]["rows"] == 80_000

    code, removed = metricfoundry("clean", "--all")

    assert code == Exit.OK
    assert removed["jobs"] >= 1
    service.call("GET", f"/jobs/{found['jobId']}", status=404)
    assert not Path(found["report"]).exists()
    held = sum(each.stat().st_size for each in (service.home / "s3" / "data").glob("*.dat"))
    assert held < large.stat().st_size


def wait_ready(port, process, path="/ready"):
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        assert process.poll() is None
        try:
            if httpx.get(f"http://127.0.0.1:{port}{path}", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.3)
    raise AssertionError("not ready in three minutes")
