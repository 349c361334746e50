"""Benchmark: polluted CSV files, ours against pandas, polars, DuckDB and CleverCSV in one run.

`python benchmarks/pollution.py [--list]` prints each reader's score of 10: the mean over all files
of how much of header, rows and cells came out right (F1 each), and 0 where nothing came out.
"""

import argparse
import csv
import io
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import clevercsv
import duckdb
import pandas as pd
import polars as pl

from pipelines.containers.limits import Limits
from pipelines.source_plan import plan

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from pollutions import Polluted, Row, plain, pollutions
from samples import MemoryObject

Grid = tuple[Row, list[Row]]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--list", action="store_true", help="name what each reader got wrong")
    chosen = parser.parse_args()
    files = list(pollutions())
    print(f"{len(files)} polluted files")
    for name, read in READERS.items():
        scores = {file.name: score(file, read) for file in files}
        print(f"{name:12s} {10 * sum(scores.values()) / len(scores):.2f}")
        if chosen.list:
            for file, got in scores.items():
                if got < 0.999:
                    print(f"    {got:.3f} {file}")


def score(file: Polluted, read: Callable[[Path], Grid]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.csv"
        path.write_bytes(file.content)
        try:
            header, rows = read(path)
        except Exception:  # noqa: BLE001 - a reader may fail in any way it likes
            return 0.0
    rows = [tuple(map(plain, row)) for row in rows]
    must = [tuple(map(plain, row)) for i, row in enumerate(file.rows) if i not in file.loose]
    may = [row for row in rows if row not in set(must)]
    rows = [row for row in rows if row in set(must)] + may[len(file.loose) :]
    parts = [f1(Counter(must), Counter(rows)), f1(cells(must), cells(rows))]
    if file.header is not None:
        named = {name.strip() for name in file.header if name.strip()}
        parts.append(f1(Counter(named), Counter({n.strip() for n in header} & named or header)))
    return sum(parts) / len(parts)


def f1(wanted: Counter, got: Counter) -> float:
    common = (wanted & got).total()
    if not wanted and not got:
        return 1.0
    return 2 * common / (wanted.total() + got.total())


def cells(rows: list[Row]) -> Counter:
    return Counter((place, cell) for row in rows for place, cell in enumerate(row))


def ours(path: Path) -> Grid:
    (table,) = plan([MemoryObject(path.name, path.read_bytes())], Limits()).tables
    schema = table.schema
    while True:
        chunks = [c for fragment in table.fragments for c in fragment.chunks(schema)]
        wider = chunks[-1].frame.schema
        if all(chunk.frame.schema == schema for chunk in chunks):
            break
        schema = wider
    frame = pl.concat([chunk.frame for chunk in chunks])
    return tuple(frame.columns), frame.rows()


def pandas(path: Path) -> Grid:
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    return tuple(map(str, frame.columns)), list(frame.itertuples(index=False, name=None))


def polars(path: Path) -> Grid:
    frame = pl.read_csv(path, infer_schema=False)
    return tuple(frame.columns), frame.rows()


def duck(path: Path) -> Grid:
    with duckdb.connect() as connection:
        found = connection.execute(f"FROM read_csv('{path}', all_varchar=true)")
        return tuple(d[0] for d in found.description), found.fetchall()


def clever(path: Path) -> Grid:
    header, *rows = clevercsv.read_table(str(path))
    return tuple(header), [tuple(row) for row in rows]


def stdlib(path: Path) -> Grid:
    text = path.read_text(encoding="utf-8")
    header, *rows = csv.reader(io.StringIO(text, newline=""), csv.Sniffer().sniff(text[:4096]))
    return tuple(header), [tuple(row) for row in rows]


READERS: dict[str, Callable[[Path], Grid]] = {
    "ours": ours,
    "DuckDB": duck,
    "pandas": pandas,
    "polars": polars,
    "CleverCSV": clever,
    "csv.Sniffer": stdlib,
}

if __name__ == "__main__":
    main()
