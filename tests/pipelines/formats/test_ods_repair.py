"""ODS repair: what calamine makes of an OpenDocument workbook is what the workbook says."""

import datetime as dt

import polars as pl
import pytest
from office_files import ods, ods_cell, zipped
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.formats.base import Origin
from pipelines.formats.excel_workbook import Workbook
from pipelines.formats.ods_repair import repaired


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


@pytest.mark.parametrize("content", [b"", b"PK\3\4content.xml", zipped({"content.xml": "<a/>"})])
def test_what_needs_no_repair_is_left_to_its_reader(content):
    """Repairing raises nothing, and copies nothing."""
    assert repaired(content) is content
