"""The reader of regular sheets says what the exact one says, or refuses."""

import random

import numpy as np
import polars as pl
import pytest
from office_files import sheet_xml, xlsx, xlsx_parts, zipped
from samples import MemoryObject

from connectors.errors import CorruptFile
from pipelines.containers.limits import Limits
from pipelines.formats import sheet_batch, sheet_plan, sheet_rows
from pipelines.formats.base import Origin
from pipelines.formats.excel_workbook import Workbook
from pipelines.formats.packed_column import PackedColumn
from pipelines.formats.regular_markup import Irregular, numbers
from pipelines.formats.regular_sheet import Cells, regular_cells
from pipelines.formats.sheet_batch import packed
from pipelines.formats.sheet_cells import series
from pipelines.formats.sheet_grid import column_letters
from pipelines.formats.sheet_xml import book_of, rows
from pipelines.formats.workbook_package import Package, sheets

PART = "xl/worksheets/sheet1.xml"
MAIN = "xl/workbook.xml"
STRINGS = "<si><t>one</t></si><si><t>a &amp;lt; b</t></si><si><t></t></si><si><t>x_x0041_</t></si>"
FORMATS = (0, 14, 21, 46)  # number, date, time, duration
STYLED = "".join(f'<xf numFmtId="{number}"/>' for number in FORMATS)
STYLES = f"<cellXfs>{STYLED}</cellXfs>"


def opened(
    content: str, *, from_1904: bool = False, strings: str = STRINGS
) -> tuple[Package, object]:
    file = MemoryObject("a.xlsx", xlsx({"S": content}, strings=strings, styles=STYLES))
    package = Package(file, Limits())
    return package, book_of(package, MAIN, from_1904=from_1904)


def regular(content: str, **more) -> dict[int, dict[int, object]]:
    """The cells that the regular reader finds, one by one."""
    package, book = opened(content, **more)
    found: dict[int, dict[int, object]] = {}
    for cells in regular_cells(package, PART, book):
        values = PackedColumn(cells, book, np.arange(len(cells.rows)))
        for row, column, value in zip(cells.rows, cells.columns, values, strict=True):
            if value is not None:
                found.setdefault(int(row), {})[int(column)] = value
    return found


def exact(content: str, **more) -> dict[int, dict[int, object]]:
    package, book = opened(content, **more)
    return {row: dict(cells) for row, cells in rows(package, PART, book)}


def some_cell(r: random.Random, reference: str) -> str:
    style = f' s="{r.randrange(5)}"' if r.random() < 0.7 else ""
    serial = r.choice(
        [
            r.uniform(-2, 3e6),
            r.randrange(70),
            r.uniform(0, 1),
            r.uniform(100, 50_000),
            2_958_465.999,
        ]
    )
    value = r.choice([repr(serial), f"{serial:.3e}", str(int(serial)), " 7", "x", "1_0", "inf"])
    return r.choice(
        [
            f'<c r="{reference}"{style}><v>{value}</v></c>',
            f'<c r="{reference}"{style}><v>{serial}</v></c>',
            f'<c r="{reference}"{style} t="s"><v>{r.randrange(4)}</v></c>',
            f'<c r="{reference}" t="inlineStr"{style}><is><t xml:space="a"> ü &gt;</t></is></c>',
            f'<c r="{reference}" t="str"><f>A1&lt;2</f><v>_x000a_&quot;</v></c>',
            f'<c r="{reference}"{style} t="b"><v>{r.randrange(2)}</v></c>',
            f'<c r="{reference}" t="e"><v>#N/A</v></c>',
            f'<c r="{reference}"{style}/>',
            f'<c r="{reference}"><f t="shared" si="0"/><v>1.5</v></c>',
            f'<c r="{reference}"><f>SUM(A1)</f></c>',
            f'<c r="{reference}" t="str"><v></v></c>',
        ]
    )


def some_sheet(seed: int) -> str:
    r = random.Random(seed)
    lines, row = [], 0
    for _ in range(r.randrange(1, 40)):
        row += r.choice([1, 1, 1, 2, 900])
        columns = sorted(r.sample([0, 1, 2, 25, 26, 701, 702, 16_383], r.randrange(7)))
        cells = "".join(some_cell(r, f"{column_letters(c)}{row}") for c in columns)
        lines.append(f'<row r="{row}" spans="1:9">{cells}</row>' if cells else f'<row r="{row}"/>')
    return sheet_xml("".join(lines))


@pytest.mark.parametrize("from_1904", [False, True])
def test_it_reads_what_the_exact_reader_reads(from_1904):
    """Whatever cells a sheet holds in whatever places, both readers find the same ones."""
    for seed in range(60):
        content = some_sheet(seed)

        found = regular(content, from_1904=from_1904)

        assert found == exact(content, from_1904=from_1904), seed


@pytest.mark.parametrize("style", range(4))
@pytest.mark.parametrize("low", [0, 1, 59, 61, 45_000])
def test_a_column_of_one_kind_is_typed_as_its_cells_are(style, low):
    """A column typed at once equals the column made from its cells one by one."""
    r = random.Random(style * 100 + low)
    lines = [
        f'<row r="{row}"><c r="A{row}" s="{style}"><v>{r.uniform(low, low + 0.9)!r}</v></c></row>'
        for row in range(1, 200)
    ]
    package, book = opened(sheet_xml("".join(lines)))
    (cells,) = regular_cells(package, PART, book)
    column = PackedColumn(cells, book, np.array([-1, *range(199), -1]))

    at_once = series("a", column, None)

    one_by_one = series("a", list(column), None)
    assert at_once.dtype == one_by_one.dtype
    assert at_once.to_list() == one_by_one.to_list()


def test_few_rows_are_the_cells_that_many_are(monkeypatch):
    """Of few rows each cell is made by itself, of many a column at once when it is asked for."""
    for seed in range(30):
        package, book = opened(some_sheet(seed))
        found = list(regular_cells(package, PART, book))
        if not found:
            continue
        cells = Cells.joined(found)
        places = (0, 1, 3, 701, 16_383)
        monkeypatch.setattr(sheet_batch, "FEW_ROWS", 64)
        few = packed(cells, book, places, 0)
        monkeypatch.setattr(sheet_batch, "FEW_ROWS", 0)
        many = packed(cells, book, places, 0)

        assert not any(isinstance(column, PackedColumn) for column in few.columns)
        assert all(isinstance(column, PackedColumn) for column in many.columns)
        assert list(map(list, few.columns)) == list(map(list, many.columns))


def test_numbers_keep_every_bit():
    """Seventeen digits give the float that Python reads."""
    r = random.Random(5)
    written = [f"{r.gauss(0, 1) * 10.0 ** r.randrange(-300, 300):.17g}" for _ in range(2000)]
    lines = [
        f'<row r="{row}"><c r="B{row}"><v>{text}</v></c></row>'
        for row, text in enumerate(written, 1)
    ]
    package, book = opened(sheet_xml("".join(lines)))
    cells = Cells.joined(list(regular_cells(package, PART, book)))

    found = PackedColumn(cells, book, np.arange(len(written))).typed("a")

    assert found is not None
    assert found.to_list() == [float(text) for text in written]


@pytest.mark.parametrize(
    "wrong",
    [
        '<row><c r="A1"><v>1</v></c></row>',
        '<row r="1"><c><v>1</v></c></row>',
        '<row r="1"><c r="A2"><v>1</v></c></row>',
        '<row r="1"><c r="XFE1"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>',
        '<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>2</v></c></row>',
        '<row r="2"><c r="A2"><v>1</v></c></row><row r="1"><c r="A1"><v>1</v></c></row>',
        '<row r="1"><c r="A1" t="d"><v>2024-01-01</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>4</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>-1</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>1.0</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v></v></c></row>',
        '<row r="1"><c r="A1" t="inlineStr"><is><t>&#65;</t></is></c></row>',
        '<row r="1"><c r="A1" t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is></c></row>',
        '<row r="1"><c r="A1" t="str"><v>a > b</v></c></row>',
        '<row r="1"><c r="A1" t="str"><v>a\r\nb</v></c></row>',
        '<row r="1"><c r="A1"><!-- 1 --><v>1</v></c></row>',
        '<row r="1"><c r="A1" t="str"><v><![CDATA[1]]></v></c></row>',
        '<row r="1"> <c r="A1"><v>1</v></c></row>',
        '<row r="1"><c s="1" r="A1"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2"><v>1</v></row>',
    ],
)
def test_what_is_not_regular_is_refused(wrong):
    """Markup of any other form, sound or not, is left to a parser."""
    with pytest.raises(Irregular):
        regular(sheet_xml(wrong))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<!--", "-->"),
        ("", "<row r='9'/>"),
        ("", "</b>"),
        ("<?a <sheetData>", ""),
        ("<row r='9'/>", ""),
    ],
)
def test_what_surrounds_the_rows_is_parsed(before, after):
    """A sheet whose rows are no rows, or that is broken around them, is refused."""
    row = '<row r="1"><c r="A1"><v>1</v></c></row>'
    content = sheet_xml(row, before).replace("</worksheet>", f"{after}</worksheet>")

    with pytest.raises(Irregular):
        regular(content)


@pytest.mark.parametrize("text", ["", "1a", "123456789", "-1", "/", ":"])
def test_only_digits_are_numbers(text):
    """What is no whole number of at most eight digits is refused."""
    words = np.frombuffer(text.encode()[:8].ljust(8), np.uint64)

    with pytest.raises(Irregular):
        numbers(words, np.array([len(text)]))


def test_strings_with_formats_inside_are_read_by_the_parser():
    """Rich text among the shared strings loses its formats, not its words."""
    strings = "<si><r><t>a</t></r><r><t>b</t></r></si><si><t>c</t></si>"
    content = sheet_xml('<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>')

    assert regular(content, strings=strings) == {0: {0: "ab", 1: "c"}}


def test_the_epoch_is_that_of_the_workbook_and_not_of_an_extension():
    """A second `workbookPr`, in an extension, says nothing about dates."""
    extension = "<extLst><ext><a:workbookPr xmlns:a='b' chart='1'/></ext></extLst>"
    parts = xlsx_parts({"S": sheet_xml("")}, properties='<workbookPr date1904="1"/>' + extension)

    _, from_1904 = sheets(Package(MemoryObject("a.xlsx", zipped(parts)), Limits()), MAIN)

    assert from_1904


def test_a_column_without_a_value_has_no_type():
    """Places without a cell give nulls, and nothing but places without a cell no type."""
    package, book = opened(sheet_xml('<row r="1"><c r="A1"><v>1</v></c></row>'))
    (cells,) = regular_cells(package, PART, book)

    found = PackedColumn(cells, book, np.array([-1, -1])).typed("a")

    assert found is not None
    assert found.dtype == pl.Null


def test_a_row_that_comes_too_late_is_not_lost_in_silence(monkeypatch):
    """Where chunks were given already, a sheet that goes back to earlier rows is refused."""
    monkeypatch.setattr(sheet_plan, "SMALL_CELLS", 100)
    monkeypatch.setattr(sheet_rows, "CHUNK_CELLS", 1000)
    line = '<row r="{0}"><c r="A{0}"><v>{0}</v></c><c r="B{0}" t="str"><v>{1}</v></c></row>'
    every = [line.format(row, "text" * 90) for row in range(1, 5000) if row != 7]
    content = xlsx({"S": sheet_xml("".join([*every, line.format(7, "late")]))})
    file = MemoryObject("a.xlsx", content)
    (plan,) = Workbook().tables(file, Origin("a.xlsx"), Limits())

    (fragment,) = plan.fragments
    with pytest.raises(CorruptFile, match="goes back to row 7"):
        list(fragment.chunks(plan.schema))
