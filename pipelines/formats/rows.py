"""Rows: cells as they were read from some bytes of delimited text, and what reading them took."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from pipelines.formats.base import Reject
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

    A null is a cell that is missing at the end of a row, or, if `has_empty_nulls`, an empty cell.
    """

    frame: pl.DataFrame
    repaired: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    rejects: tuple[Reject, ...] = ()
    span: tuple[int, int] | None = None
    has_empty_nulls: bool = False

    @classmethod
    def none(cls, columns: tuple[str, ...]) -> "Rows":
        return cls(pl.DataFrame(schema=dict.fromkeys(columns, pl.String)))
