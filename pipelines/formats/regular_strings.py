"""Regular strings: the shared strings of a workbook, where none has a format inside."""

import re
from collections.abc import Iterable

import polars as pl

from connectors.errors import LimitExceeded
from pipelines.containers.limits import Limits
from pipelines.formats.regular_markup import Irregular, resolved, without_escapes
from pipelines.formats.regular_pieces import Enclosure

STRINGS = Enclosure("sst", re.compile(rb"<sst\b[^<>]*(?<!/)>"), b"</sst>", "si", b"</si>")
PRESERVED = b'<t xml:space="preserve">'
FIRST, BETWEEN, LAST = b"<si><t>", b"</t></si><si><t>", b"</t></si>"
UNSOUND = (b"\r", b"]]>")


def regular_strings(blocks: Iterable[bytes], part: str, limits: Limits) -> pl.Series:
    """The strings in order. Raises Irregular, ReadError."""
    found = [pl.Series("strings", [], pl.String)]
    for piece in STRINGS.pieces(blocks, part):
        found.append(_strings(piece))
        longest = found[-1].str.len_bytes().max()
        if isinstance(longest, int) and longest > limits.max_cell_bytes:
            raise LimitExceeded(
                f"{part} has a cell of more than {limits.max_cell_bytes} bytes (max_cell_bytes)",
                limit="max_cell_bytes",
            )
    return pl.concat(found)


def _strings(piece: bytes) -> pl.Series:
    """The strings of a piece in which there are no tags but those around each string."""
    piece = piece.replace(PRESERVED, b"<t>")
    count = piece.count(BETWEEN) + 1
    is_regular = piece.startswith(FIRST) and piece.endswith(LAST)
    if not is_regular or piece.count(b"<") != 4 * count or any(map(piece.__contains__, UNSOUND)):
        raise Irregular
    try:
        content = piece[len(FIRST) : -len(LAST)].decode()
    except UnicodeDecodeError as error:
        raise Irregular from error
    found = pl.Series("strings", [content]).str.split(BETWEEN.decode()).explode()
    return without_escapes(resolved(found, piece), piece)
