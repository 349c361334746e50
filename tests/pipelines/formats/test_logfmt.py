"""logfmt: pairs of keys and values are rows, and nothing else is taken for them."""

import datetime as dt

import pytest
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.formats.base import RowAccount
from pipelines.formats.logfmt import Logfmt, row_of
from pipelines.source_plan import plan
from tests.contracts.format_contract import read, table_of

LINE = 'time=2025-01-01T00:00:{n:02d}Z level=info msg="took {n} s, a=b" path=/x?y={n} status=200\n'
LINES = "".join(LINE.format(n=n) for n in range(40))


def table_in(content: bytes):
    (table,) = plan([MemoryObject("app.log", content)], Limits()).tables
    chunks = read(table.fragments, table.schema)
    return table, chunks, sum((chunk.rows for chunk in chunks), RowAccount())


def test_keys_are_columns_and_values_typed_cells():
    """Lines of different lengths are rows alike."""
    table, chunks, account = table_in(LINES.encode())
    frame = table_of(chunks)

    assert table.format == "logfmt"
    assert frame.columns == ["time", "level", "msg", "path", "status"]
    assert frame["time"][0] == dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
    assert frame.row(11)[2:] == ("took 11 s, a=b", "/x?y=11", 200)
    assert account == RowAccount(parsed=40)


def test_a_key_that_comes_late_is_a_column():
    _, chunks, _ = table_in((LINES + LINE.format(n=1).strip() + " error=disk\n").encode())

    assert table_of(chunks)["error"].to_list() == [None] * 40 + ["disk"]


def test_what_is_no_pair_is_told():
    """A line of another form is a reject with its bytes; one in another encoding is mended."""
    odd = b"panic: it broke\n" + LINE.format(n=2).replace("info", "ü").encode("cp1252")
    _, chunks, account = table_in(LINES.encode() + odd)

    (reject,) = [reject for chunk in chunks for reject in chunk.rejects]
    assert (reject.raw, reject.offset) == (b"panic: it broke", len(LINES))
    assert account == RowAccount(parsed=40, repaired=1, rejected=1)
    assert table_of(chunks)["level"][40] == "ü"


@pytest.mark.parametrize(
    "content",
    [
        "a=1 b=2\n",
        "name=x\nvalue=y\ncolor=z\n",
        "a=1,b=2\na=3,b=4\n",
        "if a=b and c=d then\nelse e=f\n",
        "a=1 b=2\nx=1 y=2\nq=3 r=4\n",
        "id,query\n1,a=1 b=2\n2,a=2 b=3\n",
        "# comment\nx = 1\ny = 2\n",
    ],
)
def test_other_texts_with_signs_of_equality_are_none(content):
    """One line proves nothing, nor does one pair a line, nor lines that share no key."""
    assert not Logfmt().recognises(content.encode(), "data.txt")


def test_a_long_line_without_an_end_is_looked_at_in_a_moment():
    """Each character belongs to one pair: nothing is tried twice."""
    line = b"a=" + b'b="' * 100_000 + b"c=1 " * 100_000

    assert not Logfmt().recognises(line + b"\n" + line + b"\n", "data.txt")


def test_a_key_that_comes_thousands_of_times_is_numbered_in_one_look():
    """Where each name were looked for from the first one on, this would take minutes."""
    assert list(row_of("a_3=0 " + "a=1 " * 60_000))[-1] == "a_60001"
