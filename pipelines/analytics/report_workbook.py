"""Report workbook: the findings as sheets, for people who live in a spreadsheet. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from pipelines.analytics import data_quality, narrative, report_view, scoring
from pipelines.analytics.column_sheet import COLUMN, TABLE, as_number, columns, title, worded
from pipelines.analytics.findings import Findings, Payload
from pipelines.analytics.profile import completeness
from pipelines.analytics.relations.associations import ALL, SAMPLE
from pipelines.analytics.report_quality import tells_rows
from pipelines.analytics.spreadsheet import Field, Sheet, Value
from pipelines.analytics.wording import moment, places

LINES = 10_000  # of a sheet that could have one for every value; the files beside it hold all
NOTICES = 100
METHODS = {
    "pearson": "Pearson's r",
    "spearman": "Spearman's rho",
    "cramers_v": "Cramér's V",
    "correlation_ratio": "correlation ratio",
    "zscore": "z-score",
    "tukey": "Tukey's fences",
    "mad": "MAD",
}
SEVERITY = Field("Severity", 10, "text")


def sheets(findings: Findings) -> Iterator[Sheet]:
    """Summary first; a sheet that would hold nothing is left out."""
    several = len(findings.tables) > 1
    yield _summary(findings)
    if several:
        yield _tables(findings)
    if any(table.columns for table in findings.tables):
        yield columns(findings, several)
    if any(quality["issues"] for quality in findings.quality):
        yield _issues(findings, several)
    pairs = [findings.descriptive.get(name) or () for name in ("correlations", "associations")]
    if any(pairs):
        yield _correlations([pair for listed in pairs for pair in listed], several)
    if findings.descriptive.get("outliers"):
        yield _outliers(findings.descriptive["outliers"], several)


def _summary(findings: Findings) -> Sheet:
    fields = (Field("What", 24, "text"), Field("Figure", 18), Field("In words", 110, "sentence"))
    return Sheet("Summary", fields, _summed(findings), held=1)


def _summed(findings: Findings) -> Iterator[Sequence[Value]]:
    yield "Source", None, findings.source_name
    yield "Report", None, f"MetricFoundry, {moment(findings.created_at)}, job {findings.job_id}"
    yield "Summary", None, " ".join(str(sentence) for sentence in narrative.summary(findings))
    warned = report_view.warnings(findings)[:NOTICES]
    yield from _noticed(warned if report_view.warns(warned) else ())
    for sentence in narrative.highlights(findings):
        yield "Highlight", None, str(sentence)
    yield from _noticed(() if report_view.warns(warned) else warned)
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
    yield "Cells filled", _share(completeness(tables)), "share of all cells, 0 to 1"
    yield (
        "Quality score",
        _share(quality["score"]),
        "share of the data that no issue touches, 0 to 1",
    )
    for name, score in quality["dimensions"].items():
        yield (
            f"Quality: {name}",
            _share(score),
            "share of the data that is sound in this respect, 0 to 1",
        )
    for severity, found in quality["severitySummary"]["bySeverity"].items():
        yield f"Issues ({severity.lower()})", found, None


def _noticed(warned: Iterable[report_view.Warned]) -> Iterator[Sequence[Value]]:
    for warning in warned:
        place = f" ({warning.place})" if warning.place else ""
        severity = warning.severity.lower()
        told = "Note" if severity == "info" else f"Warning ({severity})"
        yield told, None, f"{warning.message}{place}"


def _share(share: float | None) -> float | None:
    """As many digits as anyone reads; results.json has the others."""
    return None if share is None else round(share, 4)


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
        Field("Rows", 10, "count"),
        Field("Dimension", 14, "text"),
        Field("Lower bound", 13),
        Field("Upper bound", 13),
        Field("Examples", 50, "text"),
        *(Field(title(name), 40, "text") for name in ours),
    )
    rows = (
        (
            entry["severity"],
            *((entry["table"],) if several else ()),
            entry.get("column"),
            worded(entry["rule"]),
            entry["message"],
            entry.get("count"),
            entry.get("dimension"),
            (entry.get("bounds") or {}).get("lower"),
            (entry.get("bounds") or {}).get("upper"),
            (places(entry.get("examples") or ()) or None) if tells_rows(entry) else None,
            *(entry.get(name) for name in ours),
        )
        for entry in entries
    )
    return Sheet("Issues", fields, _cut(rows, len(entries), len(fields), "issues"))


def _correlations(pairs: Sequence[Payload], several: bool) -> Sheet:
    """Pearson's pairs, then the associations; each says from which rows it is."""
    fields = (
        *((TABLE,) if several else ()),
        Field("Column", 26, "text"),
        Field("Other column", 26, "text"),
        Field("Correlation", 12, "coefficient"),
        Field("Rows", 12, "count"),
        Field("Method", 18, "text"),
        Field("From", 12, "text"),
    )
    rows = (
        (
            *((pair["table"],) if several else ()),
            pair["left"],
            pair["right"],
            pair["correlation"],
            pair["sampleSize"],
            METHODS.get(pair["method"], pair["method"]),
            worded(pair.get("basis") or (ALL if pair["method"] == "pearson" else SAMPLE)),
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
        Field("Lower bound", 13),
        Field("Upper bound", 13),
    )
    rows = (
        (
            *((report["table"],) if several else ()),
            report["column"],
            as_number(found["value"]),
            found["zscore"],
            found.get("row"),
            report.get("count"),
            METHODS.get(report["method"], report["method"]),
            report["threshold"],
            (report.get("bounds") or {}).get("lower"),
            (report.get("bounds") or {}).get("upper"),
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
