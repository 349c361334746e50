"""Recompute: every figure of results.json anew, from the published Parquet, by the docs alone.

`python benchmarks/recompute.py` does it for seeded tables that are hard on arithmetic, and
`python benchmarks/recompute.py FILE…` for files (CSV, Parquet, whatever can be read). Moments,
quantiles and Pearson's r are rational numbers there, SQL is run by DuckDB, scores of models by
scikit-learn. It prints what was checked, what of results.json was not, and each disagreement, and
fails if there is one.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from recomputed import hard, learning, papers, quality, relations, tables
from recomputed.job import Bench, Published, bench
from recomputed.ledger import Ledger, leaves, shape
from recomputed.published import Table

from pipelines.profile import profile_table
from pipelines.statistics import published


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--all", action="store_true", help="list every figure")
    parser.add_argument("--once", action="store_true", help="do not run each job twice")
    chosen = parser.parse_args()
    ledger, unchecked = Ledger(), Counter[str]()
    done = 0
    with bench() as place:
        for name, content in inputs(chosen.files):
            started, before = time.monotonic(), len(ledger.disagreements)
            told = one(ledger, place, name, content, twice=not chosen.once)
            unchecked.update(shape(leaf) for leaf in told)
            done += 1
            found = ledger.disagreements[before:]
            print(
                f"{name}: {len(found)} disagreements, {time.monotonic() - started:.1f} s",
                flush=True,
            )
            for each in found[:12]:
                print("   ", each, flush=True)
    print(
        f"\n{done} files, {ledger.checked.total():,} figures of {len(ledger.checked)} kinds checked"
    )
    if chosen.all:
        for path, count in sorted(ledger.checked.items()):
            print(f"  checked {count:>9,} {path}")
    for path, count in sorted(unchecked.items()):
        if path not in ledger.checked:
            print(f"  not checked {count:>9,} {path}")
    print(f"{len(ledger.disagreements)} disagreements")
    return 1 if ledger.disagreements else 0


def inputs(files: list[Path]) -> Iterator[tuple[str, bytes]]:
    if files:
        yield from ((path.name, path.read_bytes()) for path in files)
    else:
        yield from hard.tables()


def one(ledger: Ledger, place: Bench, name: str, content: bytes, *, twice: bool) -> list[str]:
    """Check what a job publishes; gives the shapes of all that stands in its results.json."""
    ledger.table = name
    run = place.publish(name, content)
    if twice:
        again = place.publish(name, content)
        changed = [key for key, body in run.files.items() if again.files.get(key) != body]
        ledger.seen("same bytes", not changed, f"{changed} differ between two runs")
    if "results/results.json" not in run.files:
        ledger.differ("status", run.status, "a result")
        return []
    results: dict[str, Any] = json.loads(run.files["results/results.json"])
    check(ledger, run, results)
    return list(leaves(results))


def rows_sampled(files: Mapping[str, bytes], prefix: str) -> list[int]:
    """The rows of the sample in a table's published states, from 1."""
    folder = prefix.strip("/").rpartition("/")[2]
    states = published.read(files[f"states/{folder}.arrow"])
    rows: list[int] = profile_table("", (), states, size_bytes=0).sample_rows.tolist()
    return rows


def check(ledger: Ledger, run: Published, results: Mapping[str, Any]) -> None:
    base = f"artifacts/{run.job_id}/"
    found = {}
    for place, told in enumerate(results["tables"]):
        prefix = told["prefix"].removeprefix(base)
        table = Table.of(run.files, prefix)
        found[told["name"]] = prefix, table
        tables.check(ledger, f"tables[{place}]", table, told)
    stats = results["phases"]["descriptive_stats"]
    at, only = "phases.descriptive_stats", len(found) == 1
    for name, (prefix, table) in found.items():
        own = {key: [e for e in stats[key] if only or e["table"] == name]
               for key in ("correlations", "associations", "outliers", "copies")}  # fmt: skip
        pairs = stats["correlationPairs"] if only else None
        if only or len(stats["correlations"]) < relations.LISTED:
            relations.correlations(ledger, f"{at}.correlations", table, own["correlations"], pairs)
        counted = stats["associationPairs"] if only else None
        path = f"{at}.associations"
        sampled = rows_sampled(run.files, prefix)
        relations.associations(
            ledger, path, table, own["associations"], own["copies"], counted, sampled
        )
        relations.outliers(ledger, f"{at}.outliers", table, own["outliers"])
    quality.check(ledger, "phases.dq_validate", run.files, found, results["phases"]["dq_validate"])
    learned = results["mlInference"]
    name = learned.get("table") or next(iter(found), None)
    if name is not None:
        learning.check(ledger, "phases.ml_inference", run.files, found[name][1], learned)
    papers.check(ledger, run.files, results)


if __name__ == "__main__":
    sys.exit(main())
