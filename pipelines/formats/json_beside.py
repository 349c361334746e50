"""JSON beside: what a document holds beside its rows, such as the count of a page of an API."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from pipelines.formats.base import SkippedRow

REASON = "beside"
MOST = 10_000
MOST_CHARACTERS = 1 << 20
LONGEST_ARRAY = 1 << 16


@dataclass(slots=True)
class Beside:
    """The members that are in no row: where each is, and its value as JSON.

    Beyond a million characters, and of longer arrays than 64 KiB, the place is held alone; beyond
    10,000 members nothing.
    """

    rows: list[SkippedRow] = field(default_factory=list)
    characters: int = 0

    def hold(self, path: tuple[str, ...], value: str) -> None:
        if len(self.rows) < MOST:
            self.characters += len(value)
            is_held = self.characters <= MOST_CHARACTERS
            self._add(path, *([value] if is_held else []))

    def hold_array(self, path: tuple[str, ...], found: Iterable[bytes]) -> None:
        """What is found are its elements as JSON, or lines of them; all are taken."""
        held: list[bytes] = []
        size = 0
        for lines in found:
            size += len(lines) + 1
            if size <= LONGEST_ARRAY:
                held.append(lines.replace(b"\n", b","))
        if size <= LONGEST_ARRAY:
            self.hold(path, f"[{b','.join(held).decode('utf-8', 'replace')}]")
        elif len(self.rows) < MOST:
            self._add(path)

    def _add(self, path: tuple[str, ...], *value: str) -> None:
        self.rows.append(SkippedRow(REASON, (".".join(path), *value)))
