"""Format contract: every registered format runs it."""

import io
import json
import sqlite3
from datetime import date

import polars as pl
import pyarrow.parquet as pq
import pytest
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.formats.delimited import Delimited
from pipelines.formats.excel_workbook import Workbook
from pipelines.formats.json_lines import JsonLines, JsonLinesRange
from pipelines.formats.json_records import Json
from pipelines.formats.json_shape import Shape
from pipelines.formats.logfmt import Logfmt, LogfmtRange
from pipelines.formats.parquet import Parquet, RowGroups
from pipelines.formats.registry import FORMATS
from pipelines.formats.sqlite_database import Sqlite
from pipelines.formats.sqlite_fragment import Rows
from pipelines.formats.sqlite_rows import Selection
from tests.contracts.format_contract import FormatContract, FormatSample

ROWS = [
    {"id": 1, "name": "Ada", "score": 1.5, "ok": True, "tags": ["a", "b"], "at": {"x": 1}},
    {"id": 2, "name": "ünï\nline", "score": None, "ok": None, "tags": [], "at": {"x": None}},
    {"id": 3, "name": "", "score": -2.0, "ok": False, "tags": None, "at": None},
    {
        "id": 9007199254740993,
        "name": '"{[',
        "score": 1e300,
        "ok": True,
        "tags": ["]"],
        "at": {"x": 2},
    },
]
TABLE = pl.DataFrame(
    ROWS,
    schema={
        "id": pl.Int64,
        "name": pl.String,
        "score": pl.Float64,
        "ok": pl.Boolean,
        "tags": pl.List(pl.String),
        "at": pl.Struct({"x": pl.Int64}),
    },
)


class TestJsonLines(FormatContract):
    @pytest.fixture
    def sample(self):
        content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS)
        return FormatSample(JsonLines(), MemoryObject("rows.jsonl", content.encode()), TABLE)

    def cuts(self, sample):
        file, shape = sample.file, Shape("object")
        for cut in range(1, file.size, 3):
            yield (
                JsonLinesRange(file, 0, cut, shape, Limits()),
                JsonLinesRange(file, cut, file.size, shape, Limits()),
            )


class TestLogfmt(FormatContract):
    @pytest.fixture
    def sample(self):
        content = (
            "id=1 name=Ada score=1.5 day=2024-02-29\n"
            'id=2 name="say \\"ü\\", twice" score= day=2023-01-01\r\n'
            "\n"
            'id=3 name="two\\nlines" score=-2.25\n'
        )
        table = pl.DataFrame(
            {
                "id": [1, 2, 3],
                "name": ["Ada", 'say "ü", twice', "two\nlines"],
                "score": [1.5, None, -2.25],
                "day": [date(2024, 2, 29), date(2023, 1, 1), None],
            }
        )
        return FormatSample(Logfmt(), MemoryObject("app.log", content.encode()), table)

    def cuts(self, sample):
        file = sample.file
        for cut in range(1, file.size, 3):
            yield LogfmtRange(file, 0, cut, Limits()), LogfmtRange(file, cut, file.size, Limits())


class TestJson(FormatContract):
    @pytest.fixture
    def sample(self):
        content = json.dumps(ROWS, indent=1).encode()
        return FormatSample(Json(), MemoryObject("rows.json", content), TABLE)


class TestDelimited(FormatContract):
    may_grow = False

    @pytest.fixture
    def sample(self):
        table = pl.DataFrame(
            {
                "id": [1, 2, 3],
                "name": ["Ada", 'say "hi", twice', "two\nlines"],
                "score": [1.5, None, -2.25],
                "day": [date(2024, 2, 29), date(2023, 1, 1), None],
            }
        )
        return FormatSample(
            Delimited(), MemoryObject("rows.csv", table.write_csv().encode()), table
        )


class TestParquet(FormatContract):
    @pytest.fixture
    def sample(self):
        table = TABLE.with_columns(pl.Series("day", [date(2024, 2, 29)] * TABLE.height))
        content = io.BytesIO()
        pq.write_table(table.to_arrow(), content, row_group_size=1)
        return FormatSample(Parquet(), MemoryObject("rows.parquet", content.getvalue()), table)

    def cuts(self, sample):
        for cut in range(1, TABLE.height):
            groups = range(TABLE.height)
            yield (
                RowGroups(sample.file, tuple(groups[:cut]), 0, Limits()),
                RowGroups(sample.file, tuple(groups[cut:]), 0, Limits()),
            )


class TestSqlite(FormatContract):
    @pytest.fixture
    def sample(self):
        table = TABLE.select("id", "name", "score", "ok").with_columns(
            pl.Series("day", [date(2024, 2, 29), None, date(2023, 1, 1), None])
        )
        database = sqlite3.connect(":memory:")
        database.execute(
            "CREATE TABLE rows (id INTEGER, name TEXT, score REAL, ok BOOLEAN, day DATE)"
        )
        rows = [(*row[:4], row[4] and row[4].isoformat()) for row in table.rows()]
        database.executemany("INSERT INTO rows VALUES (?, ?, ?, ?, ?)", rows)
        database.commit()
        return FormatSample(Sqlite(), MemoryObject("rows.db", database.serialize()), table)

    def cuts(self, sample):
        (whole,) = sample.plan().fragments
        relation = whole.selection.relation
        for cut in range(TABLE.height + 2):
            yield (
                Rows(sample.file, Selection(relation, None, cut), 0, Limits()),
                Rows(sample.file, Selection(relation, cut, None), 0, Limits()),
            )


class TestWorkbook(FormatContract):
    may_grow = False

    @pytest.fixture
    def sample(self):
        table = pl.DataFrame(
            {
                "id": [1, 2, 3],
                "name": ["Ada", "two\nlines", "007"],
                "score": [1.5, None, -2.25],
                "ok": [True, None, False],
                "day": [date(2024, 2, 29), date(2023, 1, 1), None],
            }
        )
        content = io.BytesIO()
        table.write_excel(content, "rows", autofilter=False)
        return FormatSample(Workbook(), MemoryObject("rows.xlsx", content.getvalue()), table)


def test_every_format_of_ours_runs_the_contract():
    """A new format in the registry is held to it too."""
    text = {"json-lines", "json", "fixed-width", "delimited", "xml", "html", "pipe-table", "logfmt"}
    binary = {
        "parquet",
        "arrow",
        "feather",
        "orc",
        "avro",
        "sqlite",
        "workbook",
        "sas",
        "spss",
        "stata",
    }

    assert {format_.name for format_ in FORMATS} == text | binary
