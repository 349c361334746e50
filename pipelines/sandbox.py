"""Sandbox: untrusted bytes are parsed in a forked child, where a crash costs nothing.

Some parsers can be made to abort the interpreter, which no `except` survives. So each call runs in
a child, forked in milliseconds from a server process that has the parsers loaded, under limits of
memory and processor time. The child's death is a typed error, and nothing else dies.
"""

import contextlib
import os
import pickle
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from connectors.errors import (
    ParserCrashed,
    ParserOutOfMemory,
    ParserTimedOut,
    ServiceUnavailable,
)
from pipelines import sandbox_wire as wire
from pipelines.sandbox_link import Cancelled as Cancelled  # noqa: PLC0414 - re-exported
from pipelines.sandbox_link import ChildLink, Gone
from pipelines.sandbox_server import send_request
from pipelines.sandbox_wire import ChildLimits as ChildLimits  # noqa: PLC0414 - re-exported
from pipelines.sandbox_wire import ChildOrder

T = TypeVar("T")

# One thread a child; and memory that is freed is kept and used again, in large pages, both by the C
# library's allocator and by that of polars: else a child spends a third of its time in page faults.
ENVIRONMENT = {
    "POLARS_MAX_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": str(1 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 30),
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    "_RJEM_MALLOC_CONF": "thp:always,dirty_decay_ms:-1,muzzy_decay_ms:-1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}
DEFAULT_LIMITS = ChildLimits()
DOUBTFUL = (ParserCrashed, ParserOutOfMemory, ParserTimedOut)


class Sandbox:
    """A server of forked children. Thread-safe; starts at the first call, or by `start`.

    `warm` is called once in the server, to load what children need; it may not start a thread.
    """

    def __init__(self, warm: tuple[Callable[..., object], tuple[Any, ...]] | None = None) -> None:
        self._warm = warm
        self._lock = threading.Lock()
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._waiting: dict[str, list[ChildLink]] = {}
        self._spare: ChildLink | None = None

    def start(self) -> None:
        with self._lock:
            self._ensure()

    def close(self) -> None:
        with self._lock:
            for child in (child for kind in self._waiting.values() for child in kind):
                child.close()
            self._waiting.clear()
            if self._spare is not None:
                self._spare.close()
                self._spare = None
            if self._control is not None:
                self._control.close()
            if self._server is not None:
                self._server.kill()
                self._server.wait()
            self._server = self._control = None

    def rehearse(self, rehearsal: Callable[[], Iterable[object]], limits: ChildLimits) -> None:
        """Have a child go through the steps of a rehearsal, for the next call with these limits.

        Returns once it is there. It waits a minute for its call, so that code and memory are at
        hand for it.
        """
        child: ChildLink | None = self._rehearsed(limits)
        if child is None:
            child = self._fork(ChildOrder(limits, rehearsal))
        if child.is_there():
            with self._lock:
                self._spare, child = child, self._spare
        if child is not None:
            child.close()

    def run(
        self,
        function: Callable[..., T],
        *args: Any,
        limits: ChildLimits = DEFAULT_LIMITS,
        kind: str = "",
        takes_blame: bool = True,
        on_progress: Callable[[Any], None] | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> T:
        """Call the function in a child. Raises what it raises, or an error that says how it died.

        A child waits a moment for another call of the same `kind`, if that is named, and has the
        memory for it at hand. What a used child dies of may be the fault of an earlier call: one
        that `takes_blame` is then made again in a child of its own.

        `on_progress` hears what the child gives to `report`; Cancelled is raised, and the child
        killed, once `is_cancelled`.
        """
        call = pickle.dumps((function, args))
        doubtful = DOUBTFUL if takes_blame else ()
        while (child := self._take(kind)) is not None:
            with contextlib.suppress(Gone, *doubtful):
                return self._ask(child, call, kind, on_progress, is_cancelled)  # type: ignore[no-any-return]
        if (child := self._rehearsed(limits)) is not None:  # it may be dying of its rehearsal
            with contextlib.suppress(Gone, *doubtful):
                return self._ask(child, call, kind, on_progress, is_cancelled)  # type: ignore[no-any-return]
        for _ in range(2):
            child = self._fork(ChildOrder(limits))
            with contextlib.suppress(Gone):
                return self._ask(child, call, kind, on_progress, is_cancelled)  # type: ignore[no-any-return]
        raise ServiceUnavailable("the process that reads files was killed twice")

    def _ask(
        self,
        child: ChildLink,
        call: bytes,
        kind: str,
        on_progress: Callable[[Any], None] | None,
        is_cancelled: Callable[[], bool],
    ) -> Any:
        lives_on = False
        try:
            sort, payload = child.ask(call, on_progress, is_cancelled)
            answer = pickle.loads(payload)  # noqa: S301 - our own code wrote it
            lives_on = bool(kind) and not isinstance(answer, DOUBTFUL)
        finally:
            if lives_on:
                with self._lock:
                    self._waiting.setdefault(kind, []).append(child)
            else:
                child.close()
        if sort == wire.ERROR:
            raise answer
        return answer

    def _take(self, kind: str) -> ChildLink | None:
        """A child that waits for such a call; those that have ended meanwhile are forgotten."""
        with self._lock:
            for other in [name for name in self._waiting if name != kind]:
                self._waiting[other] = [c for c in self._waiting[other] if not c.forget_if_ended()]
                if not self._waiting[other]:
                    del self._waiting[other]
            waiting = self._waiting.get(kind, [])
            while waiting:
                child = waiting.pop()
                if not child.forget_if_ended():
                    return child
        return None

    def _rehearsed(self, limits: ChildLimits) -> ChildLink | None:
        """The child that is at hand for a first call, if there is one of these limits."""
        with self._lock:
            child = self._spare
            if child is None or child.limits != limits:
                return None
            self._spare = None
        return None if child.forget_if_ended() else child

    def _fork(self, order: ChildOrder) -> ChildLink:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        status, status_end = os.pipe()
        errors = os.memfd_create("stderr")
        try:
            self._send(pickle.dumps(order), [theirs.fileno(), status_end, errors])
        except BaseException:
            ours.close()
            os.close(status)
            os.close(errors)
            raise
        finally:
            theirs.close()
            os.close(status_end)
        return ChildLink(ours, status, errors, order.limits)

    def _ensure(self) -> socket.socket:
        if self._server is not None and self._server.poll() is None and self._control is not None:
            return self._control
        if self._control is not None:
            self._control.close()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        environment = {**os.environ, **ENVIRONMENT}
        self._server = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "pipelines.sandbox_server", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env=environment,
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        self._control = ours
        send_request(ours, pickle.dumps(self._warm), [])
        return ours

    def _send(self, request: bytes, descriptors: list[int]) -> None:
        with self._lock:
            for attempt in (1, 2):
                try:
                    send_request(self._ensure(), request, descriptors)
                except OSError:  # the server was killed; a new one takes its place
                    if attempt == 2:
                        raise
                    self._server = None
                else:
                    return
