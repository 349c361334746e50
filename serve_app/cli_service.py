"""Services: the one that already runs, or one of our own for as long as a command needs it."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from connectors.errors import ServiceUnavailable
from serve_app.embedded import ports, service_record
from serve_app.embedded.folder import FolderInUse
from serve_app.settings import Settings

if TYPE_CHECKING:
    from serve_app.embedded.stack import Stack

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PATIENCE_S = 600.0


def running_url(settings: Settings) -> str:
    """The address of the running service. Raises ServiceUnavailable."""
    record = service_record.find(settings.home)
    if record and not record.transient:
        return record.url
    raise ServiceUnavailable(
        f"no service runs in {settings.home}", hint="Start one with `metricfoundry up`."
    )


def is_lasting(settings: Settings) -> bool:
    """Whether a service runs that this command has not started."""
    record = service_record.find(settings.home)
    return bool(record and not record.transient)


@contextmanager
def borrowed(settings: Settings, say: Callable[[str], None]) -> Iterator[str]:
    """The address of the running service, or of one that is started for the time being."""
    found = _running_or_own(settings, say)
    if isinstance(found, str):
        yield found
        return
    with stopping(found):
        yield found.url


@contextmanager
def stopping(stack: "Stack") -> Iterator["Stack"]:
    """Stop the stack at the end; from then on a second Ctrl-C changes nothing."""
    try:
        yield stack
    finally:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        stack.stop()


def start_own(settings: Settings, *, transient: bool, say: Callable[[str], None]) -> "Stack":
    """Start a stack that Ctrl-C, SIGTERM or a closed terminal interrupts."""
    from serve_app.embedded.stack import start  # what it imports would delay quick commands

    _raise_on_signals()
    return start(settings, transient=transient, say=say)


def _running_or_own(settings: Settings, say: Callable[[str], None]) -> "str | Stack":
    deadline = time.monotonic() + PATIENCE_S
    while True:
        record = service_record.find(settings.home)
        if record and not record.transient:
            return record.url
        (port,) = ports.free_pairs(1)
        try:
            return start_own(settings.model_copy(update={"port": port}), transient=True, say=say)
        except FolderInUse:
            if time.monotonic() > deadline:
                raise
            say("waiting for another MetricFoundry in this folder to start or to end")
            time.sleep(1)


def _raise_on_signals() -> None:
    for each in SIGNALS:
        signal.signal(each, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt
