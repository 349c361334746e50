"""The service as a user starts it: `metricfoundry up` in a folder of its own, on one CPU."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2 as httpx
import pytest

from serve_app.embedded import ports

READY_S = 180
ENDED = {"SUCCEEDED", "PARTIAL", "FAILED", "CANCELLED"}


@dataclass(frozen=True)
class Service:
    """A running service and what a client does with it."""

    url: str
    home: Path
    process: subprocess.Popen[bytes]

    def call(self, method: str, path: str, body: object = None, status: int = 200) -> dict:
        answer = httpx.request(method, self.url + path, json=body, timeout=30)
        assert answer.status_code == status, answer.text
        return answer.json()

    def upload(self, name: str, content: bytes, *, start: bool = True, **options: object) -> str:
        """Create a job, PUT its bytes as any HTTP client would, and start it."""
        config = {"filename": name}
        made = self.call(
            "POST", "/jobs", {"source_type": "upload", "source_config": config, **options}
        )
        request = urllib.request.Request(
            made["uploadUrl"], data=content, method="PUT", headers=made["uploadHeaders"]
        )
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 200
        if start:
            self.call("POST", f"/jobs/{made['jobId']}/process")
        return made["jobId"]

    def wait(
        self, job_id: str, until=lambda job: job["status"] in ENDED, timeout_s: float = 240
    ) -> dict:
        """The job, once it is so."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            job = self.call("GET", f"/jobs/{job_id}")
            if until(job):
                return job
            time.sleep(0.05)
        raise AssertionError(f"still {job}")

    def wait_object(self, job_id: str, path: str, timeout_s: float = 60) -> None:
        """Return as soon as the object is there."""
        deadline = time.monotonic() + timeout_s
        query = f"/jobs/{job_id}/artifacts?prefix=artifacts/{job_id}/{path}"
        while time.monotonic() < deadline:
            if self.call("GET", query)["objects"]:
                return
        raise AssertionError(f"{path} did not come")

    def file(self, job_id: str, path: str = "results.json") -> bytes:
        link = self.call("GET", f"/jobs/{job_id}/results?path={path}")["downloadUrl"]
        return httpx.get(link).content

    def results(self, job_id: str) -> dict:
        return json.loads(self.file(job_id))

    def pids(self, title: str) -> list[int]:
        """Ray processes of this service whose title begins so; never those of another."""
        token = f"RAY_AUTH_TOKEN_PATH={self.home / 'ray' / 'token'}".encode()
        return [
            int(entry.name)
            for entry in Path("/proc").iterdir()
            if entry.name.isdigit() and _is_ours(entry, title.encode(), token)
        ]


def _is_ours(entry: Path, title: bytes, token: bytes) -> bool:
    try:
        environment = (entry / "environ").read_bytes().split(b"\0")
        return (entry / "cmdline").read_bytes().startswith(title) and token in environment
    except OSError:
        return False


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One CPU, and a threshold above which Ray Data reads: deadlocks and both engines show here."""
    home = tmp_path_factory.mktemp("home")
    (port,) = _free_port()
    environment = {
        **os.environ,
        "MF_HOME": str(home),
        "MF_PORT": str(port),
        "MF_RAY_CPUS": "1",
        "MF_INLINE_BYTES": str(1 << 20),
        "MF_LEASE_S": "5",
    }
    log = (home / "up.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "serve_app", "up"], env=environment, stdout=log, stderr=log
    )
    running = Service(f"http://127.0.0.1:{port}", home, process)
    try:
        _wait_ready(running)
        yield running
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


def _free_port() -> tuple[int, ...]:
    return ports.free_pairs(1)


def _wait_ready(service: Service) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        assert service.process.poll() is None, (service.home / "up.log").read_text()
        try:
            if httpx.get(service.url + "/ready", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.5)
    raise AssertionError((service.home / "up.log").read_text())
