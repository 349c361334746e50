"""SQLite pages: the records of a table's leaves as arrays, where they lie in the usual way.

What is unusual (records that go on in other pages, rows written before a column was added, rowids
that do not rise) is refused: SQLite itself must read it.
https://sqlite.org/fileformat2.html, 1.6 and 2.1
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from pipelines.formats.sqlite_file import DEEPEST, Blocks, node_of

Integers = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Bounds = tuple[int | None, int | None]  # rowids: above the first, up to the last
LEAF_TABLE = 13
LEAF_HEAD = 8
BATCH_BYTES = 4 << 20
RESERVED_PAYLOAD = 35  # of a page's bytes, a record that stays on it takes no more than the others
MORE = 0x80
LONGEST_VARINT = 8  # of those that are read here
INTEGER_BYTES = np.array([0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0])
PADDING = bytes(16)


class Unusual(Exception):
    """Pages that SQLite may be able to read."""


@dataclass(frozen=True, slots=True)
class Records:
    """Records in the order of their rowids.

    Column by column: their serial types, and where in `content` their values begin.
    """

    content: bytes
    rowids: Integers
    types: list[Integers]
    offsets: list[Integers]


def records(
    blocks: Blocks, root: int, width: int, bounds: Bounds, cell_bytes: int
) -> Iterator[Records]:
    """The records of a table with rowids in these bounds, some at a time, of so many columns.

    Raises Unusual, and what reading the file raises.
    """
    header = blocks.header
    if not header.is_utf8 or header.page_bytes < 512 or header.usable_bytes < 480:
        raise Unusual
    size = header.page_bytes
    before = bounds[0]
    for pages in _batched(_leaves(blocks, root, bounds, DEEPEST), BATCH_BYTES // size + 1):
        content = b"".join(_read(blocks, pages))
        found = _parsed(content, size, header.usable_bytes, width, cell_bytes)
        found = _within(found, bounds)
        if not len(found.rowids):
            continue
        if (np.diff(found.rowids) <= 0).any() or (before is not None and found.rowids[0] <= before):
            raise Unusual
        before = int(found.rowids[-1])
        yield found


def _leaves(blocks: Blocks, page: int, bounds: Bounds, depth: int) -> Iterator[int]:
    """The leaves that may hold such rowids, in order; all are as deep below the root."""
    after, last = bounds
    found = node_of(blocks, page)
    if found is None:
        yield page
        return
    if depth == 0 or len(found.keys) != len(found.children) - 1:
        raise Unusual
    between = pairwise((None, *found.keys, None))
    children = [
        child
        for child, (low, high) in zip(found.children, between, strict=True)
        if (after is None or high is None or high > after)
        and (last is None or low is None or low < last)
    ]
    if children and node_of(blocks, children[0]) is None:
        yield from children
        return
    for child in children:
        yield from _leaves(blocks, child, bounds, depth - 1)


def _batched(pages: Iterator[int], most: int) -> Iterator[list[int]]:
    batch: list[int] = []
    for page in pages:
        batch.append(page)
        if len(batch) == most:
            yield batch
            batch = []
    if batch:
        yield batch


def _read(blocks: Blocks, pages: list[int]) -> Iterator[bytes]:
    """The pages, neighbours at once."""
    size = blocks.header.page_bytes
    start = pages[0]
    for page, following in pairwise([*pages, 0]):
        if page < 2 or page * size > blocks.size:
            raise Unusual
        if following != page + 1:
            yield blocks.read((page + 1 - start) * size, (start - 1) * size)
            start = following
    yield PADDING


def _parsed(content: bytes, size: int, usable: int, width: int, cell_bytes: int) -> Records:
    letters = np.frombuffer(content, np.uint8)
    pages = np.arange(0, len(content) - len(PADDING), size)
    if (letters[pages] != LEAF_TABLE).any():
        raise Unusual
    counts = _short(letters, pages + 3)
    if (LEAF_HEAD + 2 * counts > usable).any():
        raise Unusual
    page_of = np.repeat(pages, counts)
    index = np.arange(len(page_of)) - np.repeat(np.cumsum(counts) - counts, counts)
    pointers = _short(letters, page_of + LEAF_HEAD + 2 * index)
    if (pointers < LEAF_HEAD + 2 * np.repeat(counts, counts)).any() or (pointers >= usable).any():
        raise Unusual
    limits = page_of + usable
    sizes, at = _varints(letters, page_of + pointers)
    rowids, at = _varints(letters, at)
    ends = at + sizes
    most = min(usable - RESERVED_PAYLOAD, cell_bytes)
    if (sizes > most).any() or (ends > limits).any():
        raise Unusual
    heads = at
    head_sizes, at = _varints(letters, at)
    offset = heads + head_sizes
    body = offset
    types, offsets = [], []
    for _ in range(width):
        if (at >= body).any():
            raise Unusual
        kinds, at = _varints(letters, at)
        types.append(kinds)
        offsets.append(offset)
        offset = offset + _sizes(kinds)
    if (at != body).any() or (offset != ends).any():
        raise Unusual
    return Records(content, rowids, types, offsets)


def _sizes(types: Integers) -> Integers:
    """How many bytes values of these serial types take."""
    is_long = types >= len(INTEGER_BYTES)
    if ((types == 10) | (types == 11)).any():
        raise Unusual
    if is_long.all():
        return types - len(INTEGER_BYTES) >> 1
    small = INTEGER_BYTES[np.where(is_long, 0, types)]
    return np.where(is_long, types - len(INTEGER_BYTES) >> 1, small) if is_long.any() else small


def _short(letters: Bytes, at: Integers) -> Integers:
    return letters[at].astype(np.int64) << 8 | letters[at + 1]


def _varints(letters: Bytes, at: Integers) -> tuple[Integers, Integers]:
    """The numbers, seven bits a byte, and where they end. Those of nine bytes are refused."""
    if len(at) and at.max() >= len(letters):
        raise Unusual
    byte = letters[at]
    found = (byte & 0x7F).astype(np.int64)
    at = at + 1
    more = np.flatnonzero(byte >= MORE)
    for _ in range(LONGEST_VARINT - 1):
        if not len(more):
            return found, at
        places = at[more]
        if places.max() >= len(letters):
            raise Unusual
        byte = letters[places]
        found[more] = found[more] << 7 | (byte & 0x7F)
        at[more] = places + 1
        more = more[byte >= MORE]
    raise Unusual


def _within(found: Records, bounds: Bounds) -> Records:
    after, last = bounds
    rowids = found.rowids
    kept = np.ones(len(rowids), np.bool_)
    if after is not None:
        kept &= rowids > after
    if last is not None:
        kept &= rowids <= last
    if kept.all():
        return found
    return Records(
        found.content,
        rowids[kept],
        [types[kept] for types in found.types],
        [offsets[kept] for offsets in found.offsets],
    )
