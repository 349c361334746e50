"""Ledger: which figures were recomputed, which were not, and where the two disagree."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

RELATIVE = 1e-12
INDEX = re.compile(r"\[\d+\]")


@dataclass
class Ledger:
    """Entries are named by their path in results.json; `shape` counts them without indices."""

    checked: Counter[str] = field(default_factory=Counter)
    disagreements: list[str] = field(default_factory=list)
    table: str = ""

    def same(self, path: str, ours: Any, theirs: Any) -> None:
        """The two are equal; 1 and 1.0 are, True and 1 are not."""
        self.checked[shape(path)] += 1
        if isinstance(ours, bool) is not isinstance(theirs, bool) or ours != theirs:
            self.differ(path, ours, theirs)

    def near(
        self, path: str, ours: Any, theirs: Fraction | float | None, slack: Fraction | float = 0.0
    ) -> None:
        """The two are the same number but for 1e-12 of it, or `slack` where that is more."""
        self.checked[shape(path)] += 1
        if theirs is None or ours is None:
            if theirs is not None or ours is not None:
                self.differ(path, ours, theirs)
            return
        mine = number(ours)
        if isinstance(theirs, float) and not math.isfinite(theirs):
            if mine is not None:
                self.differ(path, ours, theirs)
            return
        exact = Fraction(theirs)
        bound = max(abs(exact) * Fraction(RELATIVE), Fraction(slack), Fraction(5e-324))
        if mine is None or abs(mine - exact) > bound:
            self.differ(path, ours, _shown(exact))

    def within(self, path: str, ours: Any, lower: Any, upper: Any) -> None:
        """The figure lies between the bounds."""
        self.checked[shape(path)] += 1
        if ours is None or not lower <= ours <= upper:
            self.differ(path, ours, f"{lower} to {upper}")

    def whole(self, path: str, ours: Any, theirs: Any) -> None:
        """The two are equal, with all that stands in them."""
        self.same(path, ours, theirs)
        self.checked.update(leaves(ours, path))

    def seen(self, path: str, told: bool, what: str = "") -> None:
        """A claim about the figure holds."""
        self.checked[shape(path)] += 1
        if not told:
            self.differ(path, what or "claim", "does not hold")

    def differ(self, path: str, ours: Any, theirs: Any) -> None:
        told = f"{self.table}: {path}: {str(ours)[:300]} but recomputed {str(theirs)[:300]}"
        self.disagreements.append(told)


def number(value: Any) -> Fraction | None:
    """A figure of results.json as the number that it is; None where it is none."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return Fraction(value)
    if isinstance(value, float):
        return Fraction(value) if math.isfinite(value) else None
    try:
        return Fraction(value)
    except (ValueError, TypeError):
        return None


def _shown(exact: Fraction) -> str:
    try:
        return repr(float(exact))
    except OverflowError:
        return f"{exact.numerator // exact.denominator:.20e}"


def shape(path: str) -> str:
    """A path without its indices."""
    return INDEX.sub("[]", path)


def leaves(value: Any, path: str = "") -> Iterator[str]:
    """The shapes of all figures in a JSON value."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from leaves(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, f"{path}[]")
    else:
        yield path
