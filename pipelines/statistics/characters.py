"""Characters: which classes and scripts a column's texts are written in, and how many words."""

from dataclasses import dataclass
from itertools import chain
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from pipelines.statistics.column_view import ColumnView
from pipelines.statistics.text_bytes import Bytes

Counts = npt.NDArray[np.int64]

CLASSES = ("upper", "lower", "digit", "space", "other", "beyondAscii")
SPANS = ((65, 26), (97, 26), (48, 10))
SPACE = 32  # and what lies below it, in `_plain` content
BEYOND = r"[\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}]"
WORDS = rf"[^\x09-\x0D\x20{BEYOND[1:]}+", r"[^\x09-\x0D\x20]+"  # in truth, and of ASCII alone
_MARKED = np.arange(256, dtype=np.uint8)
_MARKED[[*range(9), *range(14, 32)]] = ord("!")
PIECE = 1 << 15
LARGEST = np.iinfo(np.int32).max
GRAIN = 16  # code points; every range of a script below begins and ends at a multiple
RANGES = {
    "Latin": ((0xC0, 0x250), (0x1E00, 0x1F00), (0xFF20, 0xFF60)),
    "Greek": ((0x370, 0x400), (0x1F00, 0x2000)),
    "Cyrillic": ((0x400, 0x530),),
    "Armenian": ((0x530, 0x590),),
    "Hebrew": ((0x590, 0x600),),
    "Arabic": ((0x600, 0x700), (0x750, 0x780), (0x8A0, 0x900), (0xFB50, 0xFE00), (0xFE70, 0xFF00)),
    "Devanagari": ((0x900, 0x980),),
    "Thai": ((0xE00, 0xE80),),
    "Georgian": ((0x10A0, 0x1100),),
    "Hangul": ((0x1100, 0x1200), (0x3130, 0x3190), (0xAC00, 0xD7B0)),
    "Hiragana": ((0x3040, 0x30A0),),
    "Katakana": ((0x30A0, 0x3100),),
    "Han": ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00), (0x20000, 0x32000)),
}
SCRIPTS = (*RANGES, "other")
_SCRIPT = np.full(0x110000 // GRAIN, len(RANGES), np.uint8)
for _number, _ranges in enumerate(RANGES.values()):
    for _start, _stop in _ranges:
        _SCRIPT[_start // GRAIN : _stop // GRAIN] = _number


@dataclass(frozen=True, slots=True)
class Characters:
    """Characters by class (those of ASCII) and, beyond ASCII, by script; words; and texts.

    A word is what white space parts, that of Unicode too. Letters of ASCII are Latin.
    """

    name: ClassVar[str] = "characters"

    classes: Counts
    scripts: Counts
    words: int = 0
    n: int = 0

    @classmethod
    def of(cls, view: ColumnView) -> Self:
        content, ends = _plain(view.unit_content[0]), view.unit_content[1]
        counts = None if view.text_runs is None else view.unit_counts
        known = class_counts(content) if counts is None else _weighed(content, ends, counts)
        *classes, words = known
        if counts is None:
            words += _first_words(content, ends)
        weights = view.unit_counts
        scripts, beyond = np.zeros(len(SCRIPTS), np.int64), 0
        words += _parted(view)
        characters = int((view.unit_chars * weights).sum())
        if not view.units_are_ascii:
            scripts = _scripts(view)
            beyond = int(scripts.sum())
        found = np.array([*classes, characters - beyond - sum(classes), beyond], np.int64)
        return cls(found, scripts, words, len(view.texts))

    def merge(self, other: Self) -> Self:
        return type(self)(
            self.classes + other.classes,
            self.scripts + other.scripts,
            self.words + other.words,
            self.n + other.n,
        )

    def result(self) -> dict[str, Any]:
        classes = dict(zip(CLASSES, self.classes.tolist(), strict=True))
        scripts = dict(zip(SCRIPTS, self.scripts.tolist(), strict=True))
        scripts["Latin"] += classes["upper"] + classes["lower"]
        return {
            "characters": classes,
            "scripts": {script: count for script, count in scripts.items() if count},
            "words": self.words,
            "meanWords": self.words / self.n if self.n else None,
        }


def _plain(content: Bytes) -> Bytes:
    """The bytes, control characters that are no white space taken for marks."""
    if not len(content) or content.min() >= SPACE:
        return content
    return _MARKED[content]


def _parted(view: ColumnView) -> int:
    """The words that white space beyond ASCII parts, or makes none of."""
    if not (view.unit_bytes != view.unit_chars).any():
        return 0
    places = np.flatnonzero(view.units.str.contains(BEYOND).to_numpy())
    if not len(places):
        return 0
    units = view.units.gather(places)
    true, told = (units.str.count_matches(form).to_numpy().astype(np.int64) for form in WORDS)
    return int(((true - told) * view.unit_counts[places]).sum())


def class_counts(content: Bytes) -> list[int]:
    """Bytes that are capitals, small letters, digits, white space, and where white space ends.

    Piece by piece, so that each stays in the processor's cache while it is looked at.
    """
    totals = [0] * 5
    shifted, mask = np.empty(PIECE, np.uint8), np.empty(PIECE, np.bool_)
    for start in range(0, len(content), PIECE):
        piece = content[start : start + PIECE]
        out, found = shifted[: len(piece)], mask[: len(piece)]
        for place, (low, width) in enumerate(SPANS):
            np.less(np.subtract(piece, low, out=out), width, out=found)
            totals[place] += int(np.count_nonzero(found))
        np.less_equal(piece, SPACE, out=found)
        totals[3] += int(np.count_nonzero(found))
        totals[4] += int(np.count_nonzero(found[:-1] > found[1:]))
        following = content[start + len(piece) : start + len(piece) + 1]
        totals[4] += int(found[-1]) * int((following > SPACE).sum())
    return totals


def _first_words(content: Bytes, ends: Counts) -> int:
    """Words that begin a text, save those that follow a text which white space ends."""
    first = ends[:-1][ends[1:] > ends[:-1]]
    follows_space = np.concatenate([[False], content[first[1:] - 1] <= SPACE])[: len(first)]
    return int(np.count_nonzero((content[first] > SPACE) & ~follows_space))


def _weighed(content: Bytes, ends: Counts, counts: Counts) -> list[int]:
    """The same of texts that stand for several each, with the words that begin one."""
    is_space = content <= SPACE
    starts = np.empty(len(content), np.bool_)
    starts[1:] = is_space[:-1] > is_space[1:]
    first = ends[:-1][ends[1:] > ends[:-1]]
    starts[first] = ~is_space[first]
    upto: npt.NDArray[Any] = np.zeros(
        len(content) + 1, np.int32 if len(content) <= LARGEST else np.int64
    )
    totals = []
    for mask in chain((content - low < width for low, width in SPANS), (is_space, starts)):
        np.cumsum(mask, dtype=upto.dtype, out=upto[1:])
        totals.append(int(((upto[ends[1:]] - upto[ends[:-1]]) * counts).sum()))
    return totals


def _scripts(view: ColumnView) -> Counts:
    """Characters beyond ASCII by script."""
    places = np.flatnonzero(view.unit_bytes != view.unit_chars)
    points = np.frombuffer("".join(view.units.gather(places)).encode("utf-32-le"), np.uint32)
    beyond = points > 127
    weights = None
    if view.text_runs is not None:
        weights = np.repeat(view.unit_counts[places], view.unit_chars[places])[beyond]
    found = np.bincount(_SCRIPT[points[beyond] // GRAIN], weights, len(SCRIPTS))
    return found.astype(np.int64)
