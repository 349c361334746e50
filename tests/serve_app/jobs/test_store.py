"""Both databases keep the job store's contract, and their failures have names."""

from contextlib import closing

import pytest

from connectors.errors import Misconfigured, ServiceUnavailable
from serve_app.jobs.sql_store import SqlJobStore
from serve_app.migrations import migrate
from tests.contracts.job_store_contract import JobStoreContract


class TestSqlite(JobStoreContract):
    """On SQLite, as embedded."""


class TestPostgresql(JobStoreContract):
    """On PostgreSQL, as clusters use it."""

    @pytest.fixture
    def job_store(self, postgres_url):
        migrate(postgres_url)
        store = SqlJobStore(postgres_url)
        yield store
        store.close()


def test_an_unmigrated_sqlite_is_not_ready(sqlite_url):
    """A database without tables is named as what it is: not ready."""
    with closing(SqlJobStore(sqlite_url)) as store, pytest.raises(ServiceUnavailable):
        store.check()


def test_an_unmigrated_postgresql_is_not_ready(postgres_url):
    """A database without tables is named as what it is: not ready."""
    with closing(SqlJobStore(postgres_url)) as store, pytest.raises(ServiceUnavailable) as caught:
        store.check()

    assert "migrated" in str(caught.value)


def test_a_database_that_does_not_answer_is_a_passing_fault():
    """Clients may try again, and learn nothing of addresses or passwords."""
    store = SqlJobStore("postgresql://user:secret@127.0.0.1:1/jobs")

    with pytest.raises(ServiceUnavailable) as caught:
        store.get("job")

    assert caught.value.retryable
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["mysql://u:secret@h/d", "nonsense", "", "postgres"])
def test_another_database_is_a_misconfiguration(url):
    """The sentence says which URLs work, and does not repeat the one given."""
    with pytest.raises(Misconfigured, match="sqlite:/// or postgresql://") as caught:
        SqlJobStore(url).check()

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_is_served(scheme, postgres_url):
    """The URL that a hosting service hands out works as it is."""
    url = scheme + postgres_url.removeprefix("postgresql+psycopg")

    migrate(url)

    with closing(SqlJobStore(url)) as store:
        store.check()
