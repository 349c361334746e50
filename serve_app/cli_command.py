"""Command: what each has at hand, and how its errors become a sentence and an exit code."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from connectors.errors import MetricFoundryError, ServiceUnavailable, StorageFull
from serve_app.cli_arguments import WrongUsage
from serve_app.cli_output import Exit, Output

if TYPE_CHECKING:
    from serve_app.settings import Settings


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


def load_settings() -> "Settings":
    """Raises Misconfigured, naming each setting that does not fit."""
    from serve_app import settings

    found = settings.load()
    return found.model_copy(update={"home": found.home.resolve()})
