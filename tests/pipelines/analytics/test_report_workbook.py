"""Report workbook: the figures of the report, read back by a library and by our own readers."""

import io
import zipfile
from dataclasses import replace
from decimal import Decimal

import openpyxl
import polars as pl
import pytest
from samples import MemoryObject

from pipelines.analytics import report, report_workbook
from pipelines.analytics.wording import visible
from pipelines.containers.limits import Limits
from pipelines.formats.base import Notice
from pipelines.profile import ColumnProfile
from pipelines.source_plan import plan
from tests.contracts.format_contract import read, table_of
from tests.pipelines.analytics.found import findings, sales
from tests.pipelines.analytics.test_report import HOSTILE, everywhere


def sheets(found):
    """Each sheet as rows of dictionaries by its header."""
    book = openpyxl.load_workbook(io.BytesIO(report.xlsx(found)))
    return {sheet.title: lines(sheet) for sheet in book}


def lines(sheet):
    header, *rows = sheet.iter_rows(values_only=True)
    assert len(set(header)) == len(header)
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_the_sheets_hold_what_the_report_says():
    """One row a column, an issue, a pair and an outlier, and the sentences in front."""
    found = findings({"sales": sales()}, notices=(Notice("a", "Look here", "WARNING"),))

    book = sheets(found)

    assert list(book) == ["Summary", "Columns", "Issues", "Correlations", "Outliers"]
    told = [line["In words"] for line in book["Summary"]]
    assert told.index("Look here") < told.index("`region` is 25 % empty (100 of 400 rows).")
    figures = {line["What"]: line["Figure"] for line in book["Summary"]}
    assert (figures["Rows"], figures["Columns"], figures["Rows read"]) == (400, 6, 401)
    assert [line["Column"] for line in book["Columns"]] == sales().columns
    amount = next(line for line in book["Columns"] if line["Column"] == "amount")
    assert amount["Mean"] == pytest.approx(sales()["amount"].mean())
    assert amount["Median"] == pytest.approx(sales()["amount"].median())
    region = next(line for line in book["Columns"] if line["Column"] == "region")
    assert (region["Values"], region["Empty"], region["Empty share"]) == (300, 100, 0.25)
    assert region["Issues"] == 1
    issues = found.quality[0]["issues"]
    assert [line["What was found"] for line in book["Issues"]] == [i["message"] for i in issues]
    pairs = [*found.descriptive["correlations"], *found.descriptive["associations"]]
    assert [line["Correlation"] for line in book["Correlations"]] == pytest.approx(
        [pair["correlation"] for pair in pairs]
    )
    assert [(line["Value"], line["Row"]) for line in book["Outliers"]] == [
        (value["value"], value["row"])
        for entry in found.descriptive["outliers"]
        for value in entry["values"]
    ]


def test_of_several_tables_every_line_says_which_it_speaks_of():
    """A sheet lists the tables, and the others have a column for them."""
    book = sheets(findings({"north": sales(40), "south": sales(60)}))

    assert [(line["Table"], line["Rows"]) for line in book["Tables"]] == [
        ("north", 40),
        ("south", 60),
    ]
    for name in ("Columns", "Issues", "Correlations", "Outliers"):
        assert {line["Table"] for line in book[name]} == {"north", "south"}


def test_our_own_readers_find_the_same_tables():
    """The workbook is an ordinary input: each sheet a table, each line a row."""
    found = findings({"=sales": sales().rename({"region": "=region"})})
    content = report.xlsx(found)

    planned = plan([MemoryObject("report.xlsx", content)], Limits())

    assert planned.failures == ()
    tables = {
        table.origin.sheet: table_of(read(table.fragments, table.schema))
        for table in planned.tables
    }
    for name, rows in sheets(found).items():
        assert tables[name].columns == list(rows[0])
        assert tables[name].height == len(rows)
    assert tables["Columns"]["Column"].to_list() == [*sales().columns[:4], "=region", "channel"]
    assert tables["Columns"]["Values"].to_list() == [400, 400, 400, 400, 300, 400]


def test_an_estimate_says_that_it_is_one():
    """What is not exact has its method and bound beside it."""
    found = findings({"sales": sales()})
    (table,) = found.tables
    bound = {"distinctCount": {"method": "kmv", "lower": 392, "upper": 408, "confidence": 0.99}}
    first = replace(table.columns[0], figures={**table.columns[0].figures, "estimates": bound})
    table = replace(table, columns=(first, *table.columns[1:]))

    line, *_ = sheets(replace(found, tables=(table,)))["Columns"]

    assert line["Distinct"] == 400
    assert "Distinct values estimated (kmv), 392 to 408" in line["Estimated, not exact"]


def test_decimals_are_numbers_where_all_their_digits_are_kept():
    """Money can be summed; twenty digits are text."""
    frame = pl.DataFrame(
        {"price": [Decimal("1.10"), Decimal("2.20")], "long": [Decimal("1.1"), Decimal(10) ** 20]}
    )

    price, long = sheets(findings({"t": frame}))["Columns"]

    assert (price["Min"], price["Max"]) == (1.1, 2.2)
    assert isinstance(long["Max"], str)


@pytest.mark.parametrize(
    "frames",
    [
        {},
        {"empty": pl.DataFrame()},
        {"no rows": pl.DataFrame({"a": pl.Series([], dtype=pl.String)})},
        {"nulls": pl.DataFrame({"a": [None, None], "b": pl.Series([None, None], dtype=pl.Date)})},
        {"nested": pl.DataFrame({"a": [[1, 2], []], "b": [{"x": 1}, {"x": None}]})},
        {"odd": pl.DataFrame({"a": [float("nan"), float("inf"), -float("inf")]})},
    ],
    ids=["no table", "no columns", "no rows", "nulls", "nested", "odd"],
)
def test_every_shape_of_data_has_a_workbook(frames):
    """Nothing, little or strange data still has a summary."""
    assert sheets(findings(frames))["Summary"]


def test_a_wide_table_has_a_line_for_each_column():
    """None is left out, however many there are."""
    found = findings({"sales": sales()})
    (table,) = found.tables
    model = table.columns[1]
    columns = tuple(
        ColumnProfile(f"column_{n}", model.type, model.inferred_type, 400, 0, model.figures)
        for n in range(3000)
    )

    content = report.xlsx(replace(found, tables=(replace(table, columns=columns),)))

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("xl/worksheets/sheet2.xml").count(b"<row ") == 3001


def test_what_would_have_a_line_for_every_value_is_cut_and_says_so(monkeypatch):
    """Ten thousand lines are listed, then how many more there are and where."""
    monkeypatch.setattr(report_workbook, "LINES", 2)
    found = findings({"sales": sales()})

    book = sheets(replace(found, descriptive={**found.descriptive, "outliers": FAR}))

    assert [line["Column"] for line in book["Outliers"]] == [
        "a",
        "a",
        "3 more outliers are in results.json",
    ]


FAR = [
    {
        "column": "a",
        "method": "zscore",
        "threshold": 3.0,
        "count": 5,
        "values": [{"value": n, "zscore": 4.0, "row": n} for n in range(5)],
    }
]


def test_associations_stand_below_the_correlations_with_where_they_are_from():
    """A pair of the row sample never looks as if it spoke for all rows."""
    found = findings({"sales": sales()})
    left, right = (column.name for column in found.tables[0].columns[:2])
    pair = {
        "left": left,
        "right": right,
        "correlation": 0.5,
        "sampleSize": 9,
        "method": "cramers_v",
    }
    associations = [{**pair, "basis": "row_sample"}]

    book = sheets(replace(found, descriptive={**found.descriptive, "associations": associations}))

    last = book["Correlations"][-1]
    assert (last["Method"], last["From"], last["Rows"]) == ("Cramér's V", "row sample", 9)


@pytest.mark.parametrize("payload", HOSTILE, ids=lambda text: repr(text[:24]))
def test_foreign_text_stays_text_wherever_it_appears(payload):
    """Files, tables, columns, cells and messages: all can be read back, and none is a formula."""
    book = openpyxl.load_workbook(io.BytesIO(report.xlsx(everywhere(payload))))

    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"n", "s"}
    assert not any(cell.hyperlink for cell in cells)
    assert any(visible(payload)[:40] in str(cell.value) for cell in cells)


def test_notes_on_the_reading_come_after_the_highlights():
    """They warn of nothing, and are not called warnings; what warns comes first."""
    note = Notice("text.date", "`day` is read as dates written like D.M.Y", "INFO")
    alarm = Notice("text.encoding", "It was guessed.", "WARNING")

    calm, alarmed = (
        [line["What"] for line in sheets(findings({"t": sales()}, notices=noticed))["Summary"]]
        for noticed in ((note,), (note, alarm))
    )

    assert calm.index("Highlight") < calm.index("Note")
    assert "Warning (warning)" not in calm
    assert alarmed.index("Warning (warning)") < alarmed.index("Note") < alarmed.index("Highlight")
