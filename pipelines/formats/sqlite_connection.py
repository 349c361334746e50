"""SQLite connection: a database that may be hostile, and can do nothing but be read."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import apsw

from connectors.errors import (
    CorruptFile,
    LimitExceeded,
    MetricFoundryError,
    ParserOutOfMemory,
    ParserTimedOut,
    UnknownFormat,
)
from pipelines.containers.limits import Limits
from pipelines.formats.sqlite_file import Blocks

# What a view computes for its rows is counted, not timed: so many steps take 2 to 5 s.
MOST_STEPS = 500_000_000
HEAP_BYTES = 256 << 20  # what is sorted or joined is held in memory
TICK_STEPS = 10_000
CACHE_KIB = 8192
SQL_BYTES = 1 << 20
# Not the same at each reading, or not ours to run.
DENIED_FUNCTIONS = frozenset({"random", "randomblob", "load_extension", "fts3_tokenizer"})
# These can take far more time than their one step tells.
SLOW_FUNCTIONS = frozenset(
    {"like", "glob", "regexp", "match", "instr", "replace", "trim", "ltrim", "rtrim"}
)
READING = frozenset(
    {
        apsw.SQLITE_SELECT,
        apsw.SQLITE_READ,
        apsw.SQLITE_RECURSIVE,
        # R*Tree and full-text tables prepare their writes when they are opened. The file is read
        # only, triggers are off, and nothing else in a schema can hold a write.
        apsw.SQLITE_INSERT,
        apsw.SQLITE_UPDATE,
        apsw.SQLITE_DELETE,
    }
)
PRAGMAS = frozenset(
    {"table_list", "table_xinfo", "encoding", "page_size", "data_version", "quick_check"}
)
LIMITS = (
    (apsw.SQLITE_LIMIT_SQL_LENGTH, SQL_BYTES),
    (apsw.SQLITE_LIMIT_EXPR_DEPTH, 500),
    (apsw.SQLITE_LIMIT_VDBE_OP, 1_000_000),
    (apsw.SQLITE_LIMIT_FUNCTION_ARG, 100),
    (apsw.SQLITE_LIMIT_ATTACHED, 0),
    (apsw.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000),
    (apsw.SQLITE_LIMIT_TRIGGER_DEPTH, 1),
    (apsw.SQLITE_LIMIT_WORKER_THREADS, 0),
)
CONFIG = (
    (apsw.SQLITE_DBCONFIG_DEFENSIVE, 1),
    (apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
    (apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0),
    (apsw.SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0),
    (apsw.SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0),
    (apsw.SQLITE_DBCONFIG_ENABLE_ATTACH_CREATE, 0),
    (apsw.SQLITE_DBCONFIG_ENABLE_ATTACH_WRITE, 0),
)
NUMBERS = count()


@dataclass(frozen=True, slots=True)
class Restraint:
    """How much work one statement may do: steps of SQLite's machine, bytes a value."""

    cell_bytes: int
    steps: int | None = None
    denied: frozenset[str] = DENIED_FUNCTIONS


class Database:
    """An open database; `opened` makes it."""

    def __init__(
        self, blocks: Blocks, connection: apsw.Connection, disk: "_Ranges", limits: Limits
    ) -> None:
        self.blocks = blocks
        self._disk = disk
        self._connection = connection
        self._steps = 0
        self.restrain(Restraint(limits.max_cell_bytes))
        connection.authorizer = self._authorise
        connection.set_progress_handler(self._tick, TICK_STEPS)

    def restrain(self, restraint: Restraint) -> None:
        """What holds for the statements from now on; their steps are counted from 0."""
        self._steps = 0
        self._disk.clock_was_read = False
        self._restraint = restraint
        self._connection.limit(apsw.SQLITE_LIMIT_LENGTH, restraint.cell_bytes)

    @property
    def steps(self) -> int:
        return self._steps

    @property
    def clock_was_read(self) -> bool:
        """Whether a statement has asked for the time since they were restrained."""
        return self._disk.clock_was_read

    def rows(self, sql: str, bindings: Iterable[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Values are int, float, str, bytes or None.

        Whoever takes the rows does so within `errors`. Raises UnicodeDecodeError at text that is
        not in the encoding of the database.
        """
        return self._connection.execute(sql, tuple(bindings))

    def rows_without_views(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a statement for which SQLite would else prepare every view of the database."""
        self._connection.config(apsw.SQLITE_DBCONFIG_ENABLE_VIEW, 0)
        try:
            return list(self.rows(sql))
        finally:
            self._connection.config(apsw.SQLITE_DBCONFIG_ENABLE_VIEW, 1)

    def _tick(self) -> bool:
        self._steps += TICK_STEPS
        most = self._restraint.steps
        return most is not None and self._steps > most

    def _authorise(
        self, action: int, first: str | None, second: str | None, _: str | None, __: str | None
    ) -> int:
        if action == apsw.SQLITE_FUNCTION:
            is_allowed = (second or "").lower() not in self._restraint.denied
        elif action == apsw.SQLITE_PRAGMA:
            is_allowed = first in PRAGMAS
        else:
            is_allowed = action in READING
        return apsw.SQLITE_OK if is_allowed else apsw.SQLITE_DENY


@contextmanager
def opened(blocks: Blocks, limits: Limits) -> Iterator[Database]:
    """The database, for reading. Raises ReadError, or what reading the object raises."""
    disk = _Ranges(f"ranges-{next(NUMBERS)}", blocks)
    apsw.hard_heap_limit(HEAP_BYTES)
    try:
        with errors(blocks.file.name, limits):
            connection = apsw.Connection(
                "database", flags=apsw.SQLITE_OPEN_READONLY, vfs=disk.name, statementcachesize=0
            )
        try:
            with errors(blocks.file.name, limits):
                _defend(connection)
            yield Database(blocks, connection, disk, limits)
        finally:
            connection.close(force=True)
    finally:
        disk.unregister()


def _defend(connection: apsw.Connection) -> None:
    for limit, value in LIMITS:
        connection.limit(limit, value)
    # What cannot be parsed is left out of the schema, instead of all the rest. It must come before
    # DEFENSIVE, which takes back its other meaning.
    connection.execute("PRAGMA writable_schema = ON")
    for option, value in CONFIG:
        connection.config(option, value)
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA ignore_check_constraints = ON")
    connection.execute("PRAGMA mmap_size = 0")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")


@contextmanager
def errors(what: str, limits: Limits) -> Iterator[None]:
    """SQLite's errors as ours; those of the object itself pass as they are."""
    try:
        yield
    except MetricFoundryError:
        raise
    except apsw.TooBigError as error:
        raise LimitExceeded(
            f"{what} holds a value of more than {limits.max_cell_bytes} bytes (max_cell_bytes)",
            limit="max_cell_bytes",
        ) from error
    except apsw.InterruptError as error:
        raise ParserTimedOut(
            f"{what} takes more work to compute than a reader may do",
            hint="Store its rows in a table, and upload that.",
        ) from error
    except (apsw.NoMemError, MemoryError) as error:
        raise ParserOutOfMemory(f"{what} takes more memory than a reader may use") from error
    except (apsw.SQLError, apsw.AuthError) as error:
        raise UnknownFormat(
            f"{what} cannot be read: {error}",
            hint="Correct its definition, or store its rows in a table.",
        ) from error
    except (apsw.Error, UnicodeDecodeError) as error:
        raise CorruptFile(f"{what} is damaged: {error}") from error


class _Ranges(apsw.VFS):
    """SQLite's view of a disk that holds this one file, which never changes."""

    def __init__(self, name: str, blocks: Blocks) -> None:
        super().__init__(name, "")
        self.name = name
        self.clock_was_read = False
        self._blocks = blocks

    def xOpen(self, name: Any, flags: list[int]) -> Any:  # noqa: N802, ARG002
        flags[1] = flags[0]
        return _File(self._blocks)

    def xAccess(self, pathname: str, flags: int) -> bool:  # noqa: N802, ARG002
        return False

    def xCurrentTimeInt64(self) -> int:  # noqa: N802
        self.clock_was_read = True
        return super().xCurrentTimeInt64()

    def xFullPathname(self, name: str) -> str:  # noqa: N802
        return name


class _File:
    """The file as SQLite asks for it: the methods of apsw.VFSFile that reading needs."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        return self._blocks.read(amount, offset)

    def xFileSize(self) -> int:  # noqa: N802
        """As long as the header says, so that a file that is cut short gives what is there."""
        return max(self._blocks.size, self._blocks.header.claimed_bytes)

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        """No locks, no journal, no -wal file: what lies beside the file is none of our business."""
        return apsw.SQLITE_IOCAP_IMMUTABLE

    def xSectorSize(self) -> int:  # noqa: N802
        return 4096

    def xFileControl(self, operation: int, pointer: int) -> bool:  # noqa: N802, ARG002
        return False

    def xCheckReservedLock(self) -> bool:  # noqa: N802
        return False

    def xLock(self, level: int) -> None:  # noqa: N802
        pass

    def xUnlock(self, level: int) -> None:  # noqa: N802
        pass

    def xClose(self) -> None:  # noqa: N802
        pass
