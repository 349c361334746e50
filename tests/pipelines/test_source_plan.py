"""Source plan: every input and member is a table, a failure or skipped; never lost."""

import gzip
import pickle

import pytest
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.formats.base import Plan
from pipelines.source_plan import plan
from tests.contracts.format_contract import zipped

ROWS = b'{"a":1}\n{"a":2}\n'


def planned(name: str, content: bytes, limits: Limits | None = None) -> Plan:
    return plan([MemoryObject(name, content)], limits or Limits())


def nested(levels: int) -> bytes:
    content, name = ROWS, "rows.jsonl"
    for level in range(levels):
        content, name = zipped({name: content}), f"level{level}.zip"
    return content


def test_a_single_table_is_called_after_the_stem_of_its_file():
    """Compression suffixes and folders are no part of it."""
    (table,) = planned("orders.v2.jsonl.gz", gzip.compress(ROWS)).tables

    assert table.name == "orders.v2"
    assert (table.origin.input, table.origin.member) == ("orders.v2.jsonl.gz", "orders.v2.jsonl")


def test_members_come_in_order_with_names_of_their_own():
    """Each member is a table; equal stems are numbered."""
    content = zipped({"b.jsonl": ROWS, "x/a.csv": b"p,q\n1,2\n", "y/a.json": b'[{"c":1}]'})

    found = planned("all.zip", content)

    assert [table.name for table in found.tables] == ["b", "a", "a_2"]
    assert [table.origin.member for table in found.tables] == ["b.jsonl", "x/a.csv", "y/a.json"]
    assert [table.format for table in found.tables] == ["json-lines", "delimited", "json"]


def test_one_bad_member_does_not_hide_the_others():
    """Failures carry their member, code and hint; the rest goes on."""
    members = {
        "bad.json": b'[{"a":1},',
        "good.jsonl": ROWS,
        "empty.csv": b"",
        "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(20),
        "inner.zip": zipped({"deep.jsonl": ROWS, "deep.json": b"{"}),
        "README": b"read me",
    }

    found = pickle.loads(pickle.dumps(planned("all.zip", zipped(members))))

    assert [table.name for table in found.tables] == ["good", "deep"]
    assert {failure.member: failure.code for failure in found.failures} == {
        "bad.json": "parse.corrupt",
        "empty.csv": "input.empty",
        "picture.png": "format.unknown",
        "inner.zip/deep.json": "parse.corrupt",
    }
    assert [skipped.member for skipped in found.skipped] == ["README"]
    assert all(failure.hint for failure in found.failures)


@pytest.mark.parametrize(
    ("name", "content", "code", "says"),
    [
        ("a.csv", b"", "input.empty", "empty"),
        ("a.json", b" \r\n\t", "input.empty", "empty"),
        ("a.csv", b"\x89PNG\r\n\x1a\n" + bytes(50), "format.unknown", "PNG picture"),
        ("a.csv", b"%PDF-1.7\n%", "format.unknown", "PDF document"),
        ("a.json", b"<!DOCTYPE html><html>", "format.unknown", "HTML page"),
        ("a.csv", b"<?xml version='1.0'?><a/>", "format.unknown", "XML document"),
        ("a.db", b"SQLite format 3\0" + bytes(84), "parse.corrupt", "cut short"),
        ("a.csv", bytes(range(256)) * 4, "format.unknown", "binary"),
        ("a.zip", zipped({}), "input.empty", "no data"),
        ("a.zip", zipped({"README": b"x", "d/": b""}), "input.empty", "no data"),
        ("a.zip", b"PK\x03\x04" + bytes(50), "parse.corrupt", "zip"),
        (
            "a.xlsx",
            zipped({"x.xml": b"", "[Content_Types].xml": b"", "xl/a.xml": b""}),
            "parse.corrupt",
            "workbook part",
        ),
        (
            "a.docx",
            zipped({"[Content_Types].xml": b"", "word/document.xml": b""}),
            "format.unknown",
            "Word document",
        ),
        ("a.parquet", b"PAR1" + bytes(50), "parse.corrupt", "Parquet"),
        ("a.zip", nested(9), "limit.depth", "max_depth"),
    ],
)
def test_an_input_that_cannot_be_read_is_a_failure_that_says_what_it_is(name, content, code, says):
    """One sentence names what the bytes look like, whatever their name."""
    found = planned(name, content)

    (failure,) = found.failures
    assert not found.tables
    assert failure.code == code
    assert says in failure.message


def test_nesting_up_to_the_limit_is_read():
    """Eight containers in each other are allowed."""
    (table,) = planned("a.zip", nested(8)).tables

    assert table.name == "rows"


def test_members_are_counted_over_the_whole_tree():
    """An archive of archives has one budget."""
    inner = zipped({f"{index}.jsonl": ROWS for index in range(6)})

    found = planned("a.zip", zipped({"p.zip": inner, "q.zip": inner}), Limits(max_members=10))

    assert [failure.code for failure in found.failures] == ["limit.members"]


def test_bytes_win_over_names():
    """Extensions lie; the content does not."""
    names = {"a.parquet": ROWS, "a.zip": b"p,q\n1,2\n3,4\n", "a.csv": b'[{"a": 1}]'}

    formats = [planned(name, content).tables[0].format for name, content in names.items()]

    assert formats == ["json-lines", "delimited", "json"]
