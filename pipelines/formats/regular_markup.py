"""Regular markup: XML in the one form that its usual writers give it, taken apart by columns.

Each tag is proved to be one of a few that are known, in an order that is known, with nothing
between them but what they hold. Other markup is refused, not guessed: a parser must read it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

Integers = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Kinds = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]

WORD = 8
BEYOND = 4 * WORD  # bytes behind the content that a word may begin at
LOW_BYTES = np.array([(1 << 8 * count) - 1 for count in range(WORD + 1)], np.uint64)
ZEROS, HIGH_HALVES, SIXES = (np.uint64(int(byte * WORD, 16)) for byte in ("30", "F0", "06"))
ENTITIES = {b"&amp;": "&", b"&lt;": "<", b"&gt;": ">", b"&quot;": '"', b"&apos;": "'"}
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


class Irregular(Exception):
    """Markup in a form that only a parser of XML reads."""


class Grammar:
    """The tags of a kind of markup, numbered from 1, and which may follow which.

    `tags` are whole tags, or as much as eight bytes of their beginning. One that is closed at once
    has the number that `empty` gives it. Only those in `holders` may be followed by text.
    """

    def __init__(
        self,
        tags: Mapping[int, bytes],
        empty: Mapping[int, int],
        follow: Mapping[int, Sequence[int]],
        holders: Sequence[int],
    ) -> None:
        self.empty = empty
        self.by_letters = np.zeros(1 << 16, np.uint8)
        self.bytes = np.zeros(32, np.uint64)
        self.mask = np.zeros(32, np.uint64)
        self.bytes[0] = 1  # equal to nothing
        for number, tag in tags.items():
            self.by_letters[int.from_bytes(tag[1:3], "little")] = number
            self.bytes[number] = int.from_bytes(tag, "little")
            self.mask[number] = LOW_BYTES[len(tag)]
        self.follows = np.zeros(1 << 10, np.bool_)
        for number, successors in follow.items():
            self.follows[[number << 5 | successor for successor in successors]] = True
        self.holds = np.zeros(32, np.bool_)
        self.holds[list(holders)] = True


@dataclass(frozen=True, slots=True)
class Markup:
    """The tags of some markup: their numbers, where each begins and where it ends."""

    content: bytes
    words: Words
    kinds: Kinds
    starts: Integers
    ends: Integers

    @classmethod
    def of(cls, content: bytes, grammar: Grammar) -> "Markup":
        """Raises Irregular."""
        letters = np.frombuffer(content, np.uint8)
        starts = np.flatnonzero(letters == ord("<"))
        ends = np.flatnonzero(letters == ord(">"))
        if len(starts) != len(ends) or not len(starts) or b"\r" in content:
            raise Irregular
        gaps = starts[1:] - ends[:-1]
        if starts[0] or ends[-1] != len(content) - 1 or (ends <= starts).any() or (gaps < 1).any():
            raise Irregular
        if not content.isascii():
            try:
                content.decode()
            except UnicodeDecodeError as error:
                raise Irregular from error
        words = np.ndarray((len(content) + BEYOND,), "<u8", content + bytes(BEYOND + WORD), 0, (1,))
        heads = words[starts]
        kinds = grammar.by_letters[(heads >> np.uint64(8)).astype(np.uint16)]
        if ((heads & grammar.mask[kinds]) != grammar.bytes[kinds]).any():
            raise Irregular
        for number, empty in grammar.empty.items():
            places = np.flatnonzero(kinds == number)
            kinds[places[letters[ends[places] - 1] == ord("/")]] = empty
        if not grammar.follows[kinds[:-1].astype(np.uint16) << 5 | kinds[1:]].all():
            raise Irregular
        if ((gaps > 1) & ~grammar.holds[kinds[:-1]]).any():
            raise Irregular
        return cls(content, words, kinds, starts, ends)

    def texts(self, tags: Integers) -> pl.Series:
        """What stands behind these tags. Raises Irregular."""
        bounds = np.empty(2 * len(tags), np.int32)
        bounds[0::2] = self.ends[tags] + 1
        bounds[1::2] = self.starts[tags + 1]
        every = pa.StringArray.from_buffers(
            max(0, len(bounds) - 1), _buffer(bounds), pa.py_buffer(self.content)
        )
        others = pa.Int64Array.from_buffers(  # pa.array would load pandas
            pa.int64(), len(tags), [None, _buffer(np.arange(0, len(bounds), 2))]
        )
        return resolved(pl.Series("texts", every.take(others), pl.String), self.content)


def numbers(words: Words, lengths: Integers) -> Integers:
    """The whole numbers that the first bytes of the words write. Raises Irregular.

    >>> numbers(np.frombuffer(b"00123</v", np.uint64), np.array([5])).tolist()
    [123]
    """
    if len(lengths) and (lengths.min() < 1 or lengths.max() > WORD):
        raise Irregular
    bits = (8 * (WORD - lengths)).astype(np.uint64)
    digits = (words << bits) | (ZEROS & LOW_BYTES[WORD - lengths])
    is_digit = (digits & HIGH_HALVES) | (((digits + SIXES) & HIGH_HALVES) >> np.uint64(4))
    if (is_digit != ZEROS | ZEROS >> np.uint64(4)).any():
        raise Irregular
    found = digits - ZEROS
    for width, mask in ((8, 0x00FF00FF00FF00FF), (16, 0x0000FFFF0000FFFF), (32, 0xFFFFFFFF)):
        ten = np.uint64(10 ** (width // 8))
        found = (found * ten + (found >> np.uint64(width))) & np.uint64(mask)
    return found.astype(np.int64)


def _buffer(integers: npt.NDArray[np.integer]) -> pa.Buffer:
    return pa.py_buffer(integers.tobytes())


def resolved(texts: pl.Series, content: bytes) -> pl.Series:
    """Texts from this content with their entities replaced. Raises Irregular at an unusual one."""
    left = content.count(b"&")
    present: dict[str, str] = {}
    for entity, character in ENTITIES.items():
        if left and (count := content.count(entity)):
            present[entity.decode()] = character
            left -= count
    if left:
        raise Irregular
    return texts.str.replace_many(list(present), list(present.values())) if present else texts


def without_escapes(texts: pl.Series, content: bytes) -> pl.Series:
    """Texts from this content, each `unescaped`. Raises Irregular."""
    if b"_x" not in content:
        return texts
    try:
        return pl.Series(
            texts.name, [text and unescaped(text) for text in texts.to_list()], pl.String
        )
    except UnicodeEncodeError as error:
        raise Irregular from error


def unescaped(text: str) -> str:
    """The text with `_x000D_` as the character that it stands for."""
    if "_x" not in text:
        return text
    return ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
