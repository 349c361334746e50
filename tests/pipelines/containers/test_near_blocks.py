"""Near blocks: the same bytes, in fewer requests."""

import pickle
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import pytest
from samples import MemoryObject

from pipelines.containers import near_blocks
from pipelines.containers.near_blocks import near

CONTENT = random.Random(1).randbytes(1000)


@dataclass(frozen=True)
class Counted:
    """An object that notes what it is asked for."""

    inner: MemoryObject
    asked: list[tuple[int, int]] = field(default_factory=list, compare=False)
    seekable: bool = True

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def size(self) -> int:
        return self.inner.size

    def read(self, start: int, end: int) -> bytes:
        self.asked.append((start, end))
        return self.inner.read(start, end)

    def stream(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        return self.inner.stream(start, end)

    def open(self) -> BinaryIO:
        return self.inner.open()


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """So that a kilobyte has many."""
    monkeypatch.setattr(near_blocks, "NEAR_BYTES", 64)
    near_blocks._block.cache_clear()
    yield
    near_blocks._block.cache_clear()


@pytest.mark.parametrize("seed", range(20))
def test_every_range_is_that_of_the_object(seed):
    """Within a block, across blocks, beyond the end, and in a process far away."""
    chosen = random.Random(seed)
    file = pickle.loads(pickle.dumps(near(MemoryObject("a.zip", CONTENT))))
    start = chosen.randrange(1000)
    end = start + chosen.randrange(200)

    assert file.read(start, end) == CONTENT[start:end]
    assert b"".join(file.stream(start, end)) == CONTENT[start:end]
    assert b"".join(file.stream(start)) == CONTENT[start:]
    stream = file.open()
    stream.seek(start)
    assert stream.read(50) == CONTENT[start : start + 50]


def test_neighbours_cost_one_request():
    """The headers and heads of small members lie in one block."""
    counted = Counted(MemoryObject("a.zip", CONTENT))
    file = near(counted)

    for start in range(0, 60, 5):
        file.read(start, start + 4)

    assert counted.asked == [(0, 64)]


def test_a_large_range_is_asked_for_as_it_is():
    """Nothing is gained by cutting it."""
    counted = Counted(MemoryObject("a.zip", CONTENT))

    assert near(counted).read(10, 500) == CONTENT[10:500]
    assert counted.asked == [(10, 500)]
