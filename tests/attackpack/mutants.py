"""Mutants: files with a few bytes changed, moved, doubled or gone; the same ones at every call."""

import random
from collections.abc import Iterator

TOKENS = (
    b"<",
    b">",
    b'"',
    b"&",
    b"\0",
    b"\xff",
    b",",
    b"{",
    b"[",
    b"\n",
    b"9" * 20,
    b"-1",
    b"\x80",
)


def mutants(content: bytes, count: int, seed: int) -> Iterator[bytes]:
    """So many damaged copies."""
    chance = random.Random(seed)
    for number in range(count):
        changed = bytearray(content)
        match number % 8:
            case 0:
                del changed[chance.randrange(len(changed)) :]
            case 1:
                start = chance.randrange(len(changed))
                del changed[start : start + chance.choice((1, 4, 64, 1024))]
            case 2:
                start, size = chance.randrange(len(changed)), chance.choice((1, 16, 256))
                changed[start:start] = changed[start : start + size]
            case 3:
                place = chance.randrange(len(changed))
                changed[place : place + chance.choice((0, 1))] = chance.choice(TOKENS)
            case _:
                for _ in range(chance.choice((1, 1, 2, 5, 20))):
                    changed[chance.randrange(len(changed))] = chance.randrange(256)
        yield bytes(changed)
