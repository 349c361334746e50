"""Ray head: one node on loopback, with a token, that lives and dies with this process."""

import logging
import os
import secrets
import shutil
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serve_app.embedded import folder as folders
from serve_app.embedded.folder import SocketFolder

OBJECT_STORE_BYTES = 768 << 20
NAMESPACE = "metricfoundry"


@dataclass(frozen=True, slots=True)
class RayHead:
    """A running head. `dashboard_url` is empty when it was started without one."""

    address: str
    dashboard_url: str
    token_path: Path
    sockets: SocketFolder

    def stop(self) -> None:
        import ray

        ray.shutdown()
        self.sockets.remove()


def start(folder: Path, *, runners: int, dashboard: bool, cpus: int = 0) -> RayHead:
    """Start Ray in this process's name. Its sessions and logs lie under `folder`.

    Should this process be killed, the kernel ends Ray's own with it.
    """
    assert "ray" not in sys.modules, "Ray reads its environment when it is imported"
    folder = folder.resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    token_path = _token(folder)
    os.environ.update(environment(token_path))
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # it makes every Ray process start slowly
    os.environ.pop("RAY_ADDRESS", None)
    import ray

    sockets = folders.socket_folder(folder)
    on_term = signal.getsignal(signal.SIGTERM)
    context: Any = ray.init(
        address="local",
        namespace=NAMESPACE,
        num_cpus=cpus or None,
        num_gpus=0,
        resources={"analytics": runners, "ingest": max(2, os.cpu_count() or 1)},
        object_store_memory=OBJECT_STORE_BYTES,
        include_dashboard=dashboard,
        dashboard_host="127.0.0.1",
        log_to_driver=False,
        logging_level=logging.ERROR,
        _temp_dir=str(_sessions(folder, sockets)),
    )
    signal.signal(signal.SIGTERM, on_term)  # Ray's own aborts the process, and nothing is stopped
    dashboard_url = f"http://{context.dashboard_url}" if dashboard else ""
    return RayHead(
        context.address_info["gcs_address"],
        dashboard_url,
        token_path,
        sockets,
    )


def environment(token_path: Path) -> dict[str, str]:
    """What every Ray process of ours runs with, whatever the shell has set."""
    return {
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # on Linux: every port binds 127.0.0.1
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(token_path),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_DATA_USE_DATASOURCE_V2": "0",  # V2 starts 32 actors to read one Parquet file
        "RAY_task_oom_retries": "1",
        "RAY_idle_worker_killing_time_threshold_ms": "600000",  # a warm reader is worth 2 s
        "MALLOC_ARENA_MAX": "2",  # or each thread of a long-lived process keeps memory of its own
        "RAY_worker_niceness": "0",  # else whatever runs beside us starves the jobs
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    }


def _token(folder: Path) -> Path:
    path = folder / "token"
    if not path.exists():
        folders.write_private(path, secrets.token_hex(32))
    return path


def _sessions(folder: Path, sockets: SocketFolder) -> Path:
    """Where Ray keeps sockets and logs: a short link into the folder; old sessions are removed."""
    sessions = folder / "sessions"
    shutil.rmtree(sessions, ignore_errors=True)
    sessions.mkdir()
    link = sockets.path / "ray"
    link.unlink(missing_ok=True)
    link.symlink_to(sessions)
    return link
