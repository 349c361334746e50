"""Sandbox child: the process that untrusted bytes may kill; it answers calls under its limits."""

import ctypes
import logging
import os
import pickle
import resource
import select
import signal
import socket
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path

from connectors.errors import MetricFoundryError, ParserCrashed, ParserOutOfMemory
from pipelines import sandbox_wire as wire
from pipelines.sandbox_wire import ChildLimits, ChildOrder

log = logging.getLogger(__name__)
PR_SET_PDEATHSIG = 1


def report(value: object) -> None:
    """Called in a child: tell the caller how far it has come, and get a new budget of time."""
    channel = _Channel.current
    if channel is not None:
        channel.send(wire.PROGRESS, value)
        channel.renew()


class _Channel:
    """The child's way to its caller."""

    current: "_Channel | None" = None

    def __init__(self, ours: socket.socket, limits: ChildLimits) -> None:
        self._ours = ours
        self._limits = limits

    def send(self, kind: bytes, value: object) -> None:
        wire.send(self._ours, kind, pickle.dumps(value, protocol=5))

    def renew(self) -> None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        soft = int(used.ru_utime + used.ru_stime) + self._limits.cpu_s
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def live(ours: socket.socket, order: ChildOrder, errors: int) -> None:
    """Answer calls until none comes in time, or nobody is there to make one; never returns."""
    code = 1
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.dup2(errors, 1)
        os.dup2(errors, 2)
        _limit(order.limits)
        if order.rehearsal is not None:
            _rehearse(ours, order.rehearsal)
            ours.settimeout(wire.SPARE_S)
        channel = _Channel.current = _Channel(ours, order.limits)  # a rehearsal has no listener
        while (call := wire.receive(ours)) is not None:
            ours.settimeout(None)
            channel.renew()
            channel.send(*_answer(call[1], order.limits))
            ours.settimeout(order.limits.linger_s)
        code = 0
    except TimeoutError:
        code = 0
    finally:
        os._exit(code)


def _rehearse(ours: socket.socket, rehearsal: Callable[[], Iterable[object]]) -> None:
    """As many of its steps as there is time for: a call does not wait for more than one."""
    for _ in rehearsal():
        if select.select([ours], [], [], 0)[0]:
            return


def _answer(call: bytes, limits: ChildLimits) -> tuple[bytes, object]:
    try:
        function, args = pickle.loads(call)  # noqa: S301 - from our parent
        return wire.RESULT, function(*args)
    except MemoryError:
        size = limits.memory_bytes >> 20
        return wire.ERROR, ParserOutOfMemory(
            f"a reader needed more than {size} MiB of memory (limit reader_memory_bytes)"
        )
    except MetricFoundryError as error:
        return wire.ERROR, error
    except BaseException as error:  # noqa: BLE001 - polars panics are not Exceptions
        return wire.ERROR, _foreign(error)


def _foreign(error: BaseException) -> MetricFoundryError:
    said = " ".join(str(error).split())[:300]
    frames = "".join(traceback.format_tb(error.__traceback__))
    log.warning("a reader failed with %s\n%s", type(error).__name__, frames)  # no content in logs
    if is_about_memory(said):
        return ParserOutOfMemory(f"a reader ran out of memory: {said}")
    return ParserCrashed(f"the parser failed on this content: {type(error).__name__}: {said}")


def is_about_memory(said: str) -> bool:
    words = ("memory allocation of", "bad_alloc", "MemoryError", "out of memory", "Out of memory")
    return any(word in said for word in words)


def _limit(limits: ChildLimits) -> None:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    own = pages * resource.getpagesize()
    ceiling = own + limits.memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
