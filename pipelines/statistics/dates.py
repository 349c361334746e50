"""Dates: when values fall: hours, weekdays, months, gaps, how fine they are, what is no date."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.statistics import iso
from pipelines.statistics.column_view import ColumnView
from pipelines.statistics.encoding import LONGEST as MOST
from pipelines.statistics.encoding import Codes, Encoding
from pipelines.statistics.runs import NumberRuns, run_starts

Counts = npt.NDArray[np.int64]

UNITS = ("year", "month", "day", "hour", "minute", "second", "millisecond", "microsecond",
         "nanosecond")  # fmt: skip
DAY = UNITS.index("day")
PER_DAY = {"D": 1, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}
STEPS_PER_DAY = (24, 1440, 86_400, 86_400_000, 86_400_000_000, 86_400_000_000_000)
# Where systems begin to count, or stop: what stands for "no date" where one was asked for.
EPOCHS = {"0001-01-01": -719_162, "1899-12-30": -25_569, "1900-01-01": -25_567, "1970-01-01": 0,
          "9999-12-31": 2_932_896}  # fmt: skip
LONGEST = 5
LOCAL = {"ms": 10**3, "us": 10**6, "ns": 10**9}


@dataclass(frozen=True, slots=True)
class Calendar:
    """Values by hour, weekday (Monday first) and month, and by day, each in the column's zone.

    `days` holds how many values lie in each stretch of 2**halvings days, counted from 1970; more
    than `exact` stretches are joined by twos. `finest` is the finest unit that any value needs.
    """

    name: ClassVar[str] = "calendar"

    encoding: Encoding
    exact: int
    hours: Counts
    weekdays: Counts
    months: Counts
    epochs: Counts
    days: NumberRuns
    halvings: int = 0
    finest: int = -1

    @classmethod
    def of(cls, view: ColumnView) -> Self:
        encoding, runs = view.encoding, view.runs
        if encoding.word == "time":
            return cls._of_times(encoding, view.budget.exact, runs)
        per_day = PER_DAY[encoding.unit or "D"]
        codes, counts = _local(runs, encoding)
        ordinals = codes // per_day if per_day > 1 else codes
        within = codes - ordinals * per_day
        starts = run_starts(ordinals)
        days = NumberRuns(ordinals[starts], _sums(counts, starts))
        month = days.values.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        hours = _weighed(within // max(1, per_day // 24), counts, 24)
        finest = _finest(within, per_day)
        return cls(
            encoding,
            view.budget.exact,
            hours if per_day > 1 else np.zeros(24, np.int64),
            _weighed((days.values + 3) % 7, days.counts, 7),
            _weighed(month % 12, days.counts, 12),
            _at(days, np.array(list(EPOCHS.values()), np.int64)),
            days,
            finest=_coarser(days.values, month) if finest == DAY else finest,
        ).fitted()

    @classmethod
    def _of_times(cls, encoding: Encoding, exact: int, runs: NumberRuns) -> Self:
        per_day = PER_DAY["ns"]
        hours = _weighed(runs.values // (per_day // 24), runs.counts, 24)
        none = np.zeros(12, np.int64)
        empty = NumberRuns(runs.values[:0], runs.counts[:0])
        finest = max(DAY + 1, _finest(runs.values, per_day)) if len(runs.values) else -1
        return cls(encoding, exact, hours, none[:7], none, none[:5], empty, finest=finest)

    def merge(self, other: Self) -> Self:
        halvings = max(self.halvings, other.halvings)
        return type(self)(
            self.encoding,
            self.exact,
            self.hours + other.hours,
            self.weekdays + other.weekdays,
            self.months + other.months,
            self.epochs + other.epochs,
            self._joined(halvings).merge(other._joined(halvings)),
            halvings,
            max(self.finest, other.finest),
        ).fitted()

    def fitted(self) -> Self:
        halvings, days = self.halvings, self.days
        while len(days.values) > self.exact:
            halvings += 1
            days = self._joined(halvings)
        if halvings == self.halvings:
            return self
        return type(self)(
            self.encoding, self.exact, self.hours, self.weekdays, self.months, self.epochs, days,
            halvings, self.finest,
        )  # fmt: skip

    def _joined(self, halvings: int) -> NumberRuns:
        if halvings == self.halvings:
            return self.days
        stretches = self.days.values >> (halvings - self.halvings)
        starts = run_starts(stretches)
        return NumberRuns(stretches[starts], _sums(self.days.counts, starts))

    def after(self, day: int) -> tuple[int, int]:
        """How many values lie after a day (days since 1970): at least, and at most."""
        first, last = (int(np.searchsorted(self.days.values, (day + 1 + slip) >> self.halvings))
                       for slip in ((1 << self.halvings) - 1, 0))  # fmt: skip
        return int(self.days.counts[first:].sum()), int(self.days.counts[last:].sum())

    def result(self) -> dict[str, Any]:
        figures: dict[str, Any] = {"resolution": UNITS[self.finest] if self.finest >= 0 else None}
        if self.encoding.zone:
            figures["timeZone"] = self.encoding.zone
        if self.finest > DAY:
            figures["byHour"] = self.hours.tolist()
        if self.encoding.word == "time":
            return figures
        found = zip(EPOCHS, self.epochs.tolist(), strict=True)
        return figures | {
            "byWeekday": self.weekdays.tolist(),
            "byMonth": self.months.tolist(),
            "epochDates": {day: count for day, count in found if count},
            "gaps": self._gaps(),
        }

    def _gaps(self) -> dict[str, Any] | None:
        """Stretches without a value between the first and the last, in days or what is coarser.

        None where days had to be joined.
        """
        if self.halvings or self.finest < 0:
            return None
        unit = UNITS[min(self.finest, DAY)]
        steps, kind = self.days.values, "D"
        if unit != "day":
            kind = unit[0].upper()
            steps = steps.astype("datetime64[D]").astype(f"datetime64[{kind}]").astype(np.int64)
        missing = np.diff(steps) - 1
        gaps = np.flatnonzero(missing)
        longest = gaps[np.argsort(-missing[gaps], kind="stable")[:LONGEST]]
        named = [iso.instants(steps[at : at + 2], kind, None) for at in longest.tolist()]
        return {
            "unit": unit,
            "count": len(gaps),
            "missing": int(missing.sum()),
            "longest": [
                {"after": after, "before": before, "missing": int(missing[at])}
                for (after, before), at in zip(named, longest.tolist(), strict=True)
            ],
        }


def epochs(view: ColumnView) -> npt.NDArray[np.bool_]:
    """Which rows hold one of the days of `EPOCHS`, by the clocks of the column's zone."""
    encoding, runs = view.encoding, view.runs
    per_day, found = PER_DAY[encoding.unit or "D"], np.zeros(len(view.series), np.bool_)
    near = (((day - 1) * per_day, (day + 2) * per_day) for day in EPOCHS.values())
    within = [(max(low, -MOST), high) for low, high in near if -MOST < high < MOST]
    ends = np.searchsorted(runs.values, np.array(within, np.int64))
    if (ends[:, 0] < ends[:, 1]).any():  # else no value is near one, whatever the zone
        found[~view.nulls] = np.isin(_days(view), list(EPOCHS.values()))
    return found


def later(view: ColumnView, day: int) -> npt.NDArray[np.bool_]:
    """Which rows hold a later day than this (days since 1970), by the clocks of the zone."""
    found = np.zeros(len(view.series), np.bool_)
    found[~view.nulls] = _days(view) > day
    return found


def _days(view: ColumnView) -> Codes:
    """The day of each value, since 1970."""
    return _shown(view.codes, view.encoding) // PER_DAY[view.encoding.unit or "D"]


def _local(runs: NumberRuns, encoding: Encoding) -> tuple[Codes, Counts]:
    """What clocks in the zone show, in order; an hour comes twice in autumn."""
    if encoding.zone in {None, "UTC"} or not len(runs.values):
        return runs.values, runs.counts
    local = _shown(runs.values, encoding)
    order = np.argsort(local, kind="stable")
    return local[order], runs.counts[order]


def _shown(codes: Codes, encoding: Encoding) -> Codes:
    """What clocks in the zone show; instants that no calendar knows are left in UTC."""
    if encoding.zone in {None, "UTC"}:
        return codes
    unit = encoding.unit or "us"
    low, high = (second * LOCAL[unit] for second in iso.KNOWN)
    known = np.clip(codes, low, high - 1)
    zoned = pl.Series(known).cast(pl.Datetime(unit, encoding.zone))  # type: ignore[arg-type]
    shown = zoned.dt.replace_time_zone(None).to_physical().to_numpy()
    return np.where(known == codes, shown, codes)


def _finest(within: Codes, per_day: int) -> int:
    """The coarsest unit of which all are whole, from what is beyond midnight."""
    if not len(within):
        return -1
    if per_day == 1 or not within.any():
        return DAY
    for finest, steps in enumerate(STEPS_PER_DAY, DAY + 1):
        unit = per_day // steps
        if unit <= 1 or not ((within[:64] % unit).any() or (within % unit).any()):
            return finest
    return len(UNITS) - 1


def _coarser(days: Codes, months: Codes) -> int:
    """Of whole days: whether all begin a year, or a month."""
    firsts = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    if (firsts != days).any():
        return DAY
    return DAY - 1 if (months % 12).any() else DAY - 2


def _weighed(places: Codes, counts: Counts, size: int) -> Counts:
    return np.bincount(places, counts, size).astype(np.int64)


def _sums(counts: Counts, starts: npt.NDArray[np.intp]) -> Counts:
    return np.add.reduceat(counts, starts) if len(starts) else counts[:0]


def _at(runs: NumberRuns, wanted: Codes) -> Counts:
    """How often each wanted value occurs."""
    padded = np.append(runs.counts, 0)
    places = np.searchsorted(runs.values, wanted)
    found = np.append(runs.values, wanted.max() + 1)[places] == wanted
    return np.where(found, padded[places], 0)
