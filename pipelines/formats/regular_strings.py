"""Regular strings: the shared strings of a workbook, where none has a format inside."""

import re
from collections.abc import Iterable

import numpy as np
import polars as pl

from connectors.errors import LimitExceeded
from pipelines.containers.limits import Limits
from pipelines.formats.regular_markup import Grammar, Irregular, Markup, without_escapes
from pipelines.formats.regular_pieces import Enclosure

ITEM, ITEM_END, TEXT, TEXT_WITH, TEXT_END, EMPTY_TEXT = range(1, 7)
GRAMMAR = Grammar(
    {ITEM: b"<si>", ITEM_END: b"</si>", TEXT: b"<t>", TEXT_WITH: b"<t ", TEXT_END: b"</t>"},
    {TEXT_WITH: EMPTY_TEXT},
    {
        ITEM: (TEXT, TEXT_WITH),
        TEXT: (TEXT_END,),
        TEXT_WITH: (TEXT_END,),
        TEXT_END: (ITEM_END,),
        ITEM_END: (ITEM,),
    },
    (TEXT, TEXT_WITH),
)
STRINGS = Enclosure("sst", re.compile(rb"<sst\b[^<>]*(?<!/)>"), b"</sst>", "si", b"</si>")


def regular_strings(blocks: Iterable[bytes], part: str, limits: Limits) -> pl.Series:
    """The strings in order. Raises Irregular, ReadError."""
    found = [pl.Series("strings", [], pl.String)]
    for piece in STRINGS.pieces(blocks, part):
        markup = Markup.of(piece, GRAMMAR)
        if markup.kinds[0] != ITEM or markup.kinds[-1] != ITEM_END:
            raise Irregular
        texts = np.flatnonzero((markup.kinds == TEXT) | (markup.kinds == TEXT_WITH))
        found.append(without_escapes(markup.texts(texts), piece))
        longest = found[-1].str.len_bytes().max()
        if isinstance(longest, int) and longest > limits.max_cell_bytes:
            raise LimitExceeded(
                f"{part} has a cell of more than {limits.max_cell_bytes} bytes (max_cell_bytes)",
                limit="max_cell_bytes",
            )
    return pl.concat(found)
