"""Spreadsheet: what a stranger wrote is text, numbers keep their digits, and bytes are the same."""

import io
import math
import re
import tracemalloc
import zipfile

import openpyxl
import pytest

from pipelines.analytics.spreadsheet import Field, Sheet, workbook

FIELDS = (Field("=head", 20, "text"), Field("Count", 10, "count"), Field("Share", 9, "percent"))
LIVE = [
    "=1+1",
    "+1",
    "-1+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1+1",
    '=HYPERLINK("http://evil.example","x")',
    "#N/A",
    "TRUE",
    "http://evil.example",
    "mailto:a@example.org",
    "'quoted",
    " padded ",
    "12",
]


def book(*rows, fields=FIELDS, created_at=0.0):
    return workbook([Sheet("One", fields, rows)], "title", created_at)


def cells(content):
    """The values under the header, as a library reads them."""
    (sheet,) = openpyxl.load_workbook(io.BytesIO(content))
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]


def parts(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


@pytest.mark.parametrize("words", LIVE)
def test_no_text_is_live(words):
    """There is no formula and no link, whatever a text looks like, not even after an edit."""
    content = book([words, 1, 0.5])

    found = parts(content)
    (sheet,) = openpyxl.load_workbook(io.BytesIO(content))
    assert sheet["A2"].data_type == "s"
    assert sheet["A2"].value == words.replace("\t", "⇥")
    assert "<f>" not in found["xl/worksheets/sheet1.xml"]
    assert "<hyperlink" not in found["xl/worksheets/sheet1.xml"]
    assert not any("/_rels/sheet" in name or "externalLink" in name for name in found)
    assert sheet["A2"].quotePrefix is words.startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize(
    ("words", "stored"),
    [
        ("a\x00b\x1b[31m", "a<U+0000>b<U+001B>[31m"),
        ("\ud800", "<U+D800>"),
        ("\uffff\ufffe", "<U+FFFF><U+FFFE>"),
        ("_x0041_", "_x005F_x0041_"),
        ("a\r\nb", "a↵↵b"),
        ("日本語 Ωμέγα א 🎈", "日本語 Ωμέγα א 🎈"),
    ],
)
def test_every_text_can_be_stored(words, stored):
    """Controls, half characters and what the format would take for an escape are spelt out."""
    assert cells(book([words, None, None])) == [[stored, None, None]]


def test_a_text_longer_than_a_cell_is_cut():
    """The format allows 32,767 characters."""
    ((told, *_),) = cells(book(["x" * 100_000, None, None]))

    assert len(told) == 8000
    assert told.endswith("…")


def test_numbers_stay_numbers_unless_digits_would_be_lost():
    """What a double holds is a number; other integers, infinities and NaN are texts."""
    rows = [["a", 12, 0.25], ["b", 10**15, math.inf], ["c", -(10**20), math.nan], [None, True, 0]]

    assert cells(book(*rows)) == [
        ["a", 12, 0.25],
        ["b", "1000000000000000", "inf"],
        ["c", "-100000000000000000000", "nan"],
        [None, "yes", 0],
    ]


def test_the_header_stays_in_sight_and_columns_are_as_wide_as_they_need():
    """Frozen, filterable, repeated on every page; counts and shares read as such."""
    (sheet,) = openpyxl.load_workbook(io.BytesIO(book(["a", 12000, 0.25])))

    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:C2"
    assert sheet.print_title_rows == "$1:$1"
    assert [sheet.column_dimensions[name].width for name in "ABC"] == [20, 10, 9]
    assert (sheet["B2"].number_format, sheet["C2"].number_format) == ("#,##0", "0.00%")
    assert (sheet["A1"].value, sheet["A1"].data_type, sheet["A1"].font.b) == ("=head", "s", True)


def test_the_only_time_is_the_one_given():
    """Nothing in the file tells when or where it was written."""
    content = book(["a", 1, 1], created_at=1_795_433_400.5)

    assert content == book(["a", 1, 1], created_at=1_795_433_400.9)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        times = re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", archive.read("docProps/core.xml").decode())
    assert times == ["2026-11-23T11:30:00Z"] * 2


def test_rows_are_written_as_they_come():
    """Ten megabytes of text are never held at once."""
    rows = ([f"{n:0>1000}", n, 0.5] for n in range(10_000))

    tracemalloc.start()
    content = workbook([Sheet("One", FIELDS, rows)], "title", 0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 3_000_000 + len(content)


def sheet_of(*rows, fields):
    (sheet,) = openpyxl.load_workbook(io.BytesIO(book(*rows, fields=fields)))
    return sheet


def test_rows_are_as_high_as_the_sentences_in_them():
    """No office program has to work it out: a wrapped sentence never runs into the next row."""
    fields = (Field("What", 10, "text"), Field("In words", 20, "sentence"))

    sheet = sheet_of(["a", "word " * 20], ["b", "short"], ["c", "one\ntwo"], fields=fields)

    heights = [sheet.row_dimensions[row].height for row in (2, 3, 4)]
    assert heights == [75, None, 30]


def test_a_long_title_makes_the_header_higher():
    """Its words wrap as those of sentences do."""
    fields = (Field("Rows with an empty cell", 14, "count"), Field("Count", 10))

    assert sheet_of([1, 2], fields=fields).row_dimensions[1].height == 30


def test_the_beginning_of_a_long_text_is_seen():
    """Among figures, too, a text stands on the left: on the right, its beginning would be cut."""
    sheet = sheet_of([3.5], ["2024-01-01T00:00:00"], fields=(Field("Max", 13, "count"),))

    assert [sheet["A2"].alignment.horizontal, sheet["A3"].alignment.horizontal] == ["right", "left"]


@pytest.mark.parametrize(("width", "is_fitted"), [(100, True), (200, False)])
def test_a_sheet_too_wide_to_read_on_one_page_takes_several(width, is_fitted):
    """The columns that stay in sight are on each; long texts do not go on beyond the last."""
    fields = (Field("Column", width, "text"), Field("Value", width, "text"))
    content = workbook([Sheet("One", fields, [["a", "b" * 999]], held=1)], "title", 0.0)

    (sheet,) = openpyxl.load_workbook(io.BytesIO(content))

    assert bool(sheet.sheet_properties.pageSetUpPr.fitToPage) == is_fitted
    assert sheet.print_title_cols == (None if is_fitted else "$A:$A")
    assert sheet.print_area == "'One'!$A$1:$B$2"
