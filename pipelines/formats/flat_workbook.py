"""Flat workbook: an OpenDocument workbook in one XML document, as the package that it stands for.

The document holds what would be `content.xml` and other parts (OpenDocument 1.3, 2.2.1); the
elements of a workbook are the same, and found below either root.
"""

import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, cast

from pipelines.formats.ods_repair import CONTENT, MANIFEST
from pipelines.formats.office_document import SPREADSHEET
from pipelines.formats.sequential import Sequential
from pipelines.formats.xml_encoding import head_in_utf8, in_utf8

HEAD_BYTES = 64 << 10
ROOT = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*<office:document\s[^>]*"
    rb"office:mimetype=[\"']" + re.escape(SPREADSHEET) + rb"(?:-template)?[\"']",
    re.DOTALL,
)


def is_flat(head: bytes) -> bool:
    """Whether a document that begins so is such a workbook.

    >>> is_flat(b'<office:document office:mimetype="' + SPREADSHEET + b'">'), is_flat(b"<office/>")
    (True, False)
    """
    return ROOT.match(head_in_utf8(head)) is not None


@dataclass(frozen=True)
class FlatWorkbook(Sequential):
    """A stored document, read as a package with it for its content."""

    def _blocks(self) -> Iterator[bytes]:
        return packed(in_utf8(self.inner))


def packed(
    content: Iterator[bytes], told: Callable[[], Mapping[str, str]] = dict
) -> Iterator[bytes]:
    """A package with this content, block by block, and with the parts that are told behind it."""
    sink = _Sink()
    with zipfile.ZipFile(cast("IO[bytes]", sink), "w") as package:
        package.writestr("mimetype", SPREADSHEET)
        package.writestr(MANIFEST, "<manifest/>")
        with package.open(CONTENT, "w", force_zip64=True) as part:
            for block in content:
                part.write(block)
                yield sink.taken()
        for path, text in told().items():
            package.writestr(path, text)
    yield sink.taken()


class _Sink:
    """What is written, until it is taken; it cannot seek."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, content: bytes) -> int:
        self._written.append(bytes(content))
        return len(content)

    def flush(self) -> None:
        pass

    def taken(self) -> bytes:
        content = b"".join(self._written)
        self._written.clear()
        return content
