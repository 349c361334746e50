"""HTML: every table of a page, spans filled in, cut and hostile pages by their names."""

import io

import pandas as pd
import polars as pl
import pytest
from samples import MemoryObject

from connectors.errors import LimitExceeded, UnknownFormat
from pipelines.containers.limits import Limits
from pipelines.formats import html_grid, html_table
from pipelines.formats.base import Origin, RowAccount, TablePlan
from pipelines.formats.html_table import HtmlTable
from pipelines.source_plan import plan
from tests.contracts.format_contract import FormatContract, FormatSample, read, table_of

PAGE = """<!DOCTYPE html>
<html><head><title>x</title><script>var a = "<table>";</script></head><body>
<table><caption>Sales  of
2024</caption>
<thead><tr><th>id<th>name<th>score</tr></thead>
<tbody>
<tr><td>1<td>Ada <b>L.</b><td>1.5</tr>
<tr><td>2<td>ünï &amp; <i>co</i><td></tr>
<tr><td>3<td>two<br>lines<td>-2
</table></body></html>"""
TABLE = pl.DataFrame(
    {
        "id": [1, 2, 3],
        "name": ["Ada L.", "ünï & co", "two lines"],
        "score": [1.5, None, -2.0],
    }
)


def planned(content: str | bytes, limits: Limits | None = None) -> list[TablePlan]:
    raw = content if isinstance(content, bytes) else content.encode()
    file = MemoryObject("page.html", raw)
    return list(HtmlTable().tables(file, Origin(file.name), limits or Limits()))


def frames(content: str | bytes, limits: Limits | None = None) -> list[pl.DataFrame]:
    return [table_of(read(t.fragments, t.schema)) for t in planned(content, limits)]


class TestHtml(FormatContract):
    @pytest.fixture
    def sample(self):
        return FormatSample(HtmlTable(), MemoryObject("page.html", PAGE.encode()), TABLE)


def test_pandas_and_we_read_the_same():
    """Spans and headings come as pandas itself reads them."""
    content = (
        "<table><tr><th>a<th>b<th>c<tr><td rowspan=2>1<td>2<td>3<tr><td colspan=2>4"
        "<tr><td>5<td>6<td>7</table>"
    )

    (independent,) = pd.read_html(io.StringIO(content))

    (ours,) = frames(content)
    assert ours.to_dict(as_series=False) == independent.to_dict(orient="list")
    assert ours.rows() == [(1, 2, 3), (1, 4, 4), (5, 6, 7)]


def test_the_caption_is_the_name():
    """Tables without one are numbered."""
    grid = "<table>{}<tr><td>a<td>b<tr><td>1<td>2</table>"
    page = grid.format("<caption>First</caption>") + grid.format("") + grid.format("")

    assert [table.name for table in planned(page)] == ["First", "table_2", "table_3"]
    assert planned(PAGE)[0].name == "Sales of 2024"


def test_small_tables_are_layout():
    """Two rows and two columns make a table of data."""
    page = "<table><tr><td>a<td>b</table><table><tr><td>a<tr><td>b</table>"

    with pytest.raises(UnknownFormat, match="HTML page without a table"):
        planned(page)


def test_nested_tables_are_read_apart():
    """The outer one does not hold the texts of the inner one."""
    inner = "<table><tr><td>n<td>m<tr><td>5<td>6</table>"

    outer, nested = frames(f"<table><tr><td>x<td>y<tr><td>1<td>2 {inner}</table>")

    assert outer.to_dicts() == [{"x": 1, "y": 2}]
    assert nested.to_dicts() == [{"n": 5, "m": 6}]


def test_headings_of_several_rows_are_joined():
    """A group's heading stands before those of its columns."""
    page = (
        "<table><thead><tr><th rowspan=2>Name<th colspan=2>Year<tr><th>Q1<th>Q2</thead>"
        "<tr><td>A<td>1<td>2</table>"
    )

    (frame,) = frames(page)

    assert frame.to_dicts() == [{"Name": "A", "Year Q1": 1, "Year Q2": 2}]


def test_a_first_row_of_cells_is_a_guessed_header():
    """That it names the columns is a guess, and told as one."""
    (table,) = planned("<table><tr><td>a<td>b<tr><td>1<td>2</table>")

    assert table.guesses[0].what == "header"
    assert planned(PAGE)[0].guesses == ()


@pytest.mark.parametrize("mark", ["td", "th"])
def test_a_first_row_of_values_is_a_row(mark):
    """Where no row is of headings; a first cell that heads its row makes none."""
    rows = "".join(f"<tr><{mark}>{key}</{mark}><td>{n}</td></tr>" for key, n in ("a4", "b5", "c6"))

    (frame,) = frames(f"<table>{rows}</table>")

    assert frame.columns == ["column_1", "column_2"]
    assert frame.rows() == [("a", 4), ("b", 5), ("c", 6)]


@pytest.mark.parametrize("blank", ["<tr></tr>", "<tr><td><td></tr>"])
@pytest.mark.parametrize("mark", ["td", "th"])
def test_blank_rows_above_the_names_hide_them_not(blank, mark):
    """Whether these are headings, or cells that look like names."""
    page = f"<table>{blank}<tr><{mark}>a<{mark}>b<tr><td>1<td>2<tr><td>3<td>4</table>"

    (frame,) = frames(page)

    assert frame.columns == ["a", "b"]
    assert frame.rows() == [(1, 2), (3, 4)]


def test_blank_headings_add_nothing_to_names():
    """Neither blanks between the parts of a name, nor a row."""
    blank = "<tr><th><th></tr>"
    page = (
        f"<table>{blank}<tr><th>A<th></tr>{blank}<tr><th>a<th>b</tr>{blank}<tr><td>1<td>2</table>"
    )

    (frame,) = frames(page)

    assert frame.to_dicts() == [{"A a": 1, "b": 2}]


def test_a_title_that_spans_the_table_names_no_column():
    """It is left out, and told."""
    page = "<table><tr><td colspan=2>Of us<tr><td>a<td>b<tr><td>x<td>2<tr><td>y<td>4</table>"

    (table,) = planned(page)
    (chunk,) = read(table.fragments, table.schema)

    assert chunk.frame.to_dicts() == [{"a": "x", "b": 2}, {"a": "y", "b": 4}]
    assert chunk.skipped == {"preamble": 1, "header": 1}
    assert [notice.code for notice in table.notices] == ["rows.above"]


def test_tables_of_pictures_are_layout():
    """Rows without any text hold no data."""
    page = "<table><tr><td colspan=2>Menu<tr><td><img><td><img></table><table>{}</table>"

    (table,) = planned(page.format("<tr><th>a<th>b<tr><td>1<td>2"))

    assert table.schema.names() == ["a", "b"]


def test_rows_are_accounted_for():
    """Headings and blank rows are skipped, and counted."""
    page = "<table><tr><th>a<th>b<tr><td>1<td>2<tr><td><td><tr></table>"

    (table,) = planned(page)
    (chunk,) = read(table.fragments, table.schema)

    assert chunk.rows == RowAccount(parsed=1, skipped=3)
    assert chunk.skipped == {"header": 1, "blank line": 2}


def test_short_rows_are_filled_and_long_ones_kept():
    """Every cell has a column."""
    (frame,) = frames("<table><tr><th>a<th>b<tr><td>1<tr><td>1<td>2<td>3</table>")

    assert frame.rows() == [(1, None, None), (1, 2, 3)]
    assert frame.columns == ["a", "b", "column_3"]


@pytest.mark.parametrize(
    "content",
    [
        PAGE.encode(),
        PAGE.encode("utf-8-sig"),
        PAGE.encode("utf-16"),
        PAGE.replace("<title>", '<meta charset="latin-1"><title>').encode("latin-1"),
        PAGE.encode("cp1252"),
    ],
    ids=["utf-8", "utf-8 with a mark", "utf-16", "declared", "guessed"],
)
def test_the_encoding_is_found(content):
    """By its mark, by its bytes, by what the page says, or as browsers do."""
    assert frames(content)[0]["name"].to_list() == TABLE["name"].to_list()


@pytest.mark.parametrize(
    ("label", "encoding", "text"),
    [
        ("gb2312", "gbk", "\u9555\u9314"),  # of no character set so small
        ("shift_jis", "cp932", "\u3231\u2460"),
        ("ks_c_5601-1987", "cp949", "\ub620\ud7a3"),
        ("windows-874", "cp874", "\u0e44\u0e17\u0e22"),
        ("iso-8859-1", "cp1252", "\u201cfox\u201d"),
    ],
)
def test_an_encoding_is_read_as_browsers_do(label, encoding, text):
    """As the larger one that Windows writes under its name."""
    head = f'<meta charset="{label}">'
    page = f"{head}<table><tr><td>k<td>v</tr><tr><td>{text}<td>1</tr></table>"

    (table,) = frames(page.encode(encoding))

    assert table.rows() == [(text, 1)]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("before", ["<html>", "<!DOCTYPE html>", ""])
def test_a_page_in_wide_characters_is_a_page(before, encoding):
    """With its mark or without; programs write such for workbooks."""
    page = f"{before}<table><tr><td>k</td><td>v</td></tr><tr><td>\u00fc</td><td>1</td></tr></table>"
    end = "</html>" if before else ""

    (table,) = plan([MemoryObject("a.xls", f"{page}{end}".encode(encoding))], Limits()).tables

    assert table.format == "html"
    assert table_of(read(table.fragments, table.schema)).rows() == [("\u00fc", 1)]


@pytest.mark.parametrize(
    "content",
    [
        "<!-- made by --> <html><table><tr><td>a<td>b<tr><td>1<td>2</table></html>",
        "<?xml version='1.0'?><!DOCTYPE html><html><table><tr><td>a<td>b<tr><td>1<td>2</table>",
        "<table border=1>\n<tr><td>a<td>b<tr><td>1<td>2</table>",
    ],
)
def test_pages_are_recognised_without_a_name(content):
    """A comment, a declaration of XML or a bare table may come first."""
    (table,) = plan([MemoryObject("unnamed", content.encode())], Limits()).tables

    assert (table.format, table.schema.names()) == ("html", ["a", "b"])


@pytest.mark.parametrize(
    ("above", "name", "is_page"),
    [
        ("<p>Users</p>", "users.txt", True),
        ('<meta charset="utf-8"><style>a {}</style>', "users", True),
        ("<!-- x --><div>", "users.xls", True),
        ("Users of us\n", "users.htm", True),
        ("Users of us\n", "users.txt", False),
        ("<div>x</div>,", "users.csv", False),
        ("<article>", "users.xml", False),
        ("n,markup\n1,", "users.csv", False),
    ],
)
def test_a_part_of_a_page_is_one_if_a_table_is_in_it(above, name, is_page):
    """Where it begins with an element, or is called a page; no cell and no document is one."""
    text = f"{above}<table><tr><th>a<th>b</tr><tr><td>1<td>x</tr><tr><td>2<td>y</tr></table>"
    (table, *_) = plan([MemoryObject(name, text.encode())], Limits()).tables or [None]

    assert (table is not None and table.format == "html") == is_page
    if is_page:
        assert table_of(read(table.fragments, table.schema)).rows() == [(1, "x"), (2, "y")]


GRID = "<table><tr><td>x</td><td>y</td></tr><tr><td>1</td><td>2</td></tr></table>"


@pytest.mark.parametrize(
    ("name", "content", "format_", "height"),
    [
        ("a.txt", f"<p>One</p>\t5\n<div>{GRID}</div>\t6\n<p>Three</p>\t7", "delimited", 3),
        ("a", f"<b>n</b>\t<i>m</i>\n<p>x</p>\t{GRID}\n<p>y</p>\t{GRID}\n", "delimited", 2),
        ("a.dat", f"<b>n</b>;h\nx;{GRID}\ny;none", "delimited", 2),
        ("a.log", f"<title>n</title>\t1\n<p>x</p>{GRID}\t2\n", "delimited", 2),
        ("a.log", f"<p>n\t1\n<p>x{GRID}\t2\n<p>y\t3\n", "delimited", 3),
        ("a.dat", "<b>n;1\n" * 300 + f"<b>x{GRID};2\n", "delimited", 301),
        ("a.md", f"<br>\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n{GRID}", "pipe-table", 1),
        ("a.md", f"<div>\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n{GRID}</div>", "pipe-table", 1),
        ("a.dita", f"<section><j><a>1</a></j><j><a>2</a></j>{GRID}</section>", "xml", 2),
        ("a.txt", f"<section><h2>So</h2>{GRID}</section>", "html", 1),
        ("a.txt", f"<center>{GRID}</center>", "html", 1),
        ("a", f"<div>\n\t{GRID}\n</div>", "html", 1),
        ("a", f"<title>x</title>\r\n\t<br>\n {GRID}", "html", 1),
    ],
)
def test_markup_in_cells_makes_no_page(name, content, format_, height):
    """Nor do tables that bars rule, nor elements of sound XML; layout between elements is none."""
    (table, *_) = plan([MemoryObject(name, content.encode())], Limits()).tables

    assert table.format == format_
    assert table_of(read(table.fragments, table.schema)).height == height


def test_a_page_without_an_end_is_mentioned():
    """It may have been cut short, which the parser would pass over."""
    (notice,) = planned(PAGE.removesuffix("</html>"))[0].notices

    assert notice.code == "html.open_end"
    assert planned(PAGE)[0].notices == ()


@pytest.mark.parametrize(
    ("content", "limit"),
    [
        ("<div>" * 300 + PAGE, "limit.depth"),
        (PAGE.replace("Ada", "x" * 11_000_000), "limit.cell_bytes"),
        (PAGE.replace("<td>1", "<td colspan=900>1"), "limit.columns"),
    ],
    ids=["depth", "text", "span"],
)
def test_absurd_pages_are_refused(content, limit):
    """What the parser would leave out is an error, not a shorter table."""
    with pytest.raises(LimitExceeded) as raised:
        planned(content, Limits(max_columns=500))

    assert raised.value.stable_code == limit


def test_spans_that_multiply_are_refused(monkeypatch):
    """A thousand columns a cell fill memory from a small page."""
    monkeypatch.setattr(html_grid, "MOST_CELLS", 10_000)
    rows = "<tr><td colspan=1000>x" * 11

    with pytest.raises(LimitExceeded, match="max_ratio"):
        planned(f"<table>{rows}</table>")


def test_a_page_beyond_the_limit_is_refused(monkeypatch):
    """A page is held in memory, so its size is bounded."""
    monkeypatch.setattr(html_table, "LARGEST_PAGE_BYTES", 100)

    with pytest.raises(LimitExceeded, match="more than 100 bytes"):
        planned(PAGE + " ")


@pytest.mark.parametrize("down", [20, 65_534, 0])
def test_cells_that_spans_will_fill_are_told_exactly(down, monkeypatch):
    """What is refused ahead is what would be filled in, and a span ends with the table."""
    page = f"<table><tr><td colspan=9 rowspan={down}>a<td>b" + "<tr><td>c" * 19 + "</table>"
    monkeypatch.setattr(html_grid, "MOST_CELLS", 200)
    (grid,) = html_grid.page_of([page], "a.html", 1000).grids
    assert sum(map(len, grid.rows)) == 200

    monkeypatch.setattr(html_grid, "MOST_CELLS", 199)
    with pytest.raises(LimitExceeded, match="199 cells"):
        html_grid.page_of([page], "a.html", 1000)


@pytest.mark.parametrize("span", ["0", "-1", "x", "9" * 5000, ""])
def test_absurd_spans_are_bounded(span):
    """A span that is no number is one; a long one ends with the table."""
    page = f"<table><tr><td>a<td>b<tr><td rowspan='{span}'>1<td>2<tr><td>3<td>4</table>"

    (frame,) = frames(page)

    assert frame.height == 2
