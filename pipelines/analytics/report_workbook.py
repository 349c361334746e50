"""Report workbook: the findings as sheets, for people who live in a spreadsheet. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence

from pipelines.analytics import data_quality, narrative, report_view, scoring
from pipelines.analytics.column_card import COUNTED, MEASURED, Card
from pipelines.analytics.findings import Findings, Payload
from pipelines.analytics.profile import completeness
from pipelines.analytics.report_quality import places
from pipelines.analytics.spreadsheet import Field, Sheet, Style, Value
from pipelines.analytics.wording import moment, number, plain, visible
from pipelines.profile import ColumnProfile

LINES = 10_000  # of a sheet that could have one for every value; the files beside it hold all
DIGITS = 15  # that a spreadsheet keeps
QUANTILES = ("p1", "p5", "p25", "p50", "p75", "p95", "p99")
FIRST = ("distinctCount", "min", "max", "mean", "stddev")
TITLES = {**dict((*MEASURED, *COUNTED)), "distinctCount": "distinct", "p50": "median"}
SEVERITY = Field("Severity", 10, "text")
TABLE, COLUMN = Field("Table", 20, "text"), Field("Column", 26, "text")


def sheets(findings: Findings) -> Iterator[Sheet]:
    """Summary first; a sheet that would hold nothing is left out."""
    several = len(findings.tables) > 1
    yield _summary(findings)
    if several:
        yield _tables(findings)
    if any(table.columns for table in findings.tables):
        yield _columns(findings, several)
    if any(quality["issues"] for quality in findings.quality):
        yield _issues(findings, several)
    if findings.descriptive.get("correlations"):
        yield _correlations(findings.descriptive["correlations"], several)
    if findings.descriptive.get("outliers"):
        yield _outliers(findings.descriptive["outliers"], several)


def _summary(findings: Findings) -> Sheet:
    fields = (Field("What", 24, "text"), Field("Figure", 18), Field("In words", 110, "sentence"))
    return Sheet("Summary", fields, _summed(findings), held=1)


def _summed(findings: Findings) -> Iterator[Sequence[Value]]:
    yield "Source", None, findings.source_name
    yield "Report", None, f"MetricFoundry, {moment(findings.created_at)}, job {findings.job_id}"
    yield "Summary", None, " ".join(str(sentence) for sentence in narrative.summary(findings))
    for warning in report_view.warnings(findings)[:100]:
        place = f" ({warning.place})" if warning.place else ""
        yield f"Warning ({warning.severity.lower()})", None, f"{warning.message}{place}"
    for sentence in narrative.highlights(findings):
        yield "Highlight", None, str(sentence)
    tables = findings.tables
    yield "Tables", len(tables), None
    yield "Rows", sum(table.rows for table in tables), None
    yield "Columns", sum(len(table.columns) for table in tables), None
    yield "Bytes read", findings.bytes_read, None
    rows = findings.rows
    yield "Rows read", rows.read, "parsed + repaired + rejected + skipped"
    yield "Rows parsed", rows.parsed, "read as they stand"
    yield "Rows repaired", rows.repaired, "read after a repair"
    yield "Rows rejected", rows.rejected, "not read; the rejects keep them"
    yield "Rows skipped", rows.skipped, "headers, notes and blank lines"
    if not tables:
        return
    quality = data_quality.payload(tables, findings.quality)
    yield "Cells filled", completeness(tables), "share of all cells, 0 to 1"
    yield "Quality score", quality["score"], "share of the data that no issue touches, 0 to 1"
    for name, score in quality["dimensions"].items():
        yield f"Quality: {name}", score, "share of the data that is sound in this respect, 0 to 1"
    for severity, found in quality["severitySummary"]["bySeverity"].items():
        yield f"Issues ({severity.lower()})", found, None


def _tables(findings: Findings) -> Sheet:
    fields = (
        TABLE,
        Field("From", 40, "text"),
        *(Field(title, 12, "count") for title in ("Rows", "Columns", "Bytes")),
        *(Field(title, 12, "percent") for title in ("Cells filled", "Quality score")),
        *(Field(title, 14, "count") for title in ("Rows with an empty cell", "Repeated rows")),
        Field("Issues", 9, "count"),
    )
    rows = (
        (
            view.profile.name,
            view.origin,
            view.profile.rows,
            len(view.profile.columns),
            view.profile.size_bytes,
            view.profile.completeness,
            view.quality["score"],
            view.profile.rows_with_nulls,
            view.profile.duplicate_rows.get("count"),
            len(view.quality["issues"]),
        )
        for view in report_view.table_views(findings)
    )
    return Sheet("Tables", fields, rows, held=1)


def _columns(findings: Findings, several: bool) -> Sheet:
    names = _figure_names(column for table in findings.tables for column in table.columns)
    fields = (
        *((TABLE,) if several else ()),
        COLUMN,
        Field("Type", 10, "text"),
        Field("Meaning", 16, "text"),
        Field("Personal", 14, "text"),
        Field("Issues", 8, "count"),
        Field("Values", 12, "count"),
        Field("Empty", 12, "count"),
        Field("Empty share", 9, "percent"),
        *(Field(_title(name), 13, _style(findings, name)) for name in names),
        Field("Most frequent value", 24, "text"),
        Field("How often", 12, "count"),
        Field("Estimated, not exact", 60, "text"),
    )
    return Sheet("Columns", fields, _column_rows(findings, names, several), held=1 + several)


def _column_rows(
    findings: Findings,
    names: Sequence[str],
    several: bool,
) -> Iterator[Sequence[Value]]:
    for table, quality in zip(findings.tables, findings.quality, strict=True):
        issues: dict[str, int] = {}
        for issue in quality["issues"]:
            issues[issue.get("column", "")] = issues.get(issue.get("column", ""), 0) + 1
        for column in table.columns:
            figures = _figures(column)
            top = (column.figures.get("topValues") or [{}])[0]
            yield (
                *((table.name,) if several else ()),
                column.name,
                column.type,
                _worded((column.figures.get("semanticType") or {}).get("type")),
                _worded((column.figures.get("personal") or {}).get("kind")),
                issues.get(column.name, 0),
                column.non_null_count,
                column.null_count,
                column.null_ratio,
                *(figures.get(name) for name in names),
                _value(top.get("value"), column),
                top.get("count"),
                " ".join(Card(column, "", ()).notes) or None,
            )


def _figures(column: ColumnProfile) -> dict[str, Value]:
    """Every single figure that the column has, quantiles among them."""
    quantiles = column.figures.get("quantiles") or {}
    found = {
        name: value
        for name, value in column.figures.items()
        if isinstance(value, str | int | float)
    }
    found |= {name: quantiles[name] for name in QUANTILES if quantiles.get(name) is not None}
    return {name: _value(value, column) for name, value in found.items()}


def _figure_names(columns: Iterable[ColumnProfile]) -> list[str]:
    """The figures that any of the columns has: the usual ones, quantiles, then as they come."""
    found = dict.fromkeys(name for column in columns for name in _figures(column))
    leading = [name for name in (*FIRST, *QUANTILES) if name in found]
    return [*leading, *(name for name in found if name not in leading)]


def _style(findings: Findings, name: str) -> Style:
    """Ratios in percent, what is whole in every column as a count."""
    if name.endswith("Ratio"):
        return "percent"
    if name in (*FIRST[1:], *QUANTILES, "sum"):
        return "figure"
    values = (column.figures.get(name) for table in findings.tables for column in table.columns)
    return "count" if all(v is None or isinstance(v, int) for v in values) else "figure"


def _issues(findings: Findings, several: bool) -> Sheet:
    entries = [
        {"table": table.name, **issue}
        for table, quality in zip(findings.tables, findings.quality, strict=True)
        for issue in quality["issues"]
    ]
    entries.sort(key=lambda issue: scoring.SEVERITIES.index(issue["severity"]))
    known = {
        *(
            "severity",
            "table",
            "column",
            "rule",
            "message",
            "count",
            "affected",
            "dimension",
            "value",
        )
    }
    ours = dict.fromkeys(
        name
        for entry in entries
        for name, value in entry.items()
        if name not in known and isinstance(value, str | int | float)
    )
    fields = (
        SEVERITY,
        *((TABLE,) if several else ()),
        COLUMN,
        Field("Rule", 22, "text"),
        Field("What was found", 80, "sentence"),
        Field("Affected", 10, "count"),
        Field("Dimension", 14, "text"),
        Field("Lower bound", 13),
        Field("Upper bound", 13),
        Field("Examples", 50, "text"),
        *(Field(_title(name), 40, "text") for name in ours),
    )
    rows = (
        (
            entry["severity"],
            *((entry["table"],) if several else ()),
            entry.get("column"),
            _worded(entry["rule"]),
            entry["message"],
            entry.get("count"),
            entry.get("dimension"),
            (entry.get("bounds") or {}).get("lower"),
            (entry.get("bounds") or {}).get("upper"),
            places(entry) or None,
            *(entry.get(name) for name in ours),
        )
        for entry in entries
    )
    return Sheet("Issues", fields, _cut(rows, len(entries), len(fields), "issues"))


def _correlations(pairs: Sequence[Payload], several: bool) -> Sheet:
    fields = (
        *((TABLE,) if several else ()),
        Field("Column", 26, "text"),
        Field("Other column", 26, "text"),
        Field("Correlation", 12, "coefficient"),
        Field("Rows", 12, "count"),
        Field("Method", 16, "text"),
    )
    rows = (
        (
            *((pair["table"],) if several else ()),
            pair["left"],
            pair["right"],
            pair["correlation"],
            pair["sampleSize"],
            _worded(pair.get("method")),
        )
        for pair in pairs
    )
    return Sheet("Correlations", fields, rows)


def _outliers(reports: Sequence[Payload], several: bool) -> Sheet:
    """A line for each value that is listed; `In all` says how many there are."""
    fields = (
        *((TABLE,) if several else ()),
        COLUMN,
        Field("Value", 16),
        Field("Deviations", 12, "coefficient"),
        Field("Row", 12, "count"),
        Field("In all", 12, "count"),
        Field("Method", 14, "text"),
        Field("Threshold", 10),
    )
    rows = (
        (
            *((report["table"],) if several else ()),
            report["column"],
            _as_number(found["value"]),
            found["zscore"],
            found.get("row"),
            report.get("count"),
            _worded(report["method"]),
            report["threshold"],
        )
        for report in reports
        for found in report["values"]
    )
    total = sum(len(report["values"]) for report in reports)
    return Sheet("Outliers", fields, _cut(rows, total, len(fields), "outliers"))


def _cut(
    rows: Iterable[Sequence[Value]], total: int, width: int, what: str
) -> Iterator[Sequence[Value]]:
    for line, row in enumerate(rows):
        if line == LINES:
            more = f"{total - LINES:,} more {what} are in results.json"
            yield (more, *[None] * (width - 1))
            return
        yield row


def _title(name: str) -> str:
    """A wire name as a person says it.

    >>> _title("medianLength"), _title("p95"), _title("mad")
    ('Median length', '95 %', 'Median abs. deviation')
    """
    if name in TITLES:
        said = TITLES[name]
    elif name in QUANTILES:
        said = f"{name[1:]} %"
    else:
        said = re.sub(r"(?<=[a-z0-9])([A-Z])", lambda found: f" {found[1].lower()}", name)
    return said[:1].upper() + said[1:]


def _worded(word: object) -> str | None:
    return visible(str(word)).replace("_", " ") if word else None


def _value(value: object, column: ColumnProfile) -> Value:
    if isinstance(value, str):
        return _as_number(value) if column.is_numeric else value
    return value if value is None or isinstance(value, int | float) else plain(value)


def _as_number(value: Value) -> Value:
    """Decimals travel as text; they are numbers again where a spreadsheet keeps all their digits.

    >>> _as_number("12.50"), _as_number("9007199254740993")
    (12.5, '9007199254740993')
    """
    found = number(value) if isinstance(value, str) else None
    if found is None or sum(map(str.isdigit, str(value))) > DIGITS:
        return value
    return found
