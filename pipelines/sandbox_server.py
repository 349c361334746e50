"""Sandbox server: has the parsers loaded, and forks a child for each caller in milliseconds.

`python -m pipelines.sandbox_server DESCRIPTOR`, where the descriptor is its control socket.
"""

import contextlib
import gc
import os
import pickle
import select
import signal
import socket
import struct
import sys

from pipelines import sandbox_child

HEADER = struct.Struct("<Q")
DESCRIPTORS = 3  # of a child: its channel, its status pipe, its standard error


def send_request(control: socket.socket, payload: bytes, descriptors: list[int]) -> None:
    socket.send_fds(control, [HEADER.pack(len(payload))], descriptors)
    control.sendall(payload)


def serve(control: socket.socket) -> None:
    """One fork a request; each child's pid, and then its end, are told through its status pipe.

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
    gc.collect()
    gc.freeze()  # else each child's collector would touch, and so copy, all that is loaded
    running: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([control.fileno(), waker], [], [])
        if waker in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(waker, 4096)
            _reap(running)
        if control.fileno() in ready:
            request = _receive(control)
            if request is None:
                return
            payload, (channel, status, errors) = request
            pid = os.fork()
            if pid == 0:
                control.close()
                signal.set_wakeup_fd(-1)
                for other in (status, *running.values()):
                    os.close(other)
                order = pickle.loads(payload)  # noqa: S301 - from our parent
                sandbox_child.live(socket.socket(fileno=channel), order, errors)
            os.write(status, struct.pack("<q", pid))
            running[pid] = status
            os.close(channel)
            os.close(errors)


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
        header, descriptors, _, _ = socket.recv_fds(control, HEADER.size, DESCRIPTORS)
        while header and len(header) < HEADER.size:
            header += control.recv(HEADER.size - len(header))
        if not header:
            return None
        payload = control.recv(HEADER.unpack(header)[0], socket.MSG_WAITALL)
    except ConnectionError:
        return None
    return payload, descriptors


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
