"""Date layouts: dates as people write them; a column proves the order of day and month, or not."""

import re
from dataclasses import dataclass
from typing import ClassVar

import polars as pl

CONFIDENCE = 0.95
# What stands where, what it looks like, and how it is parsed. Where two look alike, the first is
# taken only if the other denies a cell, or both read every cell as the same day.
DATES: tuple[tuple[str, str, str], ...] = (
    ("D/M/Y", r"\d{1,2}/\d{1,2}/\d{4}", "%d/%m/%Y"),
    ("M/D/Y", r"\d{1,2}/\d{1,2}/\d{4}", "%m/%d/%Y"),
    ("D-M-Y", r"\d{1,2}-\d{1,2}-\d{4}", "%d-%m-%Y"),
    ("M-D-Y", r"\d{1,2}-\d{1,2}-\d{4}", "%m-%d-%Y"),
    ("D.M.Y", r"\d{1,2}\.\d{1,2}\.\d{4}", "%d.%m.%Y"),
    ("Y/M/D", r"\d{4}/\d{1,2}/\d{1,2}", "%Y/%m/%d"),
    ("Y.M.D", r"\d{4}\.\d{1,2}\.\d{1,2}", "%Y.%m.%d"),
    ("D Month Y", r"\d{1,2} [A-Za-z]{3,9} \d{4}", "%d %B %Y"),
    ("D-Month-Y", r"\d{1,2}-[A-Za-z]{3,9}-\d{4}", "%d-%B-%Y"),
    ("Month D, Y", r"[A-Za-z]{3,9} \d{1,2}, \d{4}", "%B %d, %Y"),
)
TIMES: tuple[tuple[str, str, str], ...] = (
    ("", "", ""),
    (" H:M", r" \d{1,2}:\d{2}", " %H:%M"),
    (" H:M:S", r" \d{1,2}:\d{2}:\d{2}", " %H:%M:%S"),
    (" H:M AM/PM", r" \d{1,2}:\d{2} [AaPp][Mm]", " %I:%M %p"),
    (" H:M:S AM/PM", r" \d{1,2}:\d{2}:\d{2} [AaPp][Mm]", " %I:%M:%S %p"),
)


@dataclass(frozen=True, slots=True)
class DateReading:
    """A column of dates, or of dates with times, all written alike."""

    date: int
    time: int
    confidence: float = CONFIDENCE
    kind: ClassVar[str] = "date"

    @property
    def word(self) -> str:
        return DATES[self.date][0] + TIMES[self.time][0]

    @property
    def pattern(self) -> str:
        return f"^{DATES[self.date][1]}{TIMES[self.time][1]}$"

    def agrees(self, decimal: str | None, date_order: str | None) -> bool:  # noqa: ARG002
        return date_order in {None, re.sub("[^DMY]", "", DATES[self.date][0].replace("Month", "M"))}

    def plain(self, cells: pl.Series) -> pl.Series:
        stripped = cells.str.strip_chars(" ")
        matching = stripped.set(~stripped.str.contains(self.pattern).fill_null(value=False), None)
        layout = DATES[self.date][2] + TIMES[self.time][2]
        if not self.time:
            return matching.str.to_date(layout, strict=False).dt.to_string("%Y-%m-%d")
        moments = matching.str.to_datetime(layout, strict=False, time_unit="us")
        return moments.dt.to_string("%Y-%m-%d %H:%M:%S")


def may_claim(first: str) -> bool:
    """Whether there may be claims to cells of which this is the first."""
    return bool(_allowing(first))


def claims(cells: pl.Series) -> list[DateReading]:
    """The readings that all cells allow, the one to take first; several only if they differ.

    >>> [claim.word for claim in claims(pl.Series(["31/12/2024", "1/2/2025"]))]
    ['D/M/Y']
    >>> [claim.word for claim in claims(pl.Series(["03/04/2025"]))]
    ['D/M/Y', 'M/D/Y']
    """
    found: list[tuple[DateReading, pl.Series]] = []
    for reading in _allowing(str(cells[0])):
        plain = reading.plain(cells)
        if not plain.null_count():
            found.append((reading, plain))
    if len(found) > 1 and all(plain.equals(found[0][1]) for _, plain in found):
        return [found[0][0]]
    return [reading for reading, _ in found]


def _allowing(cell: str) -> list[DateReading]:
    readings = (DateReading(date, time) for date in range(len(DATES)) for time in range(len(TIMES)))
    stripped = cell.strip(" ")
    return [reading for reading in readings if re.match(reading.pattern, stripped)]
