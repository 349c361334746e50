"""Footer: what is no row is left out and said; what may be one stays."""

import gzip

import polars as pl
import pytest
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.formats.base import RowAccount
from pipelines.source_plan import plan

ROWS = "id,amount,city\n1,10.5,Rome\n2,20.5,Oslo\n3,1.5,Bern\n"


def read(content: bytes, name: str = "data.csv"):
    (table,) = plan([MemoryObject(name, content)], Limits()).tables
    chunks = [chunk for fragment in table.fragments for chunk in fragment.chunks(table.schema)]
    frame = pl.concat([chunk.frame for chunk in chunks])
    return frame, sum((chunk.rows for chunk in chunks), RowAccount()), table.notices


@pytest.mark.parametrize(
    ("below", "skipped"),
    [
        ("Total,32.5,\n", 1),
        ("\nTotal,32.5,\n", 2),
        ("Grand total:,32.5\n", 1),
        ('Summe,"1.032,50 €",\n', 1),
        ("\nSource: bureau of things\n", 2),
        ("Source: bureau of things\n\n\n", 3),
        ("\nTotal,32.5,\n\n* provisional figures\n\n", 5),
        ("(3 rows)\n", 1),
        ("\nNote: estimated\nMail: me@x.org\n", 3),
        ("\nSource: us, and others\n", 2),
        ("\r\n\r\n", 2),
    ],
)
@pytest.mark.parametrize("packing", [bytes, gzip.compress])
def test_totals_and_notes_are_no_rows(below, skipped, packing):
    """Types and figures are those of the rows; the account has each line, the notices its words."""
    name = "data.csv" if packing is bytes else "data.csv.gz"

    frame, account, notices = read(packing((ROWS + below).encode()), name)

    assert frame.schema == {"id": pl.Int64, "amount": pl.Float64, "city": pl.String}
    assert frame["id"].to_list() == [1, 2, 3]
    assert (account.parsed, account.skipped) == (3, 1 + skipped)
    assert len(notices) == sum(bool(line.strip()) for line in below.splitlines())


@pytest.mark.parametrize(
    "last",
    [
        "4,2.5,Total\n",
        "4,,\n",
        "4,2.5,Paris\n\n5,1,Nice\n",
        "Totally,1,x\n",
        "Notebook,,\n",
        "4\n5,2.5,Paris\n\n6\n7\n",
        "\n4\n5\n6\n",
    ],
)
def test_what_may_be_a_row_is_one(last):
    """A careful person would not throw it away."""
    frame, account, _ = read((ROWS + last).encode())

    assert frame.height == 3 + sum(bool(line.strip()) for line in last.splitlines())
    assert account.read == account.parsed + account.repaired + account.skipped


def test_people_below_a_blank_line_are_rows():
    """Only words that begin a note make the lines below them notes too."""
    people = b"student,grade\nAnn,5\nBob,4\nCyd,3\n\nDan\nEve\nFay\nGil\n"
    frame, account, notices = read(people)

    assert frame["student"].to_list() == ["Ann", "Bob", "Cyd", "Dan", "Eve", "Fay", "Gil"]
    assert (account.skipped, notices) == (2, ())


def test_a_total_of_categories_stays():
    """Where the first column holds words, one of them may be a name; that is said."""
    frame, _, notices = read(b"kind,amount\nfood,10\nrent,20\nTotal,30\n")

    assert frame["kind"].to_list() == ["food", "rent", "Total"]
    assert [notice.code for notice in notices] == ["rows.total"]


def test_the_end_of_a_long_file_is_looked_at():
    """The total of a million rows is found without reading them for it."""
    body = "".join(f"{i},{i / 4},town {i % 9}\n" for i in range(90_000))
    content = f"id,amount,city\n{body}\nTotal,1012488750,\n".encode()

    frame, account, notices = read(content)

    assert len(content) > 1 << 20
    assert frame.schema == {"id": pl.Int64, "amount": pl.Float64, "city": pl.String}
    assert (frame.height, account.skipped) == (90_000, 3)
    assert [notice.code for notice in notices] == ["rows.footer"]


def test_below_rows_that_carriage_returns_end_nothing_is_cut():
    """The whole file is one line then, and cutting that would cut all rows."""
    text = "\r1.5;ab\r2.5;\r3.5;cd\r4.5;ef\rTotal;100016\n"

    frame, account, notices = read(text.encode())

    assert (frame.height, account.data) == (5, 5)
    assert frame.row(4) == ("Total", "100016")
    assert "rows.footer" in [notice.code for notice in notices]
