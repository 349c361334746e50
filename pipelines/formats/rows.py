"""Rows: cells as they were read from some bytes of delimited text, and what reading them took."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from pipelines.formats.base import Reject, SkippedRow
from pipelines.formats.records import Dialect


@dataclass(frozen=True, slots=True)
class TextForm:
    """How bytes mean rows: their encoding, their dialect, the names of the columns."""

    encoding: str
    dialect: Dialect
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """Cells as text, or as integers where that says the same; `span` is as in `Chunk.span`.

    A null is a cell that is missing at the end of a row, or, if `has_empty_nulls`, an empty cell;
    or a word that was chosen to mean nothing, which `null_words` counts by column.
    """

    frame: pl.DataFrame
    repaired: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    skipped_rows: tuple[SkippedRow, ...] = ()
    rejects: tuple[Reject, ...] = ()
    span: tuple[int, int] | None = None
    has_empty_nulls: bool = False
    null_words: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def without(self, words: Sequence[str]) -> "Rows":
        """The same, with null in place of these words."""
        if not words:
            return self
        counts: dict[str, dict[str, int]] = {}
        columns = []
        for cells in self.frame.get_columns():
            found = cells.is_in(words).fill_null(value=False)
            if found.any():
                counts[cells.name] = dict(Counter(cells.filter(found).to_list()))
            columns.append(cells.set(found, None))
        return replace(self, frame=pl.DataFrame(columns), null_words=counts)

    @classmethod
    def none(cls, columns: tuple[str, ...]) -> "Rows":
        return cls(pl.DataFrame(schema=dict.fromkeys(columns, pl.String)))
