"""Benchmark: warm jobs through the whole service, against DuckDB on the same cores.

`python benchmarks/service.py [--scale 1]` starts a service of its own, and prints ratios of one
run: lineitem as CSV (read, Parquet, full profile, report) against DuckDB's COPY and SUMMARIZE of
it, with the peak memory of all processes above idle; and small jobs from POST to SUCCEEDED.
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Self

import duckdb
import httpx2 as httpx
import psutil

ENDED = {"SUCCEEDED", "PARTIAL", "FAILED", "CANCELLED"}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--repeat", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        command = ["tpchgen-cli", "csv", "-s", str(chosen.scale), "--tables", "lineitem"]
        tool = Path(sys.executable).with_name(command[0])
        subprocess.run([tool, *command[1:], "--output-dir", folder], check=True)
        lineitem = root / "lineitem.csv"
        service, url = start(root / "home")
        try:
            small_jobs(url, lineitem, root)
            large_job(url, lineitem, service, chosen.repeat)
        finally:
            service.send_signal(signal.SIGINT)
            service.wait(60)


def start(home: Path) -> tuple[subprocess.Popen[bytes], str]:
    port = 18_431
    environment = {**os.environ, "MF_HOME": str(home), "MF_PORT": str(port)}
    service = subprocess.Popen(
        [sys.executable, "-m", "serve_app", "up"], env=environment, stdout=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    while True:
        try:
            if httpx.get(url + "/ready").status_code == 200:
                return service, url
        except httpx.HTTPError:
            pass
        time.sleep(0.5)


def job(url: str, path: Path) -> float:
    """Seconds from the end of the upload to the end of the job."""
    config = {"filename": path.name, "sizeBytes": path.stat().st_size}
    body = {"source_type": "upload", "source_config": config}
    made = httpx.post(url + "/jobs", json=body).json()
    headers = {**made["uploadHeaders"], "content-length": str(path.stat().st_size)}
    with path.open("rb") as stream:
        httpx.put(made["uploadUrl"], content=stream, headers=headers, timeout=600)
    begun = time.perf_counter()
    httpx.post(f"{url}/jobs/{made['jobId']}/process", timeout=60)
    while True:
        state = httpx.get(f"{url}/jobs/{made['jobId']}").json()
        if state["status"] in ENDED:
            assert state["status"] == "SUCCEEDED", state
            return time.perf_counter() - begun
        time.sleep(0.05 if path.stat().st_size < 1 << 24 else 0.5)


def small_jobs(url: str, lineitem: Path, root: Path) -> None:
    small = root / "small.csv"
    with lineitem.open("rb") as stream:
        head = stream.read(1 << 20)
    small.write_bytes(head[: head.rfind(b"\n") + 1])
    job(url, small)
    seconds = sorted(job(url, small) for _ in range(20))
    print(
        f"1 MB CSV, 20 warm jobs: p50 {statistics.median(seconds):.2f} s, p95 {seconds[18]:.2f} s"
    )


def large_job(url: str, lineitem: Path, service: subprocess.Popen[bytes], repeat: int) -> None:
    job(url, lineitem)
    idle = memory(service)
    ours, theirs, peaks = [], [], []
    for _ in range(repeat):
        with Peak(service) as peak:
            ours.append(job(url, lineitem))
        peaks.append(peak.most - idle)
        theirs.append(duck(lineitem))
        print(f"  ours {ours[-1]:.1f} s, DuckDB {theirs[-1]:.1f} s")
    ratio = statistics.median(ours) / statistics.median(theirs)
    above = max(peaks) / 2**30
    size = lineitem.stat().st_size / 1e6
    print(f"lineitem, {size:.0f} MB: {ratio:.2f} x DuckDB; peak memory {above:.2f} GiB above idle")


def duck(lineitem: Path) -> float:
    target = lineitem.with_suffix(".parquet")
    begun = time.perf_counter()
    with duckdb.connect() as connection:
        connection.execute(f"COPY (FROM read_csv('{lineitem}')) TO '{target}' (FORMAT parquet)")
        connection.execute(f"SUMMARIZE FROM '{target}'").fetchall()
    return time.perf_counter() - begun


def memory(service: subprocess.Popen[bytes]) -> int:
    """Bytes of all processes of the service, what they share counted once."""
    total = 0
    for process in [
        psutil.Process(service.pid),
        *psutil.Process(service.pid).children(recursive=True),
    ]:
        try:
            total += process.memory_full_info().pss
        except psutil.Error:
            continue
    return total


class Peak:
    """The most memory that the service held meanwhile."""

    def __init__(self, service: subprocess.Popen[bytes]) -> None:
        self.most = 0
        self._service = service
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.5):
            self.most = max(self.most, memory(self._service))


if __name__ == "__main__":
    main()
