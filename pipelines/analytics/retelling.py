"""Retelling: the narrative in a chat model's words, around names and figures that are ours.

The model is shown our sentences with a slot in the place of each name, value and figure: so nothing
of the data reaches it, nothing in the data can instruct it, and no figure can come from it. What it
answers is taken only if it is made of plain words and of those slots, and if each of its sentences
keeps to the slots of one of ours, so that no figure moves to another column.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from pipelines.analytics.observations import Name, Parts, Sentence

INSTRUCTIONS = """\
You are given remarks on a table of data, one a line. Write them as one short paragraph of plain
English for a reader in a hurry, the most important first; leave out what matters little.
Words in braces such as {name1} or {figure2} stand for names and figures. Copy them exactly, braces
included. Each sentence may use only those of one line. Write no digits, no number words, no
quotation marks, no lists and no markup. Add nothing that the remarks do not say."""

LEFT_OUT = frozenset({"failure"})  # sentences that cite other programs
MOST = 2000  # characters of an answer
FIGURE = re.compile(r"[-+\N{MINUS SIGN}]?[0-9](?:[\w.,:/%+-]*[\w%])?(?: %| [kMGT]?B\b)?")
SLOT = re.compile(r"\{((?:name|figure)[0-9]{1,4})\}")
PLAIN = re.compile(
    r"[A-Za-z\N{LATIN SMALL LETTER E WITH ACUTE}"
    r" ,.;:()='\N{RIGHT SINGLE QUOTATION MARK}\N{EN DASH}\N{EM DASH}-]*"
)
# What of a sentence may be the data's: a name in its marks, or all from the first mark to the last.
CITED = re.compile(
    r"`([^`\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}]*)`"
    r"(?!.*[`\N{RIGHT DOUBLE QUOTATION MARK}])"
    r"|[`\N{LEFT DOUBLE QUOTATION MARK}].*[`\N{RIGHT DOUBLE QUOTATION MARK}]",
    re.DOTALL,
)
NO_BRACES = str.maketrans("{}", "()")
ENDS = re.compile(r"(?<=[.;])\s+")
NUMBER_WORDS = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty"
    r"|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|millions?|billions?|dozens?|half"
    r"|halves|thirds?|quarters?|twice|thrice|double|triple|doubled|tripled|percent)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Draft:
    """Our sentences with slots, a line each; what the slots stand for; and those of each line."""

    text: str
    slots: Mapping[str, "str | Name"]
    lines: tuple[frozenset[str], ...]


@dataclass(frozen=True, slots=True)
class Retelling:
    """What a model made of the narrative, or why that is not shown."""

    model: str
    parts: Parts = ()
    reason: str | None = None

    @property
    def sentence(self) -> Sentence:
        return Sentence(0, "retelling", self.parts)

    def __str__(self) -> str:
        return str(self.sentence)

    def to_wire(self) -> dict[str, str | None]:
        return {"model": self.model, "text": str(self) or None, "reason": self.reason}


def draft(sentences: Sequence[Sentence]) -> Draft:
    """The sentences as a model may see them.

    >>> draft([Sentence(1, "", (Name("price"), " has 3 values below 0."))]).text
    '{name1} has {figure2} values below {figure3}.'
    """
    slots: dict[str, str | Name] = {}
    lines, used = [], []
    for sentence in sentences:
        if sentence.kind in LEFT_OUT:
            continue
        told = "".join(_slotted(sentence.parts, slots))
        lines.append(told)
        used.append(frozenset(SLOT.findall(told)))
    return Draft("\n".join(lines), slots, tuple(used))


def retold(draft: Draft, answer: str, model: str) -> Retelling:
    """The answer with the slots filled, if it is no more than it was asked for."""
    said = " ".join(answer.split())
    if not said or len(said) > MOST:
        return Retelling(model, reason="the answer is empty or too long")
    pieces = SLOT.split(said)  # words and slots by turns
    words, slots = pieces[0::2], pieces[1::2]
    if not slots:
        return Retelling(model, reason="the answer speaks of nothing in the data")
    if not all(map(PLAIN.fullmatch, words)) or NUMBER_WORDS.search(" ".join(words)):
        return Retelling(model, reason="the answer holds more than words and what it was given")
    for sentence in ENDS.split(said):
        used = frozenset(SLOT.findall(sentence))
        if not any(used <= line for line in draft.lines):
            return Retelling(model, reason="the answer mixes what belongs to different remarks")
    filled = (draft.slots[slot] for slot in slots)
    parts = chain.from_iterable(zip(words, [*filled, ""], strict=True))
    return Retelling(model, tuple(part for part in parts if part != ""))


def _slotted(parts: Parts, slots: dict[str, "str | Name"]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, Name):
            yield _slot("name", part, slots)
            continue
        cited = CITED.search(part)
        before, after = (part[: cited.start()], part[cited.end() :]) if cited else (part, "")
        yield _without_figures(before, slots)
        if cited:
            yield _slot("name", Name(cited[1]) if cited[1] else cited[0], slots)
        yield _without_figures(after, slots)


def _without_figures(text: str, slots: dict[str, "str | Name"]) -> str:
    plain = text.translate(NO_BRACES)
    return FIGURE.sub(lambda found: _slot("figure", found[0], slots), plain)


def _slot(kind: str, meaning: "str | Name", slots: dict[str, "str | Name"]) -> str:
    word = f"{kind}{len(slots) + 1}"
    slots[word] = meaning
    return f"{{{word}}}"
