"""Output: what the commands say, to people and to programs, and how they end."""

import json
import sys
from enum import IntEnum
from typing import Any

from rich.console import Console

from connectors.errors import MetricFoundryError


class Exit(IntEnum):
    """Exit codes of `metricfoundry`."""

    OK = 0
    ERROR = 1
    USAGE = 2
    JOB_FAILED = 3
    JOB_PARTIAL = 4
    JOB_CANCELLED = 5
    UNAVAILABLE = 6
    INTERRUPTED = 130


OF_STATUS = {
    "SUCCEEDED": Exit.OK,
    "PARTIAL": Exit.JOB_PARTIAL,
    "FAILED": Exit.JOB_FAILED,
    "CANCELLED": Exit.JOB_CANCELLED,
}


class Output:
    """Results go to standard output, all else to standard error; `as_json` makes one object."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.console = Console(highlight=False, soft_wrap=True)
        self.log = Console(stderr=True, highlight=False, soft_wrap=True, quiet=as_json)

    def say(self, text: str) -> None:
        """A step on the way."""
        self.log.print(text, style="dim")

    def print(self, text: str = "") -> None:
        """A line of the result, for people only."""
        if not self.as_json:
            self.console.print(text)

    def result(self, content: Any) -> None:
        """The result, for programs only."""
        if self.as_json:
            sys.stdout.write(json.dumps(content, ensure_ascii=False) + "\n")
            sys.stdout.flush()

    def failed(self, error: MetricFoundryError) -> None:
        """One sentence and what to do."""
        self.result(
            {"error": {"code": error.stable_code, "message": str(error), "hint": error.advice}}
        )
        self.log.print(f"[red]error:[/red] {escaped(str(error))}")
        self.log.print(escaped(error.advice), style="dim")


def escaped(text: str) -> str:
    """Text of others, which rich must not read as markup."""
    from rich.markup import escape

    return escape(text)
