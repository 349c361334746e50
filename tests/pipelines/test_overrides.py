"""Overrides: what a user decides about the reading is followed, or it is said why not."""

import gzip
import pickle

import polars as pl
import pytest
from pydantic import ValidationError
from samples import MemoryObject

from pipelines.choices import Overrides
from pipelines.containers.limits import Limits
from pipelines.formats.base import Chunk, Plan, TablePlan
from pipelines.source_plan import plan
from tests.contracts.format_contract import zipped


def planned(name: str, content: bytes, **overrides: object) -> Plan:
    chosen = Overrides.of({"overrides": overrides})
    return pickle.loads(pickle.dumps(plan([MemoryObject(name, content)], Limits(), chosen)))


def table(content: bytes, name: str = "a.csv", **overrides: object) -> TablePlan:
    (found,) = planned(name, content, **overrides).tables
    return found


def read(found: TablePlan) -> Chunk:
    (fragment,) = found.fragments
    (chunk,) = fragment.chunks(found.schema)
    return chunk


def column(content: bytes, **overrides: object) -> tuple[str, list[object]]:
    """Type and values of the first column."""
    cells = read(table(content, **overrides)).frame.to_series(0)
    return str(cells.dtype), cells.to_list()


DATES = b"d\n03/04/2025\n05/06/2025\n"
THOUSANDS = b"n\n1.234\n5.678\n"


@pytest.mark.parametrize(
    ("content", "overrides", "expected"),
    [
        ("n\nMüller\nJosé\n".encode("cp850"), {"encoding": "cp850"}, ["Müller", "José"]),
        ("n\nä\n".encode("utf-16"), {"encoding": "UTF-16"}, ["ä"]),
        ("n,m\nä,1\n".encode("cp500"), {"encoding": "cp500"}, ["ä"]),
        ("n\n日本\n".encode("iso2022_jp"), {"encoding": "iso2022_jp"}, ["日本"]),
        (b"a;b,c\n1;2,3\n", {"delimiter": ","}, ["1;2"]),
        (b"a:b\nx:1\ny:2\n", {"delimiter": ","}, ["x:1", "y:2"]),
        (b'a,b\n"x,1\n"y,2\n', {"quote": ""}, ['"x', '"y']),
        (b"a,b\n'x,1',2\n'y',3\n", {"quote": "'"}, ["x,1", "y"]),
        (b"a\nb\nc\n", {"header": 0}, ["a", "b", "c"]),
        (b"x,y\na,b\n1,2\n", {"header": 2}, [1]),
        (b"n\n-999\n5\nx\n", {"nullTokens": ["-999", "x"]}, [None, 5, None]),
        (b"n\n1\n2\n", {"types": {"n": "text"}}, ["1", "2"]),
        (b"n\n1\n2\n", {"types": {"n": "number"}}, [1.0, 2.0]),
        (b"n\n1.5\nabc\n", {"types": {"n": "number"}}, ["1.5", "abc"]),
        (THOUSANDS, {"decimal": ","}, [1234, 5678]),
        (THOUSANDS, {"decimal": "."}, [1.234, 5.678]),
        (b'n\n"1,5"\n"2,25"\n', {"decimal": "."}, [1.5, 2.25]),
    ],
)
def test_a_choice_about_text_is_followed(content, overrides, expected):
    """And where the data denies it, no cell is lost."""
    assert column(content, **overrides)[1] == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [("DMY", ["2025-04-03", "2025-06-05"]), ("MDY", ["2025-03-04", "2025-05-06"])],
)
def test_the_order_of_a_date_is_settled_by_the_user(order, expected):
    """What the column leaves open was text with a warning; now it is a date without one."""
    chosen = table(DATES, dateOrder=order)

    assert column(DATES)[0] == "String"
    assert [str(value) for value in read(chosen).frame["d"]] == expected
    assert [notice.code for notice in chosen.notices] == ["date.layout"]


def test_the_receipt_says_what_was_chosen_and_the_notices_what_was_in_vain():
    """A choice that nothing here follows is no silent one."""
    found = table(b'{"a":1}\n', "a.jsonl", delimiter=";", types={"a": "text", "b": "date"})

    assert found.details["overrides"] == {"types": {"a": "text"}}
    assert [notice.code for notice in found.notices] == ["override.idle"] * 2
    assert "delimiter" in found.notices[0].message
    assert "`b`" in found.notices[1].message


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", b'{"a":"2024-01-31"}\n{"a":"N/A"}\n'),
        ("a.json", b'[{"a":"2024-01-31"},{"a":"N/A"}]'),
    ],
)
def test_text_of_any_format_can_be_given_a_type(name, content):
    """Words for nothing are null then, and are counted."""
    chunk = read(table(content, name, types={"a": "date"}))

    assert chunk.frame["a"].dtype == pl.Date
    assert chunk.frame["a"].null_count() == 1
    assert chunk.null_tokens == {"a": {"N/A": 1}}


def test_one_cell_that_denies_a_type_keeps_the_column_as_it_is():
    """In the wider type, for the scan to read the table again."""
    content = b'{"a":"2024-01-31"}\n{"a":"x"}\n'

    assert read(table(content, "a.jsonl", types={"a": "date"})).frame["a"].to_list() == [
        "2024-01-31",
        "x",
    ]


def test_members_may_be_chosen_for_each_alone():
    """The last pattern that names a member wins, over what holds for all."""
    content = zipped({"eu/a.csv": b"x;y\n1;2,5\n", "us/b.csv": b"x,z\n1,2.5\n"})

    found = planned(
        "all.zip",
        content,
        delimiter=",",
        members={"eu/*": {"delimiter": ";", "decimal": ",", "types": {"x": "text"}}},
    )

    assert [list(each.schema) for each in found.tables] == [["x", "y"], ["x", "z"]]
    assert [read(each).frame.row(0) for each in found.tables] == [("1", 2.5), (1, 2.5)]


def test_grouping_can_be_overridden():
    """As by the option of the same name."""
    content = zipped({"a.csv": b"x\n1\n", "b.csv": b"x\n2\n"})

    assert len(planned("all.zip", content).tables) == 1
    assert len(planned("all.zip", content, group=False).tables) == 2


def test_a_format_can_be_named():
    """Where the bytes look like another one."""
    found = table(gzip.compress(b"[1;2]\n[3;4]\n"), "a.csv.gz", format="delimited", header=0)

    assert found.format == "delimited"


@pytest.mark.parametrize("overrides", [{"format": "cobol"}, {"header": 9}])
def test_what_does_not_fit_the_input_is_an_error_of_its_own(overrides):
    """With a code that says where to look."""
    found = planned("a.csv", b"a,b\n1,2\n", **overrides)

    assert [failure.code for failure in found.failures] == ["override.invalid"]


@pytest.mark.parametrize(
    "overrides",
    [
        {"encoding": "klingon"},
        {"encoding": "base64"},
        {"encoding": "punycode"},
        {"encoding": "undefined"},
        {"delimiter": ""},
        {"delimiter": "ab"},
        {"delimiter": "\n"},
        {"header": -1},
        {"types": {"a": "money"}},
        {"colour": "red"},
        {"members": {"*": {"group": False}}},
    ],
)
def test_nonsense_is_refused_at_once(overrides):
    """Before any byte is read."""
    with pytest.raises(ValidationError):
        Overrides.of({"overrides": overrides})
