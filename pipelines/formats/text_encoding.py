"""Text encoding: which bytes mean which characters, and chunks as UTF-8 whatever they were."""

import codecs
import re
from dataclasses import dataclass

from pipelines.formats import code_page, double_bytes

SAMPLE_BYTES = 1 << 16
CELLS = re.compile(rb"(?<![^\s,;|])[^\s,;|]{1,256}(?=[\s,;|])")  # whole ones, of no great length
BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
FALLBACK = "cp1252"
MENDED = "not in the encoding of the file"  # a line that is read as the fallback
REPLACED, UNREADABLE = "\ufffd", "characters that could not be decoded"
MARK, MARKED = "\ufeff", "byte order mark before a row"
STATEFUL = ("utf-16", "utf-32", "utf-7", "iso2022", "hz")  # a byte means what went before
# Mean log-likelihoods of a byte: below the first, pairs of bytes are worth a look; below the
# second, no language was found at all.
DOUBTFUL, SENSELESS = -4.6, -6.0


@dataclass(frozen=True, slots=True)
class Encoding:
    """A text encoding, the length of its byte order mark, and how sure we are."""

    name: str
    bom_bytes: int = 0
    confidence: float = 1.0

    @property
    def is_byte_oriented(self) -> bool:
        """Whether a newline byte is always a newline, so that byte ranges can be cut."""
        if self.name.startswith(STATEFUL):
            return False
        return all(bytes([code]).decode(self.name, "replace") == chr(code) for code in range(128))


def detect(head: bytes) -> Encoding:
    """The encoding of a text, from its first bytes: mark, then strict UTF-8, then likelihood.

    >>> detect("naïve".encode()).name, detect("naïve".encode("utf-16")).name
    ('utf-8', 'utf-16-le')
    """
    for mark, name in BOMS:
        if head.startswith(mark):
            return Encoding(name, len(mark))
    if (wide := _without_mark(head)) is not None:
        return wide
    sample = head[:SAMPLE_BYTES]
    is_cut = len(head) >= SAMPLE_BYTES
    if sample.isascii() and not head.isascii():  # what is telling comes later
        told = b"\n".join(cell for cell in CELLS.findall(head) if not cell.isascii())
        sample, is_cut = told[:SAMPLE_BYTES], len(told) > SAMPLE_BYTES
    if _is_utf8(sample, is_cut=is_cut):
        return Encoding("utf-8", confidence=1.0 if not sample.isascii() else 0.99)
    if (share := _share_of_utf8(head)) > 0.5:
        return Encoding("utf-8", confidence=round(share, 2))
    page = code_page.likeliest(sample)
    is_doubtful = page is None or page.likelihood < DOUBTFUL
    if is_doubtful and (paired := double_bytes.detect(sample)) is not None:
        return Encoding(paired, confidence=0.9)
    if page is None:
        return Encoding(FALLBACK, confidence=0.3)
    return Encoding(page.name, confidence=page.confidence if page.likelihood > SENSELESS else 0.3)


def chosen(head: bytes, name: str) -> Encoding:
    """The encoding of this name, with its byte order mark if the text begins with one.

    >>> chosen("a".encode("utf-16"), "utf-16"), chosen(b"a", "cp1252").bom_bytes
    (Encoding(name='utf-16-le', bom_bytes=2, confidence=1.0), 0)
    """
    for mark, of_mark in BOMS:
        if head.startswith(mark) and of_mark.startswith(name):
            return Encoding(of_mark, len(mark))
    return Encoding({"utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(name, name))


def _without_mark(head: bytes) -> Encoding | None:
    """UTF-16 without its mark: nearly every other byte of Latin text is zero."""
    sample = head[:4096]
    if len(sample) < 8 or not sample.count(0):
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > 0.7 * half and even < 0.05 * half:
        return Encoding("utf-16-le", confidence=0.9)
    if even > 0.7 * half and odd < 0.05 * half:
        return Encoding("utf-16-be", confidence=0.9)
    return None


def _is_utf8(sample: bytes, *, is_cut: bool = False) -> bool:
    """Whether it decodes; where the sample is cut, so may its last character be."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample, final=not is_cut)
    except UnicodeDecodeError:
        return False
    return True


def _share_of_utf8(head: bytes) -> float:
    """Of the lines that are not ASCII, how many are UTF-8; text in another encoding seldom is.

    A few lines from elsewhere, in a file of UTF-8, are mended one by one.
    """
    foreign = [line for line in head.split(b"\n")[:-1] if not line.isascii()]
    return sum(map(_is_utf8, foreign)) / len(foreign) if foreign else 0.0


def is_foreign(line: bytes, encoding: str) -> bool:
    """Whether a line is not in the encoding of its file."""
    if line.isascii():
        return False
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return True
    return False


def decoded(line: bytes, encoding: str) -> str:
    """One line as text; one that is not in the encoding of its file is read as cp1252."""
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return line.decode(FALLBACK, "replace")


def to_utf8(content: bytes, encoding: str) -> tuple[bytes, int]:
    r"""The bytes as UTF-8, and how many lines were not in `encoding` and were read as cp1252.

    >>> to_utf8("a\nü".encode() + b"\n\xfc", "utf-8")
    (b'a\n\xc3\xbc\n\xc3\xbc', 1)
    """
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        pass
    else:
        return (content if encoding == "utf-8" else text.encode("utf-8", "replace")), 0
    repaired = 0
    lines: list[bytes] = []
    for line in content.splitlines(keepends=True):
        try:
            lines.append(line.decode(encoding).encode("utf-8", "replace"))
        except UnicodeDecodeError:
            repaired += 1
            lines.append(line.decode(FALLBACK, "replace").encode())
    return b"".join(lines), repaired
