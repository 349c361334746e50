"""Rows taken from the pages themselves are those that SQLite gives, or are refused."""

import random
from collections.abc import Iterator

import apsw
import polars as pl
import pytest
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.formats.base import Origin
from pipelines.formats.sqlite_cells import typed, typed_at_once
from pipelines.formats.sqlite_connection import Database, opened
from pipelines.formats.sqlite_database import Sqlite
from pipelines.formats.sqlite_file import Blocks
from pipelines.formats.sqlite_packed import packed_rows
from pipelines.formats.sqlite_pages import Unusual
from pipelines.formats.sqlite_rows import Selection

TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, r REAL, n NUMERIC, s TEXT, d DATE, x)"
LIMITS = Limits()


def made(script: str, rows: list[tuple[object, ...]], *, before: str = "") -> bytes:
    database = apsw.Connection(":memory:")
    list(database.execute(before + script))
    if rows:
        places = ", ".join("?" * len(rows[0]))
        database.executemany(f"INSERT INTO t VALUES ({places})", rows)
    content = database.serialize("main")
    database.close()
    return content


def opened_selections(content: bytes) -> Iterator[tuple[Database, Selection]]:
    file = MemoryObject("a.db", content)
    (plan,) = Sqlite().tables(file, Origin("a.db"), LIMITS)
    with opened(Blocks(file), LIMITS) as database:
        for fragment in plan.fragments:
            yield database, fragment.selection


def packed(content: bytes) -> list[tuple[object, ...]]:
    found = []
    for database, selection in opened_selections(content):
        for some in packed_rows(database, selection, LIMITS.max_cell_bytes):
            found += zip(*[values.cells() for values in some.values], strict=True)
    return found


def given(content: bytes) -> list[tuple[object, ...]]:
    """The rows by SQLite."""
    database = apsw.Connection(":memory:")
    database.deserialize("main", content)
    return list(database.execute("SELECT * FROM t NOT INDEXED ORDER BY rowid"))


def is_same(left: list[tuple[object, ...]], right: list[tuple[object, ...]]) -> bool:
    """Equal to the class of each cell."""
    return left == right and [list(map(type, row)) for row in left] == [
        list(map(type, row)) for row in right
    ]


def some_rows(seed: int) -> list[tuple[object, ...]]:
    r = random.Random(seed)
    numbers = [0, 1, -1, 127, -128, 128, 32_767, -32_769, 2**23, -(2**31), 2**40, 2**47, 2**63 - 1]

    def text() -> str:
        return r.choice(
            ["", "a", "ü" * r.randrange(7), "exactly12byt", "eight888", "n\0l", "z" * 90]
        )

    ids = r.sample(range(-5 if seed % 5 == 4 else 0, 3_000_000), 400)
    return [
        (
            id_,
            r.choice([*numbers, r.randrange(-(2**63), 2**63), None]),
            r.choice([1, 1.5, -(2**31), float("inf"), float("nan"), None, r.gauss(0, 1e9)]),
            r.choice([5, 2.5, None, r.uniform(0, 9), r.randrange(2**50)]),
            r.choice([text(), text(), None]),
            f"20{r.randrange(100):02}-01-31",
            None,
        )
        for id_ in ids
    ]


@pytest.mark.parametrize("page_bytes", [512, 1024, 4096, 65_536])
@pytest.mark.parametrize("seed", range(4))
def test_rows_are_those_of_sqlite(page_bytes, seed):
    """Integers of every width, reals, texts and nulls are the same, cell by cell."""
    content = made(TABLE, some_rows(seed), before=f"PRAGMA page_size = {page_bytes};")

    assert is_same(packed(content), given(content))


def test_rows_that_were_moved_and_deleted_are_those_of_sqlite():
    """Holes in pages, pages in another order and freed pages change nothing."""
    database = apsw.Connection(":memory:")
    list(database.execute("PRAGMA page_size = 1024; CREATE TABLE u (x);" + TABLE))
    r = random.Random(1)
    for row in some_rows(1):
        list(database.execute("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?)", row))
        list(database.execute("INSERT INTO u VALUES (?)", ("x" * r.randrange(900),)))
        if r.random() < 0.3:
            list(database.execute("DELETE FROM t WHERE id % 7 = ?", (r.randrange(7),)))
            list(database.execute("UPDATE t SET s = s || 'more' WHERE id % 5 = 2 AND s <> ''"))
    list(database.execute("DROP TABLE u"))
    content = database.serialize("main")

    assert is_same(packed(content), given(content))


@pytest.mark.parametrize(
    "definition",
    [
        "CREATE TABLE t (id INTEGER PRIMARY KEY DESC, v INT)",  # which is not the rowid
        "CREATE TABLE t (id INT PRIMARY KEY, v INTEGER)",
        "CREATE TABLE t (v INT, id INTEGER, PRIMARY KEY (id))",
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, v REAL)",
        "CREATE TABLE t (v FLOATING POINT, w DOUBLE)",
        "CREATE TABLE t (v ANY, w REAL) STRICT",
        "CREATE TABLE t (v STRING, w DECIMAL(10, 2))",
    ],
)
def test_declarations_mean_what_they_mean_to_sqlite(definition):
    """Which column is the rowid, and where whole numbers are reals, is as SQLite has it."""
    content = made(definition, [(3, 4), (5, 6), (8, 9)])

    assert is_same(packed(content), given(content))


@pytest.mark.parametrize(
    "content",
    [
        made("CREATE TABLE t (x)", [(1,), ("a",)]),
        made("CREATE TABLE t (x)", [(b"a",)]),
        made("CREATE TABLE t (x)", [("a" * 5000,)]),
        made("CREATE TABLE t (x)", [("a",)], before="PRAGMA encoding = 'UTF-16le';"),
        made("CREATE TABLE t (x PRIMARY KEY) WITHOUT ROWID", [(1,)]),
        made("CREATE TABLE t (x, y AS (x + 1))", []),
        made("CREATE TABLE t (x); INSERT INTO t VALUES (CAST(x'ff41' AS TEXT))", []),
        made("CREATE TABLE t (x); INSERT INTO t VALUES (1); ALTER TABLE t ADD y DEFAULT 5", []),
        made("CREATE TABLE t (x NUMERIC)", [(2**60 + 1,), (0.5,)]),
        made("CREATE TABLE t (x INTEGER PRIMARY KEY)", [(-5,)]),
    ],
)
def test_what_is_unusual_is_refused(content):
    """What only SQLite can read is left to it."""
    with pytest.raises(Unusual):
        packed(content)


@pytest.mark.parametrize("asked", [None, pl.String(), pl.Float64(), pl.Int64(), pl.Date()])
def test_values_are_typed_as_cells_are(asked):
    """Whatever type is asked for, a column typed at once equals one typed cell by cell."""
    content = made(TABLE, some_rows(2))
    for database, selection in opened_selections(content):
        for some in packed_rows(database, selection, LIMITS.max_cell_bytes):
            for column, values in zip(selection.relation.columns, some.values, strict=True):
                at_once = typed_at_once(column, values, asked or pl.Null())

                one_by_one = typed(column, values.cells(), asked or pl.Null())
                assert at_once.dtype == one_by_one.dtype
                assert at_once.equals(one_by_one, null_equal=True)


def test_sqlite_goes_on_where_the_pages_become_unusual():
    """Each row comes once, in order, though only the first ones can be taken from the pages."""
    rows = [(i, "a" * 40) for i in range(150_000)] + [(150_000, "b" * 9000), (150_001, "c")]
    content = made("CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT)", rows)
    (plan,) = Sqlite().tables(MemoryObject("a.db", content), Origin("a.db"), LIMITS)

    frames = [c.frame for part in plan.fragments for c in part.chunks(plan.schema)]

    assert len(frames) > 1
    assert pl.concat(frames).rows() == rows
