"""Doctor: what MetricFoundry needs, looked at one by one."""

import importlib.util
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from connectors.errors import MetricFoundryError, ServiceUnavailable
from serve_app.embedded import ports, seaweedfs, service_record
from serve_app.embedded.stack import require_loopback
from serve_app.settings import Settings

PATCHED_PYTHON = (3, 11, 14)
LOW_DISK_BYTES = 2 << 30
OPEN_FILES = 1024
SQLITE_RETURNING = (3, 35)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing, whether it will do, and what was found."""

    name: str
    ok: bool
    detail: str


def examine(settings: Settings) -> list[Finding]:
    """Every check, in order; what a check raises is its finding."""
    return [_finding(name, check, settings) for name, check in CHECKS.items()]


def s3_access(settings: Settings) -> dict[str, str]:
    """Where the embedded S3 server is, and a key that reads its bucket and writes below `prefix`.

    Raises ServiceUnavailable while it does not run.
    """
    server = seaweedfs.attach(settings.home / "s3", settings.s3_bucket)
    if server is None:
        raise ServiceUnavailable(
            "the embedded S3 server does not run", hint="`metricfoundry up` starts it."
        )
    return {
        "endpoint": server.guest.endpoint,
        "region": server.guest.region,
        "bucket": server.guest.bucket,
        "prefix": seaweedfs.GUEST_PREFIX,
        "accessKey": server.guest.access_key,
        "secretKey": server.guest.secret_key,
    }


def _finding(name: str, check: Callable[[Settings], str], settings: Settings) -> Finding:
    try:
        return Finding(name, ok=True, detail=check(settings))
    except (MetricFoundryError, OSError, subprocess.SubprocessError) as error:
        return Finding(name, ok=False, detail=str(error))


def _python(_settings: Settings) -> str:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < PATCHED_PYTHON and sys.version_info[:2] == PATCHED_PYTHON[:2]:
        return f"{version}; 3.11.14 closes security holes of older ones"
    return version


def _bytecode(_settings: Settings) -> str:
    found = importlib.util.find_spec("ray")
    if found is None or found.origin is None:
        raise ServiceUnavailable("Ray is not installed")
    compiled = importlib.util.cache_from_source(found.origin)
    return "compiled" if Path(compiled).exists() else "not compiled: starts take 3 times longer"


def _s3_server(_settings: Settings) -> str:
    answer = subprocess.run(  # noqa: S603 - our own binary
        [str(seaweedfs.binary()), "version"], capture_output=True, text=True, timeout=20, check=True
    )
    return answer.stdout.strip()


def _sqlite(_settings: Settings) -> str:
    if sqlite3.sqlite_version_info < SQLITE_RETURNING:
        raise ServiceUnavailable(f"SQLite {sqlite3.sqlite_version} is too old; 3.35 is needed")
    return sqlite3.sqlite_version


def _folder(settings: Settings) -> str:
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    probe = settings.home / ".writable"
    probe.touch()
    probe.unlink()
    return str(settings.home)


def _disk(settings: Settings) -> str:
    free = shutil.disk_usage(settings.home).free
    if free < LOW_DISK_BYTES:
        raise ServiceUnavailable(
            f"only {free / 1e9:.1f} GB are free; `metricfoundry clean` removes old jobs"
        )
    return f"{free / 1e9:.1f} GB free"


def _memory(_settings: Settings) -> str:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{total / 1e9:.1f} GB, {os.cpu_count()} CPUs"


def _open_files(_settings: Settings) -> str:
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit < OPEN_FILES:
        raise ServiceUnavailable(f"only {limit} open files are allowed; `ulimit -n 4096` raises it")
    return str(limit)


def _address(settings: Settings) -> str:
    require_loopback(settings.host)
    record = service_record.find(settings.home)
    if record and not record.transient:
        return f"{record.url} (this service)"
    if not ports.is_free(settings.port, settings.host):
        raise ServiceUnavailable(
            f"port {settings.port} is taken by another program; set MF_PORT to a free one"
        )
    return f"{settings.host}:{settings.port} is free"


def _service(settings: Settings) -> str:
    from serve_app.api_client import ApiClient

    record = service_record.find(settings.home)
    if record is None:
        return "not running"
    with ApiClient(record.url) as client:
        if missing := client.missing():
            raise ServiceUnavailable(missing)
    return f"ready at {record.url}"


CHECKS: dict[str, Callable[[Settings], str]] = {
    "python": _python,
    "bytecode": _bytecode,
    "S3 server": _s3_server,
    "SQLite": _sqlite,
    "folder": _folder,
    "disk": _disk,
    "memory": _memory,
    "open files": _open_files,
    "address": _address,
    "service": _service,
}
