"""The crew with Ray: a runner that cannot be placed takes no job, nor does one that has died."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.ray

PLACED = """
import sys, time
import ray
from serve_app.jobs.ray_crew import RayCrew
from serve_app.settings import Settings

ray.init(num_cpus=1, resources={sys.argv[1]: 2}, include_dashboard=False, log_to_driver=False)
crew = RayCrew(Settings(_env_file=None, runners=1))
deadline = time.monotonic() + float(sys.argv[2])
while not crew.is_free() and time.monotonic() < deadline:
    time.sleep(0.2)
print("free" if crew.is_free() else "none", "staffed" if crew.is_staffed() else "alone")
"""

KILLED = (
    PLACED
    + """
import os, signal
from pathlib import Path
from connectors.store_config import StoreConfig
from pipelines.order import JobOrder

def parent(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])

def is_ours(pid):
    while pid > 1 and pid != os.getpid():
        pid = parent(pid)
    return pid == os.getpid()

runners = []
for entry in Path("/proc").iterdir():
    try:
        if entry.name.isdecimal() and (entry / "cmdline").read_bytes().startswith(b"ray::R"):
            runners += [int(entry.name)] if is_ours(int(entry.name)) else []
    except OSError:
        pass
for pid in runners:
    os.kill(pid, signal.SIGKILL)
(before,) = crew._members
crew.start(JobOrder("j", 1, 0.0, {}, (), StoreConfig("b", "http://127.0.0.1:9"), "sqlite://"))
print(len(runners) > 0, "new" if crew._members[0] is not before else "dead")
"""
)

FAILED = (
    PLACED
    + """
from connectors.store_config import StoreConfig
from pipelines.order import InputObject, JobOrder

store = StoreConfig("b", "http://127.0.0.1:9", access_key="a", secret_key="s")
crew.start(JobOrder("j", 1, 0.0, {}, (InputObject("b", "k", "n"),), store, sys.argv[3]))
while not (ended := crew.ended()):
    crew.wait(1)
end = ended["j"]
print(end.stable_code, end.retryable, "run_job" in "".join(end.__notes__))
"""
)


def said(script: str, *arguments: object) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()  # Ray may have a say too


@pytest.mark.parametrize(
    ("resource", "patience_s", "found"),
    [("analytics", 120, "free staffed"), ("other", 8, "none alone")],
)
def test_jobs_wait_until_there_is_a_runner(resource, patience_s, found):
    """Else they would be RUNNING, for hours, without one."""
    assert found in said(PLACED, resource, patience_s)


def test_a_runner_that_was_killed_a_moment_ago_takes_no_job():
    """Ray may not know of its death yet; the job would take the blame."""
    assert "True new" in said(KILLED, "analytics", 120)


def test_what_a_run_fails_of_keeps_its_type_and_tells_where(sqlite_url):
    """The type decides what becomes of the job; the traceback in the runner is for the log."""
    assert "storage.unavailable True True" in said(FAILED, "analytics", 120, sqlite_url)
