"""Flat workbook: what one XML document holds is what the package of it would."""

import gzip
import io
import zipfile

import pytest
from office_files import ods, ods_cell, rows, zipped
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.formats.base import Plan
from pipelines.source_plan import plan

TYPE = "application/vnd.oasis.opendocument.spreadsheet"
TEXT = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
PICTURE = "<office:binary-data>QUJD\nREVG</office:binary-data>"
SHAPE = f"<draw:frame><draw:image>{PICTURE}</draw:image></draw:frame>"
ROWS = [
    [TEXT.format("name"), TEXT.format("n")],
    [TEXT.format("Zoë"), ods_cell("float", "1")],
    [TEXT.format(f"b{SHAPE}"), ods_cell("float", "2.5")],
]


def flat(kind: str = TYPE, before: str = "") -> bytes:
    with zipfile.ZipFile(io.BytesIO(ods(ROWS, "S"))) as package:
        content = package.read("content.xml").decode()
    root = content.replace("office:document-content", "office:document")
    root = root.replace(":office:1.0", f':office:1.0" office:mimetype="{kind}', 1)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{before}{root}'.encode()


def planned(name: str, content: bytes) -> Plan:
    return plan([MemoryObject(name, content)], Limits())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.fods", flat()),
        ("a.xml", flat(before="<!-- made > by hand -->\n")),
        ("a.fods", b"\xef\xbb\xbf" + flat(kind=f"{TYPE}-template")),
        ("a.fods.gz", gzip.compress(flat())),
        ("a.zip", zipped({"x/a.fods": flat()})),
    ],
)
def test_a_flat_workbook_is_read_as_a_package_is(name, content):
    """By what it says of itself, packed or not; its pictures are no cells."""
    found = planned(name, content)

    (table,) = found.tables
    assert (table.format, table.name) == ("workbook", "S")
    assert table.schema.names() == ["name", "n"]
    assert rows(table) == [("Zoë", 1.0), ("b", 2.5)]


def declaring(encoding: str) -> str:
    return flat().decode().replace('"UTF-8"', f"'{encoding}'")


@pytest.mark.parametrize(
    "content",
    [
        declaring("ISO-8859-1").encode("latin-1"),
        declaring("windows-1252").encode("cp1252"),
        declaring("UTF-16").encode("utf-16"),
        b"\xfe\xff" + declaring("utf-8").encode("utf-16-be"),
        declaring("utf-16").encode(),
        declaring("latin1").encode("utf-8-sig"),
        declaring("utf-8").replace("b<", f"b<!--{'ë' * 5000}--><").encode("utf-16"),
    ],
)
def test_a_flat_workbook_may_be_in_another_encoding(content):
    """Its mark is believed before its declaration."""
    (table,) = planned("a.fods", content).tables

    assert rows(table) == [("Zoë", 1.0), ("b", 2.5)]


@pytest.mark.parametrize("encoding", ["windows-9", "shift_jis", "ascii", "base64", "punycode"])
def test_an_encoding_that_is_none_is_damage(encoding):
    (failed,) = planned("a.fods", declaring(encoding).encode("latin-1")).failures

    assert failed.code == "parse.corrupt"
    assert "encoding" in failed.message


def test_the_tables_of_charts_are_no_sheets_of_one_name():
    """In one document each chart has its numbers with it, always under the same name."""
    table = '<table:table table:name="local-table"><table:table-row/></table:table>'
    chart = f"<draw:frame><draw:object>{table}</draw:object></draw:frame>"
    content = flat().replace(b"b<draw:frame>", f"b{chart * 2}<draw:frame>".encode())
    assert content.count(b"local-table") == 2

    (found,) = planned("a.fods", content).tables

    assert rows(found) == [("Zoë", 1.0), ("b", 2.5)]
    assert not found.notices


def test_another_flat_document_is_named():
    """A text document is no workbook."""
    (failed,) = planned("a.fods", flat(kind="application/vnd.oasis.opendocument.text")).failures

    assert "an OpenDocument file in XML that is no workbook" in failed.message


@pytest.mark.parametrize("end", [200, 700, 1000])
def test_a_flat_workbook_that_is_cut_is_damaged(end):
    """And no table of half of it."""
    found = planned("a.fods", flat()[:end])

    assert not found.tables
    assert [failed.code for failed in found.failures] in (["parse.corrupt"], ["format.unknown"])
