"""Deflate64: what Windows packs members of 2 GB and more by, and 7-Zip at a word."""

from collections.abc import Iterable, Iterator

from inflate64 import Inflater

from connectors.errors import CorruptFile
from pipelines.containers.expansion import BLOCK_BYTES, sliced

SLICE_BYTES = 1024  # becomes 28 MB at most, and what one call gives is not bounded otherwise


def inflated_64(name: str, packed: Iterable[bytes]) -> Iterator[bytes]:
    """The plain bytes in bounded blocks; its end is left to be told by its length.

    Raises CorruptFile.
    """
    decompressor = Inflater()
    try:
        for block in sliced(packed, SLICE_BYTES):
            yield from sliced((decompressor.inflate(block),), BLOCK_BYTES)
            if decompressor.eof:
                return
    except ValueError as error:
        raise CorruptFile(f"{name} is damaged: {error}") from error
