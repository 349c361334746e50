"""Overrides: what a user decides about the reading is followed, or it is said why not."""

import datetime as dt
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


INSTANT = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
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
        ("a§b\nx,1§2\n".encode(), {"delimiter": "§"}, ["x,1"]),
        ("n\nМир\n".encode("utf-16-le"), {"encoding": "utf-16-le"}, ["Мир"]),
        (b'{"a":1}|2\n{"a":3}|4\n', {"delimiter": "|", "header": 0}, ['{"a":1}', '{"a":3}']),
        (b"words alone\n" * 9 + b"x,y\n1,2\n3,4\n", {"header": 10}, [1, 3]),
        (b"a,b,c,d\n" * 9 + b"x,y\n1,2\n3,4\n", {"header": 10}, [1, 3]),
        (b"t,u\n2024-01-01T00:00:00Z,1\n", {"types": {"t": "datetime"}}, [INSTANT]),
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
    found = table(b'{"a":1}\n', "a.jsonl", decimal=",", types={"a": "text", "b": "date"})

    assert found.details["overrides"] == {"types": {"a": "text"}}
    assert [notice.code for notice in found.notices] == ["override.idle"] * 2
    assert "decimal" in found.notices[0].message
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


def test_grouping_without_an_archive_is_said_to_be_idle():
    """Nothing lies there that could be put together, or kept apart."""
    (notice,) = table(b"a,b\n1,2\n", group=False).notices

    assert notice.code == "override.idle"
    assert "`group`" in notice.message


def test_a_format_can_be_named():
    """Where the bytes look like another one."""
    found = table(gzip.compress(b"[1;2]\n[3;4]\n"), "a.csv.gz", format="delimited", header=0)

    assert found.format == "delimited"


@pytest.mark.parametrize(
    "overrides",
    [{"format": "cobol"}, {"format": "json"}, {"format": "sqlite"}, {"header": 9}],
)
def test_what_does_not_fit_the_input_is_an_error_of_its_own(overrides):
    """With a code that says where to look."""
    found = planned("a.csv", b"a,b\n1,2\n", **overrides)

    assert [failure.code for failure in found.failures] == ["override.invalid"]


def test_a_damaged_file_of_the_format_that_was_chosen_is_damaged():
    """It is not the choice that is wrong."""
    found = planned("a.json", b'[{"a": 1}, {"a": ', format="json")

    assert [failure.code for failure in found.failures] == ["parse.corrupt"]


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


def test_a_mark_that_comes_late_is_the_one_that_was_chosen():
    """Whole numbers in the sample do not make a later `1.234` a decimal."""
    content = b"n;m\n" + b"1234;1\n" * 200_000 + b"1.234;2\n" + b"1234;1\n" * 100_000

    found = table(content, decimal=",")

    frames = [chunk.frame for part in found.fragments for chunk in part.chunks(found.schema)]
    assert pl.concat(frames)["n"].unique().to_list() == [1234]


@pytest.mark.parametrize(
    ("content", "overrides"),
    [(b"d\n12/31/2025\n", {"dateOrder": "DMY"}), (b"n\n0.5\n", {"decimal": ","})],
)
def test_a_choice_that_the_cells_deny_is_said(content, overrides):
    """They are read as they prove, with a warning."""
    found = table(content, **overrides)

    assert "override.denied" in {notice.code for notice in found.notices}


def test_a_type_for_no_column_says_that_there_is_none():
    """It is not the format that the choice does not fit."""
    found = table(b"a\n1\n", types={"zzz": "text"})

    (notice,) = found.notices
    assert notice.code == "override.idle"
    assert notice.message.endswith("`zzz` changed nothing here: there is no such column")


def test_a_denied_type_leaves_the_texts_of_other_formats_as_they_are():
    """An empty text and the word null are values there."""
    content = b'{"a":""}\n{"a":"null"}\n{"a":"x"}\n'

    chunk = read(table(content, "a.jsonl", types={"a": "integer"}))

    assert chunk.frame["a"].to_list() == ["", "null", "x"]
    assert not chunk.null_tokens


def test_a_type_that_does_not_hold_the_values_is_not_forced():
    """A column of lists stays one, and the choice is said to be idle."""
    found = table(b'{"a":[1]}\n', "a.jsonl", types={"a": "integer"})

    assert found.schema["a"] == pl.List(pl.Int64)
    assert [notice.code for notice in found.notices] == ["override.idle"]


def test_patterns_name_members_literally_and_an_idle_one_is_said():
    """Brackets mean themselves; a compressed member goes by its own name too."""
    members = {"a[1].csv": b"x;y\n1;2\n", "a1.csv": b"x;z\n1;2\n"}
    chosen = {"a[1].csv": {"delimiter": ","}, "b.csv.gz": {"header": 0}, "nothing*": {"header": 0}}
    content = zipped({**members, "b.csv.gz": gzip.compress(b"p,q\n1,2\n")})

    found = planned("all.zip", content, members=chosen)

    assert [list(each.schema) for each in found.tables] == [
        ["x;y"],
        ["x", "z"],
        ["column_1", "column_2"],
    ]
    notices = [notice for each in found.tables for notice in each.notices]
    assert [n.message for n in notices if n.code == "override.idle"] == [
        "no member is called `nothing*`, as the overrides have it"
    ]
