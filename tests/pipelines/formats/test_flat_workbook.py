"""Flat workbook: what one XML document holds is what the package of it would."""

import gzip
import io
import pickle
import zipfile

import pytest
from office_files import ods, ods_cell, zipped
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.formats.base import Plan, TablePlan
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


def rows(table: TablePlan) -> list[tuple[object, ...]]:
    fragments = pickle.loads(pickle.dumps(table.fragments))
    return [
        row
        for part in fragments
        for chunk in part.chunks(table.schema)
        for row in chunk.frame.rows()
    ]


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
