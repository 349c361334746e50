"""Reserve: room on the disk that is kept for cleaning up, since to forget is to write as well."""

import contextlib
import os
import shutil
from pathlib import Path

FILE = "reserve"
RESERVE_BYTES = 32 << 20
PLENTY_BYTES = 1 << 30  # below that, the room is worth more to others


def keep(home: Path) -> None:
    """Lay the reserve up, unless the disk is short of room already."""
    path = home / FILE
    with contextlib.suppress(OSError):  # it is a favour
        if path.exists() or shutil.disk_usage(home).free < PLENTY_BYTES:
            return
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, RESERVE_BYTES)
        finally:
            os.close(descriptor)


def release(home: Path) -> None:
    """Give it to whoever writes next. Without one, nothing happens."""
    with contextlib.suppress(OSError):
        (home / FILE).unlink()
