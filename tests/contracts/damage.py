"""Damage: whatever bytes of a file are changed, a reader gives a table or an error of ours."""

import random
from collections.abc import Iterator

from samples import MemoryObject

from connectors.errors import (
    CorruptFile,
    EmptyInput,
    LimitExceeded,
    MetricFoundryError,
    ParserCrashed,
    ParserOutOfMemory,
    ParserTimedOut,
    PasswordProtected,
    UnknownFormat,
)
from pipelines.containers.limits import Limits
from pipelines.formats.base import Format, Origin
from pipelines.formats.registry import FORMATS
from pipelines.sandbox import ChildLimits, Sandbox

KINDS = {
    CorruptFile,
    EmptyInput,
    LimitExceeded,
    ParserCrashed,
    ParserOutOfMemory,
    ParserTimedOut,
    PasswordProtected,
    UnknownFormat,
}


FEW_SECONDS = ChildLimits(cpu_s=2)


def row_counts(format_: Format, file: MemoryObject) -> tuple[int, int]:
    """The rows of all frames, and those that the accounts give for them."""
    limits = Limits()
    tables = format_.tables(file, Origin(file.name), limits)
    chunks = [
        chunk for table in tables for part in table.fragments for chunk in part.chunks(table.schema)
    ]
    counted = sum(chunk.rows.parsed + chunk.rows.repaired for chunk in chunks)
    return sum(chunk.frame.height for chunk in chunks), counted


def mutants(content: bytes, count: int, seed: int) -> Iterator[bytes]:
    """The content with a few bytes changed, or cut short; the same ones at every call."""
    chance = random.Random(seed)
    for number in range(count):
        changed = bytearray(content)
        for _ in range(chance.choice((1, 1, 2, 5, 20))):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        yield bytes(changed[: chance.randrange(len(changed))] if number % 8 == 0 else changed)


def assert_damage_is_harmless(
    children: Sandbox, format_: Format, file: MemoryObject, count: int = 80, seed: int = 1
) -> None:
    """Sound bytes are read; each mutant is a table whose rows balance, or an error of ours."""
    assert format_.name in {known.name for known in FORMATS}
    assert children.run(row_counts, format_, file)[0] > 0
    for number, content in enumerate(mutants(file.content, count, seed)):
        try:
            damaged = MemoryObject(file.name, content)
            height, counted = children.run(
                row_counts, format_, damaged, limits=FEW_SECONDS, kind="damage"
            )
        except MetricFoundryError as error:
            kind: type | None = type(error)
        else:
            kind = None
            assert height == counted, number
        assert kind is None or kind in KINDS, (number, kind)
