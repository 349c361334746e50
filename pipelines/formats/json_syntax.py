"""JSON syntax: what Python's decoder loses or cannot survive is guarded here.

Numbers keep their text, depth is counted before any parser recurses, and bytes that are not UTF-8
or lone surrogates are mended instead of losing their row.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from pipelines.formats.naming import without_nul

LONGEST_INTEGER = 38
NOT_STRUCTURE = bytes(set(range(256)) - set(b'{}[]"\n'))
ESCAPES = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
LONE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
FOREIGN_BYTES = re.compile("[\udc80-\udcff]")
NOT_UTF8 = "not UTF-8; read as Windows-1252"
LONE_SURROGATE = "lone surrogate replaced"
REPEATED_KEY = "repeated key; the last value counts"


class Real(float):
    """A number with a fraction or an exponent, and how it was written."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> Self:
        number = super().__new__(cls, text)
        number.text = text
        return number


class Digits(str):
    """A number that no number type of ours holds, as it was written."""

    __slots__ = ()


def _real(text: str) -> Real | Digits:
    number = Real(text)
    return Digits(text) if number in (float("inf"), float("-inf")) else number


def _whole(text: str) -> int | Digits:
    return int(text) if len(text) <= LONGEST_INTEGER else Digits(text)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A JSON value, where it ended, how long its text was, and what had to be mended for it."""

    value: Any
    end: int
    repairs: tuple[str, ...] = ()
    length: int = 0


class Decoder:
    """Decodes single JSON values out of text that was decoded with `surrogateescape`."""

    def __init__(self) -> None:
        self._repeated = False
        self._json = json.JSONDecoder(
            parse_float=_real,
            parse_int=_whole,
            parse_constant=Real,
            object_pairs_hook=self._object,
            strict=False,
        )

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        content = dict(pairs)
        if any("\0" in key for key in content):
            content = {without_nul(key): value for key, value in pairs}
        self._repeated |= len(content) != len(pairs)
        return content

    def at(self, text: str, start: int, *, is_plain: bool) -> Parsed:
        """The value that begins at `start`. Raises json.JSONDecodeError.

        `is_plain`: the text is known to need no mending.
        """
        self._repeated = False
        value, end = self._json.raw_decode(text, start)
        repairs: tuple[str, ...] = (REPEATED_KEY,) if self._repeated else ()
        if not is_plain:
            mended, reasons = mend(text[start:end])
            if reasons:
                value, _ = self._json.raw_decode(mended)
                repairs += reasons
        return Parsed(value, end, repairs, end - start)

    def whole(self, text: str) -> Parsed:
        """The one value that the text holds, white space around it aside."""
        start = len(text) - len(text.lstrip(" \t\r\n"))
        parsed = self.at(text, start, is_plain=is_plain(text))
        if text[parsed.end :].strip(" \t\r\n"):
            raise json.JSONDecodeError("Extra data", text, parsed.end)
        return parsed


def is_plain(text: str) -> bool:
    """Whether nothing in the text can need mending."""
    return text.isascii() and "\\u" not in text


def mend(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without bytes that are not UTF-8 and without lone surrogates, and why it changed."""
    reasons: tuple[str, ...] = ()
    if not text.isascii() and FOREIGN_BYTES.search(text):
        text = FOREIGN_BYTES.sub(_windows_1252, text)
        reasons += (NOT_UTF8,)
    if LONE_ESCAPE.search(text):
        mended = ESCAPES.sub(
            lambda match: "\\ufffd" if match.group("lone") else match.group(), text
        )
        if mended != text:
            return mended, (*reasons, LONE_SURROGATE)
    return text, reasons


def _windows_1252(match: re.Match[str]) -> str:
    byte = bytes([ord(match.group()) - 0xDC00])
    try:
        return byte.decode("cp1252")
    except UnicodeDecodeError:
        return byte.decode("latin-1")


def brackets(content: bytes) -> bytes:
    """Only the brackets outside strings, and the line feeds.

    Behind a string that does not end everything counts as quoted: no parser gets that far.

    >>> brackets(b'{"a]": [1, "}"]}')
    b'{[]}'
    """
    if b"\\" in content:
        content = content.replace(b"\\\\", b"").replace(b'\\"', b"")
    codes = np.frombuffer(content.translate(None, NOT_STRUCTURE), np.uint8)
    quotes = codes == ord('"')
    outside = np.bitwise_and(np.cumsum(quotes, dtype=np.int32), 1) == 0
    structure: bytes = codes[outside & ~quotes].tobytes()
    return structure


def depths(structure: bytes) -> npt.NDArray[np.int64]:
    """How deep the brackets nest after each of them."""
    codes = np.frombuffer(structure, np.uint8)
    opening = (codes == ord("{")) | (codes == ord("["))
    closing = (codes == ord("}")) | (codes == ord("]"))
    return np.cumsum(opening.astype(np.int8) - closing.astype(np.int8), dtype=np.int64)


def nests_too_deeply(content: bytes, max_depth: int) -> bool:
    """Whether brackets nest beyond the limit; cheap where they are too few for that."""
    if content.count(b"{") + content.count(b"[") <= max_depth:
        return False
    return bool(depths(brackets(content)).max(initial=0) > max_depth)
