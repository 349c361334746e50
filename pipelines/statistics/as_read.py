"""As read: what stood in cells and is in no value any more: words for nothing, offsets from UTC."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Self

Counts = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class AsRead:
    """By column: how many cells were null by which word, and written with which offset from UTC.

    Readers tell it, since the values do not. Merging adds up, in any order.
    """

    null_tokens: Counts = field(default_factory=dict)
    utc_offsets: Counts = field(default_factory=dict)

    def merge(self, other: Self) -> Self:
        return type(self)(
            together([self.null_tokens, other.null_tokens]),
            together([self.utc_offsets, other.utc_offsets]),
        )

    def result(self, column: str) -> dict[str, dict[str, int]]:
        """The wire fields of a column; those alone that say something."""
        found = {"nullTokens": self.null_tokens, "utcOffsets": self.utc_offsets}
        return {name: dict(counts[column]) for name, counts in found.items() if counts.get(column)}

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        return cls(**json.loads(text))


def together(found: Iterable[Counts]) -> dict[str, dict[str, int]]:
    """The counts of each column added up, by word.

    >>> together([{"a": {"NA": 1}}, {"a": {"NA": 2, "": 1}, "b": {}}])
    {'a': {'': 1, 'NA': 3}, 'b': {}}
    """
    columns: dict[str, Counter[str]] = {}
    for counts in found:
        for name, words in counts.items():
            columns.setdefault(name, Counter()).update(words)
    return {name: dict(sorted(words.items())) for name, words in columns.items()}
