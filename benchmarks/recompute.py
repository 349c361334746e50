"""Recompute: every figure of results.json anew, from the published Parquet, by the docs alone.

`python benchmarks/recompute.py` does it for seeded tables that are hard on arithmetic, and
`python benchmarks/recompute.py FILE…` for files (CSV, Parquet, whatever can be read). Moments,
quantiles and Pearson's r are rational numbers there, SQL is run by DuckDB, scores of models by
scikit-learn. It prints what was checked, what of results.json was not, and each disagreement, and
fails if there is one. With `--plant PATTERN` it then makes each kind of figure that was checked and
whose path matches wrong, one at a time, and names those of which no check notices it.
"""

import argparse
import copy
import json
import re
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

Place = tuple[str | int, ...]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--all", action="store_true", help="list every figure")
    parser.add_argument("--once", action="store_true", help="do not run each job twice")
    parser.add_argument("--only", default="", help="tables whose name has this in it")
    parser.add_argument("--plant", default="", help="kinds of figures to plant an error in")
    chosen = parser.parse_args()
    missed: dict[str, bool] = {}
    ledger, unchecked = Ledger(), Counter[str]()
    done = 0
    with bench() as place:
        for name, content in inputs(chosen.files):
            if chosen.only not in name:
                continue
            started, before = time.monotonic(), len(ledger.disagreements)
            run, results = one(ledger, place, name, content, twice=not chosen.once)
            told = list(leaves(results))
            if chosen.plant and results:
                for kind, is_caught in planted(run, results, chosen.plant):
                    missed[kind] = missed.get(kind, True) and not is_caught
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
    for kind in sorted(missed):
        print(f"  planted error {'MISSED' if missed[kind] else 'caught'} {kind}")
    return 1 if ledger.disagreements or any(missed.values()) else 0


def inputs(files: list[Path]) -> Iterator[tuple[str, bytes]]:
    if files:
        yield from ((path.name, path.read_bytes()) for path in files)
    else:
        yield from hard.tables()


def one(
    ledger: Ledger, place: Bench, name: str, content: bytes, *, twice: bool
) -> tuple[Published, dict[str, Any]]:
    """Check what a job publishes; gives that and its results.json."""
    ledger.table = name
    run = place.publish(name, content)
    if twice:
        again = place.publish(name, content)
        changed = [key for key, body in run.files.items() if again.files.get(key) != body]
        ledger.seen("same bytes", not changed, f"{changed} differ between two runs")
    if "results/results.json" not in run.files:
        ledger.differ("status", run.status, "a result")
        return run, {}
    results: dict[str, Any] = json.loads(run.files["results/results.json"])
    check(ledger, run, results)
    return run, results


def planted(run: Published, results: Mapping[str, Any], pattern: str) -> Iterator[tuple[str, bool]]:
    """Each kind of figure that is checked, and whether the check of that kind notices an error."""
    clean = Ledger()
    check(clean, run, results)
    places: dict[str, Place] = {}
    for place in figures(results):
        if value_at(results, place) is not None:
            places.setdefault(shape(spelled(place)), place)
    for kind in sorted(clean.checked):
        if kind in places and re.search(pattern, kind):
            wrong = copy.deepcopy(dict(results))
            *parents, last = places[kind]
            value_at(wrong, tuple(parents))[last] = altered(value_at(wrong, places[kind]))
            ledger = Ledger()
            try:
                check(ledger, run, wrong)
            except (LookupError, ValueError):  # a name that is nowhere is noticed as well
                yield kind, True
                continue
            noticed = {shape(each.split(": ")[1]) for each in ledger.disagreements}
            yield kind, any(within(kind, each) for each in noticed)


def within(kind: str, noticed: str) -> bool:
    """Whether a figure is one of what a disagreement speaks of: itself, or a whole around it."""
    return kind == noticed or kind.startswith((f"{noticed}.", f"{noticed}[]"))


def figures(value: Any, place: Place = ()) -> Iterator[Place]:
    """Where the figures of a JSON value stand."""
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from figures(item, (*place, key))
    else:
        yield place


def value_at(value: Any, place: Place) -> Any:
    for key in place:
        value = value[key]
    return value


def spelled(place: Place) -> str:
    told = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in place)
    return told.removeprefix(".")


def altered(value: Any) -> Any:
    """The same but wrong: by a hundredth, or by one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return value * 1.01 + 0.01 if isinstance(value, float) else f"{value}x"


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
    claims = {
        told["name"]: {
            each["name"]: (each.get("semanticType") or {}).get("type")
            for each in told["columnProfiles"]
        }
        for told in results["tables"]
    }
    judged = results["phases"]["dq_validate"]
    quality.check(ledger, "phases.dq_validate", run.files, found, judged, claims)
    learned = results["phases"]["ml_inference"]
    name = learned.get("table") or next(iter(found), None)
    if name is not None:
        profiles = next(t["columnProfiles"] for t in results["tables"] if t["name"] == name)
        at = "phases.ml_inference"
        learning.check(ledger, at, run.files, found[name][1], learned, profiles)
    papers.check(ledger, run.files, results)


if __name__ == "__main__":
    sys.exit(main())
