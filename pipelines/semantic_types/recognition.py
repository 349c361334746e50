"""Recognition: how many of many texts are of each kind, counted whole columns at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.semantic_types.kind import Kind, Mask
from pipelines.semantic_types.registry import BY_KEY, KINDS, SCREEN

SHOWN, CUT = 5, 100
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tally:
    """What is known of one kind in a column so far: how many values match, and are proven.

    `proofs` are the smallest hashes of different proven values, as many as a claim asks for;
    `broken` the first values, by code point, that match and whose checksum does not hold.
    """

    key: str
    matched: int
    sound: int
    proofs: tuple[int, ...] = ()
    broken: tuple[str, ...] = ()

    def merge(self, other: Self) -> Self:
        return type(self)(
            self.key,
            self.matched + other.matched,
            self.sound + other.sound,
            tuple(sorted({*self.proofs, *other.proofs})[: needed(BY_KEY[self.key])]),
            tuple(sorted({*self.broken, *other.broken})[:SHOWN]),
        )


def needed(kind: Kind) -> int:
    """How many different proven values it takes, so that chance explains them once in 100,000.

    >>> needed(BY_KEY["card"]), needed(BY_KEY["email"])
    (5, 1)
    """
    if not kind.has_checksum:
        return kind.distinct
    return max(kind.distinct, int(np.ceil(round(-5 / np.log10(kind.chance), 6))))


@lru_cache(maxsize=1 << 14)
def kinds_of(column: str, word: str) -> tuple[Kind, ...]:
    """The kinds that a column of this name and type may be of."""
    return tuple(kind for kind in KINDS if kind.may_be(column, word))


def recognised(
    kinds: Sequence[Kind], column: str, texts: pl.Series, weights: Counts | None
) -> Iterator[Tally]:
    """The tally of each kind that any of the texts is of; `weights` say how often each stands."""
    if not kinds or not len(texts):
        return
    texts = texts.rename("v")
    if not any(kind.is_called(column) for kind in kinds):
        near = np.flatnonzero(texts.str.contains(SCREEN).to_numpy())
        if not len(near):
            return
        texts = texts.gather(near)
        weights = None if weights is None else weights[near]
    texts = texts.str.strip_chars(" \t\r\n")
    lengths = texts.str.len_bytes().to_numpy()
    for kind in kinds:
        places = _places(kind, texts, lengths, is_called=kind.is_called(column))
        if len(places):
            counts = np.ones(len(places), np.int64) if weights is None else weights[places]
            yield _tally(kind, texts.gather(places), counts)


def _places(kind: Kind, texts: pl.Series, lengths: Counts, *, is_called: bool) -> Counts:
    """Where the texts that match stand."""
    shortest, longest = kind.lengths
    places = np.flatnonzero((lengths >= shortest) & (lengths <= longest))
    for test in _tests(kind, is_called=is_called):
        if not len(places):
            break
        some = texts if len(places) == len(texts) else texts.gather(places)
        mask = some.to_frame().select(test).to_series().to_numpy()
        places = places[mask.astype(np.bool_)]
    return places


def _tests(kind: Kind, *, is_called: bool) -> Iterator[pl.Expr]:
    text = pl.col("v")
    if kind.has:
        yield text.str.contains(kind.has, literal=True)
    yield text.str.contains(f"^{kind.form(is_called=is_called)}$")
    if kind.codes:
        cased = text.str.to_lowercase() if kind.key == "language" else text.str.to_uppercase()
        yield cased.is_in(sorted(kind.codes))


def _tally(kind: Kind, texts: pl.Series, counts: Counts) -> Tally:
    matched = int(counts.sum())
    is_sound: Mask = np.ones(len(texts), np.bool_) if kind.sound is None else kind.sound(texts)
    broken: tuple[str, ...] = ()
    if kind.has_checksum and not is_sound.all():
        wrong = texts.filter(~is_sound).unique().sort().head(SHOWN)
        broken = tuple(sorted(set(wrong.str.head(CUT).to_list())))
    return Tally(
        kind.key,
        matched,
        int(counts[is_sound].sum()),
        _smallest(texts.filter(is_sound), needed(kind)),
        broken,
    )


def _smallest(texts: pl.Series, size: int) -> tuple[int, ...]:
    """The smallest hashes; a claim that asks for one proof asks for no hash."""
    if size <= 1:
        return ()
    return tuple(int(each) for each in texts.hash().unique().bottom_k(size).sort().to_list())
