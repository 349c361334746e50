"""Child processes: a server is ours if its pid and its start time are; it dies with its parent."""

import contextlib
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

NOTHING: Mapping[str, str] = {}
# Runs before the server does, in its process: PR_SET_PDEATHSIG, without a preexec_fn (which may
# deadlock in a process that has threads). The second look at the parent closes the race.
_TETHER = """
import ctypes, os, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if os.getppid() != int(sys.argv[1]):
        sys.exit("the parent has gone")
os.chdir(sys.argv[2])
os.execv(sys.argv[3], sys.argv[3:])
"""


@dataclass(frozen=True, slots=True)
class ChildProcess:
    """A process by pid and start time, which no later process shares."""

    pid: int
    started_at: float

    @classmethod
    def current(cls) -> "ChildProcess":
        return cls.of(os.getpid())

    @classmethod
    def of(cls, pid: int) -> "ChildProcess":
        return cls(pid, psutil.Process(pid).create_time())

    def as_dict(self) -> dict[str, float]:
        return asdict(self)

    @property
    def is_alive(self) -> bool:
        process = self._process()
        return process is not None and process.status() != psutil.STATUS_ZOMBIE

    def ask_to_stop(self) -> None:
        """SIGTERM, without waiting."""
        with contextlib.suppress(psutil.NoSuchProcess):
            if process := self._process():
                process.terminate()

    def stop(self, grace_s: float = 2.0) -> None:
        """SIGTERM, then SIGKILL once the grace is over. Nothing happens to another process."""
        process = self._process()
        if process is None:
            return
        try:
            process.terminate()
            process.wait(grace_s)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(10)
        except psutil.NoSuchProcess:
            return

    def _process(self) -> psutil.Process | None:
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started_at) < 0.1
        except psutil.NoSuchProcess:
            return None
        return process if same else None


def spawn(
    command: list[str], *, folder: Path, log: Path, environment: Mapping[str, str] = NOTHING
) -> ChildProcess:
    """Start a server in its own session (Ctrl-C is not for it) and a bare environment.

    Call it from the main thread: the tether is to the thread that starts it.
    """
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    tether = [sys.executable, "-I", "-S", "-c", _TETHER, str(os.getpid()), str(folder)]
    try:
        pid = os.posix_spawn(
            sys.executable,
            [*tether, *command],
            {"PATH": os.defpath, "HOME": str(folder), **environment},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, output, 1),
                (os.POSIX_SPAWN_DUP2, output, 2),
            ],
            setsid=True,
        )
    finally:
        os.close(output)
    return ChildProcess.of(pid)
