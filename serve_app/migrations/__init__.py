"""Migrations: the job store's schema, brought up to date by whoever starts first."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import text

from connectors.errors import Misconfigured
from serve_app.jobs.engine import transaction

ADVISORY_LOCK = 0x4D46_4A4F_4253  # "MFJOBS"


def migrate(url: str, revision: str = "head") -> None:
    """Bring the job store up to `revision`. Safe when many processes start at once."""
    _run(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str, revision: str) -> None:
    """Take the job store back to `revision`; "base" empties it."""
    _run(url, lambda config: command.downgrade(config, revision))


def _run(url: str, steps: Callable[[Config], None]) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    # SQLite's BEGIN IMMEDIATE makes the others wait; PostgreSQL needs a lock to say so.
    with transaction(url, writes=True) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        config.attributes["connection"] = connection
        try:
            steps(config)
        except CommandError as error:
            raise Misconfigured(
                f"the job store was made by another version of MetricFoundry: {error}"
            ) from error
