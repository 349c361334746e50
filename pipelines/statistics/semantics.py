"""Semantics: which semantic types a column's values have, and what that makes of the column."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl

from pipelines.semantic_types.claims import claims
from pipelines.semantic_types.kind import Kind
from pipelines.semantic_types.recognition import Counts, Tally, kinds_of, recognised
from pipelines.semantic_types.registry import KINDS
from pipelines.statistics.column_view import ColumnView
from pipelines.statistics.runs import NumberRuns

EXACT = 1 << 53
CARDS = (10**12, 10**19)  # integers that may be payment cards


@dataclass(frozen=True, slots=True)
class Semantics:
    """A tally of every kind that any value is of, over all rows; the column's name takes part."""

    name: ClassVar[str] = "semantics"

    column: str
    values: int
    tallies: tuple[Tally, ...] = ()

    @classmethod
    def of(cls, view: ColumnView) -> Self:
        column = view.series.name
        kinds = kinds_of(column, view.word)
        whole = kinds_of(column, "integer") if view.word == "number" else ()
        values = len(view.series) - view.null_count
        if not (kinds or whole) or not values:
            return cls(column, values)
        match view.word:
            case "text" | "list" | "struct":
                runs = view.text_runs
                texts, weights = (view.texts, None) if runs is None else (runs.values, runs.counts)
                tallies = tuple(recognised(kinds, column, texts, weights))
            case "integer":
                tallies = tuple(_of_integers(kinds, view, view.runs))
            case "number":  # codes beside empty cells become such, as 4000100000000004.0
                formed = [kind for kind in whole if kind.span is None]
                is_called = any(kind.is_called(column) for kind in formed)
                least = 0 if is_called else CARDS[0]
                found = _of_integers(formed, view, _whole(view.runs, least))
                tallies = (*found, *_of_spans(kinds, view))
            case "date" | "datetime":
                tallies = tuple(Tally(kind.key, values, values) for kind in kinds)
            case _:
                tallies = tuple(_of_spans(kinds, view))
        return cls(column, values, tallies)

    def merge(self, other: Self) -> Self:
        found = {tally.key: tally for tally in self.tallies}
        for tally in other.tallies:
            found[tally.key] = found[tally.key].merge(tally) if tally.key in found else tally
        tallies = tuple(found[kind.key] for kind in KINDS if kind.key in found)
        return type(self)(self.column, self.values + other.values, tallies)

    def result(self) -> dict[str, Any]:
        return claims(self.column, self.values, self.tallies)


def _whole(runs: NumberRuns, least: int) -> NumberRuns:
    """The whole numbers from `least` on that a float holds exactly, of runs of floats."""
    low, high = (int(np.searchsorted(runs.values, end)) for end in (least, EXACT))
    values = runs.values[low:high]
    kept = values == np.floor(values)
    return NumberRuns(values[kept].astype(np.int64), runs.counts[low:high][kept])


def _of_integers(kinds: Sequence[Kind], view: ColumnView, runs: NumberRuns) -> list[Tally]:
    values, counts = runs.values, runs.counts
    spans = [kind for kind in kinds if kind.span is not None]
    formed = [kind for kind in kinds if kind.span is None]
    if not any(kind.is_called(view.series.name) for kind in formed):
        start, end = (int(np.searchsorted(values, end)) for end in CARDS)
        values, counts = values[start:end], counts[start:end]
    texts = pl.Series([str(each) for each in values.tolist()], dtype=pl.String)
    return [*recognised(formed, view.series.name, texts, counts), *_of_spans(spans, view)]


def _of_spans(kinds: Sequence[Kind], view: ColumnView) -> list[Tally]:
    """How many numbers lie between the bounds of each kind."""
    reals, counts = view.encoding.reals(view.runs.values), view.runs.counts
    found = []
    for kind in kinds:
        low, high = kind.span or (0.0, 0.0)
        inside: Counts = counts[(reals >= low) & (reals <= high)]
        matched = int(inside.sum())
        found += [Tally(kind.key, matched, matched)] if matched else []
    return found
