"""Oddities: values that need a look: how many of each kind, and where the first and last are."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.statistics import text_forms
from pipelines.statistics.column_view import ColumnView
from pipelines.statistics.dates import epochs

Mask = npt.NDArray[np.bool_]

KINDS = ("null", "nan", "infinite", "empty", "blank", "padded", "mojibake", "control", "epoch")
TELLING = frozenset({"epoch"})  # which say nearly what the value is
CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f]"  # not the tab and the line breaks

FIRST_SHOWN = 32


@dataclass(frozen=True, slots=True)
class Oddities:
    """Of each kind the number of rows, the first and the last, counted from 0 in these rows."""

    name: ClassVar[str] = "oddities"

    rows: int = 0
    found: tuple[tuple[str, int, int, int], ...] = ()

    @classmethod
    def of(cls, view: ColumnView) -> Self:
        return cls(len(view.series), tuple(_found(view)))

    def merge(self, other: Self) -> Self:
        known = {kind: (count, first, last) for kind, count, first, last in self.found}
        for kind, count, first, last in other.found:
            before, start, _ = known.get(kind, (0, self.rows + first, 0))
            known[kind] = before + count, start, self.rows + last
        found = tuple((kind, *known[kind]) for kind in KINDS if kind in known)
        return type(self)(self.rows + other.rows, found)

    def without(self, kinds: Collection[str]) -> Self:
        return type(self)(self.rows, tuple(each for each in self.found if each[0] not in kinds))

    def result(self) -> dict[str, Any]:
        return {
            "oddities": [
                {"what": kind, "count": count, "firstRow": first + 1, "lastRow": last + 1}
                for kind, count, first, last in self.found
            ]
        }


def _found(view: ColumnView) -> Iterator[tuple[str, int, int, int]]:
    if view.null_count:
        yield "null", *_ends(view.nulls)
    if view.word == "number":
        yield from _numbers(view)
    if view.word == "text":
        yield from _texts(view)
    if view.word in {"date", "datetime"}:
        stand_ins = epochs(view)
        if stand_ins.any():
            yield "epoch", *_ends(stand_ins)


def _numbers(view: ColumnView) -> Iterator[tuple[str, int, int, int]]:
    if len(view.runs.finite().values) == len(view.runs.values):
        return
    reals = view.series.alias("").cast(pl.Float64)
    for kind, mask in (("nan", reals.is_nan()), ("infinite", reals.is_infinite())):
        if mask.any():
            yield kind, *_ends(mask.fill_null(value=False).to_numpy())


def _texts(view: ColumnView) -> Iterator[tuple[str, int, int, int]]:
    full, bare = view.unit_bytes, view.unit_bare_bytes
    masks = {
        "empty": full == 0,
        "blank": (bare == 0) & (full > 0),
        "padded": (bare > 0) & (bare < full),
        "control": _with_control(view),
    }
    if not view.units_are_ascii:
        masks["mojibake"] = _matching(view.units, view.unit_chars != full, text_forms.MOJIBAKE)
    for kind in (kind for kind in KINDS if kind in masks):
        mask = masks[kind]
        if mask.any():
            yield kind, *_ends(_rows(view, mask))


def _matching(texts: pl.Series, among: Mask, form: str) -> Mask:
    """Which of some of the texts contain the form."""
    places = np.flatnonzero(among)
    found = np.zeros(len(texts), np.bool_)
    if len(places):
        found[places] = texts.gather(places).str.contains(form).to_numpy()
    return found


def _with_control(view: ColumnView) -> Mask:
    content, _ = view.unit_content
    if not len(content) or content.min() >= FIRST_SHOWN:
        return np.zeros(len(view.units), np.bool_)
    return view.units.str.contains(CONTROL).to_numpy().astype(np.bool_)


def _rows(view: ColumnView, mask: Mask) -> Mask:
    """The rows whose text is one of those."""
    if view.text_runs is not None:
        mask = view.texts.is_in(view.units.filter(mask).implode()).to_numpy()
    if not view.null_count:
        return mask
    rows = np.zeros(len(view.series), np.bool_)
    rows[~view.nulls] = mask
    return rows


def _ends(mask: Mask) -> tuple[int, int, int]:
    last = len(mask) - 1 - int(mask[::-1].argmax())
    return int(np.count_nonzero(mask)), int(mask.argmax()), last
