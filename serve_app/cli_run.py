"""Run: follow a job to its end, show its headline figures, and keep a copy of its results."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from pipelines.artifacts import slug
from serve_app.api_client import ApiClient
from serve_app.cli_output import Output

ENDS = {"SUCCEEDED", "PARTIAL", "FAILED", "CANCELLED"}
WITH_RESULTS = {"SUCCEEDED", "PARTIAL"}
WITHOUT_RESULTS = ENDS - WITH_RESULTS
POLL_S = 0.15
TOP_ISSUES = 5
SEVERITIES = ("ERROR", "WARNING", "INFO")
REPORT = "report.html"
ID_START = 8


def follow(client: ApiClient, job_id: str, output: Output) -> dict[str, Any]:
    """The job once it has ended; on the way its phase, rows and bytes are shown."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.percentage:>3.0f} %  {task.fields[read]}"),
        TimeElapsedColumn(),
    )
    live = output.log.is_terminal and not output.as_json
    shown = ""
    with Progress(*columns, console=output.log, transient=True, disable=not live) as bar:
        task = bar.add_task("queued", total=100, read="")
        while True:
            job = client.job(job_id)
            phase = job["phase"] or job["status"].lower()
            bar.update(task, description=phase, completed=job["progress"], read=_read(job))
            if phase != shown and not live:
                output.say(f"{phase}  {job['progress']:.0f} %  {_read(job)}")
            shown = phase
            if job["status"] in ENDS:
                return job
            time.sleep(POLL_S)


def _read(job: Mapping[str, Any]) -> str:
    total = f" of {_mb(job['bytesTotal'])}" if job["bytesTotal"] else ""
    return f"{job['rowsRead']:,} rows, {_mb(job['bytesRead'])}{total}"


def _mb(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


@dataclass(frozen=True, slots=True)
class Headline:
    """What a reader wants to know first."""

    rows: int
    columns: int
    completeness: float | None
    dq_score: float | None
    issues: tuple[Mapping[str, Any], ...]
    more_issues: int = 0

    @classmethod
    def of(cls, results: Mapping[str, Any]) -> "Headline":
        summary = results["summary"]
        issues = results["phases"].get("dq_validate", {}).get("issues", [])
        return cls(
            rows=summary["rows"],
            columns=summary["columns"],
            completeness=summary["datasetCompleteness"],
            dq_score=summary["dqScore"],
            issues=tuple(sorted(issues, key=_gravity)[:TOP_ISSUES]),
            more_issues=max(0, len(issues) - TOP_ISSUES),
        )

    def to_json(self) -> dict[str, Any]:
        wanted = ("severity", "rule", "message", "table", "column")
        return {
            "rows": self.rows,
            "columns": self.columns,
            "datasetCompleteness": self.completeness,
            "dqScore": self.dq_score,
            "topIssues": [
                {name: issue[name] for name in wanted if name in issue} for issue in self.issues
            ],
        }


def _gravity(issue: Mapping[str, Any]) -> int:
    severity = issue.get("severity")
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def copy_results(client: ApiClient, job: Mapping[str, Any], home: Path) -> Path:
    """A copy of everything under `results/`, since signed links expire; gives its folder."""
    folder = local_folder(job, home)
    for path in client.result_files(job["jobId"]):
        target = (folder / path).resolve()
        if target.is_relative_to(folder):
            client.save_result(job["jobId"], path, target)
    return folder


def local_folder(job: Mapping[str, Any], home: Path) -> Path:
    source = job["source"]
    name = str(source.get("filename") or source.get("uri", "").rstrip("/").rsplit("/", 1)[-1])
    stem = slug(name.split(".", maxsplit=1)[0] or name, set())
    return (home / "results" / f"{stem}-{job['jobId'][:ID_START]}").resolve()


def copied_folder(job_id: str, home: Path) -> Path | None:
    """The copy of a job's results that lies here already; any start of its id will do."""
    if len(job_id) < ID_START:
        return None
    found = sorted((home / "results").glob(f"*-{escape(job_id[:ID_START])}/{REPORT}"))
    return found[0].parent.resolve() if found else None


def show(
    output: Output, job: Mapping[str, Any], headline: Headline | None, folder: Path | None
) -> None:
    """The end of a job, for people and for programs."""
    report = str(folder / REPORT) if folder and (folder / REPORT).exists() else None
    output.result(
        {
            "jobId": job["jobId"],
            "status": job["status"],
            **(headline.to_json() if headline else {}),
            "warnings": job["warnings"],
            "errorDetail": job["errorDetail"],
            "results": str(folder) if folder else None,
            "report": report,
        }
    )
    output.print(f"  job {job['jobId']}", mark=job["status"], style="bold")
    if headline:
        _print_headline(output, headline)
    for warning in job["warnings"][:TOP_ISSUES]:
        output.print(f"  {warning['severity'].lower():8} {warning['message']}")
    if detail := job["errorDetail"]:
        output.print(f"  {detail['message']}", mark=detail["code"], style="red")
        output.print(mark=detail["hint"], style="dim")
    if folder:
        output.print(f"report   {report or folder}")


def _print_headline(output: Output, headline: Headline) -> None:
    output.print(f"rows     {headline.rows:,}")
    output.print(f"columns  {headline.columns:,}")
    output.print(f"complete {_percent(headline.completeness)}")
    output.print(f"quality  {_percent(headline.dq_score)}")
    for issue in headline.issues:
        place = " ".join(str(issue[key]) for key in ("table", "column") if issue.get(key))
        message = f"{place}: {issue['message']}" if place else issue["message"]
        output.print(f"  {issue['severity'].lower():8} {message}")
    if headline.more_issues:
        output.print(f"  and {headline.more_issues:,} more in the report")


def _percent(ratio: float | None) -> str:
    return "-" if ratio is None else f"{100 * ratio:.1f} %"
