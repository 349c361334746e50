"""ODS repair: what calamine makes of an OpenDocument workbook is what the workbook says."""

import datetime as dt
import io
import zipfile

import polars as pl
import pytest
from office_files import ods, ods_cell, zipped
from samples import MemoryObject

from connectors.errors import CorruptFile, PasswordProtected
from pipelines.containers.limits import Limits
from pipelines.formats import calamine_sheet, ods_repair
from pipelines.formats.base import Origin
from pipelines.formats.excel_workbook import Workbook
from pipelines.formats.ods_repair import MANIFEST, repaired
from pipelines.source_plan import plan


def text_cell(paragraph: str) -> str:
    return (
        '<table:table-cell office:value-type="string">'
        f"<text:p>{paragraph}</text:p></table:table-cell>"
    )


def time_cell(value: str) -> str:
    return f'<table:table-cell office:value-type="time" office:time-value="{value}"/>'


def column(*cells: str) -> pl.Series:
    """What is read below a header, beside a column of numbers."""
    rows = [[text_cell("told"), text_cell("n")]]
    rows += [[cell, ods_cell("float", str(number))] for number, cell in enumerate(cells)]
    (table,) = Workbook().tables(MemoryObject("a.ods", ods(rows)), Origin("a.ods"), Limits())
    (chunk,) = (chunk for part in table.fragments for chunk in part.chunks(table.schema))
    assert chunk.frame.schema == table.schema
    return chunk.frame["told"]


@pytest.mark.parametrize(
    ("paragraph", "text"),
    [
        ("a<text:tab/>b", "a\tb"),
        ("a<text:tab></text:tab>b", "a\tb"),
        ("<text:span>a<text:tab text:tab-ref='1'/></text:span>", "a\t"),
        ("a<text:line-break/>b", "a\nb"),
        ("a</text:p><text:p>b", "a\nb"),
        ("a<text:s text:c='2'/>b", "a  b"),
        ("a&lt;text:tab/>b", "a<text:tab/>b"),
    ],
)
def test_tabs_and_breaks_within_a_text_are_kept(paragraph, text):
    """The words around them do not run together."""
    assert column(text_cell(paragraph)).to_list() == [text]


UNTYPED = "<table:table-cell{}>{}</table:table-cell>"
NOTE = "<office:annotation><text:p>a note</text:p></office:annotation>"


@pytest.mark.parametrize(
    ("attributes", "content", "text"),
    [
        ("", "<text:p>a</text:p>", "a"),
        (" table:style-name='a>b'", "<text:p>12</text:p>", "12"),
        (' table:formula="of:=IF([.A1]>0;1)"', "<text:p>a</text:p><text:p>b</text:p>", "a\nb"),
        ("", f"{NOTE}<text:p>a</text:p>", "a"),
        ("", NOTE, None),
        ("", "", None),
        ("", " ", None),
        (' table:style-name="ce1"', "<text:p/>", None),
    ],
)
def test_a_cell_without_a_type_holds_its_text(attributes, content, text):
    """As office programs have it; one without a text is empty."""
    cell = UNTYPED.format(attributes, content)

    assert column(text_cell("x"), cell, text_cell("y")).to_list() == ["x", text, "y"]


TYPED = '<table:table-cell office:value-type="{}"{}>{}</table:table-cell>'
TEXT = "<text:p>12</text:p>"


@pytest.mark.parametrize(
    ("kind", "attributes", "content", "text"),
    [
        ("float", "", TEXT, "12"),
        ("float", ' office:value=""', TEXT, "12"),
        ("float", " office:value='1,5'", "<text:p>2</text:p>", "1,5"),
        ("currency", ' office:currency="EUR" office:value="1,5"', "", "1,5"),
        ("percentage", ' table:formula="of:=[.A1]>0" table:style-name="v"', TEXT, "12"),
        ("date", "", "<text:p>1 May</text:p>", "1 May"),
        ("time", "", "<text:p>10:00</text:p>", "10:00"),
        ("date", ' office:date-value=""', "<text:p>1 May</text:p>", "1 May"),
        ("time", " office:time-value=''", "<text:p>10:00</text:p>", "10:00"),
        ("time", ' office:time-value=""', "", None),
        ("string", ' office:string-value=""', TEXT, None),
        ("boolean", "", "<text:p>WAHR</text:p>", "WAHR"),
        ("boolean", ' office:boolean-value="yes"', TEXT, "yes"),
        ("void", "", TEXT, "12"),
        ("unknown", ' xmlns:calcext="urn:x" calcext:value-type="string"', TEXT, "12"),
        ("string", "", TEXT, "12"),
        ("float", "", "", None),
        ("float", ' office:value=""', "", None),
        ("float", "", NOTE, None),
    ],
)
def test_a_cell_without_a_value_of_its_type_holds_its_text(kind, attributes, content, text):
    """It is neither lost nor the end of the workbook; that a column has both kinds is said."""
    cell = TYPED.format(kind, attributes, content)

    assert column(text_cell("x"), cell, text_cell("y")).to_list() == ["x", text, "y"]


def test_a_number_with_blanks_around_it_is_one():
    odd = TYPED.format("float", ' office:value=" 1.5 "', "")

    assert column(odd, ods_cell("float", "-2e-1"), ods_cell("float", ".5")).to_list() == [
        1.5,
        -0.2,
        0.5,
    ]


@pytest.mark.parametrize(
    ("written", "value"),
    [("1", True), ("0", False), ("8", True), ("true", True), ("TRUE", True), ("False", False)],
)
def test_a_boolean_may_be_a_number_or_loud(written, value):
    cell = f'<table:table-cell office:value-type="boolean" office:boolean-value="{written}"/>'

    assert column(cell).to_list() == [value]
    assert column(text_cell(':boolean-value="1"')).to_list() == [':boolean-value="1"']


def test_empty_cells_without_a_type_leave_numbers_be():
    one, two = ods_cell("float", "1.5"), ods_cell("float", "2.5")

    read = column(one, UNTYPED.format("", NOTE), "<table:table-cell></table:table-cell>", two)

    assert read.to_list() == [1.5, None, None, 2.5]


OLD_DOCUMENT = '<!DOCTYPE office:document-content PUBLIC "-//OpenOffice.org//DTD" "office.dtd">'


def test_a_workbook_of_openoffice_1_is_read():
    """Its values stand in attributes of other names, its texts have no type."""
    values = {"float": "value", "date": "date-value", "boolean": "boolean-value"}
    rows = [
        [UNTYPED.format("", f"<text:p>{text}</text:p>") for text in line]
        + [
            UNTYPED.format(f' table:value-type="{kind}" table:{values[kind]}="{value}"', "")
            for kind, value in typed.items()
        ]
        for line, typed in (
            (["k", "f", "d", "b"], {}),
            (["a"], {"float": "1.5", "date": "2004-02-29", "boolean": "true"}),
            (["b"], {"float": "2.5", "date": "2004-03-01", "boolean": "false"}),
        )
    ]
    with zipfile.ZipFile(io.BytesIO(ods(rows))) as package:
        content = package.read("content.xml").decode()
    parts = {
        "mimetype": "application/vnd.sun.xml.calc",
        "content.xml": OLD_DOCUMENT
        + content.replace("<office:spreadsheet>", "").replace("</office:spreadsheet>", ""),
    }

    (table,) = plan([MemoryObject("a.sxc", zipped(parts))], Limits()).tables

    (chunk,) = (chunk for part in table.fragments for chunk in part.chunks(table.schema))
    assert chunk.frame.columns == ["k", "f", "d", "b"]
    assert chunk.frame.rows() == [
        ("a", 1.5, dt.date(2004, 2, 29), True),
        ("b", 2.5, dt.date(2004, 3, 1), False),
    ]


def test_a_time_of_a_day_or_more_is_a_duration():
    """And so are the shorter ones among them."""
    read = column(*map(time_cell, ("PT25H30M00S", "PT07H00M01.5S", "-PT100H00M00S")))

    assert read.dtype == pl.Duration("us")
    assert read.to_list() == [
        dt.timedelta(hours=25, minutes=30),
        dt.timedelta(hours=7, seconds=1.5),
        dt.timedelta(hours=-100),
    ]


@pytest.mark.parametrize(
    ("written", "hours"),
    [("P1DT2H", 26), ("PT36H", 36), ("-P2D", -48), ("PT90M", 1.5), ("PT24H00M00.0S", 24)],
)
def test_a_time_that_leaves_parts_out_is_a_duration(written, hours):
    """What the standard allows, whoever writes it so."""
    assert column(time_cell(written)).to_list() == [dt.timedelta(hours=hours)]


@pytest.mark.parametrize(
    "text", ["PT25H30M00S", "-PT100H00M00S", 'a:time-value="PT25H00M00S"', "P1D"]
)
def test_a_text_that_looks_like_a_duration_is_one(text):
    """Beside cells that are durations, too."""
    assert column(text_cell(text)).to_list() == [text]
    assert text in column(text_cell(text), time_cell("PT25H30M00S")).to_list()


def test_times_of_day_stay_times():
    """Nothing is a duration by itself."""
    assert column(time_cell("PT07H00M00S")).to_list() == [dt.time(7)]


def test_a_text_that_only_begins_like_a_duration_is_one():
    """Such as a code."""
    assert column(text_cell("PT-100"), text_cell("PT5H")).to_list() == ["PT-100", "PT5H"]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("\n <text:p>a</text:p>\n ", "a"),
        ("<text:p>a</text:p>\n <text:p>b</text:p>", "a\nb"),
        ("<text:p/>\n<text:p>b</text:p>", "\nb"),
        ("<text:p> a </text:p>", " a "),
        ("<text:p>a<text:span>b</text:span> <text:span>c</text:span></text:p>", "ab c"),
        ("<text:p>a<!-- <b> -->b</text:p><!-- > -->", "ab"),
        ("<text:p><![CDATA[a<b]]>&amp;c</text:p>", "a<b&c"),
        ("<office:annotation>\n<text:p>n</text:p>\n</office:annotation>\n<text:p>a</text:p>", "a"),
    ],
)
def test_what_stands_between_elements_is_no_part_of_a_text(cell, text):
    """Some writers indent their files; what stands within a paragraph counts."""
    assert column(
        f'<table:table-cell office:value-type="string">{cell}</table:table-cell>'
    ).to_list() == [text]


DOCTYPE = '<!DOCTYPE manifest:manifest PUBLIC "-//OpenOffice.org//DTD" "Manifest.dtd"'
ENCRYPTED = (
    '<m:manifest xmlns:m="a"><m:file-entry m:full-path="{}"><m:encryption-data/></m:file-entry>'
    "</m:manifest>"
)
TABLE = (
    "<draw:frame><table:table><table:table-row><table:table-cell><text:p>b</text:p>"
    "</table:table-cell></table:table-row></table:table></draw:frame>"
)
SHAPES = (
    "<draw:frame><draw:text-box><text:p>b</text:p></draw:text-box></draw:frame>",
    "<draw:g><draw:line/><draw:g><draw:rect><text:p>b</text:p></draw:rect></draw:g></draw:g>",
    '<draw:rect draw:name="a>b"/>',
    "<draw:rect draw:name='\"/>'><text:p>b</text:p></draw:rect>",
    TABLE,
)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("is_first", [False, True])
def test_the_text_of_a_shape_is_not_that_of_its_cell(shape, is_first):
    """Nor is what follows taken for a part of the shape."""
    inside = f"{shape}<text:p>a</text:p>" if is_first else f"<text:p>a</text:p>{shape}"
    cell = f'<table:table-cell office:value-type="string">{inside}</table:table-cell>'
    assert column(cell, text_cell("c")).to_list() == ["a", "c"]


def with_part(path: str, part: str, old: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(old)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return zipped({**parts, path: part})


def opened(content: bytes) -> list[tuple[object, ...]]:
    (table,) = Workbook().tables(MemoryObject("a.ods", content), Origin("a.ods"), Limits())
    (chunk,) = (chunk for part in table.fragments for chunk in part.chunks(table.schema))
    return chunk.frame.rows()


ROWS = [[text_cell("a"), text_cell("b")], [ods_cell("float", "1"), text_cell("x")]]


def test_lines_and_indents_between_rows_and_cells_mean_nothing():
    """However the file is laid out."""
    with zipfile.ZipFile(io.BytesIO(ods(ROWS))) as archive:
        content = archive.read("content.xml").decode()

    indented = content.replace("><", ">\n\t <")

    assert opened(with_part("content.xml", indented, ods(ROWS))) == [(1, "x")]


def test_what_is_written_between_cells_means_nothing():
    """As left behind by whoever edited the file; programs pass over it."""
    with zipfile.ZipFile(io.BytesIO(ods(ROWS))) as archive:
        content = archive.read("content.xml").decode()

    edited = content.replace("</table:table-cell>", "</table:table-cell>\n+   ")

    assert edited != content
    assert opened(with_part("content.xml", edited, ods(ROWS))) == [(1, "x")]


@pytest.mark.parametrize(
    "manifest",
    [f'{DOCTYPE}><manifest:manifest xmlns:manifest="a"/>', ENCRYPTED.format("Basic/a.xml")],
    ids=["of OpenOffice 2", "with a protected macro"],
)
def test_a_manifest_that_hides_no_cells_hides_none(manifest):
    """The workbook is read."""
    assert opened(with_part(MANIFEST, manifest, ods(ROWS))) == [(1, "x")]


def test_a_workbook_without_a_manifest_is_read():
    """Its parts are found by their names."""
    with zipfile.ZipFile(io.BytesIO(ods(ROWS))) as archive:
        parts = {name: archive.read(name) for name in ("content.xml", "mimetype")}

    assert opened(zipped(parts)) == [(1, "x")]


@pytest.mark.parametrize(
    ("path", "part"),
    [
        (MANIFEST, ENCRYPTED.format("content.xml")),
        ("encrypted-package", "?"),
    ],
)
def test_cells_under_a_password_are_said_to_be(path, part):
    """Whether each part is encrypted or all of them in one."""
    with pytest.raises(PasswordProtected):
        opened(with_part(path, part, ods(ROWS)))


def test_a_manifest_that_declares_entities_is_refused():
    """It may be a bomb."""
    manifest = (
        '<!DOCTYPE manifest:manifest [<!ENTITY a "b">]><manifest:manifest xmlns:manifest="a"/>'
    )

    with pytest.raises(CorruptFile, match="declares the document type"):
        opened(with_part(MANIFEST, manifest, ods(ROWS)))


def test_a_long_content_is_repaired_piece_by_piece(monkeypatch):
    """The same as in one, wherever its blocks end, in memory or not."""
    cells = ["a", "<text:line-break/>", "<![CDATA[<]]>", SHAPES[1], SHAPES[4], "b<!-- c -->"]
    rows = [[text_cell("k"), text_cell("n")]]
    rows += [[text_cell(cells[i % 6]) + "\n", time_cell("PT25H0M0S")] for i in range(60)]
    content = ods(rows)
    whole = opened(content)
    monkeypatch.setattr(ods_repair, "IN_MEMORY_BYTES", 100)
    for size in (1, 7, 64, 1000):
        monkeypatch.setattr(ods_repair, "BLOCK_BYTES", size)
        calamine_sheet._cached_workbook.cache_clear()
        assert opened(content) == whole
    assert whole[:6] == [
        (text, dt.timedelta(hours=25)) for text in ("a", "\n", "<", None, None, "b")
    ]


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\3\4content.xml", zipped({"content.xml": "<a/>", MANIFEST: "<a/>"}), ods(ROWS)],
)
def test_what_needs_no_repair_is_left_to_its_reader(content):
    """Repairing raises nothing, and copies nothing."""
    file = io.BytesIO(content)
    assert repaired(file) is file
    assert file.tell() == 0


def test_cells_that_a_link_copied_from_another_workbook_are_no_sheet():
    """LibreOffice keeps them in tables that it does not show."""
    with zipfile.ZipFile(io.BytesIO(ods(ROWS))) as archive:
        content = archive.read("content.xml").decode()
    rows = "<table:table-row>" + text_cell("z") + "</table:table-row></table:table>"
    name = "'file:///a/b.ods'#Sheet1"
    both = content.replace(
        "</table:table>", f'</table:table><table:table table:name="{name}">{rows}'
    )
    file = MemoryObject("a.ods", with_part("content.xml", both, ods(ROWS)))

    (table,) = Workbook().tables(file, Origin("a.ods"), Limits())

    told = {notice.code: notice.message for notice in table.notices}
    assert name in told["sheet.linked"]


@pytest.mark.parametrize(
    "tag", [" table:name='A &amp; B'", '\n table:x="1>0" table:name="A &amp; B"']
)
def test_sheets_of_one_name_are_told_apart(tag):
    """Each is read once, and what is merged is merged on its own sheet."""
    wide = text_cell("g").replace("cell ", 'cell table:number-columns-spanned="2" ', 1)
    names = list(map(text_cell, "kab"))
    numbers = [ods_cell("float", number) for number in "012"]
    lines = [["<table:table-cell/>", wide, "<table:covered-table-cell/>"], names, numbers]
    with zipfile.ZipFile(io.BytesIO(ods(lines, "A &amp; B"))) as package:
        content = package.read("content.xml").decode()
    other = f"<table:table{tag}><table:table-row>{ods_cell('float', '5')}</table:table-row>"
    twice = content.replace("<table:table ", f"{other}</table:table><table:table ")

    file = MemoryObject("a.ods", with_part("content.xml", twice, ods(ROWS)))
    first, second = Workbook().tables(file, Origin("a.ods"), Limits())

    assert (first.name, first.schema.names()) == ("A & B", ["column_1"])
    (notice,) = first.notices
    assert (notice.code, notice.count) == ("sheet.renamed", 1)
    assert (second.name, second.schema.names()) == ("A & B_2", ["k", "g a", "g b"])
    assert [
        chunk.frame.rows()
        for table in (first, second)
        for part in table.fragments
        for chunk in part.chunks(table.schema)
    ] == [[(5,)], [(0, 1, 2)]]
