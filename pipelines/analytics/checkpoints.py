"""Checkpoints: where the graph remembers its finished phases, beside the job table."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from connectors.errors import ServiceUnavailable

SQLITE = "sqlite:///"
BUSY_S = 30.0
SETUP_LOCK = (
    0x6D66_6370  # any number that is always the same; PostgreSQL advisory locks have no names
)


class StrictSerializer(JsonPlusSerializer):
    """Plain values only: a checkpoint that names any other type does not get it constructed."""

    def __init__(self) -> None:
        super().__init__(
            pickle_fallback=False, allowed_json_modules=None, allowed_msgpack_modules=None
        )


@contextmanager
def open_checkpointer(url: str) -> Iterator[BaseCheckpointSaver[Any]]:
    """The checkpointer at an SQLAlchemy URL, its tables made if need be.

    Raises ServiceUnavailable, then or within the block, when the database cannot be reached.
    """
    opened = _sqlite(url.removeprefix(SQLITE)) if url.startswith(SQLITE) else _postgres(url)
    with opened as checkpointer:
        yield checkpointer


@contextmanager
def _translated(kind: type[Exception]) -> Iterator[None]:
    try:
        yield
    except kind as error:
        raise ServiceUnavailable("the job store did not answer a run") from error


@contextmanager
def _sqlite(path: str) -> Iterator[BaseCheckpointSaver[Any]]:
    from langgraph.checkpoint.sqlite import SqliteSaver

    with (
        _translated(sqlite3.Error),
        closing(
            sqlite3.connect(path.partition("?")[0], timeout=BUSY_S, check_same_thread=False)
        ) as connection,
    ):
        connection.execute("PRAGMA synchronous=NORMAL")
        saver = SqliteSaver(connection, serde=StrictSerializer())
        _patiently(saver.setup)
        yield saver


def _patiently(setup: Any) -> None:
    """Changing to WAL does not wait for a lock as other statements do."""
    deadline = time.monotonic() + BUSY_S
    while True:
        try:
            setup()
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


@contextmanager
def _postgres(url: str) -> Iterator[BaseCheckpointSaver[Any]]:
    import psycopg
    from langgraph.checkpoint.postgres import PostgresSaver
    from psycopg.rows import dict_row

    scheme, _, rest = url.partition("://")
    with (
        _translated(psycopg.Error),
        psycopg.connect(
            f"{scheme.partition('+')[0]}://{rest}",
            autocommit=True,
            prepare_threshold=0,
            row_factory=dict_row,
        ) as connection,
    ):
        saver = PostgresSaver(connection, serde=StrictSerializer())
        # Polled: a session that waits inside pg_advisory_lock would block the holder's
        # CREATE INDEX CONCURRENTLY, which waits for every older statement.
        while not connection.execute(
            "SELECT pg_try_advisory_lock(%s) AS won", (SETUP_LOCK,)
        ).fetchone()["won"]:  # type: ignore[index]
            time.sleep(0.02)
        try:
            saver.setup()
        finally:
            connection.execute("SELECT pg_advisory_unlock(%s)", (SETUP_LOCK,))
        yield saver
