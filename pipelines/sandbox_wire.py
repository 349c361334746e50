"""Sandbox wire: what callers, the fork server and its children say to each other, and how."""

import socket
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass

HEADER = struct.Struct("<cQ")
CALL, RESULT, ERROR, PROGRESS = b"C", b"R", b"E", b"P"
BLOCK = 1 << 20
SPARE_S = 60.0  # how long one that has rehearsed waits for its first


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What a child may use: memory beyond the server's own, processor time between reports.

    `linger_s` is how long it waits for more work of the kind it has just done.
    """

    memory_bytes: int = 3 << 30
    cpu_s: int = 120
    linger_s: float = 1.0


@dataclass(frozen=True, slots=True)
class ChildOrder:
    """How a child is to be: its limits, and what it rehearses before its first call."""

    limits: ChildLimits
    rehearsal: Callable[[], Iterable[object]] | None = None


def send(channel: socket.socket, kind: bytes, payload: bytes) -> None:
    """One message. Raises OSError when the other side has gone."""
    channel.sendall(HEADER.pack(kind, len(payload)))
    channel.sendall(payload)


def receive(channel: socket.socket) -> tuple[bytes, bytes] | None:
    """One message, or None when the other side has gone. Raises TimeoutError before its start."""
    header = channel.recv(HEADER.size, socket.MSG_WAITALL)
    if len(header) < HEADER.size:
        return None
    kind, length = HEADER.unpack(header)
    payload = bytearray(length)
    view = memoryview(payload)
    while view:
        taken = channel.recv_into(view, min(BLOCK, len(view)))
        if not taken:
            return None
        view = view[taken:]
    return kind, bytes(payload)
