"""Typed rows: cells of text, as a reader of lines found them, become a chunk."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipelines.formats import cell_reading, cell_types
from pipelines.formats.base import Chunk, RowAccount, SkippedRow
from pipelines.formats.cell_reading import Reading
from pipelines.formats.rows import Rows


def chunk_of(
    raw: Rows,
    types: Mapping[str, pl.DataType],
    readings: Mapping[str, Reading],
    lead: Mapping[str, int],
    around: Sequence[SkippedRow] = (),
) -> Chunk:
    """The rows in these types, or in wider ones.

    `lead` counts what was skipped above them and below; `around` is what of it says something.
    """
    converted = {
        name: _converted(raw.frame[name], dtype, readings.get(name))
        for name, dtype in types.items()
    }
    skipped = Counter(lead) + Counter(raw.skipped)
    return Chunk(
        frame=pl.DataFrame([column.series for column in converted.values()]),
        rows=RowAccount(
            parsed=raw.frame.height - sum(raw.repaired.values()),
            repaired=sum(raw.repaired.values()),
            rejected=len(raw.rejects),
            skipped=skipped.total(),
        ),
        rejects=raw.rejects,
        repaired=raw.repaired,
        skipped=skipped,
        skipped_rows=(*around, *raw.skipped_rows),
        null_tokens=_null_tokens(raw, converted),
        utc_offsets={n: each.utc_offsets for n, each in converted.items() if each.utc_offsets},
        span=raw.span,
    )


def _converted(
    cells: pl.Series, dtype: pl.DataType, reading: Reading | None
) -> cell_types.Converted:
    if reading is None or isinstance(dtype, pl.String) or cells.dtype != pl.String:
        return cell_types.convert(cells, dtype)
    plain = cell_reading.plain_or_none(cells, reading)
    if plain is not None:
        converted = cell_types.convert(plain.alias(cells.name), dtype)
        if not isinstance(converted.series.dtype, pl.String):
            return converted
    return cell_types.convert(cells, pl.String())  # as it stands, not as it was read


def _null_tokens(raw: Rows, converted: Mapping[str, cell_types.Converted]) -> Mapping[str, Any]:
    """By column and word, how many cells were null by it."""
    tokens = {name: Counter(column.null_tokens) for name, column in converted.items()}
    if raw.has_empty_nulls:
        for name, counts in tokens.items():
            chosen = sum(raw.null_words.get(name, {}).values())
            if empty := raw.frame[name].null_count() - chosen:
                counts[""] += empty
    for name, words in raw.null_words.items():
        tokens[name].update(words)
    return {name: dict(sorted(counts.items())) for name, counts in tokens.items() if counts}
