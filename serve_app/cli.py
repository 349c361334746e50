"""Command line: `metricfoundry`. Each command is a few lines; what it needs is imported late.

Exit codes: 0 done, 1 error, 2 wrong usage, 3 job FAILED, 4 job PARTIAL, 5 job CANCELLED,
6 service or something it needs is not available, 130 interrupted.
"""

import errno
import json as jsons
import os
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connectors.errors import (
    InvalidSource,
    MetricFoundryError,
    ServiceUnavailable,
    SourceNotFound,
    StorageFull,
)
from serve_app.cli_output import OF_STATUS, Exit, Interrupted, Output

if TYPE_CHECKING:
    from serve_app.settings import Settings

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

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Url = Annotated[str, typer.Option("--url", help="Address of the service, if it is elsewhere.")]
Override = Annotated[
    list[str] | None,
    typer.Option("--override", metavar="NAME=VALUE", help="How it is to be read; may be repeated."),
]
Earlier = Annotated[
    str, typer.Option("--from", metavar="JOB", help="Read the input of this job again.")
]
JobArgument = Annotated[str, typer.Argument(metavar="JOB", help="Id of the job, or its start.")]


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


def main() -> None:
    app()


class WrongUsage(InvalidSource):
    """Arguments that do not go together, or are written otherwise than the help says."""


@contextmanager
def command(as_json: bool) -> Iterator[tuple[Output, "Settings"]]:
    """Output and settings of a command; our own errors become a sentence and an exit code."""
    output = Output(as_json=as_json)
    try:
        yield output, load_settings()
    except MetricFoundryError as error:
        output.failed(error)
        raise typer.Exit(exit_code(error)) from None
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        full = StorageFull(f"no space is left on the disk to write {error.filename or 'a file'}")
        output.failed(full)
        raise typer.Exit(exit_code(full)) from None
    except KeyboardInterrupt as interruption:
        output.interrupted(interruption)
        raise typer.Exit(Exit.INTERRUPTED) from None


def exit_code(error: MetricFoundryError) -> Exit:
    if isinstance(error, WrongUsage):
        return Exit.USAGE
    return Exit.UNAVAILABLE if isinstance(error, ServiceUnavailable) else Exit.ERROR


def goes_on(job_id: str, *, runs: bool) -> str:
    """What becomes of a job that nobody waits for any longer, and how to end it."""
    when = "runs on" if runs else "goes on when a service runs here again (`metricfoundry up`)"
    return f"interrupted, but job {job_id} {when}; `metricfoundry cancel {job_id}` stops it"


def load_settings() -> "Settings":
    """Raises Misconfigured, naming each setting that does not fit."""
    from serve_app import settings

    found = settings.load()
    return found.model_copy(update={"home": found.home.resolve()})


def overrides_of(pairs: Sequence[str]) -> dict[str, object]:
    """The overrides that NAME=VALUE pairs say; a value is JSON, or else text as it stands.

    >>> overrides_of(["header=3", "delimiter=;"])
    {'header': 3, 'delimiter': ';'}
    """
    found: dict[str, object] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise WrongUsage(f"--override {pair} is not NAME=VALUE", hint="For example header=3.")
        try:
            found[name] = jsons.loads(value)
        except ValueError:
            found[name] = value
    return found


def checked_source(data: str) -> str:
    """The source, once it is sure that something readable is there. Raises SourceError."""
    if data.startswith("s3://"):
        return data
    if "://" in data:
        raise InvalidSource(f"{data} cannot be read", hint="Give a file or s3://bucket/key.")
    path = Path(os.path.expanduser(data))  # noqa: PTH111 - an unknown ~user is a name like any
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise SourceNotFound(f"there is no file {data}", hint="Check the path.") from None
    except OSError as error:
        raise InvalidSource(f"{data}: {error.strerror}", hint="Check the path.") from None
    if stat.S_ISDIR(mode):
        raise InvalidSource(f"{data} is a folder", hint="Give a file; a zip of it is one job.")
    if not stat.S_ISREG(mode):
        kind = "a pipe" if stat.S_ISFIFO(mode) else "a device or socket"
        raise InvalidSource(
            f"{data} is {kind}, not a file", hint="Save what comes out of it as a file first."
        )
    if not os.access(path, os.R_OK):
        raise InvalidSource(f"{data} may not be read", hint="Check its permissions.")
    return str(path)


if __name__ == "__main__":
    main()
