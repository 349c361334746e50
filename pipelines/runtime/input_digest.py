"""Input digests: the SHA-256 of each input, mostly of bytes that the scan has fetched anyway.

Where the fragments are byte ranges of the input itself, their readers leave what they read, and it
is hashed here in the order of the file; what was not left is fetched once more. See ADR 15.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any

from connectors.block_relay import Block, BlockRelay, relay_folder
from connectors.s3_object import DIGEST_BYTES, S3Object
from pipelines.formats.base import Plan, TablePlan
from pipelines.sandbox import Cancelled
from pipelines.scan import PartResult

RELAYED_BYTES = 64 << 20  # an input below this size is hashed in a moment
READ_BYTES = 1 << 20
PAUSE_S = 0.02  # between looks for blocks: those that lie there take memory


@dataclass
class RunningDigest:
    """The digest of an object while others read it, as far as it has been hashed."""

    file: S3Object
    is_wanted: Callable[[], bool] = lambda: True
    position: int = 0
    _digest: Any = field(default_factory=hashlib.sha256)

    def advance(self, end: int) -> None:
        """Hash on, at least to `end`: what was left, and else what the store gives.

        Raises Cancelled, or what reading raises.
        """
        while self.position < min(end, self.file.size):
            if not self.is_wanted():
                raise Cancelled
            if not self.take_next():
                blocks = self._blocks()
                ahead = min((b.start for b in blocks if b.start > self.position), default=end)
                stop = min(ahead, end, self.position + DIGEST_BYTES)
                self._add(replace(self.file, relay=None).fetched(self.position, stop))
        for block in self._blocks():
            if block.end <= self.position:
                block.remove()

    def take_next(self) -> bool:
        """Hash on by a block that was left, if there is the one that follows."""
        near = next((b for b in self._blocks() if b.start <= self.position < b.end), None)
        return near is not None and self._take(near)

    def hexdigest(self) -> str:
        """Of all bytes, once hashed to the end."""
        text: str = self._digest.hexdigest()
        return text

    def _take(self, block: Block) -> bool:
        """Hash the rest of a block, and remove it. Whether there was any."""
        before = self.position
        try:
            with suppress(OSError), block.path.open("rb", buffering=0) as file:
                file.seek(self.position - block.start)
                while content := file.read(READ_BYTES):
                    self._add(content)
        finally:
            block.remove()
        return self.position > before

    def _add(self, content: bytes) -> None:
        self._digest.update(content)
        self.position += len(content)

    def _blocks(self) -> list[Block]:
        try:
            return self.file.relay.blocks() if self.file.relay is not None else []
        except OSError:
            return []


class InputDigests:
    """The digests of a job's inputs, made in a thread beside the scan.

    `objects` are the inputs as they are to be read. Of those that are `followed`, only what has
    been read is hashed before the end.
    """

    def __init__(
        self,
        objects: Sequence[S3Object],
        pool: ThreadPoolExecutor,
        is_wanted: Callable[[], bool],
    ) -> None:
        self.objects = tuple(objects)
        self._pool = pool
        self._running = [RunningDigest(each, is_wanted) for each in objects]
        self._followed: dict[int, _Followed] = {}
        self._is_wanted = is_wanted
        self._is_over = Event()
        for digest in self._running:
            if digest.file.relay is None:
                pool.submit(digest.advance, digest.file.size)

    def follow(self, plan: Plan) -> None:
        """Have what the scan of this plan reads left for the digests, where that is in order."""
        for digest in self._running:
            if digest.file.relay is None:
                continue
            followed = _followed(digest, plan)
            if followed is not None:
                digest.file.relay.open()
                self._followed[followed.table] = followed
            else:
                self._pool.submit(digest.advance, digest.file.size)
        if self._followed:
            self._pool.submit(self._keep_up)

    def on_result(self, result: PartResult) -> None:
        """A part has been scanned, so that its bytes are there."""
        followed = self._followed.get(result.table)
        if followed is not None:
            followed.add(each.index for each in result.readings)

    def finish(self) -> list[str]:
        """In hexadecimal, in the order of the inputs. Raises Cancelled, or what reading raises."""
        self._is_over.set()
        last = [self._pool.submit(each.advance, each.file.size) for each in self._running]
        for future in last:
            future.result()
        return [each.hexdigest() for each in self._running]

    def _keep_up(self) -> None:
        """Hash blocks as soon as they are left, and what should be there and is not."""
        while self._is_wanted() and not self._is_over.wait(PAUSE_S):
            for followed in self._followed.values():
                while followed.digest.take_next():
                    pass
                followed.digest.advance(followed.end)


@contextmanager
def input_digests(
    objects: Sequence[S3Object], is_cancelled: Callable[[], bool]
) -> Iterator[InputDigests]:
    """Within it, the inputs are hashed; what is not finished by then is given up."""
    stop = Event()
    with relay_folder() as folder, ThreadPoolExecutor(1, "digests") as pool:
        relayed = [
            replace(each, relay=BlockRelay(str(folder / str(number))))
            if each.size >= RELAYED_BYTES
            else each
            for number, each in enumerate(objects)
        ]
        try:
            yield InputDigests(relayed, pool, lambda: not (stop.is_set() or is_cancelled()))
        finally:
            stop.set()


@dataclass
class _Followed:
    """A table whose fragments are the byte ranges of one input, and which of them were read."""

    digest: RunningDigest
    table: int
    start: int
    ends: Sequence[int]
    _read: set[int] = field(default_factory=set)
    _next: int = 0

    def add(self, fragments: Iterable[int]) -> None:
        """These fragments were read too."""
        self._read.update(fragments)
        while self._next in self._read:
            self._next += 1

    @property
    def end(self) -> int:
        """How far the input was read without a gap; nobody reads what stands above the rows."""
        return self.ends[self._next - 1] if self._next else self.start


def _followed(digest: RunningDigest, plan: Plan) -> _Followed | None:
    for number, table in enumerate(plan.tables):
        ends = _ends(table, digest.file)
        if ends:
            start = getattr(table.fragments[0], "start", 0)
            return _Followed(digest, number, start, ends)
    return None


def _ends(table: TablePlan, file: S3Object) -> list[int]:
    """Where the fragments end, if each is a range of the file itself; else nothing."""
    if any(getattr(fragment, "file", None) != file for fragment in table.fragments):
        return []
    ends = [getattr(fragment, "end", 0) for fragment in table.fragments]
    return [file.size if end is None else end for end in ends]
