"""Seams: what every source of bytes offers to the layers above."""

from collections.abc import Iterator
from typing import BinaryIO, Protocol, runtime_checkable


@runtime_checkable
class StoredObject(Protocol):
    """Bytes that lie in an object store, or inside something that does. Picklable.

    `name` is the base name (or the member's path in its archive), `size` the length in bytes, or
    None where only reading to the end tells. Only a `seekable` object may be asked for ranges.
    """

    @property
    def name(self) -> str: ...

    @property
    def size(self) -> int | None: ...

    @property
    def seekable(self) -> bool: ...

    def read(self, start: int, end: int) -> bytes:
        """The bytes [start, end), fewer at the end. Raises TypeError if not seekable."""
        ...

    def stream(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` to `end` in bounded blocks; `start` is 0 if not seekable."""
        ...

    def open(self) -> BinaryIO:
        """A readable file object; it seeks if the object is seekable."""
        ...
