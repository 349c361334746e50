"""Engine: one connection pool a process and database, SQLite or PostgreSQL, and its clock."""

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Double, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import (
    ArgumentError,
    InterfaceError,
    InternalError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from connectors.errors import Misconfigured, ServiceUnavailable, StorageFull

BUSY_TIMEOUT_MS = 10_000
CONNECT_TIMEOUT_S = 10
DRIVERS = {
    "sqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


class now(FunctionElement[float]):  # noqa: N801 (reads as the SQL function that it is)
    """The database's clock in epoch seconds; the same throughout a statement."""

    type = Double()
    inherit_cache = True


@compiles(now, "sqlite")
def _sqlite_now(*_: object, **__: object) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(now, "postgresql")
def _postgresql_now(*_: object, **__: object) -> str:
    return "CAST(extract(epoch FROM statement_timestamp()) AS DOUBLE PRECISION)"


def parse(url: str) -> URL:
    """The SQLAlchemy URL that serves this one. Raises Misconfigured, without the password."""
    try:
        parsed = make_url(url)
        return parsed.set(drivername=DRIVERS[parsed.drivername])
    except (ArgumentError, KeyError, ValueError) as error:
        raise Misconfigured(
            "the database URL must begin with sqlite:/// or postgresql://"
        ) from error


@cache
def engine_for(url: str) -> Engine:
    """The pool of this process for a database."""
    parsed = parse(url)
    try:
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(parsed)
        return create_engine(
            parsed,
            json_serializer=strict_json,
            pool_pre_ping=True,
            pool_size=8,
            max_overflow=32,
            connect_args={"connect_timeout": CONNECT_TIMEOUT_S},
        )
    except (ImportError, NoSuchModuleError) as error:
        raise Misconfigured(f"no driver for {parsed.drivername} is installed") from error


def _sqlite(url: URL) -> Engine:
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, json_serializer=strict_json, pool_size=8, max_overflow=32)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA journal_mode = WAL")
        # NORMAL would forget the last commits in a power cut, and an accepted job with them.
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A read that turns into a write cannot wait for its lock; a write takes it at once.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def strict_json(value: Any) -> str:
    """JSON that any reader takes: what it cannot say (NaN, half a character) is replaced.

    Findings quote foreign data; one odd name must not make a list of jobs unreadable.

    >>> strict_json({"mean": float("nan"), "name": "a" + chr(0xD800)})
    '{"mean": null, "name": "a?"}'
    """
    return json.dumps(_sayable(value), allow_nan=False)


def _sayable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {_sayable(str(name)): _sayable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_sayable(inner) for inner in value]
    return value


@contextmanager
def transaction(url: str, *, writes: bool) -> Iterator[Connection]:
    """One transaction. Raises ServiceUnavailable or StorageFull for what is not our mistake."""
    try:
        with engine_for(url).execution_options(writes=writes).begin() as connection:
            yield connection
    except (OperationalError, InterfaceError, InternalError, PoolTimeoutError) as error:
        if "disk is full" in str(error) or "No space left" in str(error):
            raise StorageFull("the job store has no space left on its disk") from error
        raise ServiceUnavailable("the job store did not answer") from error
