"""Cell reading: text cells in a locale of their own, `1.234,50 €` or `31/12/2024`, as plain text.

A reading is a claim about all cells of a column, made only where the sample allows no other. What
the sample cannot settle stays text, and is said. `plain` gives `1234.50` and `2024-12-31`, which
`cell_types` then converts; a cell that it does not read denies the claim for the whole column.
"""

from dataclasses import dataclass
from typing import Protocol

import polars as pl

from pipelines.formats import date_layouts, number_layouts
from pipelines.formats.cell_types import FEW, NULL_WORDS, TYPED_NULL_WORDS

LAYOUTS = (date_layouts, number_layouts)
WORDS = NULL_WORDS + TYPED_NULL_WORDS
SOON = 100  # cells among which one that tells something is looked for


class Reading(Protocol):
    """How the cells of a column are written. Frozen and picklable."""

    @property
    def word(self) -> str:
        """The reading as people write it, such as `D/M/Y` or `1.234,5 €`."""
        ...

    @property
    def kind(self) -> str:
        """`number` or `date`."""
        ...

    def plain(self, cells: pl.Series) -> pl.Series:
        """The cells as plain text; null where one is not written so."""
        ...

    def agrees(self, decimal: str | None, date_order: str | None) -> bool:
        """Whether it has this decimal mark, or this order of `D`, `M` and `Y`, where it has one."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """What a sample says: the reading, or, with `others`, the readings between which it is silent.

    `confidence` is that of the reading; `examples` are cells as they stand.
    """

    reading: Reading
    others: tuple[Reading, ...] = ()
    confidence: float = 1.0
    examples: tuple[str, ...] = ()

    @property
    def is_ambiguous(self) -> bool:
        return bool(self.others)


def find(cells: pl.Series) -> Finding | None:
    """The reading of a column of which no cell is plain; None where there is none."""
    first = next((cell for cell in cells.head(SOON) if cell and cell not in WORDS), None)
    if first is not None and not any(layouts.may_claim(first) for layouts in LAYOUTS):
        return None
    telling = telling_cells(cells)
    if telling.is_empty():
        return None
    for layouts in LAYOUTS:
        if claims := layouts.claims(telling):
            first, *others = claims
            return Finding(first, tuple(others), first.confidence, tuple(telling.head(3)))
    return None


def telling_cells(cells: pl.Series) -> pl.Series:
    """The different cells that no word for nothing stands in."""
    if len(cells) <= FEW:
        told = dict.fromkeys(cell for cell in cells.to_list() if cell is not None)
        return pl.Series("cells", [cell for cell in told if cell not in WORDS], pl.String)
    telling = cells.alias("cells").drop_nulls().unique(maintain_order=True)
    return telling.filter(~telling.is_in(WORDS))


def plain_or_none(cells: pl.Series, reading: Reading) -> pl.Series | None:
    """The cells as plain text, words for nothing as they stand; None if one is not so written."""
    cells = cells.alias("cells")
    plain = reading.plain(cells)
    unread = plain.is_null() & cells.is_not_null()
    if not unread.any():
        return plain
    if not cells.filter(unread).is_in(WORDS).all():
        return None
    return plain.fill_null(cells)
