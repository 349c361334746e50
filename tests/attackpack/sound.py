"""Sound files: a small one of every kind that is read, of the same three columns where they fit."""

import bz2
import datetime as dt
import gzip
import io
import json
import lzma
import sqlite3
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.mime.text import MIMEText
from functools import cache, partial
from pathlib import Path

import fastavro
import pandas as pd
import py7zr
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import xlsxwriter
import zstandard
from office_files import ods, ods_cell, xls
from pyarrow import feather, orc

from tests.attackpack.binary_workbook import xlsb
from tests.contracts.format_contract import tarred, zipped

COUNT = 60
ROWS = [{"n": i, "s": f"text {i % 7}", "x": i / 4} for i in range(COUNT)]
TABLE = pa.table(
    {
        "n": [row["n"] for row in ROWS],
        "s": [row["s"] for row in ROWS],
        "d": pa.array([row["s"] for row in ROWS]).dictionary_encode(),
        "l": [[row["x"]] for row in ROWS],
        "t": pa.array(
            [dt.datetime(2024, 2, 29, 12, 30, i) for i in range(COUNT)], pa.timestamp("us")
        ),
    }
)
VIEWS = TABLE.append_column(
    "v", pa.array([f"a longer text {i}" for i in range(COUNT)], pa.string_view())
)
CSV = ("n,s,x\n" + "".join(f'{r["n"]},"{r["s"]}",{r["x"]}\n' for r in ROWS)).encode()
XML = "<rows>" + "".join(f'<row n="{r["n"]}"><s>{r["s"]}</s></row>' for r in ROWS) + "</rows>"
HTML = "".join(f"<tr><td>{r['n']}</td><td rowspan=1>{r['s']}</td></tr>" for r in ROWS)
FIXED = "".join(f"{r['n']:>6}  {r['s']:<12}{r['x']:>9.2f}\n" for r in ROWS)
PAIRS = "".join(f'n={r["n"]} s="{r["s"]}" x={r["x"]}\n' for r in ROWS)
LOG = "".join(
    f'10.0.0.{r["n"]} - - [10/Oct/2025:13:55:{r["n"]:02d} +0200] "{r["s"]}" 200 {r["n"]}\n'
    for r in ROWS
)
RULED = "     N  S                   X\n------  ------------ --------\n"
AVRO = {
    "type": "record",
    "name": "r",
    "fields": [
        {"name": "n", "type": "long"},
        {"name": "s", "type": ["null", "string"]},
        {"name": "x", "type": "double"},
    ],
}


@dataclass(frozen=True)
class Sound:
    """A file of a kind. What lies below a checksum is changed there: `wrap` puts it around it."""

    name: str
    content: bytes
    wrap: Callable[[bytes], bytes] = bytes

    @property
    def file(self) -> bytes:
        return self.wrap(self.content)


def _into(write: Callable[[io.BytesIO], object]) -> bytes:
    sink = io.BytesIO()
    write(sink)
    return sink.getvalue()


def _old_feather() -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it is an old version
        return _into(partial(feather.write_feather, TABLE.drop_columns("l"), version=1))


def _arrow(opened: Callable[..., pa.ipc.RecordBatchStreamWriter]) -> bytes:
    def write(sink: io.BytesIO) -> None:
        with opened(sink, VIEWS.schema) as writer:
            writer.write_table(VIEWS, max_chunksize=25)

    return _into(write)


def _avro(codec: str) -> bytes:
    return _into(
        partial(fastavro.writer, schema=AVRO, records=ROWS, codec=codec, sync_interval=300)
    )


def _xlsx() -> bytes:
    def write(sink: io.BytesIO) -> None:
        with xlsxwriter.Workbook(sink, {"in_memory": True}) as book:
            sheet = book.add_worksheet()
            days = book.add_format({"num_format": "yyyy-mm-dd"})
            sheet.write_row(0, 0, ["n", "s", "x", "d"])
            for place, row in enumerate(ROWS, 1):
                sheet.write_row(place, 0, row.values())
                sheet.write_datetime(place, 3, dt.datetime(2024, 2, 29), days)

    return _into(write)


def _statistics(write: Callable[..., None], kind: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"rows.{kind}"
        frame = pd.DataFrame(ROWS).rename(columns=str.upper)
        write(frame.assign(D=dt.date(2024, 2, 29), T=dt.datetime(2024, 2, 29, 12)), path)
        return path.read_bytes()


def _sqlite() -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, s TEXT, x REAL)")
    connection.executemany("INSERT INTO t VALUES (:n, :s, :x)", ROWS)
    connection.execute("CREATE VIEW v AS SELECT s, count(*) AS c FROM t GROUP BY s")
    connection.commit()
    return connection.serialize()


def _seven_zip() -> bytes:
    def write(sink: io.BytesIO) -> None:
        with py7zr.SevenZipFile(sink, "w") as archive:
            archive.writestr(CSV, "rows.csv")

    return _into(write)


def _part(name: str, package: bytes, path: str) -> Sound:
    """A part of an archive, which is packed again around each mutant of it."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        parts: Mapping[str, bytes] = {each: archive.read(each) for each in archive.namelist()}
    return Sound(name, parts[path], lambda changed: zipped({**parts, path: changed}))


def _flat(package: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        content = archive.read("content.xml").decode()
        kind = archive.read("mimetype").decode()
    root = content.replace("office:document-content", "office:document")
    return root.replace(" xmlns:office", f' office:mimetype="{kind}" xmlns:office', 1).encode()


def _excel_2003() -> bytes:
    cells = (
        '<Cell><Data s:Type="String">{}</Data></Cell>'
        '<Cell s:Index="3"><Data s:Type="Number">1</Data></Cell>'
    )
    rows = "".join(f"<Row>{cells.format(row['s'])}</Row>" for row in ROWS)
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    sheet = f'<Worksheet s:Name="S"><Table>{rows}</Table></Worksheet>'
    return f'<Workbook xmlns="{space}" xmlns:s="{space}">{sheet}</Workbook>'.encode()


@cache
def sound_files() -> dict[str, Sound]:
    """By what they are called in tests."""
    workbook, binary = _xlsx(), xlsb([(r, c, float(r)) for r in range(COUNT) for c in range(3)])
    open_document = ods([[ods_cell("string", r["s"]), ods_cell("float", "1")] for r in ROWS])
    files = [
        Sound("rows.csv", CSV),
        Sound("wide.csv", CSV.decode().encode("utf-16")),
        Sound("rows.tsv", CSV.replace(b",", b"\t")),
        Sound("rows.dat", FIXED.encode()),
        Sound("rows.logfmt", PAIRS.encode()),
        Sound("access.log", LOG.encode()),
        Sound("ruled.dat", (RULED + FIXED).encode()),
        Sound("rows.json", json.dumps(ROWS).encode()),
        Sound("rows.jsonl", "".join(json.dumps(row) + "\n" for row in ROWS).encode()),
        Sound("rows.xml", XML.encode()),
        Sound("rows.html", f"<!DOCTYPE html><html><table>{HTML}</table></html>".encode()),
        Sound("rows.parquet", _into(partial(pq.write_table, TABLE, row_group_size=25))),
        Sound("rows.feather", _arrow(pa.ipc.new_file)),
        Sound("rows.arrows", _arrow(pa.ipc.new_stream)),
        Sound("old.feather", _old_feather()),
        Sound("rows.orc", _into(partial(orc.write_table, TABLE.drop_columns("d")))),
        Sound("rows.avro", _avro("null")),
        Sound("deflated.avro", _avro("deflate")),
        Sound("rows.sqlite", _sqlite()),
        Sound("rows.xlsx", workbook),
        _part("sheet.xlsx", workbook, "xl/worksheets/sheet1.xml"),
        _part("strings.xlsx", workbook, "xl/sharedStrings.xml"),
        _part("book.xlsx", workbook, "xl/workbook.xml"),
        _part("relations.xlsx", workbook, "xl/_rels/workbook.xml.rels"),
        _part("styles.xlsx", workbook, "xl/styles.xml"),
        Sound("rows.xlsb", binary),
        _part("sheet.xlsb", binary, "xl/worksheets/sheet1.bin"),
        Sound("rows.xls", xls([(r, c, float(r)) for r in range(COUNT) for c in range(3)])),
        Sound("rows.ods", open_document),
        _part("content.ods", open_document, "content.xml"),
        Sound("rows.sav", _statistics(pyreadstat.write_sav, "sav")),
        Sound("rows.zsav", _statistics(partial(pyreadstat.write_sav, compress=True), "zsav")),
        Sound("rows.por", _statistics(pyreadstat.write_por, "por")),
        Sound("rows.dta", _statistics(pyreadstat.write_dta, "dta")),
        Sound("rows.xpt", _statistics(pyreadstat.write_xport, "xpt")),
        Sound("rows.zip", zipped({"rows.csv": CSV})),
        Sound("rows.tar", tarred({"rows.csv": CSV})),
        Sound("rows.7z", _seven_zip()),
        Sound("rows.csv.gz", gzip.compress(CSV, mtime=0)),
        Sound("rows.csv.bz2", bz2.compress(CSV)),
        Sound("rows.csv.xz", lzma.compress(CSV)),
        Sound("rows.csv.zst", zstandard.compress(CSV)),
        Sound("rows.fods", _flat(open_document)),
        Sound("excel2003.xml", _excel_2003()),
        Sound("rows.mht", MIMEText(f"<html><table>{HTML}</table></html>", "html").as_bytes()),
    ]
    return {each.name: each for each in files}
