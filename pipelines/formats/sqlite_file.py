"""SQLite file: the bytes of a database by ranges, and the upper pages of its trees."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from connectors.base import StoredObject
from connectors.errors import CorruptFile

MAGIC = b"SQLite format 3\0"
HEADER_BYTES = 100
BLOCK_BYTES = 1 << 20
BLOCKS_KEPT = 32
WAL = 2
UTF8 = 1
INTERIOR_INDEX, INTERIOR_TABLE = 2, 5
DEEPEST = 20
CELL_BYTES = 7  # an interior cell and its pointer take no less


@dataclass(frozen=True, slots=True)
class Header:
    """What the first 100 bytes say (https://sqlite.org/fileformat2.html, 1.3)."""

    page_bytes: int
    claimed_bytes: int
    was_wal: bool
    usable_bytes: int
    is_utf8: bool

    @classmethod
    def of(cls, head: bytes) -> "Header":
        """Raises nothing: SQLite itself is the judge of a header that makes no sense."""
        head = head.ljust(HEADER_BYTES, b"\0")
        size = int.from_bytes(head[16:18])
        page_bytes = 65_536 if size == 1 else size
        is_valid = head[24:28] == head[92:96]
        pages = int.from_bytes(head[28:32]) if is_valid else 0
        return cls(
            page_bytes,
            pages * page_bytes,
            head[18] == WAL or head[19] == WAL,
            page_bytes - head[20],
            int.from_bytes(head[56:60]) == UTF8,
        )


class Blocks:
    """A file read in aligned blocks, of which the last used are kept."""

    def __init__(self, file: StoredObject) -> None:
        self.file = file
        self.size = file.size or 0
        self.read_bytes = 0
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self.header = Header.of(self._block(0)[:HEADER_BYTES])

    def read(self, amount: int, offset: int) -> bytes:
        """The bytes asked for. Raises CorruptFile beyond the end, where SQLite would see zeros."""
        end = offset + amount
        start = offset - offset % BLOCK_BYTES
        starts = range(start, end, BLOCK_BYTES)
        content = b"".join(map(self._block, starts)) if len(starts) > 1 else self._block(start)
        content = content[offset - start : end - start]
        if len(content) < amount:
            raise CorruptFile(
                f"{self.file.name} is cut short: byte {end:,} is needed of {self.size:,}"
            )
        self.read_bytes += amount
        return content

    def _block(self, start: int) -> bytes:
        block = self._kept.get(start)
        if block is None:
            block = self.file.read(start, start + BLOCK_BYTES)
            self._kept[start] = block
            if len(self._kept) > BLOCKS_KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(start)
        return block


@dataclass(frozen=True, slots=True)
class Tree:
    """About how many bytes the leaves of a b-tree take, and rowids that cut it evenly."""

    size_bytes: int
    cuts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """An interior page: its children, and the rowids between them if it is of a table."""

    children: tuple[int, ...]
    keys: tuple[int, ...]


def survey(blocks: Blocks, root: int, part_bytes: int) -> Tree:
    """A b-tree by its upper pages, for parts of about so many bytes.

    The file is not believed: whatever the pages say, the cuts rise, so that they make disjoint
    ranges of rowids that hold all of them.
    """
    level, keys = [root], list[int]()
    for _ in range(DEEPEST):
        size = len(level) * _leaves_below(blocks, level[len(level) // 2]) * blocks.header.page_bytes
        parts = min(size, blocks.size) // part_bytes + 1
        nodes = [node_of(blocks, page) for page in level] if len(level) < parts else []
        if not nodes or not all(nodes):
            break
        keys = list(_between(nodes, keys))
        level = [child for node in nodes if node for child in node.children]
    wanted = (keys[place * len(keys) // parts] for place in range(1, parts)) if keys else ()
    cuts = list[int]()
    for key in wanted:
        if not cuts or key > cuts[-1]:
            cuts.append(key)
    return Tree(min(size, blocks.size), tuple(cuts))


def _between(nodes: list[Node | None], above: list[int]) -> Iterator[int]:
    for place, node in enumerate(nodes):
        if node is not None:
            yield from node.keys
        if place < len(above):
            yield above[place]


def _leaves_below(blocks: Blocks, page: int) -> int:
    leaves = 1
    for _ in range(DEEPEST):
        node = node_of(blocks, page)
        if node is None or leaves * blocks.header.page_bytes > blocks.size:
            break
        leaves *= len(node.children)
        page = node.children[len(node.children) // 2]
    return leaves


def node_of(blocks: Blocks, page: int) -> Node | None:
    """The children of an interior page, and the rowids between them; None of any other page."""
    size = blocks.header.page_bytes
    offset = (page - 1) * size
    if page < 2 or size < 512 or offset + size > blocks.size:
        return None
    content = blocks.read(size, offset)
    if content[0] not in (INTERIOR_INDEX, INTERIOR_TABLE):
        return None
    children, keys = [], []
    most = size // CELL_BYTES
    for cell in range(min(int.from_bytes(content[3:5]), most)):
        start = int.from_bytes(content[12 + 2 * cell : 14 + 2 * cell])
        children.append(int.from_bytes(content[start : start + 4]))
        keys.append(_varint(content[start + 4 : start + 13]))
    children.append(int.from_bytes(content[8:12]))
    return Node(tuple(children), tuple(keys) if content[0] == INTERIOR_TABLE else ())


def _varint(content: bytes) -> int:
    r"""Seven bits a byte, eight of the ninth, as a signed 64-bit number.

    >>> _varint(b"\x81\x00"), _varint(b"\xff" * 9)
    (128, -1)
    """
    value = 0
    for byte in content[:8]:
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value
    value = value << 8 | (content[8] if len(content) > 8 else 0)
    return value - (1 << 64) if value >= 1 << 63 else value
