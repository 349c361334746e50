"""Papers: the files for people, figure by figure against results.json."""

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import openpyxl
from lxml import html

from recomputed.ledger import Ledger

REPEATED = 1000
LISTED = 10_000
CARDS = 200
NAMES = {
    "distinctCount": "Distinct",
    "min": "Min",
    "max": "Max",
    "mean": "Mean",
    "stddev": "Std. deviation",
    "p1": "1 %",
    "p5": "5 %",
    "p25": "25 %",
    "p50": "Median",
    "p75": "75 %",
    "p95": "95 %",
    "p99": "99 %",
    "sum": "Sum",
    "variance": "Variance",
    "skewness": "Skewness",
    "kurtosis": "Kurtosis",
    "zeros": "Zeros",
}


def check(ledger: Ledger, files: Mapping[str, bytes], results: Mapping[str, Any]) -> None:
    """CSV and JSON files, the workbook and the page."""
    stats = results["phases"]["descriptive_stats"]
    _lines(ledger, "descriptive_stats.csv", files, stats["descriptiveTable"])
    basis = {"pearson": "all_rows"}
    pairs = [{**p, "basis": basis.get(p["method"], "row_sample")} for p in stats["correlations"]]
    _lines(ledger, "correlations.csv", files, [*pairs, *stats["associations"]])
    outliers = files.get("results/outliers.json")
    ledger.same("outliers.json", json.loads(outliers) if outliers else [], stats["outliers"])
    for phase, payload in results["phases"].items():
        if phase != "finalize":
            ledger.same(f"phases/{phase}.json", json.loads(files[f"phases/{phase}.json"]), payload)
    _files(ledger, files, results)
    _again(ledger, results)
    _workbook(ledger, files["results/report.xlsx"], results)
    _page(ledger, files["results/report.html"].decode("utf-8"), results)


def _files(ledger: Ledger, files: Mapping[str, bytes], results: Mapping[str, Any]) -> None:
    """What the manifest lists is there, all of it, with its size and digest."""
    told, base = results["artifactManifest"], f"artifacts/{results['jobId']}/"
    ledger.same("artifactManifest.basePath", told["basePath"], base)
    listed = [each["key"].removeprefix(base) for each in told["artifacts"]]
    there = sorted(set(files) - {"manifest.json", "results/manifest.json"})
    ledger.same("artifactManifest.artifacts[].key", sorted(listed), there)
    sealed = json.loads(files["manifest.json"])
    ledger.same("results/manifest.json", files["results/manifest.json"], files["manifest.json"])
    for each, entry in zip(told["artifacts"], sealed["artifacts"], strict=True):
        for name, value in each.items():
            ledger.same(f"artifactManifest.artifacts[].{name}", value, entry[name])
        body = files[entry["key"].removeprefix(base)]
        ledger.same("manifest.json:size", entry["size"], len(body))
        ledger.same("manifest.json:sha256", entry["sha256"], hashlib.sha256(body).hexdigest())
    for phase, key in results["phaseArtifactKeys"].items():
        ledger.same(f"phaseArtifactKeys.{phase}", key, f"{base}phases/{phase}.json")
    ends = {"resultsManifest": "results/manifest.json", "resultsJson": "results/results.json"}
    for name, end in ends.items():
        is_so = results["links"][name].endswith(f"/{base}{end}")
        ledger.seen(f"links.{name}", is_so, results["links"][name])


def _again(ledger: Ledger, results: Mapping[str, Any]) -> None:
    """What results.json says twice, it says alike."""
    phases, tables = results["phases"], results["tables"]
    for name, most in (("correlations", None), ("outliers", REPEATED)):
        whole = phases["descriptive_stats"][name]
        ledger.whole(name, results[name], whole[:most])
        ledger.whole(f"phases.finalize.{name}", phases["finalize"][name], whole[:most])
    for at, told in (("", results), ("phases.finalize.", phases["finalize"])):
        omitted = len(phases["descriptive_stats"]["outliers"]) - len(told["outliers"])
        ledger.same(f"{at}outliersOmitted", told["outliersOmitted"], omitted)
    ledger.whole("phases.finalize.metrics", phases["finalize"]["metrics"], results["metrics"])
    ledger.whole(
        "phases.finalize.mlInference", phases["finalize"]["mlInference"], results["mlInference"]
    )
    for told, table in zip(phases["profile"]["tables"], tables, strict=True):
        ledger.whole(
            "phases.profile.tables[]",
            told,
            {n: table[n] for n in told if n != "table"} | {"table": table["name"]},
        )
    ledger.whole("mlInference", results["mlInference"], phases["ml_inference"])
    profiles = [profile for table in tables for profile in table["columnProfiles"]]
    told = [
        {k: v for k, v in p.items() if k != "table"} for p in phases["profile"]["columnProfiles"]
    ]
    ledger.whole("phases.profile.columnProfiles", told, profiles)
    totals = {
        "rows": sum(t["rows"] for t in tables),
        "columns": sum(t["columns"] for t in tables),
        "bytesRead": phases["ingest"]["bytesRead"],
        "dqScore": phases["dq_validate"]["score"],
        "datasetCompleteness": phases["profile"]["datasetCompleteness"],
    }
    cells = sum(t["cells"] for t in tables)
    missing = sum(t["missingCells"] for t in tables)
    ledger.near(
        "summary.datasetCompleteness",
        totals["datasetCompleteness"],
        1 - missing / cells if cells else 1.0,
    )
    for name, value in totals.items():
        ledger.same(f"summary.{name}", results["summary"][name], value)
        ledger.same(f"metrics.{name}", results["metrics"][name], value)
    again = _repeated(phases["dq_validate"]["metrics"])
    ledger.whole("metrics.dqMetrics", results["metrics"]["dqMetrics"], again)
    summary = phases["dq_validate"]["severitySummary"]
    ledger.whole("metrics.dqSeveritySummary", results["metrics"]["dqSeveritySummary"], summary)
    _manifest(ledger, results)
    stats = phases["descriptive_stats"]
    path = "phases.descriptive_stats.numericColumns"
    ledger.same(path, stats["numericColumns"], len(stats["descriptiveTable"]))
    for entry in stats["descriptiveTable"]:
        own = next(
            p
            for t in tables
            if entry.get("table", t["name"]) == t["name"]
            for p in t["columnProfiles"]
            if p["name"] == entry["column"]
        )
        path = "phases.descriptive_stats.descriptiveTable[]"
        count = own["nonNullCount"] - own.get("infinities", 0) - own.get("nans", 0)
        ledger.same(f"{path}.count", entry["count"], count)
        for name in set(entry) & set(own) - {"table", "count"}:
            ledger.same(f"{path}.{name}", entry[name], own[name])
        for name in ("5", "25", "50", "75", "95"):
            ledger.same(f"{path}.q{name}", entry[f"q{name}"], own["quantiles"][f"p{name}"])


def _repeated(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Of each list the first thousand entries, and how many more there are."""
    long = {n: v for n, v in metrics.items() if isinstance(v, list) and len(v) > REPEATED}
    short = {name: value[:REPEATED] for name, value in long.items()}
    left = {name: len(value) - REPEATED for name, value in long.items()}
    return {**metrics, **short, **({"omitted": left} if left else {})}


def _manifest(ledger: Ledger, results: Mapping[str, Any]) -> None:
    """What the manifest and the receipt repeat, and the account of rows."""
    phases, tables = results["phases"], results["tables"]
    manifest, quality = results["artifactManifest"], phases["dq_validate"]
    ledger.whole("phases.finalize.manifest", phases["finalize"]["manifest"], manifest)
    told = manifest["dataQuality"]
    for name, value in (
        ("severitySummary", quality["severitySummary"]),
        ("metrics", _repeated(quality["metrics"])),
    ):
        ledger.whole(f"artifactManifest.dataQuality.{name}", told[name], value)
    listed = [{name: table[name] for name in manifest["tables"][0]} for table in tables]
    ledger.whole("artifactManifest.tables", manifest["tables"], listed)
    ledger.same("artifactManifest.jobId", manifest["jobId"], results["jobId"])
    rows = results["receipt"]["rows"]
    read = rows["parsed"] + rows["repaired"] + rows["rejected"] + rows["skipped"]
    ledger.whole("receipt.rows", rows, {**rows, "read": read})
    kept = rows["parsed"] + rows["repaired"]
    ledger.same("receipt.rows.parsed", kept, sum(table["rows"] for table in tables))
    for told, table in zip(phases["ingest"]["tables"], tables, strict=True):
        names = [column["name"] for column in table["schema"]]
        ledger.whole("phases.ingest.tables[].columns", told["columns"], names)
        ledger.same("phases.ingest.tables[].rows", told["rows"], table["rows"])
    if len(tables) == 1:
        ledger.whole("schema", results["schema"], tables[0]["schema"])
        ledger.same("tables[].dqScore", tables[0]["dqScore"], quality["score"])


def _lines(
    ledger: Ledger, name: str, files: Mapping[str, bytes], told: Sequence[Mapping[str, Any]]
) -> None:
    body = files.get(f"results/{name}")
    lines = list(csv.DictReader(io.StringIO(body.decode("utf-8"), newline=""))) if body else []
    ledger.same(name, len(lines), len(told))
    for line, entry in zip(lines, told, strict=False):
        for field, cell in line.items():
            value = entry.get(field)
            if isinstance(value, str) and value[:1] in "=+-@\t\r\n" and value:
                value = f"'{value}" if not _is_number(value) else value
            spelled = "" if value is None else str(value)
            same = cell == spelled or (
                _is_number(cell) and _is_number(spelled) and float(cell) == float(spelled)
            )
            ledger.seen(
                f"{name}:{field}",
                same or cell.lstrip("'") == spelled.lstrip("'"),
                f"{cell!r} is {value!r}",
            )


def _is_number(text: Any) -> bool:
    try:
        float(text)
    except (TypeError, ValueError):
        return False
    return True


def _workbook(ledger: Ledger, body: bytes, results: Mapping[str, Any]) -> None:
    book = openpyxl.load_workbook(io.BytesIO(body))
    sheets = {page.title: list(page.iter_rows(values_only=True)) for page in book}
    several = len(results["tables"]) > 1
    profiles = [(t["name"], p) for t in results["tables"] for p in t["columnProfiles"]]
    if "Columns" in sheets:
        lines = _dicts(sheets["Columns"])
        ledger.same("report.xlsx:Columns", len(lines), len(profiles))
        for line, (table, told) in zip(lines, profiles, strict=True):
            if several:
                _cell(ledger, "Columns:Table", line["Table"], table)
            _cell(ledger, "Columns:Column", line["Column"], told["name"])
            _cell(ledger, "Columns:Type", line["Type"], told["type"])
            _cell(ledger, "Columns:Values", line["Values"], told["nonNullCount"])
            _cell(ledger, "Columns:Empty", line["Empty"], told["nullCount"])
            _cell(ledger, "Columns:Empty share", line["Empty share"], told["nullRatio"])
            figures = {**told, **(told.get("quantiles") or {})}
            for name, title in NAMES.items():
                if title in line:
                    _cell(ledger, f"Columns:{title}", line[title], figures.get(name))
            top = (told["topValues"] or [{}])[0]
            _cell(ledger, "Columns:How often", line["How often"], top.get("count"))
    issues = results["phases"]["dq_validate"]["issues"]
    lines = _dicts(sheets.get("Issues") or [()])
    ledger.same(
        "report.xlsx:Issues", len(lines), len(issues) if len(issues) <= LISTED else LISTED + 1
    )
    for line, told in zip(lines, issues, strict=False):
        for title, name in (
            ("Severity", "severity"),
            ("Column", "column"),
            ("Dimension", "dimension"),
        ):
            _cell(ledger, f"Issues:{title}", line[title], told.get(name))
        _cell(ledger, "Issues:What was found", line["What was found"], told["message"])
    stats = results["phases"]["descriptive_stats"]
    pairs = [*stats["correlations"], *stats["associations"]]
    for line, told in zip(_dicts(sheets.get("Correlations") or [()]), pairs, strict=True):
        for title, name in (
            ("Column", "left"),
            ("Other column", "right"),
            ("Rows", "sampleSize"),
            ("Correlation", "correlation"),
        ):
            _cell(ledger, f"Correlations:{title}", line[title], told[name])
    values = [(entry, value) for entry in stats["outliers"] for value in entry["values"]]
    lines = _dicts(sheets.get("Outliers") or [()])
    for line, (entry, told) in zip(lines[:LISTED], values, strict=False):
        for title, value in (
            ("Column", entry["column"]),
            ("Value", told["value"]),
            ("Row", told["row"]),
            ("In all", entry["count"]),
            ("Deviations", told["zscore"]),
            ("Threshold", entry["threshold"]),
            ("Lower bound", entry["bounds"]["lower"]),
        ):
            _cell(ledger, f"Outliers:{title}", line[title], value)
    summary = {line[0]: line[1] for line in sheets["Summary"][1:]}
    for title, name in (
        ("Rows", "rows"),
        ("Columns", "columns"),
        ("Bytes read", "bytesRead"),
        ("Quality score", "dqScore"),
        ("Cells filled", "datasetCompleteness"),
    ):
        if title in summary:
            told = results["summary"][name]  # shares are told to four places
            told = round(told, 4) if isinstance(told, float) else told
            _cell(ledger, f"Summary:{title}", summary[title], told)


def _dicts(rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def _cell(ledger: Ledger, path: str, cell: Any, told: Any) -> None:
    if isinstance(told, bool):
        told = "yes" if told else "no"
    same = cell == told or (cell in {None, ""} and told in {None, ""})
    if not same and _is_number(cell) and _is_number(told):
        same = abs(float(cell) - float(told)) <= 1e-14 * abs(float(told))
    if not same and isinstance(cell, str) and isinstance(told, str):
        same = cell[:20] == told[:20] or not told.isprintable() or len(told) > 8000
    ledger.seen(f"report.xlsx:{path}", same, f"{cell!r} is {told!r}")


def _page(ledger: Ledger, page: str, results: Mapping[str, Any]) -> None:
    """The facts of each column's card, read back from what they show."""
    root = html.fromstring(page)
    for number, table in enumerate(results["tables"], 1):
        for place, told in enumerate(table["columnProfiles"], 1):
            found = root.xpath(f"//*[@id='t{number}-c{place}']")
            if not found:
                continue
            pairs = found[0].xpath(".//dl[@class='facts']/div")
            facts = {p.findtext("dt"): p.findtext("dd") for p in pairs}
            figures = {
                "mean": "mean",
                "std. deviation": "stddev",
                "sum": "sum",
                "skewness": "skewness",
                "kurtosis": "kurtosis",
                "interquartile range": "iqr",
                "zeros": "zeros",
                "negative": "negatives",
                "mean length": "meanLength",
                "true": "trueCount",
            }
            figures |= {"min": "min", "max": "max", "values": "nonNullCount"}
            if told.get("masked"):
                continue
            for title, name in figures.items():
                if title in facts and told["type"] in {
                    "integer",
                    "number",
                    "decimal",
                    "boolean",
                    "text",
                }:
                    value = told.get(name)
                    if _is_number(value) and (told["type"] != "text" or name not in {"min", "max"}):
                        _shown(ledger, f"report.html:{title}", facts[title], value)
            cells = found[0].xpath(".//div[contains(@class,'quantiles')]//td/text()")
            quantiles = [v for v in (told.get("quantiles") or {}).values() if v is not None]
            for shown, value in zip(cells, quantiles, strict=False):
                _shown(ledger, "report.html:quantiles", shown, value)
    for dt in root.xpath("//header//dl[@class='figures']/div"):
        name = dt.findtext("dt")
        if name in {"Rows", "Columns"}:
            _shown(
                ledger, f"report.html:{name}", dt.find("dd").text, results["summary"][name.lower()]
            )


TIMES = " \N{MULTIPLICATION SIGN} 10"
SCRIPTED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def _shown(ledger: Ledger, path: str, text: str, value: Any) -> None:
    plain = text.replace("≈ ", "").replace(",", "").split(" ±")[0]
    if TIMES in plain:
        mantissa, power = plain.split(TIMES)
        plain = f"{mantissa}e{power.translate(SCRIPTED)}"
    try:
        shown = float(plain)
    except ValueError:
        ledger.seen(path, plain.endswith("…"), f"{text!r} is {value!r}")
        return
    told = float(value)
    ledger.seen(path, abs(shown - told) <= 1e-4 * abs(told), f"{text!r} is {value!r}")
