"""Column view: one column of some rows, with what several statistics need of it computed once."""

import json
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.cells import python_values
from pipelines.column_type import word
from pipelines.statistics.budget import Budget
from pipelines.statistics.encoding import Codes, Encoding
from pipelines.statistics.runs import NumberRuns, TextRuns
from pipelines.statistics.text_bytes import Bytes, flat

PROBE = 4096
ODD_END = np.ones(256, np.bool_)
ODD_END[33:127] = False  # ASCII without white space


@dataclass(frozen=True)
class ColumnView:
    """Some consecutive values of a column."""

    series: pl.Series
    budget: Budget

    @cached_property
    def word(self) -> str:
        return word(self.series.dtype)

    @property
    def is_textual(self) -> bool:
        """Whether the values are texts, or shown as such; all others are held as numbers."""
        return self.word in {"text", "binary", "list", "struct"}

    @cached_property
    def encoding(self) -> Encoding:
        return Encoding.of(self.series.dtype)

    @cached_property
    def null_count(self) -> int:
        return self.series.null_count()

    @cached_property
    def nulls(self) -> npt.NDArray[np.bool_]:
        """Which rows are null."""
        return self.series.alias("").is_null().to_numpy()

    @cached_property
    def present(self) -> pl.Series:
        """The values that are not null, without a name: polars takes `^a.*$` for a pattern."""
        series = self.series.alias("")
        return series.drop_nulls() if self.null_count else series

    @cached_property
    def codes(self) -> Codes:
        """Numbers, booleans and times as numbers."""
        return self.encoding.codes(self.present)

    @cached_property
    def runs(self) -> NumberRuns:
        return NumberRuns.of(self.codes)

    @cached_property
    def texts(self) -> pl.Series:
        """Texts as they are; bytes in hexadecimal, lists and structs as JSON."""
        match self.word:
            case "text":
                return self.present.cast(pl.String)
            case "binary":
                return self.present.bin.encode("hex")
        return as_json(self.present)

    @cached_property
    def text_runs(self) -> TextRuns | None:
        """Distinct texts; None when most differ, so that counting them here gains nothing."""
        if self.texts.head(PROBE).n_unique() > PROBE // 2:
            return None
        runs = TextRuns.of(self.texts)
        return runs if len(runs.hashes) <= self.budget.exact else None

    @cached_property
    def units(self) -> pl.Series:
        """The distinct texts where they are known, else all; what is true of them is counted so."""
        return self.texts if self.text_runs is None else self.text_runs.values

    @cached_property
    def unit_counts(self) -> npt.NDArray[np.int64]:
        """How many values each unit stands for."""
        if self.text_runs is None:
            return np.ones(len(self.texts), np.int64)
        return self.text_runs.counts

    @cached_property
    def units_are_ascii(self) -> bool:
        content, _ = self.unit_content
        return not len(content) or int(content.max()) < 128

    @cached_property
    def unit_chars(self) -> npt.NDArray[np.int64]:
        if self.units_are_ascii:
            return self.unit_bytes
        return self.units.str.len_chars().to_numpy().astype(np.int64)

    @cached_property
    def unit_bytes(self) -> npt.NDArray[np.int64]:
        _, ends = self.unit_content
        return np.diff(ends)

    @cached_property
    def unit_bare_bytes(self) -> npt.NDArray[np.int64]:
        """Without the white space around, which shows in the first or the last byte."""
        content, ends = self.unit_content
        bare = self.unit_bytes
        if not len(content):
            return bare
        last = len(content) - 1
        odd = ODD_END[content[np.minimum(ends[:-1], last)]] | ODD_END[content[ends[1:] - 1]]
        places = np.flatnonzero(odd & (bare > 0))
        if len(places):
            bare = bare.copy()
            stripped = self.units.gather(places).str.strip_chars()
            bare[places] = stripped.str.len_bytes().to_numpy()
        return bare

    @cached_property
    def unit_content(self) -> tuple[Bytes, npt.NDArray[np.int64]]:
        """The bytes of all units one after another, and where each begins and the last ends."""
        return flat(self.units)

    @cached_property
    def distinct_bound(self) -> int:
        """At most so many distinct values are present."""
        if self.is_textual:
            return len(self.texts) if self.text_runs is None else len(self.text_runs.hashes)
        return len(self.runs.values)


def as_json(series: pl.Series) -> pl.Series:
    """Each value as JSON, in polars where it can and in Python where it cannot."""
    if not _holds(series.dtype, (pl.Binary, pl.Object, pl.Decimal, pl.Duration, pl.Time)):
        wrapped = series.rename("v").to_frame().select(pl.struct("v").struct.json_encode())
        return wrapped.to_series().str.slice(5).str.head(-1)
    return pl.Series(
        [json.dumps(v, default=str, ensure_ascii=False) for v in python_values(series)],
        dtype=pl.String,
    )


def _holds(dtype: pl.DataType, kinds: tuple[type[pl.DataType], ...]) -> bool:
    if isinstance(dtype, pl.Struct):
        return any(_holds(field.dtype, kinds) for field in dtype.fields)  # type: ignore[arg-type]
    if isinstance(dtype, pl.List | pl.Array):
        return _holds(dtype.inner, kinds)  # type: ignore[arg-type]
    return isinstance(dtype, kinds)
