"""Folders of the embedded servers: one owner at a time, private files, short socket paths."""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from connectors.errors import Misconfigured, ServiceUnavailable

OWNER = "owner"  # the file that the owner of a socket folder holds locked


class FolderInUse(ServiceUnavailable):
    """Another process owns the folder."""


def make(folder: Path) -> None:
    """A private folder. Raises Misconfigured where there can be none."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(
            f"{folder} cannot be made: {error.strerror}", hint="Set MF_HOME to another folder."
        ) from error


def lock(folder: Path) -> IO[str]:
    """Own the folder until the file is closed or this process ends, however it ends.

    Raises FolderInUse; Misconfigured where there can be no such folder, or it is read-only.
    """
    make(folder)
    try:
        handle = (folder / "lock").open("a+")
    except OSError as error:
        raise Misconfigured(
            f"{folder} cannot be written to: {error.strerror}",
            hint="Set MF_HOME to another folder.",
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.close()
        raise FolderInUse(
            f"another MetricFoundry is using {folder}", hint="Stop it, or set MF_HOME elsewhere."
        ) from error
    return handle


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step; only its owner may read it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    temporary.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """The file's object, or an empty one if it is absent or was cut short."""
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    write_private(path, json.dumps(content, indent=2) + "\n")


@dataclass(frozen=True, slots=True)
class SocketFolder:
    """A private folder for unix sockets, which goes when its owner says so or has been killed."""

    path: Path
    _lock: IO[str]

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()


def socket_folder(folder: Path) -> SocketFolder:
    """A socket folder for whoever owns `folder`: sockets' paths may have 107 characters, that more.

    What killed owners left is removed. Raises ServiceUnavailable where somebody else's lies.
    """
    digest = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
    prefix = f"mf-{os.getuid()}-"
    _sweep(prefix)
    path = Path(tempfile.gettempdir()) / f"{prefix}{digest}"
    while True:
        path.mkdir(mode=0o700, exist_ok=True)
        state = path.lstat()
        if path.is_symlink() or state.st_uid != os.getuid() or state.st_mode & 0o077:
            raise ServiceUnavailable(f"{path} belongs to somebody else or is open to others")
        with contextlib.suppress(FileNotFoundError):  # swept before it was locked
            lock = (path / OWNER).open("a+")
            fcntl.flock(lock, fcntl.LOCK_SH)  # shared: forked children keep it, and nobody waits
            if (path / OWNER).exists():
                return SocketFolder(path, lock)
            lock.close()


def _sweep(prefix: str) -> None:
    """Remove folders whose owners are dead: their locks went with them.

    Ray's agents outlive their owner by a minute, and would make the folder anew: the next start
    after that removes it.
    """
    for path in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        with contextlib.suppress(OSError), (path / OWNER).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not _is_used(path):
                shutil.rmtree(path)


def _is_used(folder: Path) -> bool:
    """Whether a process of ours has a file open that lies in the folder or where its links lead."""
    links = [each.resolve() for each in folder.iterdir() if each.is_symlink()]
    return any(
        path.is_relative_to(place) for path in _open_files() for place in (folder.resolve(), *links)
    )


def _open_files() -> Iterator[Path]:
    for descriptors in Path("/proc").glob("[0-9]*/fd"):
        if int(descriptors.parent.name) == os.getpid():
            continue  # the lock of whoever asks
        with contextlib.suppress(OSError):  # it ended, or is another user's
            for each in descriptors.iterdir():
                with contextlib.suppress(OSError):
                    yield each.readlink()
