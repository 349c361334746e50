"""Databases: hostile SQLite files."""

import sqlite3
from functools import partial

from tests.attackpack.attack import Attack

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
COUNTED = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {0}) "
GOOD = "CREATE TABLE good (x); INSERT INTO good VALUES (1), (2);"
SCHEMA = "PRAGMA writable_schema = ON; CREATE TABLE bad (a); INSERT INTO bad VALUES (1);"


def database(script: str, page_bytes: int = 4096) -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.text_factory = bytes
    connection.executescript(f"PRAGMA page_size = {page_bytes}; {GOOD} {script}")
    connection.commit()
    return connection.serialize()


def schema(statement: str) -> bytes:
    """A database whose schema says of a table what no statement could make it say."""
    return database(f"{SCHEMA} UPDATE sqlite_schema SET {statement} WHERE name = 'bad'")


def texts(value: bytes) -> bytes:
    content = database("CREATE TABLE bad (a TEXT); INSERT INTO bad VALUES ('QQQQQQQQ')")
    return content.replace(b"QQQQQQQQ", value)


def tables(count: int) -> bytes:
    return database("".join(f"CREATE TABLE t{i} (a);" for i in range(count)))


def stray_pointer() -> bytes:
    """A page that leads to itself."""
    content = bytearray(
        database("CREATE TABLE bad (a);" + COUNTED.format(3000) + "INSERT INTO bad SELECT i FROM n")
    )
    page = 4096 * 2
    content[page + 8 : page + 12] = (3).to_bytes(4, "big")
    return bytes(content)


def huge_claim() -> bytes:
    """A header that tells of 2^32 - 1 pages."""
    content = database("")
    return content[:28] + b"\xff" * 4 + content[32:]


CROSS = " , ".join(f"json_each('[1,1,1,1,1,1,1,1,1,1]') t{i}" for i in range(12))
ATTACKS = (
    Attack(
        "a view without an end.sqlite",
        partial(database, f"CREATE VIEW bad AS {ENDLESS} SELECT i FROM n"),
        "2 rows, limit.ratio",
        seconds=10,
    ),
    Attack(
        "a view that counts without an end.sqlite",
        partial(database, f"CREATE VIEW bad AS {ENDLESS} SELECT count(*) FROM n"),
        "2 rows, parse.cpu_limit",
        seconds=10,
    ),
    Attack(
        "a view that joins 10^12 rows.sqlite",
        partial(database, f"CREATE VIEW bad AS SELECT count(*) FROM {CROSS}"),
        "2 rows, parse.cpu_limit",
        seconds=10,
    ),
    Attack(
        "a view of blobs without an end.sqlite",
        partial(database, f"CREATE VIEW bad AS {ENDLESS} SELECT zeroblob(1000000) FROM n"),
        "2 rows, limit.ratio",
    ),
    Attack(
        "a view that sorts without an end.sqlite",
        partial(
            database, f"CREATE VIEW bad AS {COUNTED.format(50_000_000)} SELECT i FROM n ORDER BY -i"
        ),
        "2 rows, parse.memory_limit",
        seconds=10,
    ),
    Attack(
        "a view with a slow pattern.sqlite",
        partial(
            database,
            "CREATE VIEW bad AS SELECT replace(hex(zeroblob(7000000)), '0', 'abc')"
            " LIKE '%a%a%a%a%a%a%b' FROM good",
        ),
        "2 rows, limit.cell_bytes",
        seconds=10,
    ),
    Attack(
        "views of views, 60 deep.sqlite",
        partial(
            database,
            "CREATE VIEW v0 AS SELECT x FROM good;"
            + "".join(
                f"CREATE VIEW v{i} AS SELECT a.x FROM v{i - 1} a, v{i - 1} b;" for i in range(1, 60)
            ),
        ),
        "2 rows, 2 rows, 4 rows, 16 rows, 256 rows, 65,536 rows,"
        " format.unknown, limit.ratio, limit.view_parts",
        seconds=10,
    ),
    Attack(
        "a computed blob of 900 MB.sqlite",
        partial(
            database, "CREATE TABLE bad (a, b AS (zeroblob(900000000))); INSERT INTO bad VALUES (1)"
        ),
        "2 rows, limit.cell_bytes",
    ),
    Attack(
        "100 computed blobs of 15 MB.sqlite",
        partial(
            database,
            "CREATE TABLE bad (a, b AS (zeroblob(15000000)));"
            + COUNTED.format(100)
            + "INSERT INTO bad SELECT i FROM n",
        ),
        "2 rows, limit.ratio",
    ),
    Attack(
        "a default of 900 KB in 5,000 rows.sqlite",
        partial(
            database,
            "CREATE TABLE bad (a);"
            + COUNTED.format(5000)
            + "INSERT INTO bad SELECT i FROM n;"
            + f"ALTER TABLE bad ADD COLUMN b DEFAULT '{'x' * 900_000}'",
        ),
        "2 rows, limit.ratio",
    ),
    Attack(
        "text in an integer column.sqlite",
        partial(
            database,
            "CREATE TABLE bad (a INTEGER);"
            "INSERT INTO bad VALUES (1), ('x'), (9223372036854775807), (9223372036854775808)",
        ),
        "2 rows, 4 rows",
        "column.mixed",
    ),
    Attack(
        "text that is not UTF-8.sqlite",
        partial(texts, b"\xff\xfe\xc3\x28\x80ab\xe9"),
        "2 rows, 1 row",
        "rows.repaired",
    ),
    Attack(
        "names with NULs and quotes.sqlite",
        partial(
            database,
            'CREATE TABLE "a""b;--\n" ("c""d", "e\nf"); INSERT INTO "a""b;--\n" VALUES (1, 2)',
        ),
        "2 rows, 1 row",
    ),
    Attack(
        "triggers that write.sqlite",
        partial(database, "CREATE TRIGGER t AFTER INSERT ON good BEGIN DELETE FROM good; END"),
        "2 rows",
    ),
    Attack(
        "a view that attaches a file.sqlite",
        partial(
            schema, "type = 'view', sql = 'CREATE VIEW bad AS SELECT 1; ATTACH ''/tmp/x'' AS y'"
        ),
        "2 rows, parse.corrupt",
    ),
    Attack(
        "a view that loads a library.sqlite",
        partial(database, "CREATE VIEW bad AS SELECT load_extension('x') FROM good"),
        "2 rows, format.unknown",
    ),
    Attack(
        "a view that reads a file.sqlite",
        partial(database, "CREATE VIEW bad AS SELECT readfile('/etc/passwd') FROM good"),
        "2 rows, format.unknown",
    ),
    Attack(
        "a view of another process's pages.sqlite",
        partial(database, "CREATE VIEW bad AS SELECT * FROM sqlite_dbpage"),
        "2 rows, format.unknown",
    ),
    Attack(
        "a virtual table of no known kind.sqlite",
        partial(schema, "sql = 'CREATE VIRTUAL TABLE bad USING nosuch(x)', rootpage = 0"),
        "2 rows, format.unknown",
    ),
    Attack(
        "a definition that is none.sqlite",
        partial(schema, "sql = 'CREATE TABEL )('"),
        "2 rows, parse.corrupt",
    ),
    Attack(
        "a definition of 900 KB.sqlite",
        partial(database, f"CREATE TABLE bad (a /* {'x' * 900_000} */)"),
        "2 rows, 0 rows",
    ),
    Attack(
        "a table that is the schema.sqlite",
        partial(schema, "rootpage = 1"),
        "2 rows, parse.corrupt",
    ),
    Attack(
        "a table beyond the file.sqlite",
        partial(schema, "rootpage = 99999"),
        "2 rows, parse.corrupt",
    ),
    Attack("a page that leads to itself.sqlite", stray_pointer, "2 rows, parse.corrupt"),
    Attack(
        "500 tables.sqlite",
        partial(tables, 500),
        ", ".join(["2 rows"] + ["0 rows"] * 500),
        seconds=10,
    ),
    Attack(
        "a header that claims 140 TB.sqlite",
        huge_claim,
        "2 rows",
    ),
)
