"""Excel 2003: each cell of such a document is where it says, and what it says."""

import datetime as dt

import pytest
from office_files import rows
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.formats.base import Plan
from pipelines.source_plan import plan

SPACE = "urn:schemas-microsoft-com:office:spreadsheet"
HEAD = '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n'
STYLES = (
    '<Styles><Style ss:ID="t"><NumberFormat ss:Format="hh:mm"/></Style>'
    '<Style ss:ID="d"><NumberFormat ss:Format="[h]:mm"/></Style></Styles>'
)


def cell(kind: str, text: str, more: str = "") -> str:
    return f'  <Cell{more}>\n<Data ss:Type="{kind}">{text}</Data></Cell>\n'


def row(*cells: str, more: str = "") -> str:
    return f" <Row{more}>\n{''.join(cells)} </Row>\n"


def book(*rows: str, before: str = HEAD) -> bytes:
    root = f'<Workbook xmlns="{SPACE}" xmlns:ss="{SPACE}" xmlns:html="http://www.w3.org/html">'
    table = f'<Table ss:ExpandedRowCount="9">{"".join(rows)}</Table>'
    options = '<WorksheetOptions xmlns="urn:schemas-microsoft-com:office:excel"><Row/>'
    sheet = f'<Worksheet ss:Name="S &amp; T">\n{table}{options}</WorksheetOptions></Worksheet>'
    return f"{before}{root}\n{STYLES}{sheet}</Workbook>".encode()


def planned(content: bytes, name: str = "a.xls") -> Plan:
    return plan([MemoryObject(name, content)], Limits())


def test_a_moment_with_an_offset_is_read_as_in_delimited_text():
    """No moment of such a workbook has one, but texts do, and what others write for moments."""
    at = "2024-02-29T12:00:00{}"
    cells = [cell("DateTime", at.format("Z")), cell("String", at.format("+02:00"))]

    assert column(*cells) == [dt.datetime(2024, 2, 29, hour, tzinfo=dt.UTC) for hour in (12, 10)]


NAMES = row(cell("String", "k"), cell("String", "v"))


def column(*cells: str) -> list[object]:
    """What is read of cells beside a text."""
    (table,) = planned(book(NAMES, *(row(cell("String", "a"), each) for each in cells))).tables
    assert (table.format, table.name) == ("workbook", "S & T")
    return [value for _, value in rows(table)]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("Number", "1.5", 1.5),
        ("Number", "-12", -12),
        ("Boolean", "1", True),
        ("Boolean", "0", False),
        ("DateTime", "2024-02-29T00:00:00.000", dt.date(2024, 2, 29)),
        ("DateTime", "2024-02-29T12:30:01.000", dt.datetime(2024, 2, 29, 12, 30, 1)),
        ("DateTime", "1899-12-31T05:30:00.000", dt.time(5, 30)),
        ("String", " a &lt;b&gt;\n&#10;c ", " a <b>\n\nc "),
        ("String", "00123", "00123"),
        ("String", '<html:B>bold</html:B> <html:Font html:Size="1">x</html:Font>', "bold x"),
    ],
)
def test_a_cell_is_what_its_type_says(kind, text, value):
    """Text may be marked up."""
    assert column(cell(kind, text)) == [value]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("Boolean", "True", True),
        ("boolean", "FALSE", False),
        ("number", "1.50", 1.5),
        ("datetime", "2024-02-29T00:00:00.000", dt.date(2024, 2, 29)),
        ("DateTime", "2024-02-29T00:00:00", dt.date(2024, 2, 29)),
        ("DateTime", "2024-02-29 12:30", dt.datetime(2024, 2, 29, 12, 30)),
        ("string", "a", "a"),
        ("", "a", "a"),
    ],
)
def test_types_booleans_and_moments_may_be_written_otherwise(kind, text, value):
    (table,) = planned(book(NAMES, row(cell("String", "a"), cell(kind, text)))).tables

    assert [value for _, value in rows(table)] == [value]
    assert not table.notices


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("Boolean", "yes"),
        ("Integer", "n=5"),
        ("Date", "2024-02-29"),
        ("Number", "1,5"),
        ("Number", "n/a"),
        ("Number", "1_000"),
        ("DateTime", "02/29/2024"),
        ("DateTime", "2024-02-30T00:00:00.000"),
        ("DateTime", "1900-02-29T00:00:00.000"),
        ("DateTime", "1899-12-31Tx"),
        ("DateTime", "2024-02-29T12:00:00Z"),
    ],
)
def test_a_cell_that_does_not_hold_what_its_type_says_is_text(kind, text):
    """And that is told: it is neither false, nor nothing, nor the end of the file."""
    odd = row(cell("String", "a"), cell(kind, text))
    content = book(NAMES, odd, row(cell("String", "b"), cell("String", "x")), odd)

    (table,) = planned(content).tables

    assert rows(table) == [("a", text), ("b", "x"), ("a", text)]
    (notice,) = table.notices
    assert (notice.code, notice.count) == ("sheet.odd_types", 2)
    assert f"of type {kind!r}" in notice.message


@pytest.mark.parametrize("kind", ["Number", "Boolean", "DateTime", "String", "Error", "Odd"])
def test_a_cell_without_a_text_is_empty_whatever_its_type(kind):
    (table,) = planned(book(NAMES, row(cell("String", "a"), cell(kind, " ")))).tables

    assert rows(table) == [("a", " " if kind == "String" else None)]
    assert not table.notices


@pytest.mark.parametrize(
    ("moment", "long"),
    [
        ("1899-12-31T00:00:00.000", dt.timedelta()),
        ("1900-01-01T06:00:00.000", dt.timedelta(hours=30)),
        ("1900-02-28T00:00:00.000", dt.timedelta(days=59)),
        ("1900-02-29T12:00:00.000", dt.timedelta(days=60.5)),
        ("1900-03-01T00:00:00.000", dt.timedelta(days=61)),
        ("1899-12-30T22:29:30.500", -dt.timedelta(hours=1, minutes=30, seconds=29.5)),
        ("1899-12-31T1500:10:05.000", dt.timedelta(hours=1500, minutes=10, seconds=5)),
    ],
)
def test_a_moment_in_the_format_of_a_duration_is_one(moment, long):
    """Since it counts from the day before the calendar, which has a day too many."""
    lasting = cell("DateTime", moment, ' ss:StyleID="d"')
    other = cell("DateTime", "1900-01-02T00:00:00.000", ' ss:StyleID="d"')

    assert column(lasting, other) == [long, dt.timedelta(days=2)]


LATE = "1900-01-01T06:00:00.000"  # 30 hours, or a moment
STYLED = (
    '<Style ss:ID="e" ss:Parent="c"/><Style ss:ID="c" ss:Parent="d"/>'
    '<Style ss:ID="n" ss:Parent="d"><NumberFormat/></Style>'
    '<Style ss:ID="x" ss:Parent="y"/><Style ss:ID="y" ss:Parent="x"/></Styles>'
)


def styled(own: str, row_: str, columns: str, table: str) -> object:
    """What is read of a cell in the third column."""
    names = row(*(cell("String", name) for name in "kwv"))
    cells = cell("String", "a"), cell("String", "b"), cell("DateTime", LATE, own)
    content = book(names, row(*cells, more=row_)).decode()
    content = content.replace("</Styles>", STYLED)
    content = content.replace(' ss:ExpandedRowCount="9">', f"{table}>{columns}")
    (found,) = planned(content.encode()).tables
    return rows(found)[0][2]


@pytest.mark.parametrize(
    ("own", "row_", "columns", "table"),
    [
        (' ss:StyleID="e"', "", "", ""),
        ("", ' ss:StyleID="d"', '<Column ss:Index="3" ss:StyleID="t"/>', ""),
        ("", "", '<Column ss:Index="3" ss:StyleID="d"/>', ' ss:StyleID="t"'),
        ("", "", '<Column/><Column ss:Span="9999" ss:StyleID="c"/>', ""),
        ("", "", '<Column ss:Span="1"/><Column ss:StyleID="d"/>', ""),
        ("", "", '<Column ss:StyleID="t"/>', ' ss:StyleID="d"'),
    ],
)
def test_a_format_may_be_that_of_the_row_the_column_the_table_or_a_parent(
    own, row_, columns, table
):
    """The nearest counts."""
    assert styled(own, row_, columns, table) == dt.timedelta(hours=30)


@pytest.mark.parametrize(
    ("own", "row_", "columns", "table"),
    [
        (' ss:StyleID="n"', ' ss:StyleID="d"', "", ""),
        (' ss:StyleID="x"', "", "", ""),
        ("", ' ss:StyleID="t"', '<Column ss:Index="3" ss:StyleID="d"/>', ""),
        ("", "", '<Column ss:Span="1" ss:StyleID="d"/>', ""),
        ("", "", '<Column ss:Index="0"/><Column/><Column ss:StyleID="d"/>', ""),
        ("", "", "", ""),
    ],
)
def test_a_moment_is_no_duration_by_the_format_of_something_else(own, row_, columns, table):
    """As of its neighbours, or of a parent whose format is not kept."""
    assert styled(own, row_, columns, table) == dt.datetime(1900, 1, 1, 6)


def test_durations_of_less_than_a_day_are_no_other_kind():
    """A column of both is one of durations, and nothing is said to be text."""
    short = cell("DateTime", "1899-12-31T05:30:00.000", ' ss:StyleID="d"')
    lines = [
        row(cell("String", "a"), short),
        row(cell("String", "b"), cell("DateTime", LATE, ' ss:StyleID="d"')),
    ]

    (table,) = planned(book(NAMES, *lines)).tables

    assert rows(table) == [("a", dt.timedelta(hours=5.5)), ("b", dt.timedelta(hours=30))]
    assert not table.notices


FROM_1904 = '<ExcelWorkbook xmlns="urn:schemas-microsoft-com:office:excel"><Date1904/>'


@pytest.mark.parametrize(
    ("moment", "plain", "lasting"),
    [
        ("1904-01-01T00:00:00.000", dt.time(), dt.time()),
        ("1904-01-01T05:30:00.000", dt.time(5, 30), dt.time(5, 30)),
        ("1904-01-02T06:00:00.000", dt.datetime(1904, 1, 2, 6), dt.timedelta(hours=30)),
        ("1904-03-02T00:00:00.000", dt.date(1904, 3, 2), dt.timedelta(days=61)),
    ],
)
def test_a_calendar_may_begin_in_1904(moment, plain, lasting):
    """A workbook says so; only then is its first day that of times (and of short durations)."""
    cells = cell("DateTime", moment) + cell("DateTime", moment, ' ss:StyleID="d"')
    names = row(*(cell("String", name) for name in "kvd"))
    content = book(names, row(cell("String", "a"), cells)).decode()
    later = content.replace("<Styles>", f"{FROM_1904}</ExcelWorkbook><Styles>").encode()

    (table,) = planned(later).tables

    assert rows(table) == [("a", plain, lasting)]


@pytest.mark.parametrize(
    ("moment", "value"),
    [
        ("1904-01-01T00:00:00.000", dt.date(1904, 1, 1)),
        ("1904-01-01T07:00:00.000", dt.datetime(1904, 1, 1, 7)),
    ],
)
def test_a_day_is_no_time_of_day(moment, value):
    """As a birthday in 1904, of a calendar that begins in 1900."""
    assert column(cell("DateTime", moment)) == [value]


@pytest.mark.parametrize("more", ["", ' ss:StyleID="d"'])
@pytest.mark.parametrize(
    ("moment", "value"),
    [
        ("1899-12-31T25:30:00.000", dt.timedelta(hours=25.5)),
        ("1899-12-31T23:59:59.5.000", dt.time(23, 59, 59, 500_000)),
    ],
)
def test_a_clock_may_be_as_libreoffice_writes_it(moment, value, more):
    """With hours of several days, or a fraction that ends twice."""
    assert column(cell("DateTime", moment, more)) == [value]


def test_an_error_is_no_value_and_a_comment_no_part_of_a_cell():
    """What stands in the comment of a cell is called the same as what stands in the cell."""
    comment = '<Comment ss:Author="x"><ss:Data>said</ss:Data></Comment>'
    noted = f'<Cell><Data ss:Type="Number">1</Data>{comment}</Cell>'
    only_noted = f"<Cell>{comment}</Cell>"

    assert column(noted, cell("Error", "#N/A"), only_noted, cell("Number", "2")) == [
        1,
        None,
        None,
        2,
    ]


def test_rows_and_cells_may_say_where_they_are():
    """And what is merged takes up its place."""
    content = book(
        row(*(cell("String", name) for name in "abcd"), more=' ss:Index="3"'),
        row(cell("Number", "1", ' ss:MergeAcross="1"'), cell("Number", "3"), cell("Number", "4")),
        row(cell("Number", "5", ' ss:Index="2"'), cell("Number", "6", ' ss:Index="4"')),
        row(cell("Number", "7", ' ss:Index="4"'), more=' ss:Index="6"'),
    )

    (table,) = planned(content).tables

    assert table.origin.range == "A3:D6"
    assert rows(table) == [(1, None, 3, 4), (None, 5, None, 6), (None, None, None, 7)]


def test_a_blank_row_may_stand_for_several():
    """What follows is as far below as it was written."""
    first, last = cell("Number", "1"), cell("Number", "2")
    blank = row(more=' ss:Index="3" ss:Span="2"')

    (table,) = planned(book(NAMES, row(first, first), blank, row(last, last))).tables

    assert table.origin.range == "A1:B6"
    assert rows(table) == [(1, 1), (2, 2)]


@pytest.mark.parametrize("place", ["0", "-1", "x", "1", "99999999999"])
def test_a_place_that_cannot_be_is_damage(place):
    """Such as one before the last."""
    wrong = row(cell("Number", "1"), cell("Number", "2", f' ss:Index="{place}"'))

    (failed,) = planned(book(NAMES, wrong)).failures

    assert failed.code == "parse.corrupt"


@pytest.mark.parametrize(
    ("name", "before"),
    [("a.xml", HEAD), ("a.xls", ""), ("a", "<!-- made > by hand -->"), ("a.xls", "\ufeff" + HEAD)],
)
def test_it_is_known_by_what_it_says(name, before):
    """Whatever it is called."""
    found = planned(book(NAMES, row(cell("String", "a"), cell("Number", "1")), before=before), name)

    assert [table.format for table in found.tables] == ["workbook"]


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("ISO-8859-1", "latin-1"),
        ("windows-1252", "cp1252"),
        ("UTF-16", "utf-16"),
        ("utf-16", "utf-8"),
        ("UTF-16", "utf-16-le"),
        ("UTF-16", "utf-16-be"),
        ("UTF-32", "utf-32"),
        ("UTF8", "utf-8"),
        ("IBM850", "cp850"),
        ("x-mac-roman", "mac-roman"),
        ("UTF-7", "utf-7"),
    ],
)
def test_it_may_be_in_another_encoding(declared, encoding):
    """Than it declares, too."""
    before = HEAD.replace("?>", f' encoding="{declared}"?>', 1)
    content = book(NAMES, row(cell("String", "Zoë"), cell("Number", "1")), before=before)

    (table,) = planned(content.decode().encode(encoding)).tables

    assert (table.format, rows(table)) == ("workbook", [("Zoë", 1)])


@pytest.mark.parametrize("end", [-1, -30, -200, 400])
def test_a_document_that_is_cut_is_damaged(end):
    """And no table of half of it."""
    content = book(NAMES, row(cell("String", "a"), cell("Number", "1")))

    found = planned(content[:end])

    assert not found.tables
    assert [failed.code for failed in found.failures] == ["parse.corrupt"]


def test_entities_are_refused():
    """They may be a bomb."""
    content = book(NAMES, before='<?xml version="1.0"?><!DOCTYPE Workbook [<!ENTITY a "b">]>')

    found = planned(content)

    assert not found.tables
    assert [failed.code for failed in found.failures] == ["format.unknown"]


def test_a_few_bytes_do_not_become_millions_of_cells():
    """Where they stand far apart."""
    far = row(
        cell("Number", "1"), cell("Number", "2", ' ss:Index="16384"'), more=' ss:Index="1048576"'
    )

    (failed,) = planned(book(NAMES, far)).failures

    assert failed.code == "limit.sheet_cells"


def test_sheets_of_one_name_are_told_apart():
    """And each is read once."""
    one = book(NAMES, row(cell("String", "a"), cell("Number", "1"))).decode()
    sheet = one[one.index("<Worksheet ") : one.index("</Workbook>")]
    twice = one.replace("</Workbook>", f"{sheet.replace('>1<', '>2<')}</Workbook>")

    found = planned(twice.encode()).tables

    assert [(table.name, rows(table)) for table in found] == [
        ("S & T", [("a", 1)]),
        ("S & T_2", [("a", 2)]),
    ]


def test_a_sheet_without_a_name_has_one_by_its_place():
    nameless = book(NAMES, row(cell("String", "a"), cell("Number", "1"))).decode()
    content = nameless.replace(' ss:Name="S &amp; T"', "")

    (table,) = planned(content.encode()).tables

    assert table.name == "Sheet1"


@pytest.mark.parametrize(
    ("visible", "is_told"), [("SheetHidden", True), ("SheetVeryHidden", True), ("x", False)]
)
def test_a_hidden_sheet_is_told(visible, is_told):
    """And no other one; it is read all the same."""
    one = book(NAMES, row(cell("String", "a"), cell("Number", "1"))).decode()
    sheet = one[one.index("<Worksheet ") : one.index("</Workbook>")]
    hidden = sheet.replace("<Row/>", f"<Visible>{visible}</Visible>").replace("S &amp; T", "H")
    content = one.replace("</Workbook>", f"{hidden}</Workbook>")

    shown, other = planned(content.encode()).tables

    assert not shown.notices
    assert (other.name, rows(other)) == ("H", [("a", 1)])
    assert [notice.code for notice in other.notices] == ["sheet.hidden"] * is_told


def test_errors_are_told_by_their_kinds():
    errors = [row(cell("String", "a"), cell("Error", text)) for text in ("#N/A", "#REF!", "#N/A")]

    (table,) = planned(book(NAMES, *errors, row(cell("String", "b"), cell("Number", "1")))).tables

    (notice,) = table.notices
    assert (notice.code, notice.count) == ("sheet.errors", 3)
    assert notice.message.endswith("read as null: #N/A 2, #REF! 1")
