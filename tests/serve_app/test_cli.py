"""Command line: what it says and how it ends where no service is needed."""

import json
import os
import socket
import subprocess
import sys

import pytest

from serve_app.cli_output import Exit
from serve_app.embedded.folder import lock


@pytest.fixture
def metricfoundry(tmp_path):
    """Run a command in a folder of its own; gives exit code, output and errors."""

    def run(*arguments, **settings):
        environment = {key: value for key, value in os.environ.items() if key[:3] != "MF_"}
        environment |= {"MF_HOME": str(tmp_path / "home"), **settings}
        done = subprocess.run(
            [sys.executable, "-m", "serve_app", *arguments],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout, done.stderr

    return run


def test_help_lists_the_commands_and_exit_codes(metricfoundry):
    code, said, _ = metricfoundry("--help")

    assert code == Exit.OK
    commands = ("run", "up", "submit", "status", "open", "cancel", "doctor", "clean", "migrate")
    for command in commands:
        assert f"  {command} " in said
    assert "3 job failed" in said


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "absent.csv"),
        ("submit", "absent.csv"),
        ("run", "ftp://host/file.csv"),
        ("run", "/dev/null"),
        ("run", "x" * 300),
        ("run", "~no-such-user/a.csv"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_submitted_is_one_sentence(metricfoundry, arguments):
    """Nothing is started for it."""
    code, said, complaint = metricfoundry(*arguments)

    assert (code, said) == (Exit.ERROR, "")
    assert complaint.startswith("error: ")
    assert arguments[-1] in complaint or arguments[1] in complaint


@pytest.mark.parametrize(
    "arguments",
    [("submit",), ("submit", "--from", "a-job", "a.csv"), ("run", "--override", "header")],
    ids=" ".join,
)
def test_what_does_not_go_together_is_wrong_usage(metricfoundry, arguments):
    """As `--help` says."""
    code, said, complaint = metricfoundry(*arguments)

    assert (code, said) == (Exit.USAGE, "")
    assert complaint.startswith("error: ")


def test_a_pipe_is_called_one(metricfoundry, tmp_path):
    """It exists, so nobody is told that it does not."""
    os.mkfifo(tmp_path / "pipe")

    code, _, complaint = metricfoundry("submit", "pipe")

    assert code == Exit.ERROR
    assert "pipe is a pipe" in complaint


@pytest.mark.parametrize(
    "command", [("status",), ("open", "1234"), ("doctor", "--s3")], ids=" ".join
)
def test_without_a_service_the_way_to_start_one_is_told(metricfoundry, command):
    code, _, complaint = metricfoundry(*command)

    assert code == Exit.UNAVAILABLE
    assert "metricfoundry up" in complaint


def test_errors_are_json_too(metricfoundry):
    """With --json there is one object on standard output and nothing else."""
    code, said, complaint = metricfoundry("status", "--json")

    assert (code, complaint) == (Exit.UNAVAILABLE, "")
    assert json.loads(said)["error"]["code"] == "service.unavailable"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "example.com"])
def test_the_api_refuses_to_listen_beyond_loopback(metricfoundry, host):
    """There are no API keys yet, so nobody else may reach it."""
    code, _, complaint = metricfoundry("up", MF_HOST=host)

    assert code == Exit.ERROR
    assert f"does not listen on {host}" in complaint


def test_a_busy_port_is_one_sentence(metricfoundry):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])

        code, _, complaint = metricfoundry("up", MF_PORT=port)

    assert code == Exit.UNAVAILABLE
    assert f"port {port} on 127.0.0.1 is taken" in complaint
    assert "MF_PORT" in complaint


def test_a_folder_has_one_owner(metricfoundry, tmp_path):
    with lock(tmp_path / "home"):
        code, _, complaint = metricfoundry("up")

    assert code == Exit.UNAVAILABLE
    assert "another MetricFoundry is using" in complaint


@pytest.mark.parametrize(("setting", "value"), [("MF_PORT", "eighty"), ("MF_LIMITS", "{")])
def test_a_setting_that_does_not_fit_is_named(metricfoundry, setting, value):
    code, _, complaint = metricfoundry("doctor", **{setting: value})

    assert code == Exit.ERROR
    assert setting in complaint


@pytest.mark.parametrize("command", ["up", "migrate", "clean"])
def test_a_home_that_can_be_no_folder_is_one_sentence(metricfoundry, tmp_path, command):
    (tmp_path / "file").touch()

    code, _, complaint = metricfoundry(command, MF_HOME=str(tmp_path / "file" / "home"))

    assert code == Exit.ERROR
    assert "MF_HOME" in complaint


def test_doctor_has_a_line_for_each_thing(metricfoundry):
    """People get lines, programs an object that says the same."""
    code, said, _ = metricfoundry("doctor", "--json")
    report = json.loads(said)

    assert {each["name"] for each in report["checks"]} >= {"python", "S3 server", "disk", "service"}
    assert report["ok"] == all(each["ok"] for each in report["checks"])
    assert code == (Exit.OK if report["ok"] else Exit.ERROR)


def test_migrate_makes_the_job_store(metricfoundry, tmp_path):
    """Twice is as good as once."""
    assert metricfoundry("migrate")[0] == Exit.OK
    assert metricfoundry("migrate")[0] == Exit.OK
    assert (tmp_path / "home" / "jobs.sqlite3").exists()


def test_openapi_is_printed(metricfoundry):
    code, said, _ = metricfoundry("openapi")

    assert code == Exit.OK
    assert "/jobs/{job_id}" in json.loads(said)["paths"]


def test_quick_commands_load_no_heavy_library(tmp_path):
    """A command beside a running service starts in a fraction of a second."""
    code = (
        "import sys\n"
        "from serve_app.cli_command import load_settings\n"
        "import serve_app.cli, serve_app.cli_run, serve_app.api_client, serve_app.cli_service\n"
        "load_settings()\n"
        "heavy = {'ray', 'boto3', 'polars', 'pyarrow', 'numpy', 'sqlalchemy', 'fastapi'}\n"
        "print(*heavy & set(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )

    assert (done.stdout, done.stderr) == ("\n", "")


@pytest.fixture
def full_disk(tmp_path):
    """A disk of a few kilobytes; only root can make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("a small disk cannot be mounted here: that takes root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_one_sentence(metricfoundry, full_disk):
    """Whatever could not be written, and wherever in the start that was."""
    code, _, complaint = metricfoundry("up", MF_HOME=str(full_disk), MF_PORT="1")

    assert code == Exit.ERROR
    assert "no space" in complaint
    assert "metricfoundry clean" in complaint
