"""Report: one page that opens from disk, without scripts; the same for a terminal; a workbook."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from pipelines.analytics import (
    charts,
    narrative,
    report_members,
    report_view,
    report_workbook,
    spreadsheet,
    wording,
)
from pipelines.analytics.drawing import Drawing, svg
from pipelines.analytics.findings import Findings
from pipelines.analytics.report_learning import learned
from pipelines.analytics.report_quality import tells_rows
from pipelines.analytics.report_text import text
from pipelines.analytics.workspace import File

__all__ = ["html", "text", "write_report", "xlsx"]

HTML_TYPE, TEXT_TYPE = "text/html; charset=utf-8", "text/plain; charset=utf-8"

TEMPLATES = Path(__file__).parent / "templates"
LIMITS = {
    "contents": 12,
    "warnings": 100,
    "members": 50,
    "guesses": 20,
    "around": 50,
    "unfolded": 3,
    "open_issues": 25,
    "sql": 2000,
    "issues": 100,
    "pairs": 20,
    "associations": 10,
    "copies": 10,
    "outliers": 30,
    "excluded": 40,
}


def write_report(findings: Findings) -> tuple[dict[str, Any], list[File]]:
    """The payload of nl_report, and the files that it speaks of."""
    pictures = [
        File(f"results/graphs/{graph.name}", graph.png, "image/png", f"{graph.description}.")
        for graph in charts.graphs(findings)
    ]
    pages = [
        File("results/report.html", html(findings), HTML_TYPE, "The report, as one page."),
        File("results/report.txt", text(findings), TEXT_TYPE, "The report, for a terminal."),
        File(
            "results/report.xlsx",
            xlsx(findings),
            spreadsheet.XLSX_TYPE,
            "The figures of the report, as a workbook.",
        ),
    ]
    return narrative.narrate(findings), [*pages, *pictures]


def html(findings: Findings) -> bytes:
    """The page. Everything foreign is escaped, and nothing in it loads anything."""
    tables, warned = report_view.table_views(findings), report_view.warnings(findings)
    page = _template().render(
        findings=findings,
        css=Markup((TEMPLATES / "report.css").read_text("utf-8")),  # noqa: S704 - our own file
        created=wording.moment(findings.created_at),
        summary=narrative.summary(findings),
        highlights=narrative.highlights(findings),
        headline=report_view.headline(findings),
        warnings=warned,
        warnings_title=report_view.warnings_title(warned),
        warns=report_view.warns(warned),
        members=report_members.members(findings),
        learned=learned(findings.inference),
        tables=tables,
        anchors={
            (view.profile.name, card.column.name): card.anchor
            for view in tables
            for card in view.cards
        },
        limits=LIMITS,
    )
    return page.encode("utf-8")


def xlsx(findings: Findings) -> bytes:
    """The workbook. Everything foreign is text, and nothing in it computes or links."""
    sheets = report_workbook.sheets(findings)
    return spreadsheet.workbook(sheets, findings.source_name, findings.created_at)


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )
    environment.filters |= {
        "amount": wording.amount,
        "bounded": wording.bounded,
        "cell": wording.cell,
        "coded": _coded,
        "counted": wording.count,
        "percent": wording.percent,
        "places": wording.places,
        "plain": wording.plain,
        "shorten": wording.shorten,
        "size": wording.size,
        "tells_rows": tells_rows,
    }
    return environment.get_template("report.html.j2")


def _coded(message: str) -> Markup:
    """A sentence of ours: what stands between backticks is a name or a value of the data."""
    parts = message.split("`")
    if len(parts) % 2 == 0:  # a backtick of the data's own
        return escape(message)
    code = Markup("<code>{}</code>")
    return Markup("").join(
        code.format(part) if place % 2 else part for place, part in enumerate(parts)
    )


def _finalized(value: object) -> object:
    """A drawing in the template is its SVG, which escapes its own text."""
    return Markup(svg(value)) if isinstance(value, Drawing) else value  # noqa: S704
