"""XML encoding: a document in whatever encoding it is, as one in UTF-8 that declares none.

The mark at its beginning is believed before the declaration: what is called UTF-16 may have been
written as UTF-8 (XML 1.0, 4.3.3 and appendix F).
"""

import codecs
import re
from collections.abc import Iterator

from connectors.base import StoredObject
from connectors.errors import CorruptFile
from pipelines.formats.declared_encoding import known

HEAD_BYTES = 4096
WIDE = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
MARKUP = ((re.compile(rb"<\0[^\0]\0"), "utf-16-le"), (re.compile(rb"\0<\0[^\0]"), "utf-16-be"))
DECLARATION = re.compile(
    rb"""(?:\xef\xbb\xbf)?\s*<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z][\w.-]*)["'][^>]*>"""
)


def wide_encoding(head: bytes) -> str | None:
    """UTF-16 or UTF-32, where a document begins with its mark or as markup does in it.

    >>> wide_encoding("<a/>".encode("utf-16-le")), wide_encoding("a,b".encode("utf-16-le"))
    ('utf-16-le', None)
    """
    marked = (name for mark, name in WIDE if head.startswith(mark))
    return next(marked, None) or next((name for form, name in MARKUP if form.match(head)), None)


def head_in_utf8(head: bytes) -> bytes:
    """The beginning of a document, in UTF-8 where it shows that it is in UTF-16 or UTF-32.

    >>> head_in_utf8("<a/>".encode("utf-16")), head_in_utf8(b"<a/>")
    (b'<a/>', b'<a/>')
    """
    wide = wide_encoding(head)
    return head if wide is None else head.decode(wide, "ignore").removeprefix("\ufeff").encode()


def in_utf8(file: StoredObject) -> Iterator[bytes]:
    """The document in blocks; one in UTF-8 as it is. Raises ReadError."""
    head = file.read(0, HEAD_BYTES)
    declared = DECLARATION.match(head_in_utf8(head))
    wide = wide_encoding(head)
    if wide is None and (declared is None or declared[1].lower() == b"utf-8"):
        yield from file.stream()
        return
    try:
        encoding = wide or ("utf-8" if declared is None else _narrow(head, declared))
        decoder = codecs.getincrementaldecoder(encoding)()
        begun = decoder.decode(head)
        start = "" if declared is None else declared[0].decode()
        yield begun.lstrip("\ufeff").removeprefix(start.lstrip("\ufeff")).encode()
        for block in file.stream(len(head)):
            yield decoder.decode(block).encode()
        yield decoder.decode(b"", final=True).encode()
    except LookupError as error:
        raise CorruptFile(f"{file.name} declares an encoding that there is not") from error
    except UnicodeError as error:
        raise CorruptFile(f"{file.name} is not in the encoding that it declares") from error


def _narrow(head: bytes, declared: re.Match[bytes]) -> str:
    """The one declared, where the declaration itself is in it. Raises LookupError."""
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8"
    encoding = known(declared[1])
    is_so = declared[0].decode(encoding, "replace") == declared[0].decode("ascii", "replace")
    return encoding if is_so else "utf-8"
