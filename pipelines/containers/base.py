"""Container contract: what holds other files, and how its members are read without unpacking it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from connectors.base import StoredObject
from connectors.errors import ReadError
from pipelines.containers.limits import Limits


@dataclass(frozen=True, slots=True)
class Member:
    """What a container holds: something to read, or why it is not read."""

    path: str
    file: StoredObject | None = None
    skipped: str | None = None
    error: ReadError | None = None


class Container(Protocol):
    """A kind of archive or compression. Instances are stateless."""

    @property
    def name(self) -> str: ...

    def recognises(self, head: bytes) -> bool:
        """Whether the first bytes are of this container."""
        ...

    def members(self, file: StoredObject, limits: Limits) -> Iterator[Member]:
        """The members in order; their bytes are read later. Raises ReadError."""
        ...
