"""Pipe tables: what Markdown, psql, MySQL and RST rule, and what only looks like it."""

import polars as pl
import pytest
from samples import MemoryObject

from connectors.errors import LimitExceeded, UnknownFormat
from pipelines.containers.limits import Limits
from pipelines.formats import pipe_grid, pipe_table
from pipelines.formats.base import Origin, RowAccount, TablePlan
from pipelines.formats.detect import detect
from pipelines.formats.pipe_table import PipeTable
from tests.contracts.format_contract import FormatContract, FormatSample, read, table_of

TABLE = pl.DataFrame(
    {"id": [1, 2, 3], "name": ["Ada | L.", "ünï", None], "score": [1.5, None, -2.0]},
    schema={"id": pl.Int64, "name": pl.String, "score": pl.Float64},
)
MARKDOWN = """\
| id | name      | score |
|---:|:----------|:-----:|
| 1  | Ada \\| L. | 1.5   |
| 2  | ünï       |       |
| 3  |           | -2    |
"""
PSQL = " name | n \n------+---\n Ann  | 1\n Bob  |  \n(2 rows)\n\n"
MYSQL = """\
+------+------+
| name | n    |
+------+------+
| Ann  |    1 |
| Bob  | NULL |
+------+------+
2 rows in set (0.00 sec)
"""
GRID = """\
+------+------+
| name | n    |
+======+======+
| Ann  |    1 |
| Lee  |      |
+------+------+
| Bob  |      |
+------+------+
"""
PAGE = "# Of us\n\nSome words.\n\n" + MARKDOWN + "\nMore | words.\n\n|a|b|\n|-|-|\n|1|2|\n"


def planned(text: str, name: str = "page.md") -> list[TablePlan]:
    return list(PipeTable().tables(MemoryObject(name, text.encode()), Origin(name), Limits()))


def frame_of(table: TablePlan) -> pl.DataFrame:
    return table_of(read(table.fragments, table.schema))


class TestPipeTable(FormatContract):
    @pytest.fixture
    def sample(self):
        return FormatSample(PipeTable(), MemoryObject("page.md", MARKDOWN.encode()), TABLE)


@pytest.mark.parametrize(
    ("text", "rows", "rulers"),
    [
        ("name | n\n--- | ---\nAnn | 1\nBob |\n", [("Ann", 1), ("Bob", None)], 1),
        (PSQL, [("Ann", 1), ("Bob", None)], 1),
        (MYSQL, [("Ann", 1), ("Bob", None)], 3),
        (GRID, [("Ann\nLee", 1), ("Bob", None)], 4),
    ],
    ids=["without outer bars", "psql", "MySQL", "reStructuredText"],
)
def test_rulers_are_no_rows(text, rows, rulers):
    """The names stand above the first one that has any."""
    file = MemoryObject("out.txt", text.encode())
    (table,) = planned(text)

    (chunk,) = read(table.fragments, table.schema)

    assert detect(text.encode(), file.name).name == "pipe-table"
    assert chunk.frame.columns == ["name", "n"]
    assert chunk.frame.rows() == rows
    assert chunk.skipped == {"header": 1, "ruler": rulers}


@pytest.mark.parametrize("rule", ["+---+---+\n", "+===+===+\n"], ids=["simple", "double"])
@pytest.mark.parametrize(
    "total", ["", "+---+---+\n| t | 6 |\n"], ids=["without a total", "with a total"]
)
def test_a_rule_above_a_total_makes_one_row_of_none(rule, total):
    """Numbers below numbers, with no cell left empty, are rows of their own."""
    body = "| a | 1 |\n| b | 2 |\n| c | 3 |\n"
    (table,) = planned("+---+---+\n| k | n |\n" + rule + body + total + "+---+---+\n")

    rows = [("a", 1), ("b", 2), ("c", 3)]
    assert frame_of(table).rows() == rows + [("t", 6)] * bool(total)


def test_numbers_below_numbers_are_no_names():
    """A total below rows that have no names above them."""
    rule = "+---+---+\n"
    (table,) = planned(rule + "| a | 1 |\n| b | 2 |\n" + rule + "| t | 3 |\n" + rule)

    assert frame_of(table).rows() == [("a", 1), ("b", 2), ("t", 3)]
    assert table.schema.names() == ["column_1", "column_2"]


def test_a_title_in_the_frame_is_no_row():
    """The table begins below it, with the rule of its columns."""
    text = "+-------+\n| title |\n+---+---+\n| a | b |\n+---+---+\n| 1 | 2 |\n+---+---+\n"
    (table,) = planned(text)

    assert frame_of(table).to_dicts() == [{"a": 1, "b": 2}]


def test_groups_that_are_named_once_are_rows():
    """What is empty below the name of a group does not go on."""
    rule = "+---+---+\n"
    text = rule + "| k | n |\n" + rule + "| a | 1 |\n|   | 2 |\n" + rule + "| b | 3 |\n" + rule
    (table,) = planned(text)

    assert frame_of(table).rows() == [("a", 1), (None, 2), ("b", 3)]


def test_full_lines_go_on_between_rules_of_a_double_ruled_table():
    """As words do that reStructuredText wraps in all columns at once."""
    rule = "+-------+-------+\n"
    text = (
        rule
        + "| what  | why   |\n"
        + rule.replace("-", "=")
        + "| large | many  |\n| files | lines |\n"
        + rule
        + "| pages | words |\n"
        + rule
    )
    (table,) = planned(text)

    assert frame_of(table).rows() == [("large\nfiles", "many\nlines"), ("pages", "words")]


def test_a_frame_without_a_rule_within_has_no_names():
    """As MySQL writes it when asked for none."""
    (table,) = planned("+---+---+\n| a | 1 |\n| b | 2 |\n+---+---+\n")

    assert frame_of(table).rows() == [("a", 1), ("b", 2)]
    assert table.schema.names() == ["column_1", "column_2"]


def test_every_table_of_a_page_is_read_and_the_rest_is_told():
    """Titles and prose are no rows."""
    first, second = planned(PAGE)

    assert frame_of(first).equals(TABLE)
    assert frame_of(second).to_dicts() == [{"a": 1, "b": 2}]
    assert [table.name for table in (first, second)] == ["table_1", "table_2"]
    assert [(notice.code, notice.count) for notice in first.notices] == [("rows.outside", 3)]


def test_rows_that_are_too_short_or_too_long_are_accounted_for():
    """Short ones are filled, long ones are rejected as they stand."""
    (table,) = planned("|a|b|\n|--|--|\n|1|\n|2|3|\n|4|5|6|\n")

    (chunk,) = read(table.fragments, table.schema)

    assert chunk.frame.rows() == [(1, None), (2, 3)]
    assert chunk.rows == RowAccount(parsed=1, repaired=1, rejected=1, skipped=2)
    assert [(reject.raw, reject.line) for reject in chunk.rejects] == [(b"|4|5|6|", 5)]


def test_a_bar_at_the_edge_parts_an_empty_cell_off_where_rows_have_none_around_them():
    """As psql writes NULL in the first column, or the last."""
    (table,) = planned(
        " id | name | n\n----+------+---\n  1 | a    | 2\n    | b    | 3\n  4 | d    |\n"
    )

    assert frame_of(table).rows() == [(1, "a", 2), (None, "b", 3), (4, "d", None)]


def test_bars_around_some_rows_are_no_cells():
    """Markdown leaves it to the author."""
    (table,) = planned("a | b\n---|---\n| 1 | 2 |\n3 | 4 |\n| 5 | 6\n")

    assert frame_of(table).rows() == [(1, 2), (3, 4), (5, 6)]


@pytest.mark.parametrize(
    "text",
    [
        "| a | b |\n|---|---|\n| 1 | 2 |\nwords | more\n",
        "a | b\n---|---\n1 | 2\nwords | and | more\n",
    ],
    ids=["bars around", "bars between"],
)
def test_text_with_bars_below_is_no_row(text):
    """It has no bar before it, or other cells."""
    (table,) = planned(text)

    assert frame_of(table).rows() == [(1, 2)]
    assert [(notice.code, notice.count) for notice in table.notices] == [("rows.outside", 1)]


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\f", "\v", "\x1e"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_only_line_ends_end_rows(mark, end):
    """Other breaks of Unicode are characters of cells."""
    lines = ["| a | b |", "|---|---|", f"| x{mark}y | 1 |", "| z | 2 |", ""]
    (table,) = planned(end.join(lines))

    assert frame_of(table).rows() == [(f"x{mark}y", 1), ("z", 2)]


def test_text_with_bars_right_above_a_table_is_no_row_of_it():
    """Where the names have a bar before them, and it has none."""
    (table,) = planned("words | more\n| a | b |\n|---|---|\n| 1 | 2 |\n")

    assert frame_of(table).to_dicts() == [{"a": 1, "b": 2}]


@pytest.mark.parametrize(
    "text",
    [
        "a | b\n--+--\n1 | 2\n1 | 2 | 3\n3 | 4\n",
        "|a|b|\n|-|-|\n|1|2|\n1|2|3\n|3|4|\n",
    ],
    ids=["bars between", "bars around"],
)
def test_rows_below_one_that_is_unlike_them_are_kept(text):
    """Only what no row follows is text."""
    (table,) = planned(text)

    (chunk,) = read(table.fragments, table.schema)

    assert chunk.frame.rows() == [(1, 2), (3, 4)]
    assert chunk.rows.rejected == 1


@pytest.mark.parametrize(
    "text",
    [
        "a|b\n1|2\n3|4\n",
        "a|b\n-|-\n3|4\n",
        "a|b|c\n---|---|---\n",
        "a|b\n---|---|---\n1|2|3\n",
        "id|a|b\n1|2|3\n-|-|-\n4|5|6\n7|8|9\n",
        "id|a|b\n" + "1|2|3\n" * 5 + "--|--|--\n4|5|6\n--|--|--\n" + "7|8|9\n" * 25,
        "a|b|c\n-|-|-\n1|2|3\n-|5|6\n",
        'id,out\n1," a | b\n---+---\n 1 | 2\n 3 | 4"\n2,x\n',
        'id,out\n1,"+---+---+\n| a | b |\n+---+---+\n| 1 | 2 |\n+---+---+"\n2,x\n',
        'id,text\n1,"| a | b |\n|---|---|\n| 1 | 2 |"\n2,x\n3,y\n4,z\n5,w\n',
    ],
)
def test_other_texts_are_delimited(text):
    """Without a ruler, without rows, with other names than columns, with rows above the ruler,
    with single dashes for what is missing, within quotes, or mostly something else."""
    assert detect(text.encode(), "data.txt").name == "delimited"


@pytest.mark.parametrize(
    "text",
    ["|-|-|-|\n|-|-|\n", "+---+\n", "+--+--+\n", "+--+--+\n|a|b|c|\n", "a|b\n---|---\n-|-|---\n"],
)
def test_lines_that_rule_nothing_are_looked_at_a_few_times(text):
    """However many they are."""

    class Lines(list[str]):
        looks = 0

        def __getitem__(self, place):
            self.looks += 1
            return super().__getitem__(place)

    lines = Lines((text * 300).splitlines())

    pipe_grid.find(lines)

    assert lines.looks < 40 * len(lines)


def test_a_page_without_a_table_is_told():
    """Its name promises nothing."""
    with pytest.raises(UnknownFormat, match="no table"):
        planned("# Title\n\nwords\n")


def test_a_text_beyond_the_limit_is_delimited(monkeypatch):
    """If its size is known; if not, it is refused by the name of the limit."""
    monkeypatch.setattr(pipe_table, "LARGEST_BYTES", 40)
    stream = MemoryObject("large.md", MARKDOWN.encode(), seekable=False)
    monkeypatch.setattr(MemoryObject, "size", property(lambda self: 50 if self.seekable else None))

    assert [table.format for table in planned(PSQL)] == ["delimited"]
    with pytest.raises(LimitExceeded, match="of more than"):
        list(PipeTable().tables(stream, Origin("large.md"), Limits()))


def test_too_many_columns_are_refused():
    """By the name of the limit."""
    text = "|" + "a|" * 9 + "\n|" + "--|" * 9 + "\n|" + "1|" * 9 + "\n"
    file = MemoryObject("wide.md", text.encode())

    with pytest.raises(LimitExceeded, match="max_columns"):
        list(PipeTable().tables(file, Origin("wide.md"), Limits(max_columns=8)))
