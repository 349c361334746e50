"""Arrow file: what the formats that are read by Arrow's library have in common.

Their frames become chunks, their parts fragments, and the library's errors ours, in one way.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import polars as pl
import pyarrow as pa

from connectors.errors import CorruptFile, ParserOutOfMemory, ReadError, UnknownFormat
from pipelines.formats import endless_dates
from pipelines.formats.alignment import aligned
from pipelines.formats.base import Chunk, RowAccount

FRAGMENT_BYTES = 32 << 20
CHUNK_ROWS = 65_536
UNSOUND: tuple[type[Exception], ...] = (
    pa.ArrowException,
    OSError,
    EOFError,
    LookupError,
    ValueError,
    OverflowError,
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
)
Telling = tuple[str, type[ReadError], str]  # a word of the library, and what it means of a file


def chunked(frames: Iterable[pl.DataFrame], schema: pl.Schema) -> Iterator[Chunk]:
    """A chunk for each frame, and an empty one where there is none."""
    is_empty = True
    for frame in frames:
        plain, words = endless_dates.mended(frame)
        piece = aligned(plain, schema)
        schema = piece.schema
        is_empty = False
        yield Chunk(piece, RowAccount(parsed=piece.height), null_tokens=words)
    if is_empty:
        yield Chunk(pl.DataFrame(schema=schema), RowAccount())


def shares(parts: int, size: int, *, is_split: bool) -> Iterator[tuple[int, int, int]]:
    """The parts [first, end) of a file by the fragment, and about how many bytes they are.

    A file that must be unpacked first stays whole: each fragment would unpack it again.

    >>> list(shares(3, 64 << 20, is_split=True))
    [(0, 1, 22369621), (1, 2, 22369621), (2, 3, 22369621)]
    """
    count = max(parts, 1)
    step = max(1, parts * FRAGMENT_BYTES // max(size, 1)) if is_split else count
    for first in range(0, count, step):
        end = min(first + step, parts)
        yield first, end, size * (end - first) // count if parts else size


@contextmanager
def arrow_errors(
    name: str,
    format_name: str,
    telling: Sequence[Telling] = (),
    also: tuple[type[Exception], ...] = (),
) -> Iterator[None]:
    """What the library raises for a file, and `also` its decoder, as ours."""
    try:
        yield
    except MemoryError as error:
        raise ParserOutOfMemory(f"{name} takes more memory than a reader may use") from error
    except pa.ArrowNotImplementedError as error:
        raise UnknownFormat(
            f"{name} uses a part of {format_name} that is not read: {error}"
        ) from error
    except (*UNSOUND, *also) as error:
        for word, kind, sentence in telling:
            if word in str(error).lower():
                raise kind(f"{name} {sentence}") from error
        raise CorruptFile(f"{name} is not sound {format_name}: {error}") from error
