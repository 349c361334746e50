"""Pattern names: a column called as polars writes patterns is a column like any other."""

import io
import json
import sqlite3

import polars as pl
import pytest
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.source_plan import plan
from pipelines.statistics.table_states import TableStates
from tests.contracts.format_contract import read, table_of

ROWS = [{"id": 1, "^a.*$": "x", "^$": 2.5}, {"id": 2, "^a.*$": "NA", "^$": None}]
FRAME = pl.DataFrame(ROWS)


def into(write):
    sink = io.BytesIO()
    write(sink)
    return sink.getvalue()


def database():
    connection = sqlite3.connect(":memory:")
    connection.execute('CREATE TABLE t (id INTEGER, "^a.*$" TEXT, "^$" REAL)')
    connection.executemany("INSERT INTO t VALUES (?, ?, ?)", [tuple(row.values()) for row in ROWS])
    connection.commit()
    return connection.serialize()


FILES = {
    "rows.csv": into(FRAME.write_csv),
    "rows.json": json.dumps(ROWS).encode(),
    "rows.jsonl": "".join(json.dumps(row) + "\n" for row in ROWS).encode(),
    "rows.parquet": into(FRAME.write_parquet),
    "rows.arrow": into(FRAME.write_ipc),
    "rows.db": database(),
    "rows.xlsx": into(lambda sink: FRAME.write_excel(sink, autofilter=False)),
}


@pytest.mark.parametrize("name", FILES)
def test_each_reader_gives_all_columns(name):
    """With an underscore in front, which is told; and statistics can be made of them."""
    (table,) = plan([MemoryObject(name, FILES[name])], Limits()).tables
    frame = table_of(read(table.fragments, table.schema))

    assert frame.columns == ["id", "_^a.*$", "_^$"] == table.schema.names()
    assert frame.rows() == [(1, "x", 2.5), (2, "NA", None)]
    assert "column.pattern" in [notice.code for notice in table.notices]
    states = TableStates.of(frame, fragment=0, first_row=0)
    assert [column[0].result()["nullCount"] for column in states.columns] == [0, 0, 1]


def test_a_name_that_is_taken_is_not_taken_again():
    rows = [{"_^a$": 1, "^a$": 2, "__^a$": 3}]
    (table,) = plan([MemoryObject("rows.json", json.dumps(rows).encode())], Limits()).tables

    assert table_of(read(table.fragments, table.schema)).to_dicts() == [
        {"_^a$": 1, "___^a$": 2, "__^a$": 3}
    ]


def test_usual_names_are_not_touched():
    (table,) = plan([MemoryObject("a.csv", b"^a,b$,^,$\n1,2,3,4\n")], Limits()).tables

    assert table.schema.names() == ["^a", "b$", "^", "$"]
    assert table.notices == ()
