"""SQLite schema: which tables, views and virtual tables a database has, and what is left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from connectors.errors import CorruptFile, LimitExceeded, ReadError
from pipelines.containers.limits import Limits
from pipelines.formats.naming import unique_columns
from pipelines.formats.sqlite_connection import Database, Restraint, errors
from pipelines.formats.sqlite_views import MOST_PARTS, too_many_parts
from pipelines.formats.table_width import refuse_columns

Kind = Literal["table", "view", "virtual"]
KINDS: dict[str, Kind] = {"table": "table", "view": "view", "virtual": "virtual"}
ROWIDS = ("rowid", "_rowid_", "oid")
HIDDEN, GENERATED = 1, (2, 3)
LONG_DEFAULTS = 1000
MOST_RESULTS = 2000  # columns of a statement's rows
FINDINGS = 100
VALUE = " value in "  # a value that its column's declaration would not have: none of our business


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name in SQL, its name in the frame, and its declared type in capitals."""

    name: str
    title: str
    declared: str


@dataclass(frozen=True, slots=True)
class Relation:
    """Something with rows.

    `rowid` is a name by which its rowid can be asked for, None where it has none. Of a `computed`
    one, rows may be far larger than what they take in the file. `error` says why it cannot be read.
    """

    name: str
    kind: Kind
    columns: tuple[Column, ...] = ()
    root: int = 0
    rowid: str | None = None
    is_computed: bool = True
    error: ReadError | None = None


@dataclass(frozen=True, slots=True)
class Schema:
    """The relations in the order of their making, and the names that hold SQLite's own records.

    `shadows` are those of the relations in which virtual tables keep their data.
    """

    encoding: str
    relations: tuple[Relation, ...]
    left_out: tuple[str, ...]
    shadows: tuple[str, ...]


def schema_of(database: Database, limits: Limits) -> Schema:
    """What a database holds. Raises ReadError if not even that can be told."""
    file = database.blocks.file.name
    with errors(file, limits):
        ((encoding,),) = database.rows("PRAGMA encoding")
        kinds = {
            _text(name, encoding): (kind, has_no_rowid)
            for name, kind, has_no_rowid in database.rows_without_views(
                "SELECT CAST(name AS BLOB), type, wr FROM pragma_table_list WHERE schema = 'main'"
            )
        }
        entries = [
            (_text(name, encoding), KINDS[kind], root if isinstance(root, int) else 0)
            for name, kind, root in database.rows(
                "SELECT CAST(name AS BLOB), type, rootpage FROM sqlite_schema"
                " WHERE type IN ('table', 'view') AND typeof(name) = 'text'"
            )
        ]
        views = {
            _text(name, encoding): _text(sql, encoding)
            for name, sql in database.rows(
                "SELECT CAST(name AS BLOB), CAST(sql AS BLOB) FROM sqlite_schema"
                " WHERE type = 'view' AND typeof(name) = 'text' AND typeof(sql) = 'text'"
            )
        }
    vast = too_many_parts(views)
    relations: dict[str, Relation] = {}
    left_out, shadows = [], []
    for name, kind, root in entries:
        loaded, has_no_rowid = kinds.get(name, ("", 0))
        if loaded == "shadow":
            loaded = "table"  # in which a virtual table keeps its data, to be read like any other
            shadows.append(name)
        if name.lower().startswith("sqlite_"):
            left_out.append(name)
        elif loaded not in KINDS or name in relations:
            what = f"the definition of {kind} `{name}` in {file} cannot be parsed"
            relations[name] = Relation(name, kind, error=CorruptFile(what))
        elif name in vast:
            what = (
                f"{described(kind, name, file)} has more than {MOST_PARTS} parts, once the views in"
                " it are written out"
            )
            relations[name] = Relation(name, kind, error=LimitExceeded(what, limit="view_parts"))
        else:
            relations[name] = _relation(
                database,
                name,
                KINDS[loaded],
                root,
                limits,
                has_rowid=loaded == "table" and not has_no_rowid,
            )
    return Schema(encoding, tuple(relations.values()), tuple(left_out), tuple(shadows))


def findings(database: Database, restraint: Restraint) -> tuple[str, ...]:
    """What SQLite's quick check of the whole file says against it; nothing where it cannot end."""
    database.restrain(restraint)
    try:
        with errors(database.blocks.file.name, Limits()):
            said = [str(row[0]) for row in database.rows(f"PRAGMA quick_check({FINDINGS})")]
    except ReadError:  # the tables tell it when they are read
        return ()
    lines = (line for text in said for line in text.splitlines())
    return tuple(
        line for line in lines if line != "ok" and not line.startswith("*") and VALUE not in line
    )


def described(kind: str, name: str, file: str) -> str:
    return f"{'virtual table' if kind == 'virtual' else kind} `{name}` of {file}"


def _relation(
    database: Database, name: str, kind: Kind, root: int, limits: Limits, *, has_rowid: bool
) -> Relation:
    what = described(kind, name, database.blocks.file.name)
    try:
        with errors(what, limits):
            found = list(
                database.rows(
                    "SELECT name, type, dflt_value, hidden FROM pragma_table_xinfo(?)", (name,)
                )
            )
        shown = [row for row in found if row[3] != HIDDEN]
        if not shown:
            raise CorruptFile(f"{what} has no columns")
        refuse_columns(what, len(shown), limits)
    except ReadError as error:
        return Relation(name, kind, error=error)
    titles = unique_columns([row[0] for row in shown])
    columns = (
        Column(row[0], title, (row[1] or "").upper())
        for row, title in zip(shown, titles, strict=True)
    )
    is_repeated = sum(len(str(row[2] or "")) for row in found) > LONG_DEFAULTS
    is_generated = any(row[3] in GENERATED for row in found)
    return Relation(
        name,
        kind,
        tuple(columns),
        root=root if kind == "table" else 0,
        rowid=_rowid(found) if has_rowid else None,
        is_computed=kind != "table" or is_generated or is_repeated,
    )


def _rowid(columns: Sequence[Sequence[Any]]) -> str | None:
    if len(columns) >= MOST_RESULTS:
        return None
    taken = {row[0].lower() for row in columns}
    return next((name for name in ROWIDS if name not in taken), None)


def _text(name: bytes, encoding: str) -> str:
    return name.decode(encoding, "replace")


def quoted(name: str) -> str:
    """An identifier in SQL.

    >>> print(quoted('a "b" c'))
    "a ""b"" c"
    """
    return '"' + name.replace('"', '""') + '"'
