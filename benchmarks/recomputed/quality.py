"""Quality: the issues' SQL run by DuckDB, the rules by their definitions, and the scores."""

import re
import tempfile
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from math import prod
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from recomputed import exact
from recomputed.columns import alike
from recomputed.ledger import Ledger
from recomputed.meanings import is_label
from recomputed.published import NUMERIC, Table, wire
from recomputed.tables import repeats

SEVERITIES = ("ERROR", "WARNING", "INFO")
COMMONEST = 20


def check(
    ledger: Ledger,
    at: str,
    files: Mapping[str, bytes],
    tables: Mapping[str, tuple[str, Table]],
    told: Mapping[str, Any],
    claims: Mapping[str, Mapping[str, str | None]],
) -> None:
    """The payload of dq_validate; `tables` by name, with the prefix of each.

    `claims` has the semantic types of their columns.
    """
    issues = told["issues"]
    counts = Counter(issue["severity"] for issue in issues)
    for name in SEVERITIES:
        path = f"{at}.severitySummary.bySeverity.{name}"
        ledger.same(path, told["severitySummary"]["bySeverity"][name], counts[name])
    summary = told["severitySummary"]
    worst = next((name for name in SEVERITIES if counts[name]), None)
    ledger.same(f"{at}.severitySummary.maxSeverity", summary["maxSeverity"], worst)
    ledger.same(f"{at}.severitySummary.issueCount", summary["issueCount"], len(issues))
    ledger.near(
        f"{at}.severitySummary.penalty", summary["penalty"], 1 - Fraction(told["score"]), 1e-15
    )
    only = next(iter(tables)) if len(tables) == 1 else None
    with tempfile.TemporaryDirectory() as name:
        for prefix, _ in tables.values():
            for key, body in files.items():
                if key.startswith(prefix):
                    path = Path(name) / key
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(body)
        for place, issue in enumerate(issues):
            prefix, table = tables[issue.get("table", only)]
            _issue(ledger, f"{at}.issues[{place}]", Path(name) / prefix, table, issue)
    for name, (_, table) in tables.items():
        own = [issue for issue in issues if issue.get("table", only) == name]
        labels = {c.name for c in table.columns if is_label(c, claims[name][c.name])}
        _rules(ledger, at, table, own, told, None if only else name, labels)
        scored = told if only else next(e for e in told["tables"] if e["table"] == name)
        _scores(ledger, f"{at}" if only else f"{at}.tables[]", table, own, scored)
    if told["verdicts"]:
        names = {column.name for _, table in tables.values() for column in table.columns}
        _verdicts(ledger, at, issues, told["verdicts"], names)
        rules = [*(verdict["rule"] for verdict in told["verdicts"]), *told["rulesOff"]]
        ledger.same(f"{at}.verdicts[0].rule", set(rules), documented())


def _issue(ledger: Ledger, at: str, folder: Path, table: Table, issue: Mapping[str, Any]) -> None:
    ledger.seen(f"{at}.severity", issue["severity"] in SEVERITIES)
    costs = issue["severity"] != "INFO" and issue["rule"] != "all_null"
    ledger.same(f"{at}.affected", issue["affected"], issue["count"] if costs else 0)
    column = next((c for c in table.columns if c.name == issue.get("column")), None)
    if "column" in issue:
        ledger.seen(f"{at}.column", column is not None)
    ends = np.cumsum([rows for _, rows in table.parts])
    for place, example in enumerate(issue.get("examples") or ()):
        path = f"{at}.examples[{place}]"
        where = int(np.searchsorted(ends, example["row"] - 1, "right"))
        before = int(ends[where - 1]) if where else 0
        ledger.same(f"{path}.part", example["part"], table.parts[where][0])
        ledger.same(f"{path}.partRow", example["partRow"], example["row"] - before)
        is_row = 1 <= example["row"] <= table.data.num_rows
        ledger.seen(f"{path}.row", is_row and example["row"] - before == example["partRow"])
        if "value" in example and column is not None and column.word in {*NUMERIC, "text"}:
            cell = column.cells[example["row"] - 1]
            value = None if cell is None else wire(column, cell)
            shown = value[:200] if isinstance(value, str) else value
            told = example["value"]
            ledger.seen(
                f"{path}.value",
                told in {value, shown} or str(told).startswith(str(shown)[:150]),
                f"{told} is {value}",
            )
    sql = issue.get("sql")
    if sql is None:
        return
    start = sql.index("read_parquet('") + len("read_parquet('")
    stop = sql.index("/*.parquet", start)
    local = f"{sql[:start]}{folder}{sql[stop:]}"
    is_placed = "AS file_row" in sql
    place = "filename, file_row" if is_placed else "1"
    try:
        rows = duckdb.sql(f"SELECT {place} FROM ({local})").fetchall() if not _wide(table) else None
    except duckdb.Error as error:
        ledger.differ(f"{at}.sql", sql, error)
        return
    if rows is None:
        return
    ledger.seen(f"{at}.sql", told=True)
    value = issue.get("value")
    is_bounded = isinstance(value, dict) and "lower" in value and "upper" in value
    if is_bounded:
        ledger.within(f"{at}.count", len(rows), value["lower"], value["upper"])
    else:
        ledger.same(f"{at}.count", issue["count"], len(rows))
    listed = {(Path(row[0]).name, row[1]) for row in rows} if is_placed else None
    for place, example in enumerate(issue.get("examples") or ()):
        if listed is not None:
            name = f"part-{example['part']:05d}.parquet"
            ledger.seen(f"{at}.examples[{place}].partRow", (name, example["partRow"]) in listed)


def _wide(table: Table) -> bool:
    return len(table.columns) * table.data.num_rows > 20_000_000


def _rules(
    ledger: Ledger,
    at: str,
    table: Table,
    issues: Sequence[Mapping[str, Any]],
    told: Mapping[str, Any],
    name: str | None,
    labels: Collection[str],
) -> None:
    """Which columns each rule with a threshold in the docs must and must not name."""
    expected: dict[str, dict[str, tuple[str, Any]]] = {}
    rows = table.data.num_rows

    def expect(rule: str, column: str, severity: str, value: Any = None) -> None:
        expected.setdefault(rule, {})[column] = (severity, value)

    rules = ["null_ratio_threshold", "all_null", "constant", "imbalance", "skew"]
    ranges = {e["column"]: e for e in told["metrics"]["numericRanges"] if e.get("table") == name}
    cardinal = {
        e["column"]: e for e in told["metrics"]["categoricalCardinality"] if e.get("table") == name
    }
    keys = {e["column"] for e in told["metrics"]["keyCandidates"] if e.get("table") == name}
    expected_keys = set()
    for column in table.columns:
        nulls, values = rows - len(column.values), column.values
        if rows and nulls == rows:
            expect("all_null", column.name, "WARNING")
        empty = {row for row, cell in enumerate(column.cells) if cell is None}
        takes_turns = 0 < nulls < rows and any(
            {row for row, cell in enumerate(other.cells) if cell is None}
            == set(range(rows)) - empty
            for other in table.columns
            if len(other.values) == nulls
        )
        if rows and Fraction(nulls, rows) > Fraction(1, 5) and not takes_turns:
            grade = "ERROR" if nulls / rows >= 0.4 else "WARNING"
            expect("null_ratio_threshold", column.name, grade, nulls / rows)
        if not values or column.word in {"list", "struct", "null"}:
            continue
        counts = Counter(map(alike, values))
        if len(counts) == 1 and len(values) >= 10:
            expect("constant", column.name, "INFO")
        most = counts.most_common(1)[0][1]
        is_category = column.word in {"text", "boolean", "integer"} and 2 <= len(counts) <= 50
        if is_category and len(values) >= 20 and most / len(values) >= 0.95:
            expect("imbalance", column.name, "INFO", most / len(values))
        if column.word in {"integer", "text"} and len(values) >= 20 and len(counts) == rows:
            expected_keys.add(column.name)
        if column.name in cardinal:
            entry, path = cardinal[column.name], f"{at}.metrics.categoricalCardinality[0]"
            if not entry["sampleLimitHit"]:
                ledger.same(f"{path}.distinctSample", entry["distinctSample"], len(counts))
            ledger.same(f"{path}.nonNullCount", entry["nonNullCount"], len(values))
        if column.word in NUMERIC and len(column.finite) > 1:
            is_measure = column.name not in labels
            for place, issue in enumerate(issues):
                if issue["rule"] == "numeric_range" and issue["column"] == column.name:
                    _bounds(ledger, f"{at}.issues[{place}]", column, issue)
            _range(ledger, at, column, ranges.get(column.name), is_measure=is_measure)
            moments = exact.Moments(*exact.scaled(column.finite))
            skew = moments.skewness
            is_long = skew is not None and abs(skew) >= 3 and is_measure
            if is_long and len(counts) != 2 and len(values) >= 20:
                expect("skew", column.name, "INFO", float(skew))
    for rule in rules:
        found = {i["column"]: (i["severity"], i.get("value")) for i in issues if i["rule"] == rule}
        wanted = expected.get(rule, {})
        told_names = {column: severity for column, (severity, _) in found.items()}
        wanted_names = {column: severity for column, (severity, _) in wanted.items()}
        ledger.same(f"{at}.issues[0].rule", told_names, wanted_names)
        for column, (_, value) in wanted.items():
            if value is not None and column in found:
                ledger.near(f"{at}.issues[0].value", found[column][1], value, 1e-9)
    for column in table.columns:
        is_known = len(column.values) <= 131_072
        if is_known and (column.name in keys) != (column.name in expected_keys):
            ledger.differ(f"{at}.metrics.keyCandidates", column.name in keys, column.name)
    ledger.seen(f"{at}.metrics.keyCandidates[].column", told=True)
    repeated = repeats(table)
    duplicate = [issue for issue in issues if issue["rule"] == "duplicate_rows"]
    is_list = len(table.columns) == 1
    grade = None if not repeated or is_list else "ERROR" if repeated / rows >= 0.05 else "WARNING"
    ledger.same(
        f"{at}.issues[0].severity", [i["severity"] for i in duplicate], [grade] if grade else []
    )
    if name is None:
        metric, path = told["metrics"]["duplicateRows"], f"{at}.metrics.duplicateRows"
        if "lower" not in metric:
            ledger.same(f"{path}.duplicates", metric["duplicates"], repeated)
            ledger.near(
                f"{path}.ratio", metric["ratio"], Fraction(repeated, rows) if rows else Fraction(0)
            )
        ledger.same(f"{path}.severity", metric["severity"], grade or "OK")


def _bounds(ledger: Ledger, at: str, column: Any, issue: Mapping[str, Any]) -> None:
    """Mean ± 3 deviations, and how many of these each example lies out."""
    moments = exact.Moments(*exact.scaled(column.finite))
    slack = 1e-12 * float(abs(moments.mean) + 3 * moments.stddev) + 1e-322
    for name, way in (("lower", -3), ("upper", 3)):
        bound = moments.mean + way * moments.stddev
        ledger.near(f"{at}.bounds.{name}", issue["bounds"][name], bound, slack)
    for place, example in enumerate(issue.get("examples") or ()):
        cell = column.cells[example["row"] - 1]
        z = abs(Fraction(cell) - moments.mean) / moments.stddev
        lost = abs(Fraction(float(cell)) - Fraction(cell)) + abs(moments.mean) / 2**60
        ledger.near(f"{at}.examples[{place}].zscore", example.get("zscore", z), z, lost)


def _range(
    ledger: Ledger, at: str, column: Any, told: Mapping[str, Any] | None, *, is_measure: bool
) -> None:
    if told is None:
        return
    whole, unit = exact.scaled(column.finite)
    moments = exact.Moments(whole, unit)
    if not moments.stddev:
        return
    lower, upper = moments.mean - 3 * moments.stddev, moments.mean + 3 * moments.stddev
    path = f"{at}.metrics.numericRanges[0]"
    slack = 1e-12 * float(abs(moments.mean) + 3 * moments.stddev) + 1e-322
    ledger.near(f"{path}.lowerBound", told["lowerBound"], lower, slack)
    ledger.near(f"{path}.upperBound", told["upperBound"], upper, slack)
    ledger.near(f"{path}.minObserved", told["minObserved"], min(whole) * unit)
    ledger.near(f"{path}.maxObserved", told["maxObserved"], max(whole) * unit)
    ledger.same(f"{path}.sampleCount", told["sampleCount"], len(whole))
    edge = (upper - lower) * Fraction(1, 10**11)
    sure = sum(v * unit < lower - edge or v * unit > upper + edge for v in whole)
    most = sum(v * unit < lower + edge or v * unit > upper - edge for v in whole)
    ledger.within(f"{path}.violationCount", told["violationCount"], sure, most)
    ratio = told["violationCount"] / len(whole)
    ledger.near(f"{path}.violationRatio", told["violationRatio"], ratio)
    grade = "ERROR" if ratio >= 0.05 else "WARNING" if ratio >= 0.01 else "OK"
    grade = grade if is_measure else "OK"
    ledger.same(f"{path}.severity", told["severity"], grade)


def _scores(
    ledger: Ledger,
    at: str,
    table: Table,
    issues: Sequence[Mapping[str, Any]],
    told: Mapping[str, Any],
) -> None:
    """A column costs no more than its cells in each dimension; repeated rows cost their share."""
    rows, cells = table.data.num_rows, table.data.num_rows * len(table.columns)
    lost: Counter[tuple[str, str]] = Counter()
    for column in table.columns:
        lost["completeness", column.name] += rows - len(column.values)
    for issue in issues:
        if "column" in issue and issue["rule"] != "null_ratio_threshold":
            lost[issue["dimension"], issue["column"]] += issue["affected"]
    sound = {}
    for name in told["dimensions"]:
        gone = sum(min(n, rows) for (dimension, _), n in lost.items() if dimension == name)
        sound[name] = 1 - Fraction(gone, cells) if cells else Fraction(1)
        if name == "uniqueness" and rows:
            sound[name] *= 1 - Fraction(_repeated(issues), rows)
        ledger.near(f"{at}.dimensions.{name}", told["dimensions"][name], sound[name])
    ledger.near(f"{at}.score", told["score"], prod(sound.values()))


def _repeated(issues: Sequence[Mapping[str, Any]]) -> int:
    return sum(issue["count"] for issue in issues if issue["rule"] == "duplicate_rows")


def documented() -> set[str]:
    """The rules that the docs have a line of."""
    text = (Path(__file__).parents[2] / "docs" / "artifacts.md").read_text()
    section = text.partition("## Data quality")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))


def _verdicts(
    ledger: Ledger, at: str, issues: Sequence[Mapping[str, Any]], told: Any, names: set[str]
) -> None:
    failed: dict[tuple[str | None, str], set[str]] = {}
    for issue in issues:
        key = issue.get("table"), issue["rule"]
        failed.setdefault(key, set()).update({issue["column"]} if "column" in issue else ())
    for verdict in told:
        key = verdict.get("table"), verdict["rule"]
        wanted = failed.get(key)
        path = f"{at}.verdicts[0]"
        ledger.same(f"{path}.failed[]", set(verdict["failed"]), wanted or set())
        if wanted is not None:
            word = "fail"
        else:
            unclear = verdict["inconclusive"] and not verdict["passed"]
            word = "inconclusive" if unclear else "pass"
        if not (wanted is None and not verdict["passed"]):
            ledger.same(f"{path}.verdict", verdict["verdict"], word)
        ledger.seen(f"{path}.passed[]", set(verdict["passed"]) <= names - (wanted or set()))
