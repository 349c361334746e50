"""Workbooks: every table on every sheet, values as they are, damage and bombs by their name."""

import datetime as dt
import io

import openpyxl
import polars as pl
import pytest
import xlsxwriter
from office_files import compound_file, ods, ods_cell, sheet_xml, xls, xlsx, xlsx_parts, zipped
from samples import MemoryObject

from connectors.errors import (
    CorruptFile,
    InvalidOverride,
    MetricFoundryError,
    NothingInside,
    PasswordProtected,
    UnknownFormat,
)
from pipelines.choices import Choices
from pipelines.containers.limits import Limits
from pipelines.formats import sheet_plan, sheet_survey
from pipelines.formats.base import Chunk, Origin, TablePlan
from pipelines.formats.excel_workbook import Workbook
from pipelines.source_plan import plan

STYLES = (
    '<numFmts><numFmt numFmtId="164" formatCode="[h]:mm"/></numFmts><cellXfs><xf numFmtId="0"/>'
    '<xf numFmtId="14"/><xf numFmtId="20"/><xf numFmtId="164"/></cellXfs>'
)


def planned(content: bytes, limits: Limits | None = None) -> list[TablePlan]:
    file = MemoryObject("book.xlsx", content)
    return list(Workbook().tables(file, Origin(file.name), limits or Limits()))


def chunks(table: TablePlan) -> list[Chunk]:
    return [chunk for part in table.fragments for chunk in part.chunks(table.schema)]


def frame(table: TablePlan) -> pl.DataFrame:
    return pl.concat([chunk.frame for chunk in chunks(table)])


def skipped(table: TablePlan) -> dict[str, int]:
    total: dict[str, int] = {}
    for chunk in chunks(table):
        assert sum(chunk.skipped.values()) == chunk.rows.skipped
        for reason, count in chunk.skipped.items():
            total[reason] = total.get(reason, 0) + count
    return total


def written(*sheets, **options) -> bytes:
    """A workbook of these sheets, each a list of rows; None is an empty cell."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, **options}) as book:
        formats = {
            dt.datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            dt.date: book.add_format({"num_format": "yyyy-mm-dd"}),
            dt.time: book.add_format({"num_format": "hh:mm:ss"}),
            dt.timedelta: book.add_format({"num_format": "[h]:mm:ss"}),
        }
        for rows in sheets:
            sheet = book.add_worksheet()
            for row, line in enumerate(rows):
                for column, value in enumerate(line):
                    if isinstance(value, str):
                        sheet.write_string(row, column, value)
                    elif value is not None:
                        sheet.write(row, column, value, formats.get(type(value)))
    return content.getvalue()


def only(content: bytes) -> pl.DataFrame:
    (table,) = planned(content)
    return frame(table)


def codes(table: TablePlan) -> dict[str, int | None]:
    return {notice.code: notice.count for notice in table.notices}


def test_each_sheet_is_a_table_of_its_name():
    """The origin names the sheet and the area."""
    first, second = planned(written([["a"], [1]], [["x", "y"], ["p", 2.5]]))

    assert (first.name, second.name) == ("Sheet1", "Sheet2")
    assert (second.origin.sheet, second.origin.range) == ("Sheet2", "A1:B2")
    assert frame(second).to_dicts() == [{"x": "p", "y": 2.5}]


def test_types_are_those_of_all_cells():
    """Whole numbers are integers, dates dates, and texts exactly what they were."""
    moment = dt.datetime(2024, 2, 29, 6, 30)
    read = only(
        written(
            [
                ["whole", "part", "flag", "day", "at", "clock", "took", "code"],
                [1, 1.5, True, dt.date(2024, 2, 29), moment, dt.time(6, 30), None, "007"],
                [2, 2, False, dt.date(1999, 1, 1), moment, None, dt.timedelta(hours=36), "x"],
            ]
        )
    )

    assert list(read.schema.values()) == [
        pl.Int64,
        pl.Float64,
        pl.Boolean,
        pl.Date,
        pl.Datetime("us"),
        pl.Time,
        pl.Duration("us"),
        pl.String,
    ]
    assert read["code"].to_list() == ["007", "x"]
    assert read["took"].to_list() == [None, dt.timedelta(hours=36)]
    assert read["at"].to_list() == [moment, moment]


def test_numbers_that_a_float_cannot_hold_exactly_stay_floats():
    """2**53 may stand for its neighbour; it is no integer to rely on."""
    read = only(written([["a", "b"], ["x", 2**53], ["y", 1]]))

    assert read["b"].dtype == pl.Float64


def test_mixed_columns_become_the_shortest_exact_text():
    """Nothing is rounded, and the notice counts what was mixed."""
    rows = [["n", "v"], [1, 7], [2, "x"], [3, 0.1], [4, True], [5, dt.date(2024, 2, 29)]]
    (table,) = planned(written(rows))

    assert frame(table)["v"].to_list() == ["7", "x", "0.1", "true", "2024-02-29"]
    assert codes(table)["sheet.mixed"] == 5


def test_numbers_stored_as_text_are_numbers_and_said_to_be():
    """As they would be in delimited text; codes stay text, and so do words for null."""
    (table,) = planned(written([["n", "code", "word"], ["1", "007", "1"], ["2.5", "008", "NA"]]))

    assert list(table.schema.values()) == [pl.Float64, pl.String, pl.String]
    assert frame(table).row(1) == (2.5, "008", "NA")
    assert [(n.code, n.column) for n in table.notices] == [("sheet.numbers_as_text", "n")]


@pytest.mark.parametrize(
    ("texts", "moments"),
    [
        (["2024-02-29", "2024-03-01"], [dt.date(2024, 2, 29), dt.date(2024, 3, 1)]),
        (
            ["2024-02-29T12:00:00", "2024-03-01"],
            [dt.datetime(2024, 2, 29, 12), dt.datetime(2024, 3, 1)],
        ),
        (
            ["2024-02-29T12:00:00Z", "2024-02-29T12:00:00+02:00"],
            [dt.datetime(2024, 2, 29, hour, tzinfo=dt.UTC) for hour in (12, 10)],
        ),
    ],
)
def test_moments_stored_as_text_are_moments_and_said_to_be(texts, moments):
    """As they would be in delimited text."""
    (table,) = planned(written([["n", "at"], *enumerate(texts)]))

    assert frame(table)["at"].to_list() == moments
    assert [(n.code, n.column) for n in table.notices] == [("sheet.dates_as_text", "at")]


def test_the_offsets_of_moments_stored_as_text_are_counted():
    rows = [["n", "at"], [1, "2024-02-29T12:00:00Z"], [2, "2024-02-29T12:00:00+02:00"]]
    (table,) = planned(written(rows))

    (chunk,) = table.fragments[0].chunks(table.schema)

    assert chunk.utc_offsets == {"at": {"+00:00": 1, "+02:00": 1}}


@pytest.mark.parametrize("texts", [["2024-02-29", "NA"], ["2024-02-30", "2024-02-29"]])
def test_texts_that_are_not_all_moments_stay_texts(texts):
    (table,) = planned(written([["n", "at"], *enumerate(texts)]))

    assert frame(table)["at"].to_list() == texts


def test_text_asked_for_is_the_original_text():
    """A column that was widened to text shows 7, not 7.0."""
    (table,) = planned(written([["a", "b"], [7, "x"]]))
    wider = pl.Schema({"a": pl.String(), "b": pl.String()})

    (chunk,) = table.fragments[0].chunks(wider)

    assert chunk.frame.rows() == [("7", "x")]


def test_a_later_kind_of_value_widens_what_the_head_suggested(monkeypatch):
    """A long sheet is planned by its first rows, and yet no value is lost."""
    monkeypatch.setattr(sheet_plan, "SMALL_CELLS", 100)
    rows = [["n", "s"], *([i, "x"] for i in range(1500)), ["late", "y"], ["Total", "1"]]
    (table,) = planned(written(rows))

    last = chunks(table)[-1].frame

    assert table.schema["n"] == pl.Int64
    assert last["n"].dtype == pl.String
    assert last["n"].to_list()[-3:] == ["1499", "late", "Total"]


def test_a_long_sheet_reads_as_a_short_one(monkeypatch):
    """Title, header, blank rows and the total are found in both ways."""
    rows = [
        ["Report"],
        [],
        ["n", "s", "v"],
        *([i, f"x{i}", i + 0.5] for i in range(600)),
        [],
        *([i, f"y{i}", None] for i in range(600)),
        ["Total", None, 7],
    ]
    content = written(rows)
    (short,) = planned(content)
    monkeypatch.setattr(sheet_plan, "SMALL_CELLS", 100)
    (long,) = planned(content)

    assert frame(short).equals(frame(long))
    assert skipped(short) == skipped(long)
    assert skipped(long) == {"preamble": 1, "header": 1, "blank row": 1, "total row": 1}


def test_error_cells_are_null_and_counted_by_kind():
    """A row of errors is still a row."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["a", "b"])
        sheet.write_row(1, 0, [1, 2])
        sheet.write_formula(2, 0, "=1/0", None, "#DIV/0!")
        sheet.write_formula(2, 1, "=NA()", None, "#N/A")
    (table,) = planned(content.getvalue())

    (chunk,) = chunks(table)

    assert chunk.frame.rows() == [(1, 2), (None, None)]
    assert chunk.null_tokens == {"a": {"#DIV/0!": 1}, "b": {"#N/A": 1}}
    assert [n.message for n in table.notices if n.code == "sheet.errors"] == [
        "error cells of sheet 'Sheet1' were read as null: #DIV/0! 1, #N/A 1"
    ]


def test_formulas_without_a_saved_value_are_null_and_counted():
    """openpyxl saves none; a saved empty text is one."""
    book = openpyxl.Workbook()
    book.active.append(["a", "b"])
    book.active.append([1, "=A2+1"])
    content = io.BytesIO()
    book.save(content)
    (table,) = planned(content.getvalue())

    assert frame(table).rows() == [(1, None)]
    assert codes(table)["sheet.formulas"] == 1
    assert table.details["formulas"] == 1


def test_formulas_of_opendocument_without_a_saved_value_are_null_and_counted():
    """As often as their cells and rows are repeated; a saved empty text is a value."""
    formula = 'table:formula="of:=[.A2]+1"'
    bare = f'<table:table-cell {formula} table:number-columns-repeated="2"/>'
    saved = ods_cell("float", "5").replace("<table:table-cell", f"<table:table-cell {formula}")
    empty = f'<table:table-cell {formula} office:value-type="string"><text:p/></table:table-cell>'
    content = ods(
        [
            [ods_cell("string", name) for name in "abcd"],
            [ods_cell("float", "1"), bare, ods_cell("string", "x")],
            [ods_cell("float", "2"), saved, saved, empty],
        ]
    )
    (table,) = planned(content)

    assert frame(table).rows()[0] == (1, None, None, "x")
    assert frame(table).rows()[1][:3] == (2, 5, 5)
    assert codes(table)["sheet.formulas"] == 2
    assert "sheet.formulas" not in codes(planned(ods([[saved, empty], [saved, saved]]))[0])


def test_marked_errors_of_opendocument_are_null_and_counted():
    """By what the cell shows, not by what its annotation says."""

    def error(text, more="", note=""):
        return (
            '<table:table-cell xmlns:calcext="urn:calcext" office:value-type="string"'
            f' office:string-value="" calcext:value-type="error"{more}>'
            f"{note}<text:p>{text}</text:p></table:table-cell>"
        )

    note = "<office:annotation><text:p>look at it</text:p></office:annotation>"
    twice = error("#DIV/0!", ' table:number-columns-repeated="2"')
    content = ods(
        [
            [ods_cell("string", name) for name in "abc"],
            [ods_cell("float", "1"), twice],
            [ods_cell("float", "2"), error("Err:502", note=note), ods_cell("float", "7")],
        ]
    )
    (table,) = planned(content)

    assert [row[2] for row in frame(table).rows()] == [None, 7]
    assert [n.message for n in table.notices if n.code == "sheet.errors"] == [
        "error cells of sheet 'Sheet1' were read as null: #DIV/0! 2, Err:502 1"
    ]


def test_hidden_parts_are_read_and_named():
    """Sheets, rows and columns."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        book.add_worksheet().write_row(0, 0, ["p", "q"])
        sheet = book.add_worksheet("secret")
        for row in range(4):
            sheet.write_row(row, 0, ["a", "b", "c"] if not row else [row, row, row])
        sheet.set_column(1, 2, None, None, {"hidden": True})
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.very_hidden()
    secret = planned(content.getvalue())[1]

    assert frame(secret).shape == (3, 3)
    assert codes(secret) == {
        "sheet.hidden": None,
        "sheet.hidden_columns": 2,
        "sheet.hidden_rows": 1,
    }


def test_empty_sheets_and_charts_are_skipped_and_named():
    """They hold no table, and the user learns so."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        book.add_worksheet("blank")
        book.add_worksheet("rows").write_column(0, 0, ["a", 1])
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=rows!$A$2:$A$2"})
        book.add_chartsheet("picture").set_chart(chart)
    (table,) = planned(content.getvalue())

    assert table.name == "rows"
    assert codes(table) == {"sheet.empty": 1, "sheet.other": 1}


def test_a_module_of_macros_is_no_sheet_that_is_broken():
    """It is listed without a part, and told; a sheet whose part is not there is broken."""
    row = '<row r="1"><c r="A1"><v>1</v></c></row>'
    parts = xlsx_parts({"rows": sheet_xml(row), "Module1": "", "lost": ""})
    listed = str(parts["xl/workbook.xml"]).replace('r:id="r2"', 'r:id=""')
    first, lost = planned(zipped({**parts, "xl/workbook.xml": listed.replace('"r3"', '"r4"')}))

    assert (first.name, lost.name) == ("rows", "lost")
    assert codes(first)["sheet.other"] == 1
    with pytest.raises(CorruptFile):
        chunks(lost)


def test_a_workbook_without_a_value_is_empty():
    """Sound, and with nothing in it."""
    with pytest.raises(NothingInside):
        planned(written([]))


REPORT = [["Sales"], [], ["a", "b"], ["x", 1], ["y", 2], [], ["p", "q"], [5, 6]]


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"sheet": "Sheet2"}, {"Sheet2": ["n"]}),
        (
            {"sheet": ["Sheet2", "Sheet1"], "header": 1},
            {"Sheet1": ["Sales", "column_2"], "Sheet2": ["n"]},
        ),
        ({"sheet": "Sheet1", "range": "A3:B5"}, {"Sheet1": ["a", "b"]}),
        ({"sheet": "Sheet1", "range": "B5:A3"}, {"Sheet1": ["a", "b"]}),
        ({"sheet": "Sheet1", "range": "B3:B5"}, {"Sheet1": ["b"]}),
        ({"sheet": "Sheet1", "range": "A4:B5", "header": 0}, {"Sheet1": ["column_1", "column_2"]}),
        ({"sheet": "Sheet1", "header": 7}, {"Sheet1": ["p", "q"]}),
    ],
)
def test_sheet_range_and_header_can_be_chosen(overrides, expected):
    """One table a sheet is read then, as the user says."""
    content = written(REPORT, [["n"], [1]])
    kind = Workbook(Choices.model_validate(overrides))

    found = list(kind.tables(MemoryObject("a.xlsx", content), Origin("a.xlsx"), Limits()))

    assert {table.name: list(table.schema) for table in found} == expected


def test_a_range_of_a_large_sheet_has_no_column_more(monkeypatch):
    """Such a sheet is open to columns that its first rows do not show; a range is not."""
    monkeypatch.setattr(sheet_plan, "SMALL_CELLS", 1)
    content = written([["a", "b", "c"], *[[n, f"t{n}", n / 2] for n in range(2000)]])
    kind = Workbook(Choices(range="A1:B1501"))

    (table,) = kind.tables(MemoryObject("a.xlsx", content), Origin("a.xlsx"), Limits())

    found = frame(table)
    assert (found.columns, found.height) == (["a", "b"], 1500)
    assert table.origin.range == "A1:B1501"


@pytest.mark.parametrize(
    "overrides",
    [{"sheet": "Nowhere"}, {"header": 2}, {"sheet": "Sheet1", "range": "A3:B5", "header": 1}],
)
def test_what_is_chosen_must_be_there(overrides):
    """A sentence names what there is."""
    kind = Workbook(Choices.model_validate(overrides))
    content = written(REPORT, [["n"], [1]])

    with pytest.raises(InvalidOverride):
        list(kind.tables(MemoryObject("a.xlsx", content), Origin("a.xlsx"), Limits()))


@pytest.mark.parametrize("from_1904", [False, True])
def test_both_date_systems_are_right(from_1904):
    """The day is the one that was written."""
    content = written([["day"], [dt.date(2024, 2, 29)]], date_1904=from_1904)

    assert only(content)["day"].to_list() == [dt.date(2024, 2, 29)]


def serial(*cells: tuple[float, int]) -> bytes:
    rows = "".join(
        f'<row r="{i}"><c r="A{i}" s="{style}"><v>{value}</v></c></row>'
        for i, (value, style) in enumerate(cells, 1)
    )
    return xlsx({"S": sheet_xml(rows)}, styles=STYLES)


def test_the_day_that_never_was_stays_text():
    """Serial 60 is 1900-02-29 to Excel; the days around it are two days apart."""
    read = only(serial((59, 1), (60, 1), (61, 1)))

    assert read["column_1"].to_list() == ["1900-02-28", "1900-02-29", "1900-03-01"]


def test_a_negative_date_is_no_midnight():
    """It stays the number that it is."""
    read = only(serial((-1, 1), (-2.5, 1)))

    assert read["column_1"].to_list() == [-1.0, -2.5]


def test_a_duration_beyond_all_bounds_costs_no_other_cell():
    """calamine gives up the sheet for it."""
    read = only(serial((1.5, 3), (1e9, 3)))

    assert read["column_1"].to_list() == ["36:00:00", "1000000000"]


def test_midnight_is_a_time():
    """Although zero may be other things."""
    read = only(serial((0, 2), (0.5, 2)))

    assert read["column_1"].to_list() == [dt.time(0), dt.time(12)]


@pytest.mark.parametrize("wrong", ['<c r="A2" t="s"><v>9</v></c>', '<c r="A2" t="s"><v>x</v></c>'])
def test_one_bad_sheet_does_not_lose_the_others(wrong):
    """Its own fragment fails, alone."""
    bad = sheet_xml(f'<row r="2">{wrong}</row>')
    good = sheet_xml('<row r="1"><c r="A1"><v>5</v></c></row>')
    first, second = planned(xlsx({"bad": bad, "good": good}, strings="<si><t>a</t></si>"))

    assert frame(second).rows() == [(5,)]
    with pytest.raises(CorruptFile):
        chunks(first)


def test_cells_and_rows_without_references_follow_each_other():
    """Some writers leave them out."""
    row = "<row><c><v>1</v></c><c t='inlineStr'><is><t>x</t></is></c></row>"

    assert only(xlsx({"S": sheet_xml(row * 2)})).rows() == [(1, "x"), (1, "x")]


def test_another_encoding_of_the_xml_is_read():
    """UTF-16, as the standard allows."""
    content = sheet_xml('<row r="1"><c r="A1" t="str"><v>ünï</v></c><c r="B1"><v>2</v></c></row>')
    parts = xlsx_parts({"S": content})
    parts["xl/worksheets/sheet1.xml"] = content.encode("utf-16")

    assert only(zipped(parts)).rows() == [("ünï", 2)]


def test_opendocument_workbooks_are_read():
    """And what is unseen in them is said to be."""
    content = ods(
        [
            [ods_cell("string", "a"), ods_cell("string", "day")],
            [ods_cell("float", "1"), ods_cell("date", "2024-02-29")],
        ]
    )
    (table,) = planned(content)

    assert frame(table).rows() == [(1, dt.date(2024, 2, 29))]
    assert table.details["unseen"] == ["errors", "hidden", "formulas"]


def test_old_workbooks_are_read_with_their_errors():
    """#DIV/0! is null, and its row stays."""
    cells = [(0, 0, "a"), (0, 1, "b"), (1, 0, 1.0), (1, 1, "x"), (2, 0, b"\x07"), (2, 1, "y")]
    (table,) = planned(xls(cells))

    (chunk,) = chunks(table)

    assert chunk.frame.rows() == [(1, "x"), (None, "y")]
    assert chunk.null_tokens == {"a": {"#DIV/0!": 1}}
    assert codes(table)["sheet.errors"] == 1


def test_workbooks_are_known_by_their_content():
    """Whatever their names are, and inside of other archives."""
    book = written([["a"], [1]])
    archive = zipped({"x/one.bin": book, "two.dat": ods([[ods_cell("float", "2")]])})
    names = [table.format for table in plan([MemoryObject("a.zip", archive)], Limits()).tables]

    assert names == ["workbook", "workbook"]


@pytest.mark.parametrize(
    ("content", "error", "says"),
    [
        (compound_file({"EncryptedPackage": b"x"}), PasswordProtected, "password"),
        (compound_file({"WordDocument": b"x"}), UnknownFormat, "Word document"),
        (compound_file({"Other": b"x"}), UnknownFormat, "Office document"),
        (compound_file({"Workbook": b"x"}), CorruptFile, "no sheet"),
        (compound_file({"Workbook": b"x"})[:700], CorruptFile, "damaged"),
        (zipped({"[Content_Types].xml": "", "xl/a.xml": ""}), CorruptFile, "workbook part"),
        (zipped(xlsx_parts({"S": ""}) | {"xl/workbook.xml": "<a"}), CorruptFile, "broken XML"),
    ],
)
def test_what_is_no_sound_workbook_is_named(content, error, says):
    """The message tells what it is instead."""
    with pytest.raises(error, match=says):
        planned(content)


def failure(content: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(MetricFoundryError) as raised:
        rows_read(content, limits)
    return raised.value.stable_code


def texts(strings: str, rows: int) -> bytes:
    cells = (f'<row r="{i}"><c r="A{i}" t="s"><v>0</v></c></row>' for i in range(1, rows + 1))
    return xlsx({"S": sheet_xml("".join(cells))}, strings=f"<si><t>{strings}</t></si>")


def test_two_cells_at_the_ends_of_a_sheet_are_two_cells():
    """1.4 KB that calamine would take 549 GB for."""
    far = '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    found = planned(xlsx({"S": sheet_xml('<row r="1"><c r="A1"><v>1</v></c></row>' + far)}))

    assert [frame(table).rows() for table in found] == [[(1,)], [(2,)]]
    assert found[1].origin.range == "XFD1048576:XFD1048576"


def test_rows_in_the_wrong_order_are_no_trap():
    """The extent of a sheet is that of all its rows."""
    far = '<row r="1048576"><c r="XFD1048576"><v>2</v></c><c r="A1048576"><v>3</v></c></row>'
    found = planned(xlsx({"S": sheet_xml(far + '<row r="1"><c r="A1"><v>1</v></c></row>')}))

    values = [value for table in found for row in frame(table).rows() for value in row]
    assert sorted(value for value in values if value is not None) == [1, 2, 3]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (xlsx({"S": sheet_xml(" " * 100_000_000)}), "limit.ratio"),
        (texts("x" * (17 << 20), 5), "limit.cell_bytes"),
        (texts("x" * (4 << 20), 200), "limit.ratio"),
        (
            xlsx({"S": '<!DOCTYPE a [<!ENTITY b "bbb">]>' + sheet_xml("<row>&b;</row>")}),
            "parse.corrupt",
        ),
        (
            xlsx({"S": sheet_xml('<row><c t="s"><v>0</v></c></row>')}, strings="<a><![CDATA["),
            "parse.corrupt",
        ),
    ],
    ids=["spaces", "one long text", "a text many times", "entities", "open text"],
)
def test_bombs_are_refused(content, code):
    """By the limit that they break."""
    assert failure(content) == code


def test_too_many_cells_are_refused():
    """A diagonal takes up its square."""
    cells = "".join(
        f'<row r="{i}"><c r="{"ABCDEFGHIJ"[i - 1]}{i}"><v>1</v></c></row>' for i in range(1, 11)
    )
    content = xlsx({"S": sheet_xml(cells)})

    assert failure(content, Limits(max_sheet_cells=9)) == "limit.sheet_cells"
    assert failure(content, Limits(max_sheet_cells=99)) == "limit.sheet_cells"
    assert sum(frame(table).height for table in planned(content)) == 10


def test_a_sheet_beyond_calamine_is_streamed(monkeypatch):
    """The same table comes of both ways."""
    rows = [["n", "s", "day"], *([i / 2, f"x{i % 5}", dt.date(2024, 1, 1)] for i in range(3000))]
    content = written(rows)
    expected = only(content)
    monkeypatch.setattr(sheet_survey, "CALAMINE_CELLS", 100)

    assert only(content).equals(expected)
    monkeypatch.setattr(sheet_plan, "SMALL_CELLS", 100)
    assert only(content).equals(expected)


def grouped(*, with_error: bool = False) -> bytes:
    """Years, merged over two columns each, above their names."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet, plain = book.add_worksheet(), book.add_format()
        sheet.merge_range(0, 0, 1, 0, "town", plain)
        sheet.merge_range(0, 1, 0, 2, 2023, plain)
        sheet.merge_range(0, 3, 0, 4, 2024, plain)
        sheet.write_row(1, 1, ["in", "out"] * 2)
        for row in range(2, 60):
            sheet.write_row(row, 0, [f"t{row}", row, row + 0.5, row, row + 0.5])
        if with_error:
            sheet.write_formula(40, 4, "=1/0", None, "#DIV/0!")
    return content.getvalue()


@pytest.mark.parametrize("with_error", [False, True])
@pytest.mark.parametrize("way", ["held", "exact", "first rows", "large"])
def test_groups_of_columns_are_told_whichever_way_a_sheet_is_read(way, with_error, monkeypatch):
    """Merged cells stand behind all others, and not every reader comes to them."""
    if way == "exact":
        monkeypatch.setattr(sheet_survey, "CALAMINE_CELLS", 1)
    if way == "first rows":
        monkeypatch.setattr(sheet_plan, "SMALL_CELLS", 100)
    if way == "large":
        monkeypatch.setattr(sheet_plan, "LARGE_BYTES", 100)

    (table,) = planned(grouped(with_error=with_error))

    assert list(table.schema) == ["town", "2023 in", "2023 out", "2024 in", "2024 out"]
    assert frame(table)["2023 in"].to_list() == list(range(2, 60))


def test_groups_of_columns_are_told_of_opendocument():
    """calamine does not tell which of its cells are merged."""
    covered = "<table:covered-table-cell/>"

    def spanning(text: str, across: int, down: int) -> str:
        spans = f'number-columns-spanned="{across}" table:number-rows-spanned="{down}"'
        return ods_cell("string", text).replace(
            "<table:table-cell", f"<table:table-cell table:{spans}"
        )

    blank = '<table:table-cell table:number-columns-repeated="2"/>'
    names = [ods_cell("string", name) for name in ("in", "out")]
    head = [
        [blank, spanning("town", 1, 2), spanning("2023", 2, 1), covered, spanning("2024", 2, 1)],
        [blank, covered, *names, *names],
    ]
    rows = [
        [blank, ods_cell("string", f"t{n}"), *(ods_cell("float", str(n)) for _ in range(4))]
        for n in range(5)
    ]

    (table,) = planned(ods([*head, *rows]))

    assert list(table.schema) == ["town", "2023 in", "2023 out", "2024 in", "2024 out"]
    assert frame(table)["2024 out"].to_list() == list(range(5))


def rows_read(content: bytes, limits: Limits | None = None) -> tuple[int, int]:
    read = [chunk for table in planned(content, limits) for chunk in chunks(table)]
    rows = sum(chunk.rows.parsed for chunk in read)
    return rows, sum(chunk.frame.height for chunk in read)


@pytest.fixture
def _large(monkeypatch):
    """Every sheet counts as a large one."""
    monkeypatch.setattr(sheet_plan, "LARGE_BYTES", 100)


LONG = [["n", "s"], *([i, f"x{i}"] for i in range(1200))]


@pytest.mark.usefixtures("_large")
@pytest.mark.parametrize("cells", [6_000_000, 100], ids=["held", "streamed"])
def test_rows_that_become_wider_lose_nothing(monkeypatch, cells):
    """A column that the first rows do not have comes in with its values."""
    monkeypatch.setattr(sheet_survey, "CALAMINE_CELLS", cells)
    (table,) = planned(written([*LONG, [1, "y", "extra"]]))

    last = chunks(table)[-1].frame

    assert table.schema.names() == ["n", "s"]
    assert last.row(-1) == (1, "y", "extra")
    assert last.columns == ["n", "s", "column_3"]


@pytest.mark.usefixtures("_large")
def test_errors_far_below_the_first_rows_are_found():
    """They are null, and counted by column and kind."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet()
        for row, line in enumerate(LONG):
            sheet.write_row(row, 0, line)
        sheet.write_formula(len(LONG), 0, "=1/0", None, "#DIV/0!")
        sheet.write_string(len(LONG), 1, "y")
    (table,) = planned(content.getvalue())

    (chunk,) = chunks(table)

    assert chunk.frame.rows()[-1] == (None, "y")
    assert chunk.null_tokens == {"n": {"#DIV/0!": 1}}


@pytest.mark.usefixtures("_large")
def test_a_large_sheet_is_read_whole():
    """The range is what the sheet declares; the rows are those that it has."""
    (table,) = planned(written(LONG))

    assert table.origin.range == "A1:B1201"
    assert frame(table).rows() == [tuple(line) for line in LONG[1:]]


@pytest.mark.usefixtures("_large")
def test_hidden_rows_and_formulas_of_a_large_sheet_are_counted():
    """Where its first rows show any."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet()
        for row, line in enumerate(LONG):
            sheet.write_row(row, 0, line)
        sheet.set_row(3, None, None, {"hidden": True})
        sheet.set_row(1100, None, None, {"hidden": True})
    (table,) = planned(content.getvalue())

    assert codes(table)["sheet.hidden_rows"] == 2
