"""Kind: one semantic type: the form of its values, what proves it, what it takes to claim it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl

Mask = npt.NDArray[np.bool_]

TEXT = frozenset({"text"})
CODES = frozenset({"text", "integer"})
WHOLE = frozenset({"text", "integer", "date", "datetime"})
REALS = frozenset({"integer", "number", "decimal"})
NESTED = frozenset({"text", "list", "struct"})
ONE_CELL = 1 << 20  # bytes; a longer text has no semantic type


@dataclass(frozen=True, slots=True)
class Kind:
    """A semantic type as it is recognised.

    A value is of this kind if it matches `pattern` (without the spaces around it; `named_pattern`
    in a column that is called so) and is one of `codes`, where there are some; numbers if they lie
    in `span`. `sound` tells which of those are proven: by a checksum (`chance` is how often any
    number passes it), or by a sign that look-alikes seldom bear.

    It is claimed of a column where `coverage` of the values are of it, `least_sound` of these are
    proven, and `distinct` different ones are; a column that `name` matches needs no more than half
    as many proven, and no number of different ones. `unlike` are names that speak against it.
    `stray`: even one such value makes a column personal.
    """

    key: str
    type: str
    pattern: str = ""
    named_pattern: str = ""
    codes: frozenset[str] = frozenset()
    lengths: tuple[int, int] = (1, ONE_CELL)
    has: str = ""
    span: tuple[float, float] | None = None
    columns: frozenset[str] = TEXT
    sound: Callable[[pl.Series], Mask] | None = None
    chance: float = 0.0
    coverage: float = 0.9
    least_sound: float = 0.9
    distinct: int = 1
    name: str = ""
    unlike: str = ""
    only_named: bool = False
    confidence: float = 0.9
    named_confidence: float = 0.95
    personal: str = ""
    stray: bool = False
    scheme: str = ""

    def form(self, *, is_called: bool = False) -> str:
        """The pattern of a whole value. Its digits are those of ASCII, which checksums need."""
        pattern = (is_called and self.named_pattern) or self.pattern
        return f"(?:{pattern})".replace(r"\d", "[0-9]")

    @property
    def has_checksum(self) -> bool:
        return self.chance > 0

    def is_called(self, column: str) -> bool:
        """Whether the column's name says so.

        >>> Kind("email", "email", name="e ?mail").is_called("customerEMail_1")
        True
        """
        return bool(self.name) and _matches(self.name, column)

    def may_be(self, column: str, word: str) -> bool:
        """Whether a column of this name and type is looked at."""
        if word not in self.columns or (self.unlike and _matches(self.unlike, column)):
            return False
        is_bare_number = word != "text" and not self.has_checksum and word not in NESTED
        return self.is_called(column) or not (self.only_named or is_bare_number)


def _matches(words: str, column: str) -> bool:
    return re.search(rf"\b(?:{words})\b", told(column)) is not None


@lru_cache(maxsize=1 << 14)
def told(column: str) -> str:
    """The words of a column's name.

    >>> told("customerEMail_1"), told("DateOfBirth")
    ('customer email 1', 'date of birth')
    """
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])", " ", column[:200])
    words = re.sub(r"[\W_]+", " ", apart).lower().strip()
    return re.sub(r"\be mail\b", "email", words)
