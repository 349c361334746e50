"""Grouping: like members are one table, and every row says which member it is from."""

import gzip
import pickle

import polars as pl
import pytest
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.formats.base import TablePlan
from pipelines.source_plan import plan
from tests.contracts.format_contract import zipped

MONTHS = {"jan.csv": b"id,sum\n1,2.5\n2,3\n", "feb.csv": b"id,sum\n3,x\n"}


def tables(members: dict[str, bytes], *, group: bool = True) -> tuple[TablePlan, ...]:
    found = plan([MemoryObject("sales.zip", zipped(members))], Limits(), group=group)
    return pickle.loads(pickle.dumps(found)).tables


def rows(table: TablePlan) -> list[tuple]:
    schema = table.schema
    frames = [chunk.frame for part in table.fragments for chunk in part.chunks(schema)]
    return pl.concat(frames).rows()


def test_members_with_the_same_columns_in_one_folder_are_one_table():
    """Its columns hold the values of all of them; `__source__` names the member."""
    (table,) = tables(MONTHS)

    assert table.name == "sales"
    assert table.schema == {"id": pl.Int64, "sum": pl.String, "__source__": pl.String}
    assert rows(table) == [
        (1, "2.5", "jan.csv"),
        (2, "3", "jan.csv"),
        (3, "x", "feb.csv"),
    ]
    assert [source.origin.member for source in table.sources] == ["jan.csv", "feb.csv"]


def test_grouping_can_be_turned_off():
    """Then each member is a table of its own, without another column."""
    found = tables(MONTHS, group=False)

    assert [table.name for table in found] == ["jan", "feb"]
    assert all("__source__" not in table.schema for table in found)


@pytest.mark.parametrize(
    ("members", "names"),
    [
        (("orders_2023-01.csv", "orders_2023-02.csv", "other.csv.gz"), ["sales"]),
        (("a1/orders_1.csv", "a2/orders_2.csv"), ["orders"]),
        (("x/2023/part-0.csv", "x/2024/part-1.csv"), ["x"]),
        (("year=2023/eu.csv", "year=2024/eu.csv"), ["eu"]),
        (("data/jan.csv", "data/feb.csv", "b.csv"), ["data", "b"]),
        (("jan.csv.gz", "feb.csv.gz"), ["sales"]),
        (("a/jan.csv", "b/feb.csv"), ["jan", "feb"]),
        (("jan.csv", "feb.jsonl"), ["jan", "feb"]),
    ],
)
def test_a_folder_or_a_pattern_says_what_belongs_together(members, names):
    """The same columns alone do not; the table is called after what the members share."""
    content = {".csv": b"id,sum\n1,2\n", ".gz": gzip.compress(b"id,sum\n1,2\n")}
    content[".jsonl"] = b'{"id":1,"sum":2}\n'
    found = tables({name: content[name[name.rindex(".") :]] for name in members})

    assert [table.name for table in found] == names


def test_other_columns_make_another_table():
    """A member with a column more, or another one, stands alone."""
    found = tables({**MONTHS, "mar.csv": b"id,sum,tax\n1,2,3\n"})

    assert [(table.name, len(table.sources)) for table in found] == [("sales", 2), ("mar", 1)]


def test_columns_may_stand_in_another_order():
    """They are matched by name."""
    (table,) = tables({"1.csv": b"a,b\n1,x\n", "2.csv": b"b,a\ny,2\n"})

    assert rows(table) == [(1, "x", "1.csv"), (2, "y", "2.csv")]


def test_members_without_names_need_more_than_as_many_columns():
    """Positions say nothing: their names must follow a pattern and their types be the same."""
    apart = tables({"jan.csv": b"1,2\n3,4\n", "feb.csv": b"5,6\n7,8\n"})
    together = tables({"p1.csv": b"1,2\n3,4\n", "p2.csv": b"5,6\n7,8\n"})

    assert [len(found) for found in (apart, together)] == [2, 1]


def test_a_column_that_is_called_as_ours_keeps_its_name():
    """Ours is numbered."""
    (table,) = tables({"1.csv": b"__source__,b\n1,x\n", "2.csv": b"__source__,b\n2,y\n"})

    assert list(table.schema) == ["__source__", "b", "__source___2"]


def test_what_is_true_of_several_members_is_said_once():
    """A notice a member would drown the others."""
    rows_of = b"d\n31/12/2024\n1/2/2025\n"
    (table,) = tables({f"day{number}.csv": rows_of for number in range(5)})

    assert [(notice.code, notice.member) for notice in table.notices] == [
        ("members.grouped", None),
        ("date.layout", None),
    ]
    assert table.notices[1].message.endswith("(in 5 members)")
    assert table.schema["d"] == pl.Date


def test_members_that_write_decimals_otherwise_stand_apart():
    """`1.234` is a thousand in the one and hardly more than one in the other."""
    comma, point = b"id;v\n1;1.234,50\n2;12,10\n", b"id;v\n3;1.234\n4;2.500\n"

    found = tables(
        {"jan.csv": comma, "feb.csv": point, "mar.csv": comma, "apr.csv": b"id;v\n5;7\n"}
    )

    assert [[source.origin.member for source in table.sources] for table in found] == [
        ["jan.csv", "mar.csv", "apr.csv"],
        ["feb.csv"],
    ]


def test_a_late_field_of_our_name_is_not_overwritten():
    """It is numbered, as one that is there from the start is."""
    late = b'{"a":1}\n' * 400_000 + b'{"a":2,"__source__":"mine"}\n' + b'{"a":1}\n' * 200_000
    (table,) = tables({"1.jsonl": late, "2.jsonl": b'{"a":1}\n'})

    frames = [chunk.frame for part in table.fragments for chunk in part.chunks(table.schema)]
    row = pl.concat(frames, how="diagonal").filter(pl.col("a") == 2)
    assert row.row(0, named=True) == {"a": 2, "__source__": "1.jsonl", "__source___2": "mine"}


def test_notices_of_members_name_the_table_that_there_is():
    """And not the one that a member would have been."""
    (table,) = tables({f"d{n}.csv": b"d\n31/12/2024\n" for n in range(2)})

    assert {notice.table for notice in table.notices} == {table.name}
