"""Transport files: SAS may put several datasets into one, of which its reader sees the first.

So each is handed to it as a file of its own: the header of the library, then the dataset (SAS
Institute, TS-140, "The Record Layout of a SAS Transport Data Set").
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

from connectors.base import StoredObject
from connectors.errors import CorruptFile, LimitExceeded
from pipelines.containers.expansion import BLOCK_BYTES, RangeFile

RECORD_BYTES = 80
HEADER_BYTES = 3 * RECORD_BYTES  # of the library
NAME_RECORD = 2 * RECORD_BYTES  # where a dataset is named, behind its begin
MARKS = {  # and how long the names are
    b"HEADER RECORD*******MEMBER  HEADER": 8,
    b"HEADER RECORD*******MEMBV8  HEADER": 32,
}
DESCRIBED = b"HEADER RECORD*******DSCRPTR HEADER", b"HEADER RECORD*******DSCPTV8 HEADER"
MOST_DATASETS = 1000


@dataclass(frozen=True, slots=True)
class Dataset:
    """The bytes [start, end) of a file, behind its header; `title` is the name of the dataset."""

    file: StoredObject
    title: str
    start: int
    end: int
    seekable: bool = True

    @property
    def name(self) -> str:
        return self.file.name

    @property
    def size(self) -> int:
        return HEADER_BYTES + self.end - self.start

    def read(self, start: int, end: int) -> bytes:
        head = self.file.read(start, min(end, HEADER_BYTES)) if start < HEADER_BYTES else b""
        moved = self.start - HEADER_BYTES
        begin, stop = max(start, HEADER_BYTES) + moved, min(end, self.size) + moved
        return head + (self.file.read(begin, stop) if begin < stop else b"")

    def stream(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        stop = self.size if end is None else min(end, self.size)
        for at in range(start, stop, BLOCK_BYTES):
            yield self.read(at, min(at + BLOCK_BYTES, stop))

    def open(self) -> BinaryIO:
        return io.BufferedReader(RangeFile(self), BLOCK_BYTES)


def datasets(file: StoredObject) -> list[Dataset]:
    """The datasets of a transport file that seeks, in order. Raises CorruptFile, LimitExceeded."""
    size = file.size or 0
    if size % RECORD_BYTES:
        raise CorruptFile(f"{file.name} is cut short: it ends within a record of 80 bytes")
    begins = [0] if size <= HEADER_BYTES else sorted(_begins(file))
    if len(begins) > MOST_DATASETS:
        raise LimitExceeded(f"{file.name} holds more than {MOST_DATASETS} datasets", limit="tables")
    return [
        Dataset(file, _title(file, start), start, end) for start, end in pairwise([*begins, size])
    ]


def _begins(file: StoredObject) -> Iterator[int]:
    """Where datasets begin: at a record that another one describes, unlike a text in a row."""
    at, rest = 0, b""
    for block in file.stream():
        window = rest + block
        for mark in MARKS:
            found = window.find(mark)
            while found >= 0:
                begin = at + found
                if not begin % RECORD_BYTES and _is_described(file, begin + RECORD_BYTES):
                    yield begin
                found = window.find(mark, found + 1)
        kept = min(len(window), len(next(iter(MARKS))) - 1)
        at, rest = at + len(window) - kept, window[len(window) - kept :]


def _is_described(file: StoredObject, at: int) -> bool:
    return file.read(at, at + RECORD_BYTES).startswith(DESCRIBED)


def _title(file: StoredObject, start: int) -> str:
    head = file.read(start, start + NAME_RECORD + 8 + max(MARKS.values()))
    length = next((length for mark, length in MARKS.items() if head.startswith(mark)), 0)
    named = head[NAME_RECORD + 8 : NAME_RECORD + 8 + length]
    return named.decode("latin-1").strip(" \0")
