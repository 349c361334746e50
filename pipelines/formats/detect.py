"""Detection: the bytes decide, then the extension, then the content type."""

from connectors.base import StoredObject
from connectors.errors import CorruptFile, EmptyInput, UnknownFormat
from pipelines.containers.registry import CONTAINERS
from pipelines.formats.base import Format
from pipelines.formats.registry import BINARY, FORMATS
from pipelines.formats.signatures import foreign, is_binary

HEAD_BYTES = 64 << 10
BYTE_ORDER_MARKS = b"\xef\xbb\xbf\xff\xfe"


def head_of(file: StoredObject) -> bytes:
    """The first bytes; whoever reads on meets again what is damaged in them.

    Raises EmptyInput where there is nothing but white space.
    """
    head = file.read(0, HEAD_BYTES) if file.seekable else _start_of(file)
    if _is_blank(head) and len(head) < HEAD_BYTES:
        raise EmptyInput(f"{file.name} is empty")
    return head


def _start_of(file: StoredObject) -> bytes:
    start = b""
    try:
        for block in file.stream(0, HEAD_BYTES):
            start += block
    except CorruptFile:
        if _is_blank(start):
            raise
    return start


def _is_blank(head: bytes) -> bool:
    return not head.strip(BYTE_ORDER_MARKS + b" \t\r\n\0")


def detect(head: bytes, name: str, content_type: str = "") -> Format:
    """The format that reads bytes that begin so. Raises UnknownFormat."""
    if kind := foreign(head):
        raise _unknown(f"{name} looks like {_article(kind)} {kind}")
    candidates = BINARY if is_binary(head) else FORMATS
    for format_ in candidates:
        if format_.recognises(head, name):
            return format_
    if candidates is BINARY:
        raise _unknown(f"{name} is binary, of no kind that is known here")
    for format_ in candidates:
        if content_type.partition(";")[0].strip().lower() in format_.media_types:
            return format_
    raise _unknown(f"{name} is of no kind that is known here")


def _article(kind: str) -> str:
    return (
        "an"
        if kind[0] in "AEIOU" or kind.startswith(("HTML", "SQL", "XML", "RTF", "RPM", "LHA"))
        else "a"
    )


def _unknown(what: str) -> UnknownFormat:
    names = ", ".join(format_.name for format_ in FORMATS)
    packings = ", ".join(container.name for container in CONTAINERS)
    return UnknownFormat(f"{what}; what is read: {names}, also in {packings}")
