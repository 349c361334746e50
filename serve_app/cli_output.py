"""Output: what the commands say, to people and to programs, and how they end."""

import json
import sys
import unicodedata
from enum import IntEnum
from typing import Any

from rich.console import Console
from rich.text import Text

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
        self.log.print(Text(visible(text), style="dim"))

    def print(self, text: str = "", *, mark: str = "", style: str = "") -> None:
        """A line of the result, for people only: a mark in a style, then text as it stands."""
        if not self.as_json:
            self.console.print(_line(text, mark, style))

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
        self.log.print(_line(f" {error}", "error:", "red"))
        self.say(error.advice)

    def interrupted(self, interruption: KeyboardInterrupt) -> None:
        """That it was, and what goes on nevertheless."""
        if isinstance(interruption, Interrupted):
            content = {"code": "interrupted", "message": str(interruption)}
            self.result({"jobId": interruption.job_id, "error": content})
        self.say(str(interruption) or "interrupted")


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a job, which does not end by that."""

    def __init__(self, job_id: str, message: str) -> None:
        super().__init__(message)
        self.job_id = job_id


def _line(text: str, mark: str, style: str) -> Text:
    return Text.assemble((visible(mark), style), visible(text))


def visible(text: str) -> str:
    r"""Text of others without what would steer a terminal.

    >>> visible("a\x1b[2Jb")
    'a\\x1b[2Jb'
    """
    return "".join(ascii(each)[1:-1] if _steers(each) else each for each in text)


def _steers(letter: str) -> bool:
    """Control characters do; half a surrogate pair cannot even be written."""
    return letter not in "\n\t" and unicodedata.category(letter) in {"Cc", "Cs"}
