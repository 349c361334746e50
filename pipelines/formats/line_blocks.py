"""Line blocks: the lines that begin in a byte range, in blocks of bounded size.

Cutting a file at any offsets gives each line to exactly one range: the one that it begins in.
"""

from collections.abc import Iterator

from connectors.base import StoredObject
from connectors.errors import LimitExceeded

TAIL_BYTES = 1 << 16


def line_blocks(
    file: StoredObject, start: int, end: int | None, *, block_bytes: int, max_line_bytes: int
) -> Iterator[tuple[int, bytes]]:
    """Pairs (offset in the file, whole lines). Raises LimitExceeded for an endless line.

    `end` None reads to the end; a file that does not seek is only read as a whole.
    """
    last = end if end is None or file.size is None else min(end, file.size)
    offset = max(start - 1, 0)
    pending: list[bytes] = []
    held = 0
    entered = start == 0
    for piece in file.stream(offset, last):
        content = piece
        if not entered:
            feed = content.find(b"\n")
            if feed < 0:
                offset += len(content)
                continue
            entered, offset, content = True, offset + feed + 1, content[feed + 1 :]
        pending.append(content)
        held += len(content)
        if held < block_bytes:
            continue
        block = b"".join(pending)
        cut = block.rfind(b"\n", max(0, held - len(content))) + 1
        if cut:
            yield offset, block[:cut]
            offset += cut
        elif held > max_line_bytes:
            raise _endless(max_line_bytes)
        pending, held = [block[cut:]], held - cut
    block = b"".join(pending)
    if block and last is not None and last != file.size and not block.endswith(b"\n"):
        block = _completed(file, last, block, max_line_bytes)
    if block:
        yield offset, block


def _completed(file: StoredObject, position: int, block: bytes, max_line_bytes: int) -> bytes:
    begin = block.rfind(b"\n") + 1
    pieces = [block]
    length = len(block) - begin
    while more := file.read(position, position + TAIL_BYTES):
        feed = more.find(b"\n")
        if feed >= 0:
            pieces.append(more[: feed + 1])
            break
        pieces.append(more)
        position += len(more)
        length += len(more)
        if length > max_line_bytes:
            raise _endless(max_line_bytes)
    return b"".join(pieces)


def _endless(max_line_bytes: int) -> LimitExceeded:
    return LimitExceeded(
        f"a line is longer than {max_line_bytes} bytes (max_cell_bytes)", limit="max_cell_bytes"
    )
