"""Arguments that commands share, and what they say: a source that is there, overrides by name."""

import json
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from connectors.errors import InvalidSource, SourceNotFound

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


class WrongUsage(InvalidSource):
    """Arguments that do not go together, or are written otherwise than the help says."""


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
            found[name] = json.loads(value)
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
