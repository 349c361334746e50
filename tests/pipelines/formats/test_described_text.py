"""Described text: logs of servers get the columns that their form has, whatever stands in cells."""

import datetime as dt

import pytest
from samples import MemoryObject

from pipelines.choices import Overrides
from pipelines.containers.limits import Limits
from pipelines.formats.base import RowAccount
from pipelines.source_plan import plan
from tests.contracts.format_contract import read, table_of

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) [en]"
COMMON = '10.0.0.{n} - ann [{day:02d}/Oct/2025:13:55:36 +0200] "GET /p/{n}?q=[1] HTTP/1.1" 200 {n}5'
IIS = (
    "#Software: Microsoft Internet Information Services 10.0\n"
    "#Fields: date time c-ip cs(User-Agent) sc-status\n"
)
IIS_ROW = "2025-05-02 17:42:{n:02d} 10.0.0.{n} Mozilla/5.0+(Windows+NT;+x64) 200\n"
ZEEK = (
    "#separator \\x09\n#set_separator\t,\n#unset_field\t(none)\n"
    "#fields\tts\tuid\tproto\n#types\ttime\tstring\tenum\n"
)


def table_in(text: str, name: str = "access.log", **chosen):
    (table,) = plan([MemoryObject(name, text.encode())], Limits(), Overrides(**chosen)).tables
    chunks = read(table.fragments, table.schema)
    account = sum((chunk.rows for chunk in chunks), RowAccount())
    return table, table_of(chunks), account


def common(count: int, more: str = "", above: str = "") -> str:
    return "".join(
        f"{above}{COMMON.format(n=n, day=n % 28 + 1)}{more}\n" for n in range(1, count + 1)
    )


def test_a_common_log_has_the_columns_of_its_format():
    table, frame, _ = table_in(common(40))

    assert frame.columns == ["host", "identity", "user", "time", "request", "status", "bytes"]
    assert frame.row(0)[4:] == ("GET /p/1?q=[1] HTTP/1.1", 200, 15)
    assert frame["time"][0] == dt.datetime(2025, 10, 2, 11, 55, 36, tzinfo=dt.UTC)
    assert frame["identity"].null_count() == 40  # a hyphen says that nothing is known
    assert "header.standard" in [notice.code for notice in table.notices]


def test_a_combined_log_is_parted_by_blanks_whatever_its_cells_hold():
    """As many semicolons stand in each line; quotes within a cell are escaped."""
    odd = '10.9.9.9 - - [01/Oct/2025:00:00:00 +0000] "-" 408 - "-" "say \\"hi\\" [x]"\n'
    _, frame, account = table_in(common(40, f' "https://e.org/" "{AGENT}"') + odd)

    assert frame.columns[7:] == ["referrer", "user_agent"]
    assert frame["user_agent"][0] == AGENT
    assert frame.row(40)[5:] == (408, None, None, 'say "hi" [x]')
    assert (account.data, account.rejected) == (41, 0)


def test_servers_stand_before_and_further_cells_behind():
    _, frame, _ = table_in(common(20, f' "-" "{AGENT}" 0.25', above="www.e.org:80 "))

    assert frame.columns[:2] == ["server", "host"]
    assert frame.columns[-2:] == ["user_agent", "column_11"]
    assert frame["column_11"].to_list() == [0.25] * 20


def test_a_time_in_other_words_stays_as_it_stands():
    _, frame, _ = table_in(common(20).replace("/Oct/", "/Okt/"))

    assert frame["time"][0] == "02/Okt/2025:13:55:36 +0200"


def test_a_line_that_is_none_of_the_log_is_a_reject_or_a_row():
    """It is not lost."""
    _, frame, account = table_in(common(40) + "server was stopped\n")

    assert frame.height + account.rejected == 41


@pytest.mark.parametrize(
    "text",
    [
        'a b c [x] "y" 200 1\n' * 3,
        common(4) + "one line\n" * 4,
        "host,time,request\n" + '10.0.0.1,[01/Oct/2025:13:55:36 +0200],"GET / HTTP/1.1"\n' * 5,
    ],
)
def test_what_only_looks_like_a_log_is_none(text):
    table, frame, _ = table_in(text)

    assert "identity" not in frame.columns or text.startswith("a b c")
    assert text.startswith("a b c") == ("header.standard" in [n.code for n in table.notices])


def test_directives_name_the_columns():
    """They come again whenever the server is started."""
    rows = [IIS_ROW.format(n=n) for n in range(40)]
    text = IIS + "".join(rows[:20]) + IIS + "".join(rows[20:])
    table, frame, account = table_in(text, "u_ex250502.log")

    assert frame.columns == ["date", "time", "c-ip", "cs(User-Agent)", "sc-status"]
    assert frame["sc-status"].to_list() == [200] * 40
    assert frame["date"][0] == dt.date(2025, 5, 2)
    assert (account.data, account.skipped, account.rejected) == (40, 4, 0)
    assert table.details["dialect"]["delimiter"] == " "


def test_a_column_that_a_log_gains_is_told():
    """Rows of other directives are of another width: no cell of theirs gets a wrong name."""
    more = IIS.replace("sc-status", "sc-status time-taken")
    rows = [IIS_ROW.format(n=n) for n in range(40)]
    wider = [row.replace("200\n", "200 17\n") for row in rows[:3]]
    _, frame, account = table_in(IIS + "".join(rows) + more + "".join(wider))

    assert frame.columns[:5] == ["date", "time", "c-ip", "cs(User-Agent)", "sc-status"]
    assert account.rejected + account.repaired == 3


def test_zeek_says_what_parts_cells_and_what_is_none():
    rows = "".join(f"17000000{n:02d}.5\tC{n}\t{'(none)' if n % 3 else 'tcp'}\n" for n in range(30))
    _, frame, account = table_in(ZEEK + rows + "#close\t2025-01-01-01-00-00\n", "conn.log")

    assert frame.columns == ["ts", "uid", "proto"]
    assert frame["ts"][0] == 1700000000.5
    assert frame["proto"].null_count() == 20
    assert (account.data, account.skipped) == (30, 6)


@pytest.mark.parametrize(
    "text",
    [
        "#Fields: a b c\n1 2\n3 4\n",
        "#Fields: a a\n1 2\n3 4\n",
        "# Fields: a b\n1,2\n3,4\n",
    ],
)
def test_directives_that_do_not_fit_are_comments(text):
    _, frame, _ = table_in(text, "data.txt")

    assert frame.height == 2
    assert frame.columns != ["a", "b", "c"]


def test_who_chooses_a_delimiter_gets_it():
    _, frame, _ = table_in(IIS + IIS_ROW.format(n=1) * 3, delimiter=";", header=0)

    assert frame.width == 2
