"""JSON stream: single values out of a document of any size, with memory for one of them."""

import codecs
import json
from collections.abc import Iterator

from connectors.base import StoredObject
from connectors.errors import CorruptFile, LimitExceeded
from pipelines.containers.limits import Limits
from pipelines.formats.json_elements import BLOCK_BYTES, Irregular, cut
from pipelines.formats.json_syntax import Decoder, Parsed, brackets, depths, is_plain

WHITE = " \t\r\n\x1e\ufeff"  # with the record separator of RFC 7464, and a byte order mark
WINDOW = 1 << 20
NEAR_END = 64
ROW_CELLS = 4  # a row may be as long as so many of the longest cells


class DepthGuard:
    """Refuses a document that nests too deeply, before a parser recurses into it."""

    def __init__(self, name: str, max_depth: int) -> None:
        self._name, self._max_depth = name, max_depth
        self._depth = 0
        self._in_string = False
        self._escaped = b""

    def feed(self, text: str) -> None:
        content = self._escaped + text.encode("utf-8", "surrogatepass").replace(b"\n", b" ")
        slashes = len(content) - len(content.rstrip(b"\\"))
        self._escaped = b"\\" if slashes % 2 else b""
        content = content[: len(content) - len(self._escaped)]
        content = content.replace(b"\\\\", b"").replace(b'\\"', b"")
        quoted = b'"' + content if self._in_string else content
        self._in_string = bool(quoted.count(b'"') % 2)
        nesting = depths(brackets(quoted)) + self._depth
        if nesting.max(initial=0) > self._max_depth:
            raise LimitExceeded(
                f"{self._name} nests deeper than {self._max_depth} levels (max_json_depth)",
                limit="max_json_depth",
            )
        self._depth = int(nesting[-1]) if nesting.size else self._depth


class JsonStream:
    """A cursor over the text of a stored object. Errors say the line and column."""

    def __init__(self, file: StoredObject, limits: Limits) -> None:
        self._name = file.name
        self._limit = ROW_CELLS * limits.max_cell_bytes
        self._guard = DepthGuard(file.name, limits.max_json_depth)
        self._pieces = _text(file)
        self._decoder = Decoder()
        self._text = ""
        self._is_plain = True
        self._at = 0
        self._ended = False
        self._line, self._column = 1, 1

    def peek(self) -> str:
        """The next character that is no white space, or nothing at the end."""
        while True:
            start = self._at
            while start < len(self._text) and self._text[start] in WHITE:
                start += 1
            self._move(start)
            if start < len(self._text) or not self._grow(WINDOW):
                return self._text[start : start + 1]

    def take(self, expected: str) -> bool:
        """Step over the character if it is next."""
        if self.peek() != expected:
            return False
        self._move(self._at + 1)
        return True

    def value(self) -> Parsed:
        """The next value."""
        if not self.peek():
            raise self.corrupt("the file ends where a value should stand")
        while True:
            try:
                parsed = self._decoder.at(self._text, self._at, is_plain=self._is_plain)
            except json.JSONDecodeError as error:
                if self._is_final(error) or not self._grow(len(self._text) - self._at):
                    self._move(error.pos)
                    raise self.corrupt(error.msg) from error
                continue
            is_cut = parsed.end > len(self._text) - NEAR_END
            if is_cut and not self._ended and self._grow(WINDOW):
                continue
            if parsed.length > self._limit:
                raise self._too_long()
            self._move(parsed.end)
            return parsed

    def elements(self) -> Iterator[Parsed]:
        """The values of the array that begins here."""
        yield from (self.value() for _ in self._items("[", "]"))

    def lines(self) -> Iterator[bytes]:
        """The same, one a line in UTF-8, as many at a time as are at hand; nobody has parsed them.

        Raises Irregular, upon which the document is to be read from its start by `elements`.
        """
        if not self.take("["):
            raise Irregular
        while True:
            try:
                content = self._text[self._at :].encode()
            except UnicodeEncodeError as error:  # bytes that are no UTF-8
                raise Irregular from error
            found = cut(content)
            if found.stop:
                self._move(self._at + len(content[: found.stop].decode()))
                yield found.lines
                self.take(",")
            if found.is_end:
                self.take("]")
                return
            if not self._grow(max(BLOCK_BYTES, len(content) - found.stop)):
                raise Irregular

    def members(self) -> Iterator[str]:
        """The keys of the object that begins here; the caller takes each value."""
        for _ in self._items("{", "}"):
            key = self.value().value
            if not isinstance(key, str) or not self.take(":"):
                raise self.corrupt("a key and a colon should stand here")
            yield key

    def _items(self, opening: str, closing: str) -> Iterator[None]:
        if not self.take(opening):
            raise self.corrupt(f"{opening} should stand here")
        if self.take(closing):
            return
        while True:
            yield
            if self.take(closing):
                return
            if not self.take(","):
                raise self.corrupt(f", or {closing} should stand here")

    def corrupt(self, what: str) -> CorruptFile:
        return CorruptFile(
            f"{self._name} is not valid JSON: {what} (line {self._line}, column {self._column})",
            line=self._line,
        )

    def _too_long(self) -> LimitExceeded:
        return LimitExceeded(
            f"{self._name} holds a row longer than {self._limit} characters"
            f" (line {self._line}; max_cell_bytes)",
            limit="max_cell_bytes",
        )

    def _is_final(self, error: json.JSONDecodeError) -> bool:
        """Whether more text cannot help."""
        is_open = error.msg.startswith("Unterminated")
        return self._ended or not (is_open or error.pos > len(self._text) - NEAR_END)

    def _move(self, to: int) -> None:
        feeds = self._text.count("\n", self._at, to)
        self._line += feeds
        last = self._text.rfind("\n", self._at, to)
        self._column = to - last if feeds else self._column + to - self._at
        self._at = to

    def _grow(self, by: int) -> bool:
        """Read on; what has been consumed is dropped. False at the end of the file."""
        pieces = [self._text[self._at :]]
        if len(pieces[0]) > self._limit:
            raise self._too_long()
        wanted = max(by, WINDOW)
        while wanted > 0 and (piece := next(self._pieces, None)) is not None:
            self._guard.feed(piece)
            pieces.append(piece)
            wanted -= len(piece)
        self._ended = wanted > 0
        self._text, self._at = "".join(pieces), 0
        self._is_plain = is_plain(self._text)
        return len(pieces) > 1


def _text(file: StoredObject) -> Iterator[str]:
    blocks = file.stream()
    head = next(blocks, b"")
    encoding = json.detect_encoding(head[:4])
    errors = "surrogateescape" if encoding.startswith("utf-8") else "replace"
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    yield decoder.decode(head)
    for block in blocks:
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)
