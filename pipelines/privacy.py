"""Privacy: a table and its states without the values of its personal columns. Pure.

What is published beyond `input/` and `tables/` is made of these two, so what is taken out here is
nowhere: not in profiles, states, outliers, correlations, charts, previews, reports or checkpoints.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, cast

import numpy as np
import polars as pl

from connectors.errors import MetricFoundryError
from pipelines.formats.base import Failure, Guess, Notice, SkippedRow
from pipelines.ingest import SourceIngest, TableIngest
from pipelines.statistics.base import Statistic, TableStatistic
from pipelines.statistics.comoments import CoMoments
from pipelines.statistics.duplicates import Duplicates
from pipelines.statistics.oddities import TELLING, Oddities
from pipelines.statistics.row_sample import RowSample
from pipelines.statistics.semantics import Semantics
from pipelines.statistics.table_states import TableStates
from pipelines.statistics.withheld import HARMLESS, CountedDuplicates, Withheld

MASK = "[masked]"
NOTES = {
    "none": "Values are published as they are; ask for options.privacy = mask to withhold those of"
    " personal columns.",
    "mask": "The values of the masked columns are in no published file but input/ and tables/,"
    " which hold the data itself. Rejected rows are listed without their bytes. What was not"
    " recognised as personal is not masked.",
}
# Notices that cite what stands in the data, and where the citation begins.
CITED = re.compile(r" \((?:such as|see) |: ")
# What these say are counts, names and places. Of all other notices only the beginning is told.
CITING_NOTHING = frozenset(
    {
        *("rows.repaired", "rows.rejected", "rows.outside", "rows.clock", "members.grouped"),
        *("override.idle", "json.layout", "html.open_end", "xml.beside", "header.ruler"),
        "header.standard",
        *("quotes.odd", "sheet.empty", "sheet.other", "sheet.mixed", "sheet.numbers_as_text"),
        "sheet.dates_as_text",
    }
)


def masked(table: TableIngest, states: TableStates) -> tuple[TableIngest, TableStates]:
    """The table and its states, without what tells a value of a personal column.

    Guesses lose their examples, notices what they cite and rows around the table what they say.
    """
    personal = personal_columns(states)
    preview = tuple(_masked_row(row, personal) for row in table.preview)
    notices = tuple(map(_masked_notice, table.notices))
    if personal:
        notices = (*notices, _notice(table, personal))
    sources = tuple(map(_masked_source, table.sources))
    known = replace(table, preview=preview, notices=notices, sources=sources, masked=personal)
    return known, masked_states(states, personal)


def personal_columns(states: TableStates) -> dict[str, str]:
    """The personal columns and the kind of each."""
    return {
        name: claim["kind"]
        for name, column in zip(states.schema, states.columns, strict=True)
        for state in column
        if isinstance(state, Semantics) and (claim := state.result().get("personal"))
    }


def masked_states(states: TableStates, columns: Collection[str]) -> TableStates:
    """The states, with counts, lengths and shapes alone for these columns."""
    if not columns:
        return states
    return replace(
        states,
        schema=pl.Schema(
            {
                name: _nameless(dtype) if name in columns else dtype
                for name, dtype in states.schema.items()
            }
        ),
        columns=tuple(
            _masked_column(found) if name in columns else found
            for name, found in zip(states.schema, states.columns, strict=True)
        ),
        table=tuple(_masked_table(state, columns) for state in states.table),
    )


def masked_failure(failure: Failure) -> Failure:
    """A failure that does not cite what a parser said of the content."""
    return replace(failure, message=_uncited(failure.message))


def masked_error(error: MetricFoundryError) -> MetricFoundryError:
    """The same error without what it cites."""
    return type(error)(_uncited(str(error)), **error.context)


def _masked_column(states: tuple[Statistic, ...]) -> tuple[Statistic, ...]:
    figures: dict[str, Any] = {}
    estimates: dict[str, Any] = {}
    for state in states:
        found = state.result()
        estimates |= found.pop("estimates", {})
        figures |= found
    kept = tuple(
        state.without(TELLING) if isinstance(state, Oddities) else state
        for state in states
        if isinstance(state, HARMLESS)
    )
    left = Withheld.of_figures(figures | {"estimates": estimates})
    return (*kept, cast("Statistic", left))  # it is made of figures, never of rows


def _masked_table(state: TableStatistic, columns: Collection[str]) -> TableStatistic:
    match state:
        case Duplicates():
            return CountedDuplicates.without_hashes(state)
        case CoMoments():
            return _without(state, columns)
        case RowSample():
            empty = [
                pl.lit(None, _nameless(dtype)).alias(name)
                for name, dtype in state.frame.schema.items()
                if name in columns
            ]
            return replace(state, frame=state.frame.with_columns(empty))
    return state


def _nameless(dtype: pl.DataType) -> pl.DataType:
    """The type without the names of fields, which in JSON may be values: `{"a@b.org": 3}`.

    >>> _nameless(pl.List(pl.Struct({"a@b.org": pl.Int64()})))
    List(Struct({}))
    """
    if isinstance(dtype, pl.Struct):
        return pl.Struct([])
    if isinstance(dtype, pl.List | pl.Array):
        return pl.List(_nameless(dtype.inner))  # type: ignore[arg-type]
    return dtype


def _without(state: CoMoments, columns: Collection[str]) -> CoMoments:
    """The co-moments of the other columns; where no row lacks a value, some have one column."""
    kept = np.array([at for at, name in enumerate(state.columns) if name not in columns], np.intp)
    if len(kept) == len(state.columns):
        return state
    if len(kept) < 2:
        return CoMoments()

    def part(matrix: Any) -> Any:
        if matrix is None or len(matrix) == 1:
            return matrix
        rows = matrix[kept]
        return rows if rows.shape[1] == 1 else rows[:, kept]

    names = tuple(state.columns[at] for at in kept)
    parts = (state.n, state.pivot, state.mean, state.square, state.product, state.power)
    return CoMoments(names, *map(part, parts))


def _masked_row(row: Mapping[str, Any], columns: Collection[str]) -> dict[str, Any]:
    return {
        name: MASK if name in columns and value is not None else value
        for name, value in row.items()
    }


def _masked_source(source: SourceIngest) -> SourceIngest:
    skipped = source.skipped_rows
    return replace(
        source,
        guesses=tuple(map(_masked_guess, source.guesses)),
        skipped_rows=replace(skipped, rows=tuple(map(_masked_row_around, skipped.rows))),
    )


def _masked_row_around(row: SkippedRow) -> SkippedRow:
    return replace(row, cells=(MASK,) * len(row.cells))


def _masked_guess(guess: Guess) -> Guess:
    return replace(guess, examples=())


def _masked_notice(notice: Notice) -> Notice:
    if notice.code in CITING_NOTHING:
        return notice
    return replace(notice, message=_uncited(notice.message))


def _uncited(message: str) -> str:
    head, *cited = CITED.split(message, maxsplit=1)
    return f"{head} ({MASK})" if cited else message


def _notice(table: TableIngest, personal: Mapping[str, str]) -> Notice:
    names = ", ".join(f"`{name}`" for name in personal)
    return Notice(
        "privacy.masked",
        f"the values of {names} are personal and masked here; input/ and tables/ still hold them",
        "INFO",
        table=table.name,
        count=len(personal),
    )
