"""XML: repeated elements as rows, nothing lost or expanded, attacks by their names."""

import datetime as dt
import io

import pandas as pd
import polars as pl
import pytest
from samples import MemoryObject

from connectors.errors import CorruptFile, LimitExceeded, UnknownFormat
from pipelines.containers.limits import Limits
from pipelines.formats import xml_rows
from pipelines.formats.base import Origin, TablePlan
from pipelines.formats.xml_table import XmlTable
from pipelines.source_plan import plan
from tests.contracts.format_contract import FormatContract, FormatSample, read, table_of

ROWS = """<?xml version="1.0" encoding="utf-8"?>
<list>
  <row id="1"><name>Ada</name><score>1.5</score><day>2024-02-29</day></row>
  <row id="2"><name>ünï &amp; co</name><day>2023-01-01</day></row>
  <row id="3"><name><![CDATA[<b>]]></name><score>-2</score></row>
</list>
"""
TABLE = pl.DataFrame(
    {
        "id": [1, 2, 3],
        "name": ["Ada", "ünï & co", "<b>"],
        "score": [1.5, None, -2.0],
        "day": [dt.date(2024, 2, 29), dt.date(2023, 1, 1), None],
    }
)


def planned(content: str | bytes, limits: Limits | None = None) -> list[TablePlan]:
    raw = content if isinstance(content, bytes) else content.encode()
    file = MemoryObject("rows.xml", raw)
    return list(XmlTable().tables(file, Origin(file.name), limits or Limits()))


def rows(content: str | bytes, limits: Limits | None = None) -> list[dict[str, object]]:
    (table,) = planned(content, limits)
    return table_of(read(table.fragments, table.schema)).to_dicts()


class TestXml(FormatContract):
    @pytest.fixture
    def sample(self):
        return FormatSample(XmlTable(), MemoryObject("rows.xml", ROWS.encode()), TABLE)


def test_pandas_and_we_read_the_same():
    """Flat rows come as pandas itself reads them."""
    independent = pd.read_xml(io.BytesIO(ROWS.encode()))

    ours = pd.DataFrame(rows(ROWS))
    assert list(ours.columns) == list(independent.columns)
    assert ours["score"].equals(independent["score"])
    assert ours["name"].to_list() == independent["name"].to_list()


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ("<r><a>1</a></r>", {"a": 1}),
        ("<r a='1'/>", {"a": 1}),
        ("<r>1</r>", {"r": 1}),
        ("<r a='x'>1</r>", {"a": "x", "r": 1}),
        ("<r><p cur='EUR'>1.5</p></r>", {"p.cur": "EUR", "p": 1.5}),
        ("<r><a><b><c>1</c></b></a></r>", {"a.b.c": 1}),
        ("<r><t>x</t><t>y</t></r>", {"t": '["x","y"]'}),
        ("<r><t><n>x</n></t><t k='1'>y</t></r>", {"t": '[{"n":"x"},{"k":"1","t":"y"}]'}),
        ("<r><p>He <b>x</b> you</p></r>", {"p": "He <b>x</b> you"}),
        ("<r id='1'><id>2</id></r>", {"@id": 1, "id": 2}),
        ("<r><a.b>1</a.b><a><b>2</b></a></r>", {"a.b": 1, "a.b_2": 2}),
        ("<r><a/><b>1</b></r>", {"a": None, "b": 1}),
        ("<r><a>007</a></r>", {"a": "007"}),
        ("<r><a>\n  5\n</a></r>", {"a": 5}),
        ("<r><a> x </a></r>", {"a": " x "}),
        ("<r><a>1</a><!-- no --><?no no?></r>", {"a": 1}),
        ("<r xmlns:n='urn:n'><n:a n:k='2'>1</n:a></r>", {"a.k": 2, "a": 1}),
    ],
)
def test_what_a_row_holds_becomes_its_cells(row, cells):
    """Attributes, texts, depth, repetition and mixture all have their column."""
    assert rows(f"<list>{row}{row}</list>") == [cells, cells]


def test_nil_is_null():
    """An element that is marked as having no value has none."""
    xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    content = f'<l {xsi}><r><a xsi:nil="true"/></r><r><a>1</a></r></l>'

    assert rows(content) == [{"a": None}, {"a": 1}]


def test_rows_are_found_below_a_wrapper():
    """What stands beside them is told, and not silently left out."""
    content = "<d><meta><at>now</at></meta><items><i>1</i><i>2</i></items></d>"

    (table,) = planned(content)

    assert table.details["rows"] == "d/items/i"
    assert "meta.at" in table.notices[0].message
    assert rows(content) == [{"i": 1}, {"i": 2}]


def test_what_stands_beside_the_rows_is_held(monkeypatch):
    """Texts and attributes, once for all tables; beyond some characters the places alone."""
    content = (
        '<d v="2"><meta><at>now</at><by org="x">me</by></meta><u>1</u><u>2</u><p>3</p><p>4</p>'
        "<end>all</end></d>"
    )
    said = [("meta.at", "now"), ("meta.by", "me", "org=x"), ("end", "all"), ("d", "v=2")]

    def found():
        return [
            [
                row.cells
                for chunk in read(table.fragments, table.schema)
                for row in chunk.skipped_rows
            ]
            for table in planned(content)
        ]

    assert found() == [said, []]
    monkeypatch.setattr(xml_rows, "MOST_CHARACTERS", 4)
    assert found() == [[*said[:2], ("end",), ("d",)], []]


def test_of_very_many_attributes_beside_the_rows_the_first_are_held():
    attributes = " ".join(f'a{n}="{n}"' for n in range(1_200))
    (table,) = planned(f"<d><head {attributes}/><u>1</u><u>2</u></d>")

    (row,) = [row for chunk in read(table.fragments, table.schema) for row in chunk.skipped_rows]

    assert row.cells[:2] == ("head", "a0=0")
    assert row.cells[1000:] == ("a999=999", "and 200 more attributes")


def test_each_run_of_elements_is_a_table():
    """Two lists in one document are two tables, by their elements' names."""
    tables = planned("<d><u><a>1</a></u><u><a>2</a></u><p><b>x</b></p><p><b>y</b></p></d>")

    assert [table.name for table in tables] == ["rows_u", "rows_p"]
    assert [table_of(read(t.fragments, t.schema)).rows() for t in tables] == [
        [(1,), (2,)],
        [("x",), ("y",)],
    ]


def test_a_document_without_repetition_is_one_row():
    """Settings are a table of one row."""
    assert rows("<c><host>a</host><port>1</port></c>") == [{"host": "a", "port": 1}]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_wide_characters_are_known_without_a_mark(encoding):
    content = "<?xml version='1.0' encoding='utf-16'?><l><r>\u00fc</r><r>\u00f6</r></l>"

    assert XmlTable().recognises(content.encode(encoding), "a")
    assert rows(content.encode(encoding)) == [{"r": "\u00fc"}, {"r": "\u00f6"}]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1"])
def test_the_encoding_is_the_one_that_is_declared(encoding):
    """XML says how it is written."""
    name = encoding.removesuffix("-sig")
    content = f"<?xml version='1.0' encoding='{name}'?><l><r>ü</r><r>ö</r></l>".encode(encoding)

    (table,) = plan([MemoryObject("a.xml", content)], Limits()).tables

    assert table_of(read(table.fragments, table.schema))["r"].to_list() == ["ü", "ö"]


def test_a_later_row_may_bring_a_column_and_widen_another():
    """The schema of the sample is only a guess."""
    many = "<r><a>1</a></r>" * 1500

    (table,) = planned(f"<l>{many}<r><a>x</a><b>2</b></r></l>")

    assert table.schema == {"a": pl.Int64}
    read_again = table_of(read(table.fragments, table.schema))
    assert read_again.schema == {"a": pl.String, "b": pl.Int64}
    assert read_again.height == 1501


def test_recursive_elements_are_rows_once():
    """An element within one of its own name is a part of that row."""
    assert rows("<l><n><a>1</a><n><a>2</a></n></n><n><a>3</a></n></l>") == [
        {"a": 1, "n.a": 2},
        {"a": 3, "n.a": None},
    ]


def test_a_long_document_needs_little_memory(monkeypatch):
    """Elements are forgotten once they have been read."""
    kept = []
    forget = xml_rows._forget

    def counted(element):
        forget(element)
        parent = element.getparent()
        kept.append(0 if parent is None else len(parent))

    monkeypatch.setattr(xml_rows, "_forget", counted)
    other = "<x><y>1</y></x>"
    content = f"<l><o>{other * 20_000}</o>{'<r><a>1</a></r>' * 20_000}</l>"

    list(xml_rows.rows(io.BytesIO(content.encode()), "x", ("l", "r")))

    assert max(kept) < 5000  # what one read of the parser brings


LAUGHS = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "content",
    [
        f'<!DOCTYPE l [<!ENTITY e0 "ha">{LAUGHS}]><l><r>&e9;</r><r>1</r></l>',
        f'<!DOCTYPE l [<!ENTITY e0 "ha">{LAUGHS}]><l><r a="&e9;"/><r/></l>',
        '<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><l><r>&x;</r><r>1</r></l>',
        '<!DOCTYPE l [<!ENTITY % p SYSTEM "http://localhost:1/x">%p;]><l><r>1</r><r>1</r></l>',
        '<!DOCTYPE l SYSTEM "http://localhost:1/x.dtd"><l><r>&x;</r><r>1</r></l>',
    ],
    ids=["laughs", "laughs in an attribute", "external", "parameter", "undeclared"],
)
def test_entities_are_never_expanded(content):
    """A document that has its own is refused with a sentence."""
    with pytest.raises(UnknownFormat, match="entities"):
        planned(content)


def test_a_doctype_alone_is_harmless():
    """What it names is not looked at."""
    assert rows('<!DOCTYPE l SYSTEM "http://localhost:1/x.dtd"><l><r>1</r><r>2</r></l>') == [
        {"r": 1},
        {"r": 2},
    ]


@pytest.mark.parametrize(
    ("content", "limit"),
    [
        ("<a>" * 300 + "</a>" * 300, "limit.depth"),
        (f"<l><r>{'x' * 11_000_000}</r><r/></l>", "limit.cell_bytes"),
        (f"<l><r>{''.join(f'<a{n}/>' for n in range(50))}</r><r/></l>", "limit.columns"),
    ],
    ids=["depth", "text", "columns"],
)
def test_absurd_documents_are_refused(content, limit):
    """Each limit is named by its code."""
    with pytest.raises(LimitExceeded) as raised:
        planned(content, Limits(max_columns=49))

    assert raised.value.stable_code == limit


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("<l/>", "holds no table"),
        ('<svg xmlns="http://www.w3.org/2000/svg"><g/><g/></svg>', "SVG picture"),
        ('<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "Excel 2003"),
        (
            '<o:document xmlns:o="urn:oasis:names:tc:opendocument:xmlns:office:1.0"/>',
            "an OpenDocument file in XML",
        ),
    ],
)
def test_what_is_no_table_is_named(content, says):
    """The message says what it is."""
    with pytest.raises(UnknownFormat, match=says):
        planned(content)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a", "<rows><row a='1'/></rows>", "xml"),
        ("a", "<!-- x --><rows>\n<row/></rows>", "xml"),
        ("a.csv", "<p><b>x</b></p>,1\n<p><b>y</b></p>,2\n", "delimited"),
        ("a.csv", "<a>,b\n1,2\n", "delimited"),
        ("a.csv", "<rows><row a='1'/></rows>\n", "xml"),
        ("a.json", '{"a":"<?xml"}', "json"),
    ],
)
def test_only_xml_is_taken_for_it(name, content, expected):
    """Cells that hold markup do not make a table of cells XML."""
    found = plan([MemoryObject(name, content.encode())], Limits())

    assert [table.format for table in found.tables] == [expected]


def test_a_declaration_below_a_comment_is_that_of_a_damaged_document():
    """Lines of text it is not."""
    content = b"<!-- (c) -->\n<?xml version='1.0'?>\n<rows><row a='1'/><row a='2'/></rows>"

    found = plan([MemoryObject("a.xml", content)], Limits())

    assert not found.tables
    assert [failed.code for failed in found.failures] == ["parse.corrupt"]


@pytest.mark.parametrize("cut", [40, 60, 120, len(ROWS.encode()) - 3])
def test_a_truncated_document_is_corrupt(cut):
    """Its root is not closed."""
    with pytest.raises(CorruptFile):
        rows(ROWS.encode()[:cut])


def test_many_attributes_are_read_as_few_are():
    """Each of them once: to look for each from the first one on would take minutes."""
    names = [f"k{number}" for number in range(20_000)]
    told = " ".join(f"{name}='{name} &lt;'" for name in names)
    row = f"<a {told} x:nil='true' x:last='1'/>"
    text = f'<r xmlns:x="http://www.w3.org/2001/XMLSchema-instance">{row * 3}</r>'

    found = [cells for _, cells in xml_rows.rows_at(io.BytesIO(text.encode()), "a", {("r", "a")})]

    assert found == [{name: f"{name} <" for name in names} | {"last": "1"}] * 3
