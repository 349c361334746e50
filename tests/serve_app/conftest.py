"""Fixtures of the service's tests: the app over a real job store and a real object store."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from starlette.testclient import TestClient

from connectors.errors import ServiceUnavailable
from serve_app import metrics
from serve_app.app import create_app
from serve_app.jobs.sql_store import SqlJobStore
from serve_app.migrations import migrate
from serve_app.settings import Settings


@dataclass
class Supervisor:
    """What a dispatcher wakes, for tests: it counts, or is out of reach."""

    nudges: int = 0
    is_lost: bool = False

    def nudge(self) -> None:
        self.check()
        self.nudges += 1

    def check(self) -> None:
        if self.is_lost:
            raise ServiceUnavailable("nobody runs jobs")


@dataclass
class Counts:
    """Metrics that can be read back."""

    counted: Counter[tuple[str, str]] = field(default_factory=Counter)

    def count(self, counter: metrics.Counter, source_type: str) -> None:
        self.counted[counter.value, source_type] += 1

    def job_seconds(self, seconds: float, source_type: str) -> None:
        raise AssertionError(f"the API ended a job: {source_type} in {seconds} s")


@pytest.fixture
def job_store(sqlite_url: str) -> Iterator[SqlJobStore]:
    """An empty, migrated job store, as the service embeds it."""
    migrate(sqlite_url)
    store = SqlJobStore(sqlite_url)
    yield store
    store.close()


@pytest.fixture
def supervisor() -> Supervisor:
    return Supervisor()


@pytest.fixture
def counts() -> Counts:
    return Counts()


@pytest.fixture
def settings() -> Settings:
    return Settings(_env_file=None)


@pytest.fixture
def client(settings, job_store, object_store, supervisor, counts) -> TestClient:
    """The API; what it answers when a bug strikes is an answer, not an exception."""
    app = create_app(
        settings, store=object_store, jobs=job_store, dispatcher=supervisor, metrics=counts
    )
    return TestClient(app, raise_server_exceptions=False)
