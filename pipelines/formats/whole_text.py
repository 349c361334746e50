"""Whole text: a file that is parsed at once, and so is held at once, within a limit."""

from connectors.base import StoredObject
from connectors.errors import LimitExceeded


def read(file: StoredObject, kind: str, *, most: int) -> bytes:
    """All of its bytes. Raises LimitExceeded, with the `kind`, where they are more than `most`."""
    content = bytearray()
    for block in file.stream():
        content += block
        if len(content) > most:
            raise LimitExceeded(
                f"{file.name} is {kind} of more than {most} bytes",
                limit="document_bytes",
            )
    return bytes(content)
