"""Migrations go both ways on both databases, and many may start at once."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from connectors.errors import Misconfigured
from serve_app.jobs.engine import engine_for, transaction
from serve_app.jobs.sql_store import SqlJobStore
from serve_app.jobs.tables import metadata
from serve_app.migrations import downgrade, migrate
from tests.contracts.job_store_contract import job

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite", "postgres"])
def url(request):
    url = request.getfixturevalue(f"{request.param}_url")
    yield url
    engine_for(url).dispose()


def test_up_and_down_and_up(url):
    """Down to base leaves no table behind, and up again works."""
    migrate(url)
    downgrade(url, "base")

    assert inspect(engine_for(url)).get_table_names() == ["metricfoundry_version"]

    migrate(url)
    SqlJobStore(url).check()


def test_the_migrations_make_the_tables_of_the_code(url):
    """What the migrations build is what the queries expect."""
    migrate(url)

    with transaction(url, writes=False) as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": "metricfoundry_version", "compare_type": True}
        )
        assert compare_metadata(context, metadata) == []


def test_migrating_again_keeps_the_jobs(url):
    """A restart changes nothing."""
    migrate(url)
    store = SqlJobStore(url)
    store.create(job())

    migrate(url)

    assert store.get("job") == job()


def test_the_jobs_of_an_older_version_are_kept(url):
    """A row of the first schema is a job of the code of today, and goes back down too."""
    migrate(url)
    store = SqlJobStore(url)
    store.create(job())

    downgrade(url, "0001")
    migrate(url)

    assert store.get("job") == job()


def test_other_tables_in_the_same_database_are_left_alone(url):
    """Checkpoints and whatever else lives there survive a migration down."""
    migrate(url)
    with transaction(url, writes=True) as connection:
        connection.execute(text("CREATE TABLE checkpoints (id INTEGER)"))

    downgrade(url, "base")

    assert "checkpoints" in inspect(engine_for(url)).get_table_names()


def test_processes_that_start_at_once_migrate_once(url):
    """Six services that start together on an empty database all come up."""
    code = f"from serve_app.migrations import migrate; migrate({url!r})"

    started = [
        subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE)
        for _ in range(6)
    ]
    ended = [(process.communicate()[1].decode(), process.returncode) for process in started]

    assert [code for _, code in ended] == [0] * 6, ended
    SqlJobStore(url).check()


def test_a_newer_schema_is_refused_with_a_sentence(url):
    """Older code does not touch what a newer version made."""
    migrate(url)
    with transaction(url, writes=True) as connection:
        connection.execute(text("UPDATE metricfoundry_version SET version_num = '9999'"))

    with pytest.raises(Misconfigured, match="another version"):
        migrate(url)
