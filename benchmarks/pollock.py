"""Benchmark: the files of Pollock, ours against pandas, polars, DuckDB, CleverCSV and csv.Sniffer.

`python benchmarks/pollock.py FOLDER [--list] [--only NAME ...]` takes a checkout of the benchmark
(Vitagliano et al., "Pollock: A Data Loading Benchmark", PVLDB 2023): `FOLDER/polluted_files` with
`csv`, `clean` and `parameters`, and beside it `pollock_weights.json` where there is one. It prints
for each reader the simple score, the mean over the files, and the weighted one, each of 10:
success, and precision, recall and F1 of names, rows and cells.

The truth is text, so every reader is asked for text: ours by giving its plan a schema of texts, as
`options.types` does; nothing else is undone. Where a reader says that no row names the columns,
its first row stands where the names would. Where it finds several tables the first one counts.
Only "pandas, told" is given what `parameters` say, as the benchmark's own adapter is.
"""

import argparse
import csv
import io
import json
import re
import sys
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import clevercsv
import dateutil.parser
import duckdb
import pandas as pd
import polars as pl

from pipelines.containers.limits import Limits
from pipelines.source_plan import plan

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from samples import MemoryObject

Lines = list[list[str]]
"""The names of the columns, or the first row where there are none, and below them the rows."""

Told = dict[str, object]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--list", action="store_true", help="name what each reader got wrong")
    parser.add_argument("--only", nargs="*", choices=READERS, default=list(READERS))
    chosen = parser.parse_args()
    if chosen.folder is None:
        print("no checkout of Pollock was named: nothing is measured")
        return
    polluted = chosen.folder / "polluted_files"
    files = sorted((polluted / "csv").glob("*.csv"))
    said = chosen.folder / "pollock_weights.json"
    weights = json.loads(said.read_text()) if said.exists() else {}
    print(f"{len(files)} files")
    for name in chosen.only:
        scores = {file.name: score(file, polluted, READERS[name]) for file in files}
        simple = sum(scores.values()) / len(scores)
        weight = {file: weights.get(file, 0) for file in scores}
        heavy = sum(weight.values()) or 1
        weighted = sum(scores[file] * weight[file] for file in scores) / heavy
        print(f"{name:14s} simple {simple:.3f}  weighted {weighted:.3f}", flush=True)
        if chosen.list:
            for file, got in sorted(scores.items(), key=lambda item: item[1]):
                if got < 9.9995:
                    print(f"    {got:6.3f} {weight[file]:8.3f} {file}")


def score(file: Path, polluted: Path, read: Callable[[Path, Told], Lines]) -> float:
    """What one reader gets for one file, from 0 to 10."""
    told = json.loads((polluted / "parameters" / f"{file.name}_parameters.json").read_text())
    with (polluted / "clean" / file.name).open(encoding="utf-8-sig", newline="") as text:
        wanted = list(csv.reader(text))
    try:
        found = read(file, told)
    except Exception:  # noqa: BLE001 - a reader may fail in any way it likes
        return 0.0
    if not wanted:
        return 10.0
    names = shares([plain(c) for c in wanted[0]], [plain(c) for c in (found or [[]])[0]])
    rows = shares(joined(wanted[1:]), joined(found[1:]))
    cells = shares([c for row in wanted for c in row], [c for row in found for c in row])
    return 1 + sum(names) + sum(rows) + sum(cells)


def shares(wanted: list[str], found: list[str]) -> tuple[float, float, float]:
    """How much of what is wanted was found, how much of what was found is wanted, and their F1."""
    if not wanted:
        return 1.0, 1.0, 1.0
    common = (Counter(wanted) & Counter(found)).total()
    if not common:
        return 0.0, 0.0, 0.0
    return common / len(wanted), common / len(found), 2 * common / (len(wanted) + len(found))


def joined(rows: Lines) -> list[str]:
    return ["".join(map(plain, row)) for row in rows]


@cache
def plain(cell: str) -> str:
    """What a cell says, in one way of writing it: 01/02/2018 and 2018-01-02 say the same."""
    if not cell.strip():
        return cell.lower()
    if cell.lower() in {"true", "false"}:
        return str(int(cell.lower() == "true"))
    for number in (int, float):
        try:
            return str(number(cell))
        except ValueError:
            pass
    if time := re.fullmatch(r"([01]?\d|2[0-3]):([0-5]?\d)(?::([0-5]?\d))?", cell):
        return ":".join(f"{int(part or 0):02d}" for part in time.groups())
    try:
        return str(dateutil.parser.parse(cell, parserinfo=DateMarks()))
    except (ValueError, OverflowError, TypeError):
        pass
    if price := re.fullmatch(r"([$€£¥])\s*(\d+(?:\.\d+)?)", cell):
        return f"{price[1]}{float(price[2])}"
    return cell.lower()


class DateMarks(dateutil.parser.parserinfo):
    JUMP = (" ", ".", ",", ";", "-", "/", "'")


def ours(path: Path, _: Told) -> Lines:
    tables = plan([MemoryObject(path.name, path.read_bytes())], Limits()).tables
    if not tables:
        return []
    texts = pl.Schema(dict.fromkeys(tables[0].schema, pl.String()))
    chunks = [c.frame for fragment in tables[0].fragments for c in fragment.chunks(texts)]
    names = [] if tables[0].details["header"] is None else [list(texts)]
    return names + [as_text(row) for frame in chunks for row in frame.rows()]


def as_text(row: tuple[object, ...]) -> list[str]:
    """A row as it is written into CSV, where what is missing is nothing."""
    return ["" if cell is None or cell != cell else str(cell) for cell in row]


def pandas(path: Path, _: Told) -> Lines:
    return of_pandas(pd.read_csv(path, dtype=object, on_bad_lines="skip"))


def pandas_told(path: Path, told: Told) -> Lines:
    """As the benchmark's own adapter calls it: with encoding, marks, newline and lines above."""
    quote, escape = str(told["quotechar"] or '"'), str(told["escapechar"] or '"')
    doubled = quote == escape
    newline = str(told["row_delimiter"])
    return of_pandas(
        pd.read_csv(
            path,
            dtype=object,
            on_bad_lines="skip",
            engine="c" if len(str(told["delimiter"])) < 2 else "python",
            encoding=str(told["encoding"]),
            sep=str(told["delimiter"] or ","),
            quotechar=quote[0],
            escapechar=None if doubled else escape[0],
            doublequote=doubled,
            lineterminator=newline[0] if newline and newline != "\r\n" else None,
            skiprows=int(str(told["preamble_lines"])),
        )
    )


def of_pandas(frame: pd.DataFrame) -> Lines:
    return [list(map(str, frame.columns)), *map(as_text, frame.itertuples(index=False, name=None))]


def polars(path: Path, _: Told) -> Lines:
    frame = pl.read_csv(path, infer_schema=False)
    return [frame.columns, *map(as_text, frame.rows())]


def duck(path: Path, _: Told) -> Lines:
    """As the benchmark's adapter calls it: lenient, and nothing told."""
    with duckdb.connect() as connection:
        found = connection.execute(
            f"FROM read_csv('{path}', all_varchar=true, strict_mode=false, "
            "ignore_errors=true, null_padding=true)"
        )
        return [[d[0] for d in found.description], *map(as_text, found.fetchall())]


def clever(path: Path, _: Told) -> Lines:
    text = path.read_text(encoding="utf-8")
    dialect = clevercsv.Sniffer().sniff(text)
    return list(clevercsv.reader(io.StringIO(text, newline=""), dialect))


def stdlib(path: Path, _: Told) -> Lines:
    with path.open(encoding="utf-8", newline="") as text:
        dialect = csv.Sniffer().sniff(text.read())
        text.seek(0)
        return list(csv.reader(text, dialect))


READERS: dict[str, Callable[[Path, Told], Lines]] = {
    "ours": ours,
    "pandas": pandas,
    "pandas, told": pandas_told,
    "polars": polars,
    "DuckDB": duck,
    "CleverCSV": clever,
    "csv.Sniffer": stdlib,
}

if __name__ == "__main__":
    main()
