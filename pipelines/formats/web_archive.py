"""Web archive: a page with all that belongs to it in one e-mail (MHTML, RFC 2557).

Programs save reports so, and Excel workbooks: each sheet is a page then.
"""

import binascii
import quopri
import re
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesHeaderParser

from connectors.errors import CorruptFile, LimitExceeded, UnknownFormat
from pipelines.formats.declared_encoding import known
from pipelines.formats.html_grid import decoded

LONGEST_TOP = 1 << 16  # of the headers of one part
DEEPEST = 8
MOST_PARTS = 10_000
MOST_NAMES = 20
PAGES = "text/html", "application/xhtml+xml"
BEGIN = re.compile(rb"\s*[A-Za-z][A-Za-z-]*[ \t]*:")
TOP_END = re.compile(rb"\r?\n[ \t]*\r?\n")
TOLD = (
    re.compile(rb"^mime-version[ \t]*:", re.IGNORECASE | re.MULTILINE),
    re.compile(
        rb"^content-type[ \t]*:\s*"
        rb"(?:multipart/(?:related|mixed|alternative|signed|report)\b|text/html\b"
        rb"|text/plain[ \t]*(?:;|\r?$))",
        re.IGNORECASE | re.MULTILINE,
    ),
)


def is_web_archive(head: bytes) -> bool:
    r"""Whether a file begins with the headers of one, or of another e-mail.

    >>> is_web_archive(b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n--x")
    True
    >>> is_web_archive(b"Content-Type: text/html,5")
    False
    """
    if BEGIN.match(head) is None:
        return False
    top = TOP_END.split(head[:LONGEST_TOP].lstrip(), maxsplit=1)[0]
    return all(header.search(top) for header in TOLD)


def pages_in(content: bytes, name: str) -> list[str]:
    """The texts of all its pages, in order. Raises ReadError."""
    try:
        parts = _parts(content.lstrip(), 0)
        found = [_text(*part) for part in parts if part[0].get_content_type() in PAGES]
    except (binascii.Error, ValueError, RecursionError) as error:
        raise CorruptFile(f"{name} is no sound web archive: {error}") from error
    if not found:
        raise UnknownFormat(
            f"{name} is an e-mail or a web archive without a page of HTML"
            f"{unread(attachments_in(content))}"
        )
    return found


def attachments_in(content: bytes) -> list[str]:
    """The names of the files that come with the pages, or what they are where they have none."""
    try:
        return [
            headers.get_filename() or headers.get_content_type()
            for headers, _ in _parts(content.lstrip(), 0)
            if _is_attached(headers) and headers.get_content_type() not in PAGES
        ]
    except (ValueError, RecursionError):
        return []


def unread(attachments: list[str]) -> str:
    """What is to be said of them, behind anything.

    >>> unread(["a.csv", "b.csv"]), unread([])
    ('; what is attached is not read, and can be uploaded by itself: a.csv, b.csv', '')
    """
    names = ", ".join(attachments[:MOST_NAMES]) + (", …" if len(attachments) > MOST_NAMES else "")
    told = f"; what is attached is not read, and can be uploaded by itself: {names}"
    return told if attachments else ""


def _is_attached(headers: Message) -> bool:
    """Whether it is a file by itself: parts of a page have a name or a place in it."""
    if headers.get_content_disposition() == "attachment":
        return True
    is_part = "Content-ID" in headers or "Content-Location" in headers
    return headers.get_filename() is not None and not is_part


def _parts(part: bytes, depth: int) -> Iterator[tuple[Message, bytes]]:
    end = TOP_END.search(part, 0, LONGEST_TOP)
    if end is None:
        return
    headers = BytesHeaderParser().parsebytes(part[: end.start()])
    boundary = headers.get_boundary()
    if headers.get_content_maintype() == "multipart" and boundary and depth < DEEPEST:
        for each in _between(part[end.end() :], boundary.encode("ascii", "replace")):
            yield from _parts(each, depth + 1)
    else:
        yield headers, part[end.end() :]


def _between(content: bytes, boundary: bytes) -> list[bytes]:
    """What stands between the lines of a boundary, of which the first part may begin at once."""
    lines = re.compile(rb"(?:\A|\r?\n)--" + re.escape(boundary) + rb"(?:--)?[ \t]*(?:\r?\n|\Z)")
    parts = lines.split(content, MOST_PARTS + 1)[1:]
    if len(parts) > MOST_PARTS:
        raise LimitExceeded(
            f"a web archive has more than {MOST_PARTS} parts (max_members)", limit="max_members"
        )
    return parts


def _text(headers: Message, body: bytes) -> str:
    packing = str(headers.get("Content-Transfer-Encoding", "")).strip().lower()
    if packing == "base64":
        body = binascii.a2b_base64(body)
    elif packing == "quoted-printable":
        body = quopri.decodestring(body)
    charset = headers.get_content_charset()
    if charset and charset != "us-ascii":
        try:
            return body.decode(known(charset.encode("ascii", "replace")))
        except (LookupError, UnicodeError):
            pass
    return decoded(body)
