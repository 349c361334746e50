"""Documents: hostile workbooks and markup."""

import io
import struct
import zipfile
import zlib
from functools import partial

from office_files import compound_file, ods, ods_cell, sheet_xml, xls, xlsx, xlsx_parts, zipped

from tests.attackpack.attack import Attack
from tests.attackpack.binary_workbook import xlsb

MIB = 1 << 20
CELL = "<c><v>1</v></c>"
FAR = '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
FIRST = '<row r="1"><c r="A1"><v>1</v></c></row>'
LAUGHS = (
    '<!DOCTYPE a [<!ENTITY l0 "ha">'
    + "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    + "]>"
)
ELSEWHERE = '<row r="2"><c r="XFD1048576"><v>2</v></c></row>'
BEYOND = '<row r="99999999"><c r="ZZZ99999999"><v>2</v></c></row>'
DIMENSION = '<dimension ref="A1:XFD1048576"/>'
PARAMETER = """<!DOCTYPE a [<!ENTITY % p "<!ENTITY x '1'>">%p;%p;]>"""
SPANNING = "<tr><td colspan=1000 rowspan=65534>x<td>1"
SMALL_TABLE = "<tr><td>1<td>2<tr><td>3<td>4</table><table>"
QUADRATIC = f'<!DOCTYPE a [<!ENTITY q "{"x" * 100_000}">]>'
REPEATED = (
    '<table:table-cell table:number-columns-repeated="{0}" office:value-type="float"'
    ' office:value="1"><text:p>1</text:p></table:table-cell>'
)
EMPTY = '<table:table-cell table:number-columns-repeated="{0}"/>'


def other_elements() -> bytes:
    """100,000 rows with 3,000 different elements, of which each row has one."""
    rows = "".join(f"<r><e{n % 3000}>1</e{n % 3000}></r>" for n in range(100_000))
    return f"<a>{rows}</a>".encode()


def sheet(rows: str, before: str = "", strings: str | None = None) -> bytes:
    return xlsx({"S": sheet_xml(rows, before)}, strings=strings)


def table(rows: int = 3, columns: int = 3) -> str:
    """Plain rows of a sheet."""
    return f"<row>{CELL * columns}</row>" * rows


def beside(path: str, content: str | bytes = b"x") -> bytes:
    return zipped(xlsx_parts({"S": sheet_xml(table())}) | {path: content})


def replaced(path: str, content: str) -> bytes:
    """A workbook in which a part begins with a document type."""
    parts = xlsx_parts({"S": sheet_xml(table())}, strings="<si><t>&l9;</t></si>")
    return zipped(parts | {path: content + str(parts[path])})


def shared(length: int, cells: int) -> bytes:
    """One shared string of many cells."""
    uses = '<row><c t="s"><v>0</v></c></row>' * cells
    return sheet(uses, strings=f"<si><t>{'x' * length}</t></si>")


def many_sheets(count: int) -> bytes:
    return xlsx({f"S{i}": sheet_xml(table()) for i in range(count)})


def diagonal(cells: int) -> bytes:
    row = '<row r="{0}"><c r="{1}{0}"><v>1</v></c></row>'
    return sheet("".join(row.format(i, letters(i)) for i in range(1, cells + 1)))


def merged(count: int) -> bytes:
    areas = "".join(f'<mergeCell ref="A{i}:XFD{i}"/>' for i in range(5, count + 5))
    return xlsx({"S": sheet_xml(table()).replace("</sheetData>", f"</sheetData>{areas}")})


def styled(count: int) -> bytes:
    formats = '<xf numFmtId="14"/>' * count
    return xlsx({"S": sheet_xml(table())}, styles=f"<cellXfs>{formats}</cellXfs>")


def letters(column: int) -> str:
    name = ""
    while column:
        column, digit = divmod(column - 1, 26)
        name = chr(65 + digit) + name
    return name


def ods_rows(row: str, times: int = 1, document_type: str = "") -> bytes:
    """An OpenDocument sheet whose row is repeated by its attribute."""
    content = zipfile.ZipFile(io.BytesIO(ods([[row]]))).read("content.xml").decode()
    content = content.replace(
        "<table:table-row>", f'<table:table-row table:number-rows-repeated="{times}">'
    )
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": document_type + content,
            "META-INF/manifest.xml": "<manifest/>",
        }
    )


def ods_below(row: str, times: int) -> bytes:
    """A cell, and below it a row that is repeated."""
    cell = ods_cell("float", "1")
    rows = f'</table:table-row><table:table-row table:number-rows-repeated="{times}">{row}'
    return ods([[cell + rows]])


def ods_beside(path: str) -> bytes:
    parts = zipfile.ZipFile(io.BytesIO(ods([[ods_cell("float", "1")] * 2] * 3)))
    return zipped({name: parts.read(name) for name in parts.namelist()} | {path: "x"})


def ods_encrypted() -> bytes:
    """As LibreOffice writes it: the manifest says how each part is encrypted."""
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:size="400">'
        '<manifest:encryption-data manifest:checksum="x"/></manifest:file-entry>'
        "</manifest:manifest>"
    )
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": zlib.compress(b"secret")[2:] * 9,
            "META-INF/manifest.xml": manifest,
        }
    )


def xls_with(record: bytes = b"", **streams: bytes) -> bytes:
    """An old workbook with a record behind its first one, or streams beside it."""
    book = xls([(row, column, float(row)) for row in range(3) for column in range(2)])
    if record:
        at = book.index(struct.pack("<HHHH", 0x809, 16, 0x600, 5)) + 20
        stream = bytearray(book[at - 20 :].rstrip(b"\0"))
        stream[20:20] = record
        place = stream.index(struct.pack("<HH", 0x85, 14)) + 4
        (offset,) = struct.unpack_from("<L", stream, place)
        struct.pack_into("<L", stream, place, offset + len(record))
        return compound_file({"Workbook": bytes(stream), **streams})
    at = book.index(struct.pack("<HHHH", 0x809, 16, 0x600, 5))
    return compound_file({"Workbook": book[at:], **streams})


def records(body: str, head: str = "") -> bytes:
    return f'<?xml version="1.0"?>{head}<a><r><v>{body}</v></r><r><v>1</v></r></a>'.encode()


def elements(form: str, count: int, around: str = "{0}") -> bytes:
    """Elements numbered from 0."""
    return around.format("".join(form.format(i) for i in range(count))).encode()


def page(body: str) -> bytes:
    return f"<!DOCTYPE html><html><body><table>{body}</table></body></html>".encode()


def cells(text: str, rows: int) -> bytes:
    """Delimited text with the same in a cell of each row."""
    return ("id\thtml\n" + f"1\t{text}\n" * rows).encode()


FILE_PASS = struct.pack("<HHHHH", 0x2F, 54, 1, 1, 1) + bytes(48)
EXTERNAL_BOOK = struct.pack("<HHHHB", 0x1AE, 12, 1, 7, 0) + b"\1other."
STANDARD = {
    "EncryptionInfo": struct.pack("<HHL", 3, 2, 0x24) + bytes(200),
    "EncryptedPackage": b"x",
}
AGILE = {"EncryptionInfo": struct.pack("<HHL", 4, 4, 0x40) + b"<e/>", "EncryptedPackage": b"x"}
LINK, DDE = "<externalLink/>", '<externalLink><ddeLink ddeService="cmd"/></externalLink>'
LINK_PART, OLE_PART = "xl/externalLinks/externalLink1.xml", "xl/embeddings/oleObject1.bin"
SPACES = " " * 60_000_000
ENDS = ((0, 0, 1.0), (1_048_575, 16_383, 2.0))
COLUMN = (*((row, 0, 1.0) for row in range(2000)), (1_000_000, 90, 2.0))
BIG, HUGE = "limit.sheet_cells", "limit.expanded_bytes"

XLSX = (
    Attack("cells at both ends of a sheet.xlsx", partial(sheet, FIRST + FAR), "1 row × 2"),
    Attack(
        "a block and a cell at the end.xlsx",
        partial(sheet, table(2000, 10) + FAR),
        "2,000 rows, 1 row",
    ),
    Attack(
        "a cell that is elsewhere than its row.xlsx",
        partial(sheet, FIRST + ELSEWHERE),
        "1 row × 2",
    ),
    Attack("a diagonal of 3,000 cells.xlsx", partial(diagonal, 3000), "3,000 rows", seconds=10),
    Attack("a dimension of 17 billion.xlsx", partial(sheet, table(), DIMENSION), "3 rows"),
    Attack(
        "a dimension of one cell.xlsx", partial(sheet, table(), '<dimension ref="A1"/>'), "3 rows"
    ),
    Attack("rows beyond every sheet.xlsx", partial(sheet, FIRST + BEYOND), "2 rows"),
    Attack("a text of 32 MB in 200 cells.xlsx", partial(shared, 32 * MIB, 200), "limit.cell_bytes"),
    Attack("a text of 15 MB in 200 cells.xlsx", partial(shared, 15 * MIB, 200), "limit.ratio"),
    Attack("a text of 1 MB in 2,000 cells.xlsx", partial(shared, MIB, 2000), "limit.ratio"),
    Attack(
        "8 million cells.xlsx", partial(sheet, f"<row>{CELL * 8000}</row>" * 1000), "limit.ratio"
    ),
    Attack("4 million cells.xlsx", partial(sheet, table(100_000, 40)), "100,000 rows", seconds=10),
    Attack(
        "4 million empty cells.xlsx",
        partial(sheet, FIRST + f"<row>{'<c/>' * 40}</row>" * 100_000),
        "1 row",
        seconds=10,
    ),
    Attack("300 MB of spaces.xlsx", partial(sheet, SPACES * 5), "limit.ratio"),
    Attack("60 MB of spaces.xlsx", partial(sheet, table() + SPACES), "3 rows"),
    Attack("60 MB of spaces in a tag.xlsx", partial(sheet, table() + f"<row {SPACES}/>"), "3 rows"),
    Attack("60 MB of comment.xlsx", partial(sheet, table() + f"<!--{SPACES}-->"), "3 rows"),
    Attack(
        "a formula of 60 MB.xlsx",
        partial(sheet, table() + f"<row><c><f>{SPACES}</f><v>1</v></c></row>"),
        "4 rows",
    ),
    Attack("500 sheets.xlsx", partial(many_sheets, 500), "3 rows × 500", seconds=10),
    Attack(
        "100,000 elements deep.xlsx",
        partial(sheet, table() + "<a>" * 100_000 + "</a>" * 100_000),
        "3 rows",
    ),
    Attack(
        "2 million shared texts.xlsx",
        partial(sheet, table(), "", "<si><t/></si>" * 2_000_000),
        "3 rows",
    ),
    Attack("a million cell styles.xlsx", partial(styled, 1_000_000), "3 rows"),
    Attack("60,000 merged areas.xlsx", partial(merged, 60_000), "3 rows"),
    Attack(
        "a billion laughs in a sheet.xlsx",
        partial(replaced, "xl/worksheets/sheet1.xml", LAUGHS),
        "parse.corrupt",
    ),
    Attack(
        "a billion laughs in the texts.xlsx",
        partial(replaced, "xl/sharedStrings.xml", LAUGHS),
        "parse.corrupt",
    ),
    Attack(
        "a billion laughs in the book.xlsx",
        partial(replaced, "xl/workbook.xml", LAUGHS),
        "parse.corrupt",
    ),
    Attack("macros.xlsm", partial(beside, "xl/vbaProject.bin"), "3 rows", "workbook.macros"),
    Attack(
        "a link to a workbook.xlsx", partial(beside, LINK_PART, LINK), "3 rows", "workbook.links"
    ),
    Attack(
        "a link that starts a program.xlsx",
        partial(beside, LINK_PART, DDE),
        "3 rows",
        "workbook.links",
    ),
    Attack("an embedded object.xlsx", partial(beside, OLE_PART), "3 rows", "workbook.objects"),
    Attack("encrypted, agile.xlsx", partial(compound_file, AGILE), "archive.encrypted"),
    Attack("encrypted, standard.xlsx", partial(compound_file, STANDARD), "archive.encrypted"),
)

OTHER_WORKBOOKS = (
    Attack(
        "one cell 17 billion times.ods", partial(ods_rows, REPEATED.format(16_384), 1_048_576), BIG
    ),
    Attack("one cell 2^31 times.ods", partial(ods_rows, REPEATED.format(2**31)), BIG),
    Attack("one cell 2^64 times.ods", partial(ods_rows, REPEATED.format(2**64)), "parse.corrupt"),
    Attack(
        "a cell behind 2^31 others.ods",
        partial(ods_rows, EMPTY.format(2**31) + REPEATED.format(1)),
        BIG,
    ),
    Attack(
        "empty cells to the sheet's end.ods",
        partial(ods_below, EMPTY.format(16_384), 1_048_575),
        "1 row",
    ),
    Attack(
        "50 cells 100,000 times.ods",
        partial(ods_rows, ods_cell("float", "1") * 50, 100_000),
        "100,000 rows",
        seconds=10,
    ),
    Attack(
        "a text of 1 MB a million times.ods",
        partial(ods_rows, ods_cell("string", "x" * MIB), 1_000_000),
        HUGE,
    ),
    Attack(
        "a billion laughs.ods",
        partial(ods_rows, ods_cell("string", "&l9;"), 1, LAUGHS),
        "parse.corrupt",
    ),
    Attack(
        "macros.ods", partial(ods_beside, "Basic/Standard/Module1.xml"), "3 rows", "workbook.macros"
    ),
    Attack("encrypted.ods", ods_encrypted, "archive.encrypted"),
    Attack(
        "a plain sheet.xlsb",
        partial(xlsb, [(r, c, float(r)) for r in range(3) for c in range(3)]),
        "3 rows",
    ),
    Attack("cells at both ends of a sheet.xlsb", partial(xlsb, ENDS), BIG),
    Attack("a column and a cell far off.xlsb", partial(xlsb, COLUMN), BIG),
    Attack(
        "a text of 64 KB in 20,000 cells.xlsb",
        partial(xlsb, [(row, 0, 0) for row in range(20_000)], ["x" * 65_000]),
        HUGE,
    ),
    Attack(
        "cells at both ends of a sheet.xls", partial(xls, [(0, 0, 1.0), (65_535, 255, 2.0)]), BIG
    ),
    Attack(
        "a column beyond every sheet.xls", partial(xls, [(0, 0, 1.0), (65_535, 40_000, 2.0)]), BIG
    ),
    Attack("macros.xls", partial(xls_with, _VBA_PROJECT_CUR=b"x"), "3 rows", "workbook.macros"),
    Attack(
        "a link to a workbook.xls", partial(xls_with, EXTERNAL_BOOK), "3 rows", "workbook.links"
    ),
    Attack("encrypted.xls", partial(xls_with, FILE_PASS), "archive.encrypted"),
)

MARKUP = (
    Attack("a billion laughs.xml", partial(records, "&l9;", LAUGHS), "format.unknown"),
    Attack(
        "100 KB 20,000 times.xml", partial(records, "&q;" * 20_000, QUADRATIC), "format.unknown"
    ),
    Attack("parameter entities.xml", partial(records, "1", PARAMETER), "format.unknown"),
    Attack(
        "a million elements deep.xml",
        partial(records, "<a>" * 1_000_000 + "</a>" * 1_000_000),
        "limit.depth",
    ),
    Attack(
        "a million attributes.xml",
        partial(elements, 'a{0}="" ', 1_000_000, "<a><r {0}/><r/></a>"),
        "limit.cell_bytes",
    ),
    Attack(
        "a row of a million elements.xml",
        partial(elements, "<e{0}/>", 1_000_000, "<a><r>{0}</r><r/></a>"),
        "limit.elements",
    ),
    Attack(
        "a million repeated elements.xml",
        partial(elements, "<e>1</e>", 1_000_000, "<a><r>{0}</r><r/></a>"),
        "1,000,000 rows",
    ),
    Attack("another element in each row.xml", other_elements, "limit.empty_cells"),
    Attack("a text of 40 MB.xml", partial(records, "x" * 40_000_000), "limit.cell_bytes"),
    Attack(
        "a comment of 40 MB.xml", partial(records, f"<!--{'x' * 40_000_000}-->"), "parse.corrupt"
    ),
    Attack(
        "90,000 elements, each twice.xml",
        partial(elements, "<e{0}/><e{0}/>", 90_000, "<a>{0}</a>"),
        "limit.tables",
    ),
    Attack(
        "a cell of 65 million.html", partial(page, SPANNING + "<tr><td>1" * 60_000), "limit.ratio"
    ),
    Attack(
        "100,000 elements deep.html",
        partial(page, "<tr><td>1<td>" + "<b>" * 100_000),
        "limit.depth",
    ),
    Attack("5,000 tables deep.html", partial(page, "<tr><td>1<td><table>" * 5000), "limit.depth"),
    Attack(
        "a row of a million cells.html", partial(page, "<tr>" + "<td>1" * 900_000), "limit.columns"
    ),
    Attack("9 million cells.html", partial(page, "<tr><td>1<td>2" * 4_500_000), "limit.elements"),
    Attack(
        "600,000 cells.html", partial(page, "<tr><td>1<td>2" * 300_000), "300,000 rows", seconds=10
    ),
    Attack(
        "a wide row above narrow ones.html",
        partial(page, "<tr>" + "<td>1" * 3000 + "<tr><td>2" * 60_000),
        "limit.empty_cells",
    ),
    Attack("40,000 tables.html", partial(page, SMALL_TABLE * 40_000), "limit.tables"),
    Attack(
        "8,000 tables begun in cells.txt", partial(cells, "<table>", 8000), "8,000 rows", seconds=1
    ),
    Attack(
        "an attribute of 40 MB.html",
        partial(page, f'<tr><td a="{"x" * 40_000_000}">1'),
        "limit.cell_bytes",
    ),
)
