"""Sandbox link: one child, as its caller sees it: asked, heard, killed, and what it died of."""

import contextlib
import logging
import os
import pickle
import re
import select
import signal
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connectors.errors import (
    MetricFoundryError,
    ParserCrashed,
    ParserOutOfMemory,
    ParserTimedOut,
)
from pipelines import sandbox_wire as wire
from pipelines.sandbox_child import is_about_memory
from pipelines.sandbox_wire import ChildLimits

log = logging.getLogger(__name__)
OF_ITSELF = re.compile(r"thread .* panicked at |memory allocation of |Fatal Python error|  File ")
TICK_S = 0.2


class Cancelled(Exception):
    """The call was given up because its caller does not want it any more."""


class Gone(Exception):
    """The child ended before it took the call, or was killed with its server."""


@dataclass(slots=True)
class ChildLink:
    """One child: its channel, and the descriptors of its end and of what it says in despair."""

    channel: socket.socket
    status: int
    errors: int
    limits: ChildLimits
    pid: int = 0

    def ask(
        self,
        call: bytes,
        on_progress: Callable[[Any], None] | None,
        is_cancelled: Callable[[], bool],
    ) -> tuple[bytes, bytes]:
        """The kind and content of the answer. Raises how the child died, Cancelled, or Gone."""
        said = os.fstat(self.errors).st_size
        with contextlib.suppress(OSError):
            wire.send(self.channel, wire.CALL, call)
        if not self.is_there():
            raise Gone
        heard = time.monotonic()
        while True:
            ready, _, _ = select.select([self.channel], [], [], TICK_S)
            if ready:
                message = self._receive()
                if message is None:
                    raise self._death(said)
                if message[0] != wire.PROGRESS:
                    return message
                if on_progress is not None:
                    on_progress(pickle.loads(message[1]))  # noqa: S301 - ours
                heard = time.monotonic()
            elif is_cancelled():
                self.kill()
                raise Cancelled
            elif time.monotonic() - heard > 4 * self.limits.cpu_s:
                self.kill()
                raise ParserTimedOut(
                    f"a reader made no progress for {4 * self.limits.cpu_s} seconds"
                )

    def is_there(self) -> bool:
        """Whether it was forked, which is waited for."""
        self.pid = self.pid or self._read_status() or 0
        return self.pid > 0

    def _receive(self) -> tuple[bytes, bytes] | None:
        try:
            return wire.receive(self.channel)
        except ConnectionError:
            return None

    def forget_if_ended(self) -> bool:
        """Whether it has ended while it waited; it says nothing then, so what is to read is EOF."""
        if not select.select([self.channel], [], [], 0)[0]:
            return False
        self.close()
        return True

    def kill(self) -> None:
        if self.pid > 0:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """A child that waits for calls ends with its channel."""
        self.channel.close()
        os.close(self.status)
        os.close(self.errors)

    def _read_status(self) -> int | None:
        raw = os.read(self.status, 8)
        number: int | None = struct.unpack("<q", raw)[0] if len(raw) == 8 else None
        return number

    def _death(self, already_said: int) -> MetricFoundryError:
        status = self._read_status()
        if status is None:
            raise Gone
        code = os.waitstatus_to_exitcode(status)
        if code == 0:
            raise Gone  # it had waited long enough, just before the call came
        said = os.pread(self.errors, 1 << 16, already_said).decode("utf-8", "replace")
        log.warning("a reader died with %s: %s", code, _harmless(said))
        if code == -signal.SIGXCPU:
            return ParserTimedOut(
                f"a reader used more than {self.limits.cpu_s} seconds of processor time"
                " on one chunk (limit reader_cpu_s)"
            )
        if code == -signal.SIGKILL or is_about_memory(said):
            return ParserOutOfMemory(
                f"a reader needed more than {self.limits.memory_bytes >> 20} MiB of memory"
                " (limit reader_memory_bytes)"
            )
        name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return ParserCrashed(f"the parser died on this content ({name})")


def _harmless(said: str) -> str:
    r"""The lines that a dying process says of itself; others may cite what it was reading.

    >>> _harmless("thread 'main' panicked at src/a.rs:1:\nno a@b.de\nmemory allocation of 9 bytes")
    "thread 'main' panicked at src/a.rs:1: | memory allocation of 9 bytes"
    """
    return " | ".join(line for line in said.splitlines()[-40:] if OF_ITSELF.match(line))[-2000:]
