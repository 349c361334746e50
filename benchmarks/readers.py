"""Readers: workbooks and SQLite databases, planned and read on all cores, beside pandas.

`python benchmarks/readers.py` makes both files in a temporary folder, reads each of them as a job
does (a plan in one child, then its fragments in one child a core), and prints the seconds of both.
"""

import datetime as dt
import os
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd
import polars as pl
import xlsxwriter

from pipelines import source_plan
from pipelines.containers.limits import Limits
from pipelines.formats.base import Fragment, Plan
from pipelines.sandbox import Sandbox

SHEETS, SHEET_ROWS = 5, 100_000
TABLES, TABLE_ROWS = 3, 2_000_000
DAY = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - sheets know no zone
BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class LocalFile:
    """A file as a stored object."""

    path: str
    seekable: bool = True

    @property
    def name(self) -> str:
        return Path(self.path).name

    @property
    def size(self) -> int:
        return Path(self.path).stat().st_size

    def read(self, start: int, end: int) -> bytes:
        with self.open() as stream:
            stream.seek(start)
            return stream.read(max(0, end - start))

    def stream(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        end = self.size if end is None else end
        for at in range(start, end, BLOCK_BYTES):
            yield self.read(at, min(at + BLOCK_BYTES, end))

    def open(self) -> BinaryIO:
        return Path(self.path).open("rb")


def workbook(path: str) -> None:
    """Five sheets of numbers, dates, truths and shared texts, with gaps in two columns."""
    r = random.Random(7)
    book = xlsxwriter.Workbook(path)
    date = book.add_format({"num_format": "yyyy-mm-dd"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    names = ["id", "name", "city", "amount", "price", "day", "at", "flag", "note", "qty"]
    for number in range(SHEETS):
        sheet = book.add_worksheet(f"S{number}")
        sheet.write_row(0, 0, names)
        for row in range(1, SHEET_ROWS + 1):
            sheet.write_number(row, 0, row)
            sheet.write_string(row, 1, f"Customer {number}-{row} & Co")
            sheet.write_string(row, 2, f"City {r.randrange(300)}")
            sheet.write_number(row, 3, round(r.uniform(0, 9999), 2))
            sheet.write_number(row, 4, r.gauss(100, 15))
            sheet.write_datetime(row, 5, DAY + dt.timedelta(days=r.randrange(9000)), date)
            seconds = dt.timedelta(seconds=r.randrange(9000 * 86_400))
            sheet.write_datetime(row, 6, DAY + seconds, moment)
            sheet.write_boolean(row, 7, row % 3 == 0)
            if row % 5:
                sheet.write_string(row, 8, f"note {row % 1000}")
            if row % 7:
                sheet.write_number(row, 9, r.randrange(100))
    book.close()


def database(path: str) -> None:
    """Three tables of numbers, texts, and dates as text."""
    r = random.Random(3)
    connection = sqlite3.connect(path)
    for number in range(TABLES):
        connection.execute(
            f"CREATE TABLE t{number} (id INTEGER PRIMARY KEY, name TEXT, city VARCHAR(30),"
            " amount REAL, qty INTEGER, day DATE, note TEXT)"
        )
        connection.executemany(
            f"INSERT INTO t{number} VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    row,
                    f"Customer {row}",
                    f"City {row % 300}",
                    round(r.uniform(0, 9999), 2),
                    r.randrange(1000),
                    f"20{row % 24:02}-{row % 12 + 1:02}-{row % 28 + 1:02}",
                    f"note {row % 1000}" if row % 5 else None,
                )
                for row in range(TABLE_ROWS)
            ),
        )
    connection.commit()
    connection.close()


def planned(path: str) -> Plan:
    return source_plan.plan([LocalFile(path)], Limits())


def read(fragment: Fragment, schema: pl.Schema) -> int:
    return sum(chunk.frame.height for chunk in fragment.chunks(schema))


def ours(children: Sandbox, path: str) -> int:
    """How many rows there are."""
    plan = children.run(planned, path)
    cores = len(os.sched_getaffinity(0))
    with ThreadPoolExecutor(cores) as threads:
        jobs = [
            threads.submit(children.run, read, fragment, table.schema, kind="read")
            for table in plan.tables
            for fragment in table.fragments
        ]
        return sum(job.result() for job in jobs)


def sheets_by_pandas(path: str) -> int:
    return sum(map(len, pd.read_excel(path, sheet_name=None, engine="openpyxl").values()))


def tables_by_pandas(path: str) -> int:
    connection = sqlite3.connect(path)
    queries = [f"SELECT * FROM t{number}" for number in range(TABLES)]
    return sum(len(pd.read_sql(query, connection)) for query in queries)


def timed(work: Callable[..., int], *args: Any) -> tuple[float, int]:
    start = time.perf_counter()
    rows = work(*args)
    return time.perf_counter() - start, rows


def main() -> None:
    children = Sandbox(warm=(import_module, ("readers",)))
    with tempfile.TemporaryDirectory() as folder:
        for name, make, theirs in (
            ("big.xlsx", workbook, sheets_by_pandas),
            ("big.db", database, tables_by_pandas),
        ):
            path = str(Path(folder) / name)
            make(path)
            seconds, rows = min(timed(ours, children, path) for _ in range(3))
            other, other_rows = timed(theirs, path)
            assert rows == other_rows
            print(f"{name}: {rows:,} rows, {seconds:.2f} s; pandas {other:.2f} s,", end=" ")
            print(f"{other / seconds:.1f} times as long")
    children.close()


if __name__ == "__main__":  # what children call must have a name that they can import
    rooms = Path(__file__).resolve().parents[:2]
    os.environ["PYTHONPATH"] = os.pathsep.join(map(str, rooms))
    import_module("readers").main()
