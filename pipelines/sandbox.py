"""Sandbox: untrusted bytes are parsed in a forked child, where a crash costs nothing.

Some parsers can be made to abort the interpreter, which no `except` survives. So each call runs in
a child of its own, forked in milliseconds from a server process that has the parsers loaded, under
limits of memory and processor time. The child's death is a typed error, and nothing else dies.
"""

import contextlib
import ctypes
import logging
import os
import pickle
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from connectors.errors import (
    MetricFoundryError,
    ParserCrashed,
    ParserOutOfMemory,
    ParserTimedOut,
    ServiceUnavailable,
)

T = TypeVar("T")

log = logging.getLogger(__name__)
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
HEADER = struct.Struct("<cQ")
RESULT, ERROR, PROGRESS = b"R", b"E", b"P"
PR_SET_PDEATHSIG = 1
TICK_S = 0.2


class Cancelled(Exception):
    """The call was given up because its caller does not want it any more."""


class _ServerDied(Exception):
    """The server was killed, and its children with it."""


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What a child may use: memory beyond the server's own, processor time between reports."""

    memory_bytes: int = 3 << 30
    cpu_s: int = 120


DEFAULT_LIMITS = ChildLimits()


class Sandbox:
    """A server of forked children. Thread-safe; starts at the first call, or by `start`.

    `warm` is called once in the server, to load what children need; it may not start a thread.
    """

    def __init__(self, warm: tuple[Callable[..., object], tuple[Any, ...]] | None = None) -> None:
        self._warm = warm
        self._lock = threading.Lock()
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def start(self) -> None:
        with self._lock:
            self._ensure()

    def close(self) -> None:
        with self._lock:
            if self._control is not None:
                self._control.close()
            if self._server is not None:
                self._server.kill()
                self._server.wait()
            self._server = self._control = None

    def run(
        self,
        function: Callable[..., T],
        *args: Any,
        limits: ChildLimits = DEFAULT_LIMITS,
        on_progress: Callable[[Any], None] | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> T:
        """Call the function in a child. Raises what it raises, or an error that says how it died.

        `on_progress` hears what the child gives to `report`; Cancelled is raised, and the child
        killed, once `is_cancelled`.
        """
        for _ in range(2):
            with contextlib.suppress(_ServerDied):
                return self._run((function, args), limits, on_progress, is_cancelled)
        raise ServiceUnavailable("the process that reads files was killed twice")

    def _run(
        self,
        call: tuple[Callable[..., T], tuple[Any, ...]],
        limits: ChildLimits,
        on_progress: Callable[[Any], None] | None,
        is_cancelled: Callable[[], bool],
    ) -> T:
        result, result_end = os.pipe()
        status, status_end = os.pipe()
        errors = os.memfd_create("stderr")
        try:
            try:
                self._send((call, limits), [result_end, status_end, errors])
            finally:
                os.close(result_end)
                os.close(status_end)
            listener = _Listener(result, status, errors, limits, on_progress, is_cancelled)
            answer: T = listener.listen()
            return answer
        finally:
            for descriptor in (result, status, errors):
                os.close(descriptor)

    def _ensure(self) -> socket.socket:
        if self._server is not None and self._server.poll() is None and self._control is not None:
            return self._control
        if self._control is not None:
            self._control.close()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        environment = {**os.environ, **ENVIRONMENT}
        self._server = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "pipelines.sandbox", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env=environment,
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        self._control = ours
        _send_frame(ours, pickle.dumps(self._warm), [])
        return ours

    def _send(self, request: object, descriptors: list[int]) -> None:
        payload = pickle.dumps(request)
        with self._lock:
            for attempt in (1, 2):
                try:
                    _send_frame(self._ensure(), payload, descriptors)
                except OSError:  # the server was killed; a new one takes its place
                    if attempt == 2:
                        raise
                    self._server = None
                else:
                    return


class _Listener:
    """Reads what one child says, until it ends."""

    def __init__(  # noqa: PLR0917
        self,
        result: int,
        status: int,
        errors: int,
        limits: ChildLimits,
        on_progress: Callable[[Any], None] | None,
        is_cancelled: Callable[[], bool],
    ) -> None:
        self._result, self._status, self._errors = result, status, errors
        self._limits = limits
        self._on_progress = on_progress
        self._is_cancelled = is_cancelled
        self._buffer = bytearray()
        self._answer: tuple[bytes, bytes] | None = None

    def listen(self) -> Any:
        pid = self._read_pid()
        heard = time.monotonic()
        while True:
            ready, _, _ = select.select([self._result], [], [], TICK_S)
            if ready:
                block = os.read(self._result, 1 << 20)
                if not block:
                    break
                self._buffer += block
                self._take_frames()
                heard = time.monotonic()
            elif self._is_cancelled():
                _kill(pid)
                raise Cancelled
            elif time.monotonic() - heard > 4 * self._limits.cpu_s:
                _kill(pid)
                raise ParserTimedOut(
                    f"a reader made no progress for {4 * self._limits.cpu_s} seconds"
                )
        if self._answer is None:
            raise self._death()
        kind, payload = self._answer
        answer = pickle.loads(payload)  # noqa: S301 - our own code wrote it
        if kind == ERROR:
            raise answer
        return answer

    def _read_pid(self) -> int:
        raw = os.read(self._status, 8)
        return struct.unpack("<q", raw)[0] if len(raw) == 8 else 0

    def _take_frames(self) -> None:
        while len(self._buffer) >= HEADER.size:
            kind, length = HEADER.unpack_from(self._buffer)
            end = HEADER.size + length
            if len(self._buffer) < end:
                return
            payload = bytes(self._buffer[HEADER.size : end])
            del self._buffer[:end]
            if kind == PROGRESS:
                if self._on_progress is not None:
                    self._on_progress(pickle.loads(payload))  # noqa: S301 - ours
            else:
                self._answer = (kind, payload)

    def _death(self) -> MetricFoundryError:
        raw = os.read(self._status, 8)
        if len(raw) < 8:
            raise _ServerDied
        code = os.waitstatus_to_exitcode(struct.unpack("<q", raw)[0])
        said = os.pread(self._errors, 1 << 16, 0).decode("utf-8", "replace")
        log.warning("a reader died with %s: %s", code, said[-2000:])
        if code == -signal.SIGXCPU:
            return ParserTimedOut(
                f"a reader used more than {self._limits.cpu_s} seconds of processor time"
                " on one chunk (limit reader_cpu_s)"
            )
        if code == -signal.SIGKILL or _is_about_memory(said):
            return ParserOutOfMemory(
                f"a reader needed more than {self._limits.memory_bytes >> 20} MiB of memory"
                " (limit reader_memory_bytes)"
            )
        name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return ParserCrashed(f"the parser died on this content ({name})")


def _is_about_memory(said: str) -> bool:
    words = ("memory allocation of", "bad_alloc", "MemoryError", "out of memory", "Out of memory")
    return any(word in said for word in words)


def _kill(pid: int) -> None:
    if pid > 0:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _send_frame(control: socket.socket, payload: bytes, descriptors: list[int]) -> None:
    header = struct.pack("<Q", len(payload))
    socket.send_fds(control, [header], descriptors)
    control.sendall(payload)


def report(value: object) -> None:
    """Called in a child: tell the caller how far it has come, and get a new budget of time."""
    channel = _Channel.current
    if channel is not None:
        channel.send(PROGRESS, pickle.dumps(value))
        channel.renew()


class _Channel:
    """The child's way to its caller."""

    current: "_Channel | None" = None

    def __init__(self, descriptor: int, limits: ChildLimits) -> None:
        self._descriptor = descriptor
        self._limits = limits

    def send(self, kind: bytes, payload: bytes) -> None:
        view = memoryview(HEADER.pack(kind, len(payload)) + payload)
        while view:
            view = view[os.write(self._descriptor, view) :]

    def renew(self) -> None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        soft = int(used.ru_utime + used.ru_stime) + self._limits.cpu_s
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _serve(control: socket.socket) -> None:
    """The server: one fork a request; each child's end is told through its status pipe.

    It ends when its parent does, which closes the control socket; the children end with it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    waker, wake = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    warm = _receive(control)
    if warm is None:
        return
    if (call := pickle.loads(warm[0])) is not None:  # noqa: S301 - from our parent
        call[0](*call[1])
    running: dict[int, int] = {}
    while True:
        ready = _readable([control.fileno(), waker])
        if waker in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(waker, 4096)
            _reap(running)
        if control.fileno() in ready:
            request = _receive(control)
            if request is None:
                return
            payload, (result, status, errors) = request
            pid = os.fork()
            if pid == 0:
                control.close()
                signal.set_wakeup_fd(-1)
                os.close(status)
                _child(payload, result, errors)
            os.write(status, struct.pack("<q", pid))
            running[pid] = status
            os.close(result)
            os.close(errors)


def _readable(descriptors: list[int]) -> list[int]:
    return select.select(descriptors, [], [])[0]


def _reap(running: dict[int, int]) -> None:
    while running:
        try:
            pid, code = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        descriptor = running.pop(pid)
        with contextlib.suppress(OSError):
            os.write(descriptor, struct.pack("<q", code))
        os.close(descriptor)


def _receive(control: socket.socket) -> tuple[bytes, list[int]] | None:
    try:
        header, descriptors, _, _ = socket.recv_fds(control, 8, 3)
        while header and len(header) < 8:
            header += control.recv(8 - len(header))
        if not header:
            return None
        length = struct.unpack("<Q", header)[0]
        payload = bytearray()
        while len(payload) < length:
            block = control.recv(min(1 << 20, length - len(payload)))
            if not block:
                return None
            payload += block
    except ConnectionError:
        return None
    return bytes(payload), descriptors


def _child(payload: bytes, result: int, errors: int) -> None:
    code = 1
    try:
        _die_with_server()
        os.dup2(errors, 1)
        os.dup2(errors, 2)
        channel = _Channel(result, DEFAULT_LIMITS)
        limits = DEFAULT_LIMITS
        try:
            (function, args), limits = pickle.loads(payload)  # noqa: S301 - from our parent
            channel = _Channel.current = _Channel(result, limits)
            _limit(limits)
            channel.renew()
            answer = (RESULT, pickle.dumps(function(*args), protocol=5))
        except MemoryError:
            answer = (
                ERROR,
                pickle.dumps(
                    ParserOutOfMemory(
                        f"a reader needed more than {limits.memory_bytes >> 20} MiB of memory"
                        " (limit reader_memory_bytes)"
                    )
                ),
            )
        except MetricFoundryError as error:
            answer = (ERROR, pickle.dumps(error))
        except BaseException as error:  # noqa: BLE001 - polars panics are not Exceptions
            answer = (ERROR, pickle.dumps(_foreign(error)))
        channel.send(*answer)
        code = 0
    finally:
        os._exit(code)


def _foreign(error: BaseException) -> MetricFoundryError:
    said = " ".join(str(error).split())[:300]
    log.warning("a reader failed", exc_info=error)
    if _is_about_memory(said):
        return ParserOutOfMemory(f"a reader ran out of memory: {said}")
    return ParserCrashed(f"the parser failed on this content: {type(error).__name__}: {said}")


def _limit(limits: ChildLimits) -> None:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    own = pages * resource.getpagesize()
    ceiling = own + limits.memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _die_with_server() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    # Under its real name, so that both sides pickle the same classes.
    from pipelines import sandbox  # noqa: PLW0406

    sandbox._serve(socket.socket(fileno=int(sys.argv[1])))  # noqa: SLF001 - this very module
