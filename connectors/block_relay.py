"""Block relay: what one process has read of an object, left for another on the same machine.

An object store charges for every pass over an object; the page cache does not. Leaving is a favour:
without a folder, or without room, nothing is left, and who finds nothing asks the store.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LEAST_BYTES = 1 << 20  # a smaller block is as quickly fetched
MOST_BYTES = 512 << 20  # that may lie there at once
PREFIX = "metricfoundry-blocks-"
SPARE = ".spare-"


@dataclass(frozen=True, slots=True)
class Block:
    """The bytes [start, end) of an object, in a file."""

    path: Path
    start: int
    end: int

    def remove(self) -> None:
        """Its file serves the next block: pages that are there cost less than new ones."""
        with contextlib.suppress(OSError):
            self.path.rename(self.path.with_name(f"{SPARE}{self.start}"))


@dataclass(frozen=True, slots=True)
class BlockRelay:
    """A folder of blocks of one object. Nothing is left before the folder is there."""

    folder: str

    def open(self) -> None:
        """From now on, blocks are left."""
        Path(self.folder).mkdir(parents=True, exist_ok=True)

    def leave(self, start: int, content: bytes) -> None:
        """Put a block down, whole or not at all."""
        if len(content) < LEAST_BYTES:
            return
        folder = Path(self.folder)
        unfinished = folder / f".{start}.{os.getpid()}"
        try:
            if sum(block.end - block.start for block in self.blocks()) > MOST_BYTES:
                return
            try:
                self._take_spare(unfinished)
                unfinished.touch()
                with unfinished.open("r+b") as file:
                    file.write(content)
                    file.truncate()
                unfinished.rename(folder / f"{start}-{start + len(content)}")
            except OSError:
                unfinished.unlink(missing_ok=True)
        except OSError:
            return

    def _take_spare(self, path: Path) -> None:
        for spare in Path(self.folder).glob(f"{SPARE}*"):
            with contextlib.suppress(OSError):  # another reader took it
                spare.rename(path)
                return

    def blocks(self) -> list[Block]:
        """What lies there, in the object's order. Raises OSError without a folder."""
        found = []
        for path in Path(self.folder).iterdir():
            if not path.name.startswith("."):
                start, _, end = path.name.partition("-")
                found.append(Block(path, int(start), int(end)))
        return sorted(found, key=lambda block: block.start)


@contextlib.contextmanager
def relay_folder() -> Iterator[Path]:
    """A folder for relays, which goes when its owner has done with it, or has been killed."""
    _sweep()
    path, lock = _locked_folder()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)


def _locked_folder() -> tuple[Path, int]:
    """A new folder and its lock. Until it is locked, another's sweep may take it for left over."""
    while True:
        path = Path(tempfile.mkdtemp(prefix=PREFIX))
        with contextlib.suppress(FileNotFoundError):
            lock = os.open(path, os.O_RDONLY)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if path.exists():
                return path, lock
            os.close(lock)


def _sweep() -> None:
    """Remove what owners left that were killed: their locks went with them."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            lock = os.open(path, os.O_RDONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(lock)
