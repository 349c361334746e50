"""JSON elements: a regular array of objects becomes lines, so that it is read as fast as they are.

Only structure is looked at, for all bytes at once. Whatever is odd ends the lines with `Irregular`,
and the document is read exactly instead.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from connectors.base import StoredObject

BLOCK_BYTES = 4 << 20
LONGEST_ELEMENT = 16 << 20

Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]


class Irregular(Exception):
    """The document has to be read exactly."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The whole elements at the start of a block, one a line, and where they end.

    `stop` is the place of the comma behind the last of them, 0 if there is none, or of the bracket
    that `is_end` of the array.
    """

    lines: bytes
    stop: int
    is_end: bool


def cut(block: bytes) -> Cut:
    r"""Raises Irregular.

    >>> cut(b'{"a": "x, y"},\n {"a":\n1}, {"a"')
    Cut(lines=b'{"a": "x, y"}\n{"a": 1}', stop=24, is_end=False)
    """
    codes = np.frombuffer(block, np.uint8)
    quoted = _quoted(codes)
    depth = _depth(codes, quoted)
    closed = np.flatnonzero(depth < 0)
    if closed.size:
        stop = int(closed[0])
    else:
        commas = np.flatnonzero((codes == ord(",")) & (depth == 0) & ~quoted)
        stop = int(commas[-1]) if commas.size else 0
    lines = _as_lines(codes[:stop], quoted[:stop], depth[:stop]) if stop else b""
    return Cut(lines, stop, bool(closed.size))


def element_lines(file: StoredObject) -> Iterator[bytes]:
    r"""The elements of the array that the file is, one a line, in blocks.

    >>> [*_lines(iter([b'[ {"a": "x, y"},\n {"a":\n1}', b' ]']))]
    [b'{"a": "x, y"}\n{"a": 1}']
    """
    return _lines(file.stream())


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    held = _opened(pieces)
    ended = False
    while not ended:
        block, is_last = _more(pieces, held)
        found = cut(block)
        ended = found.is_end
        if ended:
            _expect_nothing(block[found.stop + 1 :], pieces)
        elif is_last or (not found.stop and len(block) > LONGEST_ELEMENT):
            raise Irregular
        if found.stop:
            yield found.lines
        held = block[found.stop + 1 :] if found.stop else block


def _opened(pieces: Iterator[bytes]) -> bytes:
    head = next(pieces, b"").lstrip(b" \t\r\n")
    if not head.startswith(b"["):
        raise Irregular
    return head[1:]


def _more(pieces: Iterator[bytes], held: bytes) -> tuple[bytes, bool]:
    blocks = [held]
    wanted = BLOCK_BYTES
    while wanted > 0 and (piece := next(pieces, None)) is not None:
        blocks.append(piece)
        wanted -= len(piece)
    return b"".join(blocks), wanted > 0


def _quoted(codes: Bytes) -> Flags:
    """Whether each byte lies in a string; the opening quote does, the closing one does not."""
    quotes = codes == ord('"')
    slashes = np.flatnonzero(codes == ord("\\"))
    if slashes.size:
        starts = np.flatnonzero(np.diff(slashes, prepend=-2) != 1)
        lengths = np.diff(starts, append=slashes.size)
        escaping = slashes[starts + lengths - 1][lengths % 2 == 1]
        escaped = escaping[escaping + 1 < codes.size] + 1
        quotes[escaped] = False
    return np.bitwise_and(np.cumsum(quotes, dtype=np.int32), 1).astype(np.bool_)


def _depth(codes: Bytes, quoted: Flags) -> npt.NDArray[np.int32]:
    opening = (codes == ord("{")) | (codes == ord("["))
    closing = (codes == ord("}")) | (codes == ord("]"))
    step = opening.astype(np.int8) - closing.astype(np.int8)
    step[quoted] = 0
    return np.cumsum(step, dtype=np.int32)


def _as_lines(codes: Bytes, quoted: Flags, depth: npt.NDArray[np.int32]) -> bytes:
    """Line feeds for the commas between elements, and white space only within them."""
    if bool((quoted & (codes < ord(" "))).any()):
        raise Irregular  # a raw line feed in a string would end its line
    white = (codes == ord(" ")) | (codes == ord("\n")) | (codes == ord("\r")) | (codes == ord("\t"))
    between = (depth == 0) & ~quoted
    lines = np.where(white, np.uint8(ord(" ")), codes)
    lines[between & (codes == ord(","))] = ord("\n")
    around = white & between
    _expect_commas(codes, np.flatnonzero(around))
    content: bytes = lines[~around].tobytes()
    return content


def _expect_commas(codes: Bytes, white: npt.NDArray[np.intp]) -> None:
    """White space between elements has a comma on one side: `1 2` must not become `12`."""
    if not white.size:
        return
    ends = np.flatnonzero(np.diff(white, append=-1) != 1)
    last, first = white[ends], white[np.append(0, ends[:-1] + 1)]
    inner = (first > 0) & (last + 1 < codes.size)
    left, right = codes[first[inner] - 1], codes[last[inner] + 1]
    if bool(((left != ord(",")) & (right != ord(","))).any()):
        raise Irregular


def _expect_nothing(rest: bytes, pieces: Iterator[bytes]) -> None:
    if rest.strip(b" \t\r\n") or any(piece.strip(b" \t\r\n") for piece in pieces):
        raise Irregular
