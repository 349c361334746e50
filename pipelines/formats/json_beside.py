"""JSON beside: what a document holds beside its rows, such as the count of a page of an API."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from pipelines.formats.base import SkippedRow

REASON = "beside"
MOST = 10_000
MOST_CHARACTERS = 1 << 20
LONGEST_ARRAY = 1 << 16
T = TypeVar("T")


@dataclass(slots=True)
class Beside:
    """The members that are in no row: where each is, and its value as JSON.

    Beyond a million characters, and of longer arrays than 64 KiB, the place is held alone; beyond
    10,000 members nothing, nor where it is not wanted.
    """

    is_wanted: bool = True
    rows: list[SkippedRow] = field(default_factory=list)
    characters: int = 0

    def hold(self, path: tuple[str, ...], value: str) -> None:
        if self._has_room:
            self.characters += len(value)
            is_held = self.characters <= MOST_CHARACTERS
            self._add(path, *([value] if is_held else []))

    def hold_array(
        self, path: tuple[str, ...], found: Iterable[T], as_json: Callable[[T], str]
    ) -> None:
        """What is found are its elements, or some at a time; all are taken, few made JSON of."""
        held: list[str] = []
        size = 0 if self._has_room else LONGEST_ARRAY + 1
        for each in found:
            if size <= LONGEST_ARRAY:
                held.append(as_json(each))
                size += len(held[-1]) + 1
        if size <= LONGEST_ARRAY:
            self.hold(path, f"[{','.join(held)}]")
        elif self._has_room:
            self._add(path)

    @property
    def _has_room(self) -> bool:
        return self.is_wanted and len(self.rows) < MOST

    def _add(self, path: tuple[str, ...], *value: str) -> None:
        self.rows.append(SkippedRow(REASON, (".".join(path), *value)))
