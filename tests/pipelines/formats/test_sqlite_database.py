"""SQLite: every class of cell as it is, every row once, and a schema that may be an attack."""

import base64
import os
import random
import sqlite3
import struct
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from importlib import import_module
from itertools import pairwise

import apsw
import polars as pl
import pytest
from samples import MemoryObject

from connectors.errors import (
    CorruptFile,
    EmptyInput,
    LimitExceeded,
    MetricFoundryError,
    ParserCrashed,
    ParserOutOfMemory,
    ParserTimedOut,
    ReadError,
    StorageUnavailable,
    UnknownFormat,
)
from pipelines.containers.limits import Limits
from pipelines.formats.base import Chunk, Origin, TablePlan
from pipelines.formats.sqlite_connection import errors, opened
from pipelines.formats.sqlite_database import Sqlite
from pipelines.formats.sqlite_file import Blocks, survey
from pipelines.formats.sqlite_fragment import Rows
from pipelines.formats.sqlite_rows import Selection
from pipelines.sandbox import Sandbox

DEATHS = {ParserCrashed, ParserOutOfMemory, ParserTimedOut}
GOOD = "CREATE TABLE ok (x); INSERT INTO ok VALUES (1);"
COUNTED = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {}) "


def built(script: str, rows: dict[str, list[tuple[object, ...]]] | None = None) -> bytes:
    """A database made by SQL, and by rows that go into its tables."""
    database = apsw.Connection(":memory:")
    list(database.execute(script))
    for table, values in (rows or {}).items():
        places = ", ".join("?" * len(values[0]))
        database.executemany(f"INSERT INTO {table} VALUES ({places})", values)
    content = database.serialize("main")
    database.close()
    return content


def plans(content: bytes, limits: Limits | None = None) -> dict[str, TablePlan]:
    file = MemoryObject("some.db", content)
    found = Sqlite().tables(file, Origin(file.name), limits or Limits())
    return {plan.name: plan for plan in found}


def chunks(plan: TablePlan, schema: pl.Schema | None = None) -> list[Chunk]:
    asked = plan.schema if schema is None else schema
    return [chunk for fragment in plan.fragments for chunk in fragment.chunks(asked)]


def frame(content: bytes, table: str = "t") -> pl.DataFrame:
    return pl.concat([chunk.frame for chunk in chunks(plans(content)[table])])


def column(declared: str, *values: object) -> pl.Series:
    rows = [(value,) for value in values]
    return frame(built(f"CREATE TABLE t (c {declared})", {"t": rows}))["c"]


def codes(plan: TablePlan) -> list[str]:
    return [notice.code for notice in plan.notices]


@pytest.mark.parametrize(
    ("declared", "values", "dtype", "expected"),
    [
        ("INTEGER", [-(1 << 63), (1 << 63) - 1, None], pl.Int64, [-(1 << 63), (1 << 63) - 1, None]),
        ("REAL", [1.5, float("inf"), 3], pl.Float64, [1.5, float("inf"), 3.0]),
        ("NUMERIC", [1, 1.5], pl.Float64, [1.0, 1.5]),
        ("NUMERIC", [(1 << 53) + 1, 0.5], pl.String, ["9007199254740993", "0.5"]),
        ("TEXT", ["", "NULL", "007", None], pl.String, ["", "NULL", "007", None]),
        ("TEXT", ["1", "2"], pl.String, ["1", "2"]),
        ("", ["a\0b", "ünï 🎉"], pl.String, ["a\0b", "ünï 🎉"]),
        ("BLOB", [b"\xff\0", b""], pl.String, ["/wA=", ""]),
        ("INTEGER", [1, "x", 2.5, b"y"], pl.String, ["1", "x", "2.5", "eQ=="]),
        ("DATE", ["2024-02-29", None], pl.Date, [date(2024, 2, 29), None]),
        ("DATE", ["2024-02-29", ""], pl.String, ["2024-02-29", ""]),
        ("DATE", ["2024-02-29", "2024-02-30"], pl.String, ["2024-02-29", "2024-02-30"]),
        ("DATE", [20240229], pl.Int64, [20240229]),
        ("TEXT", ["2024-02-29"], pl.String, ["2024-02-29"]),
        (
            "DATETIME",
            ["2024-02-29 12:00:00.25"],
            pl.Datetime("us"),
            [datetime(2024, 2, 29, 12, 0, 0, 250_000)],
        ),
        (
            "DATETIME",
            ["2024-02-29 12:00:00.1234567"],
            pl.String,
            ["2024-02-29 12:00:00.1234567"],
        ),
        (
            "TIMESTAMP",
            ["2024-02-29T12:00:00Z"],
            pl.Datetime("us", "UTC"),
            [datetime(2024, 2, 29, 12, tzinfo=UTC)],
        ),
        ("BOOLEAN", [0, 1, None], pl.Boolean, [False, True, None]),
        ("BOOLEAN", [0, 2], pl.Int64, [0, 2]),
        ("INTEGER", [0, 1], pl.Int64, [0, 1]),
        ("NUMERIC", [None, None], pl.Null, [None, None]),
    ],
)
def test_a_column_has_the_type_that_holds_all_its_cells(declared, values, dtype, expected):
    """The class of each cell counts; the declared type only tells dates and booleans."""
    read = column(declared, *values)

    assert read.dtype == dtype
    assert read.to_list() == expected


@pytest.mark.parametrize(
    ("declared", "first", "late", "dtype"),
    [
        ("INTEGER", 1, 2.5, pl.Float64),
        ("INTEGER", (1 << 53) + 1, 2.5, pl.String),
        ("INTEGER", 1, "x", pl.String),
        ("DATE", "2024-02-29", "soon", pl.String),
        ("DATE", "2024-02-29", "2024-02-29 12:00", pl.Datetime("us")),
        ("BOOLEAN", 1, 2, pl.String),
        ("", None, 7, pl.Int64),
        ("", "x", b"y", pl.String),
    ],
)
def test_a_late_cell_widens_its_column_and_loses_nothing(declared, first, late, dtype):
    """What the sample did not tell comes back wider, and then fits."""
    rows = [(first,)] * 3000 + [(late,)]
    plan = plans(built(f"CREATE TABLE t (c {declared})", {"t": rows}))["t"]

    schema = plan.schema
    for _ in range(3):
        schema = chunks(plan, schema)[-1].frame.schema
    read = pl.concat([chunk.frame for chunk in chunks(plan, schema)])["c"]

    assert read.dtype == dtype
    assert read.null_count() == (3000 if first is None else 0)
    if dtype == pl.String:
        assert read[0] == str(first)
        assert read[-1] in {str(late), base64.b64encode(b"y").decode()}
    else:
        assert read[-1] in {late, datetime(2024, 2, 29, 12)}


def test_blobs_and_mixed_columns_are_mentioned():
    """With counts by class, and by the table's and the column's name."""
    content = built(
        "CREATE TABLE t (photo, code)", {"t": [(b"1", 1), (b"2", "x"), (None, "y"), (b"", None)]}
    )

    blobs, mixed = plans(content)["t"].notices

    assert (blobs.code, blobs.table, blobs.column) == ("column.blobs", "t", "photo")
    assert (mixed.code, mixed.column) == ("column.mixed", "code")
    assert "1 integer, 2 text" in mixed.message


def test_a_view_that_asks_for_the_time_is_mentioned():
    """Another reading may give other rows."""
    content = built(f"{GOOD} CREATE VIEW v AS SELECT date('now') AS today FROM ok")

    found = plans(content)

    assert codes(found["v"]) == ["rows.clock"]
    assert not codes(found["ok"])


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le", "UTF-16be"])
def test_every_text_encoding_is_read(encoding):
    """Names and values alike."""
    content = built(
        f'PRAGMA encoding = "{encoding}"; CREATE TABLE "tä" ("ö" TEXT)',
        {'"tä"': [("Ünï 🎉",), ("",)]},
    )

    assert frame(content, "tä").rows(named=True) == [{"ö": "Ünï 🎉"}, {"ö": ""}]
    assert plans(content)["tä"].details["encoding"] == encoding.lower()


@pytest.mark.parametrize("kind", ["TABLE copy AS", "VIEW copy AS"])
def test_text_that_is_not_utf8_is_mended_and_counted(kind):
    """The row that holds it is repaired; the rows before, after and beside it are as they were."""
    script = (
        "CREATE TABLE t (a INTEGER, b TEXT, c);"
        + COUNTED.format(70_000)
        + "INSERT INTO t SELECT i, 'x' || i, NULL FROM n;"
        "UPDATE t SET b = CAST(X'66fc72' AS TEXT), c = X'ff' WHERE a = 69000;"
        f"CREATE {kind} SELECT * FROM t"
    )
    read = chunks(plans(built(script))["copy"])

    table = pl.concat([chunk.frame.cast({"c": pl.String}) for chunk in read])
    assert table["a"].to_list() == list(range(1, 70_001))
    assert table.row(68_999) == (69_000, "für", "/w==")
    assert table.row(69_999) == (70_000, "x70000", None)
    assert sum(chunk.rows.repaired for chunk in read) == 1
    assert sum(chunk.rows.read for chunk in read) == 70_000


@pytest.mark.parametrize(
    "name",
    ["select", 'say "hi"', "it's", "emoji 🎉", "a.b", "[x]", "%", "a;b", "-- x", "{0}", " "],
)
def test_odd_names_are_kept(name):
    """Of tables and of columns, without a way into the SQL."""
    quoted = '"' + name.replace('"', '""') + '"'
    content = built(f"CREATE TABLE {quoted} ({quoted}, rowid)", {quoted: [(1, 2)]})

    table = frame(content, name)

    assert table.columns == ([name] if name.strip() else ["column_1"]) + ["rowid"]
    assert table.row(0) == (1, 2)


def test_kinds_of_tables_all_come_by_name():
    """WITHOUT ROWID, STRICT, generated columns, views, R*Tree and full text; not their insides."""
    content = built(
        """
        CREATE TABLE plain (a INTEGER PRIMARY KEY AUTOINCREMENT, b);
        INSERT INTO plain (b) VALUES ('x');
        CREATE TABLE keyed (k TEXT PRIMARY KEY, v) WITHOUT ROWID;
        INSERT INTO keyed VALUES ('b', 2), ('a', 1);
        CREATE TABLE strict_one (a INT, b ANY) STRICT;
        INSERT INTO strict_one VALUES (1, 'y');
        CREATE TABLE made (a, b AS (a * 2) VIRTUAL, c AS (a + 1) STORED);
        INSERT INTO made VALUES (5);
        CREATE VIEW seen AS SELECT b, a FROM plain WHERE b LIKE 'x%';
        CREATE VIRTUAL TABLE box USING rtree(id, low, high);
        INSERT INTO box VALUES (7, 1.5, 2.5);
        CREATE VIRTUAL TABLE words USING fts5(body);
        INSERT INTO words VALUES ('hello world');
        CREATE VIRTUAL TABLE old_words USING fts4(body);
        INSERT INTO old_words VALUES ('hello');
        CREATE INDEX plain_b ON plain (b);
        """
    )

    found = plans(content)
    shadows = {name for name in found if name.startswith(("box_", "words_", "old_words_"))}
    read = {name: frame(content, name).rows() for name in found if name not in shadows}

    assert {name for name in shadows if frame(content, name).height} >= {"box_node", "words_data"}
    assert read == {
        "plain": [(1, "x")],
        "keyed": [("a", 1), ("b", 2)],
        "strict_one": [(1, "y")],
        "made": [(5, 10, 6)],
        "seen": [("x", 1)],
        "box": [(7, 1.5, 2.5)],
        "words": [("hello world",)],
        "old_words": [("hello",)],
    }
    assert {name: plan.origin.table for name, plan in found.items()} == {n: n for n in found}
    shadow, internal = found["plain"].notices
    assert (shadow.code, internal.code) == ("tables.shadow", "tables.internal")
    assert "box_node" in shadow.message
    assert "sqlite_sequence" in internal.message


def test_an_empty_table_has_the_columns_that_it_declares():
    """No rows, and the types of the declaration."""
    content = built("CREATE TABLE t (a INT, b TEXT, c REAL, d DATE, e TIMESTAMP, f BOOLEAN, g)")

    table = frame(content)

    assert table.schema == {
        "a": pl.Int64,
        "b": pl.String,
        "c": pl.Float64,
        "d": pl.Date,
        "e": pl.Datetime("us"),
        "f": pl.Boolean,
        "g": pl.String,
    }
    assert table.height == 0


def test_a_database_without_a_table_is_empty():
    """A header alone is no data."""
    with pytest.raises(EmptyInput):
        plans(built("CREATE TABLE t (a); DROP TABLE t"))


def scattered_rowids() -> list[int]:
    random_ = random.Random(7)
    ends = [-(1 << 63), (1 << 63) - 1, 0, -1]
    return sorted({*ends, *(random_.randint(-(1 << 62), 1 << 62) for _ in range(20_000))})


@pytest.mark.parametrize("part_bytes", [1, 4096, 50_000, 1 << 30])
def test_ranges_of_rowids_hold_each_row_once_and_in_order(part_bytes):
    """Gaps, negative rowids and the ends of the range included."""
    rowids = scattered_rowids()
    content = built("CREATE TABLE t (a INTEGER PRIMARY KEY, b)", {"t": [(i, "x") for i in rowids]})
    (fragment,) = plans(content)["t"].fragments
    blocks = Blocks(MemoryObject("some.db", content))

    cuts = survey(blocks, fragment.selection.relation.root, part_bytes).cuts
    bounds = [None, *cuts, None]
    read = [
        rowid
        for after, last in pairwise(bounds)
        for part in [
            replace(fragment, selection=Selection(fragment.selection.relation, after, last))
        ]
        for chunk in part.chunks(pl.Schema({"a": pl.Int64(), "b": pl.String()}))
        for rowid in chunk.frame["a"].to_list()
    ]

    assert read == rowids
    assert (len(cuts) > 1) == (part_bytes < 1 << 30)


def test_a_large_table_is_cut_into_even_parts_by_its_upper_pages():
    """About 32 MiB each, of which each fetches little more than its own bytes."""
    script = (
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b);"
        + COUNTED.format(90_000)
        + "INSERT INTO t SELECT i * 1000, zeroblob(900) FROM n;"
    )
    file = Counting("large.db", built(script))
    (plan,) = Sqlite().tables(file, Origin(file.name), Limits())
    planned = sum(file.asked)

    heights = []
    fetched = []
    for fragment in plan.fragments:
        file.asked.clear()
        heights.append(sum(chunk.frame.height for chunk in fragment.chunks(plan.schema)))
        fetched.append(sum(file.asked))

    assert sum(heights) == 90_000
    assert len(heights) == 3
    assert min(heights) > 20_000
    assert planned < file.size / 4
    assert max(fetched) < 0.5 * file.size


@dataclass(frozen=True)
class Counting(MemoryObject):
    """An object that remembers how much was asked of it."""

    asked: list[int] = field(default_factory=list, compare=False)

    def read(self, start: int, end: int) -> bytes:
        content = super().read(start, end)
        self.asked.append(len(content))
        return content


def test_an_index_does_not_change_the_order_of_rows():
    """Not even one that holds every column that is read."""
    content = built("CREATE TABLE t (a); CREATE INDEX i ON t (a)", {"t": [(3,), (1,), (2,)]})

    assert frame(content)["a"].to_list() == [3, 1, 2]


def test_a_database_in_wal_mode_is_read_without_its_wal(tmp_path):
    """It is said that its last changes may be missing."""
    path = tmp_path / "wal.db"
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE t (a)")
    database.execute("INSERT INTO t VALUES (1)")
    database.commit()
    database.close()

    plan = plans(path.read_bytes())["t"]

    assert codes(plan) == ["database.wal"]
    assert chunks(plan)[0].frame["a"].to_list() == [1]


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (
            "CREATE TABLE bad (a, b AS (zeroblob(900000000))); INSERT INTO bad VALUES (1)",
            "limit.cell_bytes",
        ),
        (
            "CREATE TABLE bad (a, b AS (zeroblob(15000000)));"
            + COUNTED.format(100)
            + "INSERT INTO bad SELECT i FROM n",
            "limit.ratio",
        ),
        (
            "CREATE TABLE bad (a);"
            + COUNTED.format(5000)
            + "INSERT INTO bad SELECT i FROM n; "
            + f"ALTER TABLE bad ADD COLUMN b DEFAULT '{'x' * 50_000}'",
            "limit.ratio",
        ),
        (f"CREATE VIEW bad AS {ENDLESS} SELECT zeroblob(1000000) FROM n", "limit.ratio"),
        (f"CREATE VIEW bad AS {ENDLESS} SELECT count(*) FROM n", "parse.cpu_limit"),
        (
            (
                "CREATE VIEW bad AS SELECT count(*) FROM"
                " json_each('[1,1,1,1,1,1,1,1]') a, json_each('[1,1,1,1,1,1,1,1]') b,"
                " json_each('[1,1,1,1,1,1,1,1]') c, json_each('[1,1,1,1,1,1,1,1]') d,"
                " json_each('[1,1,1,1,1,1,1,1]') e, json_each('[1,1,1,1,1,1,1,1]') f,"
                " json_each('[1,1,1,1,1,1,1,1]') g, json_each('[1,1,1,1,1,1,1,1]') h"
            ),
            "parse.cpu_limit",
        ),
        ("CREATE VIEW bad AS SELECT random() FROM ok", "format.unknown"),
        ("CREATE VIEW bad AS SELECT load_extension('x') FROM ok", "format.unknown"),
        ("CREATE VIEW bad AS SELECT * FROM gone", "format.unknown"),
        ("CREATE VIEW bad AS SELECT * FROM bad", "format.unknown"),
        ("CREATE VIEW bad AS SELECT nosuch(x) FROM ok", "format.unknown"),
        (
            (
                "PRAGMA writable_schema = ON; CREATE TABLE bad (a);"
                "UPDATE sqlite_schema SET sql = 'CREATE TABEL )(' WHERE name = 'bad'"
            ),
            "parse.corrupt",
        ),
        (
            (
                "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema"
                " VALUES ('table', 'bad', 'bad', 0, 'CREATE VIRTUAL TABLE bad USING nosuch(x)')"
            ),
            "format.unknown",
        ),
        (
            (
                "PRAGMA writable_schema = ON; CREATE TABLE bad (a); INSERT INTO bad VALUES (1);"
                "UPDATE sqlite_schema SET rootpage = 99999 WHERE name = 'bad'"
            ),
            "parse.corrupt",
        ),
    ],
)
def test_a_hostile_table_fails_alone(script, code):
    """A typed error that names it; the table beside it is read."""
    found = plans(built(GOOD + script))

    (fragment,) = found["bad"].fragments
    if isinstance(fragment, Rows):
        fragment = replace(fragment, most_steps=1_000_000)

    with pytest.raises(ReadError) as raised:
        list(fragment.chunks(found["bad"].schema))

    assert raised.value.stable_code == code
    assert "`bad`" in str(raised.value)
    assert chunks(found["ok"])[0].frame["x"].to_list() == [1]


def test_planning_runs_no_function_that_may_take_forever():
    """One LIKE may take hours: it is left to the fragment, whose child dies alone."""
    pattern = "%a" * 40 + "%b"
    content = built(
        f"{GOOD} CREATE VIEW v AS"
        f" SELECT replace(hex(zeroblob(1000000)), '0', 'a') LIKE '{pattern}' AS l"
    )

    found = plans(content)

    assert found["v"].schema == {"l": pl.Null()}


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO ok VALUES (2)",
        "DELETE FROM ok",
        "CREATE TABLE more (a)",
        "CREATE TEMP VIEW more AS SELECT 1",
        "ATTACH '/etc/passwd' AS other",
        "ATTACH ':memory:' AS other",
        "VACUUM INTO '/tmp/copy.db'",
        "PRAGMA writable_schema = ON",
        "PRAGMA trusted_schema = ON",
        "PRAGMA temp_store_directory = '/'",
        "SELECT load_extension('x')",
        "SELECT fts3_tokenizer('x')",
        "SELECT randomblob(4)",
        "BEGIN",
    ],
)
def test_an_open_database_can_only_be_read(statement):
    """Whatever a schema or a virtual table would have SQLite do."""
    blocks = Blocks(MemoryObject("some.db", built(GOOD)))

    with (
        opened(blocks, Limits()) as database,
        pytest.raises(ReadError),
        errors("it", Limits()),
    ):
        list(database.rows(statement))


def test_a_cell_beyond_the_limit_is_refused():
    """By the setting's name."""
    content = built("CREATE TABLE t (a)", {"t": [("x" * 5000,)]})

    with pytest.raises(LimitExceeded, match="max_cell_bytes"):
        chunks(plans(content, Limits(max_cell_bytes=4999))["t"])


def test_as_many_columns_as_sqlite_takes_are_read():
    """2000 of them, which leaves no room to ask for the rowid too."""
    names = [f"c{i}" for i in range(2000)]

    table = frame(built(f"CREATE TABLE t ({', '.join(names)}); INSERT INTO t (c1999) VALUES (7)"))

    assert table.columns == names
    assert table["c1999"].to_list() == [7]


def test_too_many_columns_are_refused():
    """The table alone."""
    content = built(f"{GOOD} CREATE TABLE t ({', '.join(f'c{i}' for i in range(20))})")

    found = plans(content, Limits(max_columns=19))

    with pytest.raises(LimitExceeded, match="max_columns"):
        chunks(found["t"])
    assert chunks(found["ok"])[0].frame.height == 1


def test_chunks_are_small_by_their_bytes():
    """A few large values make a chunk, and so do many small ones."""
    content = built(
        "CREATE TABLE t (a);"
        + COUNTED.format(70_000)
        + "INSERT INTO t SELECT i FROM n;"
        + COUNTED.format(60)
        + "INSERT INTO t SELECT zeroblob(900000) FROM n"
    )

    read = chunks(plans(content)["t"])

    assert sum(chunk.frame.height for chunk in read) == 70_060
    assert read[0].frame.height == 65_536
    assert max(chunk.frame.estimated_size() for chunk in read) < 64 << 20


TWO_TABLES = built(
    "CREATE TABLE first (a INTEGER PRIMARY KEY, b); CREATE TABLE last (a INTEGER PRIMARY KEY, b);",
    {
        "first": [(i, f"first {i}") for i in range(3000)],
        "last": [(i, f"last {i}") for i in range(3000)],
    },
)


def place_of(text: bytes) -> int:
    return TWO_TABLES.index(text) // 4096 * 4096


def test_a_corrupt_page_loses_its_table_and_no_other():
    """A page in its middle is overwritten."""
    content = bytearray(TWO_TABLES)
    start = place_of(b"first 1500")
    content[start : start + 4096] = b"\xa5" * 4096

    found = plans(bytes(content))

    with pytest.raises(CorruptFile, match="`first`"):
        chunks(found["first"])
    assert sum(chunk.frame.height for chunk in chunks(found["last"])) == 3000


@pytest.mark.parametrize("mark", [b"first 1500", b"first 2500"])
def test_a_page_in_the_place_of_another_is_noticed(mark):
    """SQLite itself would give some rows twice, and others not at all."""
    content = bytearray(TWO_TABLES)
    source, target = place_of(b"first 2000"), place_of(mark)
    content[target : target + 4096] = content[source : source + 4096]

    found = plans(bytes(content))

    assert codes(found["first"]) == ["database.damaged"]
    with pytest.raises(CorruptFile, match="out of order"):
        chunks(found["first"])
    assert sum(chunk.frame.height for chunk in chunks(found["last"])) == 3000


def test_pages_that_nothing_leads_to_are_an_error_notice():
    """As where a write of a root page was lost: the rows that are there are in order."""
    content = bytearray(TWO_TABLES)
    root, leaf = 4096, place_of(b"first 1500")
    content[root : root + 4096] = content[leaf : leaf + 4096]

    (notice,) = plans(bytes(content))["first"].notices

    assert (notice.code, notice.severity) == ("database.damaged", "ERROR")
    assert "never used" in notice.message


def test_a_file_that_is_cut_short_gives_the_tables_that_are_there():
    """It is said; the table that reaches beyond the end is an error."""
    found = plans(TWO_TABLES[: place_of(b"last 2000")])

    assert codes(found["first"]) == ["file.truncated"]
    assert sum(chunk.frame.height for chunk in chunks(found["first"])) == 3000
    with pytest.raises(CorruptFile, match="cut short"):
        chunks(found["last"])


@pytest.mark.parametrize("cut", [16, 99, 100, 2000])
def test_a_file_without_its_first_page_is_corrupt(cut):
    """Nothing can be told of it."""
    with pytest.raises(CorruptFile):
        plans(TWO_TABLES[:cut])


def test_a_storage_failure_is_no_fault_of_the_file():
    """It passes through SQLite as it was raised."""
    plan = plans(TWO_TABLES)["last"]
    (fragment,) = plan.fragments
    failing = replace(fragment, file=Failing("some.db", TWO_TABLES))

    with pytest.raises(StorageUnavailable):
        list(failing.chunks(plan.schema))


@dataclass(frozen=True)
class Failing(MemoryObject):
    """An object whose storage does not answer."""

    def read(self, start: int, end: int) -> bytes:  # noqa: ARG002
        raise StorageUnavailable("the object store did not answer")


@pytest.fixture(scope="module")
def children() -> Iterator[Sandbox]:
    """A sandbox that can import this file."""
    children = Sandbox(warm=(import_module, (__name__,)))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        children.start()
    yield children
    children.close()


def rows_read(content: bytes) -> list[tuple[int, int]]:
    read = []
    for name, plan in plans(content).items():
        if name.startswith(("r_", "f_")):
            continue  # in which the virtual tables keep what is read as theirs
        try:
            found = chunks(plan)
        except ReadError:
            continue
        read.append((sum(c.frame.height for c in found), sum(c.rows.read for c in found)))
    return read


MUTABLE = built(
    """
    CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c REAL, d BLOB);
    CREATE INDEX i ON t (b);
    CREATE TABLE k (a TEXT PRIMARY KEY, b) WITHOUT ROWID;
    CREATE VIEW v AS SELECT t.b, k.b AS kb FROM t JOIN k ON t.b = k.a;
    CREATE VIRTUAL TABLE r USING rtree(id, low, high);
    CREATE VIRTUAL TABLE f USING fts5(body);
    INSERT INTO f VALUES ('one two'), ('three');
    """,
    {
        "t": [(i, f"text {i % 7}", i / 7, b"\0\1" * (i % 50)) for i in range(400)],
        "k": [(f"text {i}", i) for i in range(50)],
        "r": [(i, i, i + 1) for i in range(60)],
    },
)


def test_a_sandboxed_reader_reads_what_is_sound(children):
    """So that its errors below speak of the damage."""
    assert children.run(rows_read, MUTABLE) == [(400, 400), (50, 50), (400, 400), (60, 60), (2, 2)]


def flipped(content: bytearray, random_: random.Random) -> None:
    for _ in range(random_.randint(1, 20)):
        content[random_.randrange(16, len(content))] = random_.randrange(256)


def overwritten(content: bytearray, random_: random.Random) -> None:
    start = random_.randrange(16, len(content))
    size = min(random_.choice([2, 16, 512, 4096]), len(content) - start)
    content[start : start + size] = random_.randbytes(size)


def doubled(content: bytearray, random_: random.Random) -> None:
    pages = len(content) // 4096
    source, target = random_.randrange(pages), random_.randrange(1, pages)
    content[target * 4096 : (target + 1) * 4096] = content[source * 4096 : (source + 1) * 4096]


def miscounted(content: bytearray, random_: random.Random) -> None:
    page = random_.randrange(len(content) // 4096) * 4096 or 100
    struct.pack_into(
        ">BHHH", content, page, random_.choice([2, 5, 10, 13]), *random_.choices(range(65_536), k=3)
    )


MUTATIONS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    flipped,
    overwritten,
    doubled,
    miscounted,
)


@pytest.mark.parametrize("seed", range(100))
def test_damage_is_an_error_of_ours_or_harmless(children, seed):
    """Whatever bytes are changed: tables that balance, or a typed error."""
    random_ = random.Random(seed)
    content = bytearray(MUTABLE)
    MUTATIONS[seed % len(MUTATIONS)](content, random_)

    try:
        read = children.run(rows_read, bytes(content))
    except MetricFoundryError as error:
        kind = type(error)
    else:
        kind = None
        assert all(height == counted for height, counted in read)

    assert kind in {None, CorruptFile, EmptyInput, LimitExceeded, UnknownFormat} | DEATHS


def test_columns_that_were_added_take_no_more_memory_at_a_time(monkeypatch):
    """Rows stored before have none of them: a page of these is many cells."""
    monkeypatch.setattr("pipelines.formats.sqlite_rows.BLOCK_CELLS", 4_000)
    added = "".join(f"ALTER TABLE t ADD COLUMN c{n} TEXT;" for n in range(99))
    content = built(
        f"CREATE TABLE t (a); {COUNTED.format(900)} INSERT INTO t SELECT i FROM n; {added}"
    )

    read = chunks(plans(content)["t"])

    assert sum(chunk.frame.height for chunk in read) == 900
    assert max(chunk.frame.height for chunk in read) <= 48
