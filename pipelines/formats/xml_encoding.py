"""XML encoding: a document in whatever encoding it is, as one in UTF-8 that declares none.

The mark at its beginning is believed before the declaration: what is called UTF-16 may have been
written as UTF-8 (XML 1.0, 4.3.3 and appendix F).
"""

import codecs
import re
from collections.abc import Iterator

from connectors.base import StoredObject
from connectors.errors import CorruptFile

HEAD_BYTES = 4096
WIDE = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
DECLARATION = re.compile(
    rb"""(?:\xef\xbb\xbf)?\s*<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z][\w.-]*)["'][^>]*>"""
)
NARROW = re.compile(
    rb"(?:us-?)?ascii|iso-?8859|windows|cp\d|latin|koi8|mac|gb|big5|shift|euc", re.IGNORECASE
)


def head_in_utf8(head: bytes) -> bytes:
    """The beginning of a document, in UTF-8 where a mark says that it is in UTF-16.

    >>> head_in_utf8("<a/>".encode("utf-16")), head_in_utf8(b"<a/>")
    (b'<a/>', b'<a/>')
    """
    for mark, encoding in WIDE:
        if head.startswith(mark):
            return head[len(mark) :].decode(encoding, "ignore").encode()
    return head


def in_utf8(file: StoredObject) -> Iterator[bytes]:
    """The document in blocks; one in UTF-8 as it is. Raises ReadError."""
    head = file.read(0, HEAD_BYTES)
    encoding = next((name for mark, name in WIDE if head.startswith(mark)), None)
    declared = DECLARATION.match(head_in_utf8(head))
    if encoding is None:
        if declared is None or declared[1].lower() in (b"utf-8", b"utf8"):
            yield from file.stream()
            return
        is_narrow = NARROW.match(declared[1]) and not head.startswith(codecs.BOM_UTF8)
        encoding = declared[1].decode() if is_narrow else "utf-8"
    try:
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
