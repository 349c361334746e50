"""Fixtures of the service's tests."""

from collections.abc import Iterator

import pytest

from serve_app.jobs.store import SqlJobStore
from serve_app.migrations import migrate


@pytest.fixture
def job_store(sqlite_url: str) -> Iterator[SqlJobStore]:
    """An empty, migrated job store, as the service embeds it."""
    migrate(sqlite_url)
    store = SqlJobStore(sqlite_url)
    yield store
    store.close()
