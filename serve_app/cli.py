"""Command line: `metricfoundry`. Each command is a few lines; what it needs is imported late.

Exit codes: 0 done, 1 error, 2 wrong usage, 3 job FAILED, 4 job PARTIAL, 5 job CANCELLED,
6 service or something it needs is not available, 130 interrupted.
"""

import time
from pathlib import Path
from typing import Annotated

import typer

from serve_app.cli_arguments import (
    Earlier,
    JobArgument,
    Json,
    Override,
    Url,
    WrongUsage,
    checked_source,
    overrides_of,
)
from serve_app.cli_command import command
from serve_app.cli_output import OF_STATUS, Exit, Interrupted

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "flights.csv"

app = typer.Typer(
    name="metricfoundry",
    help="Any structured dataset in; typed tables and a trustworthy profile out.",
    epilog="Exit codes: 0 done, 1 error, 2 usage, 3 job failed, 4 job partial, 5 job cancelled, "
    "6 not available, 130 interrupted.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command()
def run(
    data: Annotated[
        str, typer.Argument(metavar="[FILE|s3://BUCKET/KEY]", help="Default: a bundled example.")
    ] = "",
    override: Override = None,
    json: Json = False,
) -> None:
    """Run one job and show what came out. Starts what is missing, and stops it again."""
    with command(json) as (output, settings):
        from serve_app.api_client import ApiClient
        from serve_app.cli_run import WITH_RESULTS, Headline, copy_results, follow, show
        from serve_app.cli_service import borrowed, is_lasting

        source, chosen = checked_source(data or str(EXAMPLE)), overrides_of(override or ())
        with borrowed(settings, output.say) as url, ApiClient(url) as client:
            job_id = client.submit(source, chosen)
            try:
                job = follow(client, job_id, output)
            except KeyboardInterrupt:
                raise Interrupted(job_id, goes_on(job_id, runs=is_lasting(settings))) from None
            has_results = job["status"] in WITH_RESULTS
            headline = Headline.of(client.results(job["jobId"])) if has_results else None
            folder = copy_results(client, job, settings.home) if has_results else None
        show(output, job, headline, folder)
        raise typer.Exit(OF_STATUS[job["status"]])


@app.command()
def up(json: Json = False) -> None:
    """Start the service and keep it until Ctrl-C; then stop everything that was started."""
    with command(json) as (output, settings):
        from serve_app.cli_service import start_own, stopping

        began = time.monotonic()
        try:
            stack = start_own(settings, transient=False, say=output.say)
            with stopping(stack):
                output.result({"url": stack.url, "dashboard": stack.dashboard_url})
                output.print(f"ready at {stack.url} after {time.monotonic() - began:.0f} s")
                output.print(f"API      {stack.url}/docs")
                output.print(f"Ray      {stack.dashboard_url} (token: {stack.token_path})")
                output.print("Ctrl-C stops it")
                while True:
                    time.sleep(1)
                    stack.watch()
        except KeyboardInterrupt:
            output.say("stopped; jobs and reports are kept")


@app.command()
def submit(
    data: Annotated[str, typer.Argument(metavar="[FILE|s3://BUCKET/KEY]")] = "",
    earlier: Earlier = "",
    override: Override = None,
    url: Url = "",
    json: Json = False,
) -> None:
    """Submit a job to the running service and print its id."""
    with command(json) as (output, settings):
        from serve_app.api_client import ApiClient
        from serve_app.cli_service import running_url

        if bool(data) == bool(earlier):
            raise WrongUsage(
                "give either a file or --from with a job", hint="See `metricfoundry submit --help`."
            )
        source = checked_source(data) if data else ""
        chosen = overrides_of(override or ())
        with ApiClient(url or running_url(settings)) as client:
            job_id = client.submit(source, chosen) if data else client.submit_again(earlier, chosen)
        output.result({"jobId": job_id})
        output.print(job_id)


@app.command()
def status(
    job: Annotated[str, typer.Argument(metavar="[JOB]")] = "", url: Url = "", json: Json = False
) -> None:
    """Show a job, and end by the exit code of how it ended; or show the latest jobs."""
    with command(json) as (output, settings):
        from serve_app.api_client import ApiClient
        from serve_app.cli_run import show
        from serve_app.cli_service import running_url

        with ApiClient(url or running_url(settings)) as client:
            if job:
                found = client.job(client.full_id(job))
                show(output, found, None, None)
                raise typer.Exit(OF_STATUS.get(found["status"], Exit.OK))
            jobs = client.jobs()
        output.result({"jobs": jobs})
        for each in jobs:
            made = time.strftime("%Y-%m-%d %H:%M", time.localtime(each["createdAt"]))
            source = each["source"].get("filename") or each["source"].get("uri", "")
            output.print(f"{each['jobId']}  {made}  {each['status']:9}  {source}")


@app.command(name="open")
def open_report(job: JobArgument, url: Url = "", json: Json = False) -> None:
    """Copy a job's results here, print where its report lies, and open it in a browser."""
    with command(json) as (output, settings):
        from serve_app.api_client import ApiClient
        from serve_app.cli_run import REPORT, WITHOUT_RESULTS, copied_folder, copy_results, show
        from serve_app.cli_service import running_url

        folder = copied_folder(job, settings.home)
        if folder is None:
            with ApiClient(url or running_url(settings)) as client:
                found = client.job(client.full_id(job))
                if found["status"] in WITHOUT_RESULTS:
                    show(output, found, None, None)
                    raise typer.Exit(OF_STATUS[found["status"]])
                folder = copy_results(client, found, settings.home)
        report = folder / REPORT
        output.result({"report": str(report), "results": str(folder)})
        output.print(str(report))
        if output.console.is_terminal:
            typer.launch(report.as_uri())


@app.command()
def cancel(job: JobArgument, url: Url = "", json: Json = False) -> None:
    """Stop a job that waits or runs; it publishes nothing."""
    with command(json) as (output, settings):
        from serve_app.api_client import ApiClient
        from serve_app.cli_service import running_url

        with ApiClient(url or running_url(settings)) as client:
            found = client.cancel(client.full_id(job))
        output.result({"jobId": found["jobId"], "status": found["status"]})
        stopped = found["status"] == "CANCELLED"
        output.print(f"job {found['jobId']} {'is' if stopped else 'will soon be'} cancelled")


@app.command()
def doctor(
    s3: Annotated[
        bool, typer.Option("--s3", help="Print the S3 address and a key for inputs of yours.")
    ] = False,
    json: Json = False,
) -> None:
    """Check what MetricFoundry needs, one line each."""
    with command(json) as (output, settings):
        from serve_app import cli_doctor

        if s3:
            access = cli_doctor.s3_access(settings)
            output.result(access)
            for name, value in access.items():
                output.print(f"{name:10} {value}")
            return
        findings = cli_doctor.examine(settings)
        output.result(
            {
                "ok": all(each.ok for each in findings),
                "checks": [
                    {"name": each.name, "ok": each.ok, "detail": each.detail} for each in findings
                ],
            }
        )
        for each in findings:
            mark, style = ("ok", "green") if each.ok else ("fail", "red")
            output.print(f" {each.name:16} {each.detail}", mark=f"{mark:4}", style=style)
        if not all(each.ok for each in findings):
            raise typer.Exit(Exit.ERROR)


@app.command()
def clean(
    days: Annotated[
        float | None, typer.Option(help="Remove what ended longer ago.", min=0, show_default=False)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Remove all jobs that have ended.")] = False,
    json: Json = False,
) -> None:
    """Remove old jobs with all they published, and give their space back to the disk."""
    with command(json) as (output, settings):
        from serve_app.cli_clean import clean as remove

        age = 0.0 if every else settings.retention_days if days is None else days
        removed = remove(settings, age, output.say)
        output.result({"jobs": removed})
        output.print(f"{removed} jobs removed")


@app.command()
def migrate(json: Json = False) -> None:
    """Bring the job store's tables up to date."""
    with command(json) as (output, settings):
        from serve_app import migrations
        from serve_app.embedded import folder
        from serve_app.embedded.stack import complete

        if not settings.database_url:
            folder.make(settings.home)
        migrations.migrate(complete(settings, None).database_url)
        output.result({"ok": True})
        output.print("the job store is up to date")


@app.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    with command(True) as (output, settings):
        from serve_app.app import create_app
        from serve_app.embedded.stack import complete

        output.result(create_app(complete(settings, None)).openapi())


def goes_on(job_id: str, *, runs: bool) -> str:
    """What becomes of a job that nobody waits for any longer, and how to end it."""
    when = "runs on" if runs else "goes on when a service runs here again (`metricfoundry up`)"
    return f"interrupted, but job {job_id} {when}; `metricfoundry cancel {job_id}` stops it"


def main() -> None:
    app()


if __name__ == "__main__":
    main()
