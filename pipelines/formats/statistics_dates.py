"""Statistics dates: numbers that a format of SAS, SPSS or Stata makes dates, times or durations.

The library's own conversion is not used: it cuts fractions of a day, and shows 100 hours as 04:00.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

import polars as pl

DAY_S = 86_400
UNIX_DAY = date(1970, 1, 1).toordinal()
FIRST_DAY, LAST_DAY = date.min.toordinal() - UNIX_DAY, date.max.toordinal() - UNIX_DAY
LONGEST_S = 10**12
MICROSECOND = 1_000_000
SAS_NAME = re.compile(r"(?:[BE]|IS)8601[A-Z]{2}|[A-Z]+")
SPSS_NAME = re.compile(r"[A-Z]+")
STATA_NAME = re.compile(r"%-?(t[cdwmqh]|d)")
DAYS, SECONDS, MILLISECONDS = DAY_S, 1.0, 0.001

# These formats of SAS show a part of a date, such as its month; the number is the date itself.
PARTS_OF_DATES = {
    *("DAY", "DOWNAME", "JULDAY", "MONNAME", "MONTH", "QTR", "QTRR", "WEEKDAY", "WEEKU", "WEEKV"),
    *("WEEKW", "YEAR", "YYMON", "YYQ", "YYQR", "MMYY", "YYMM"),
    *(f"{order}{mark}" for order in ("YYQ", "YYQR", "MMYY", "YYMM") for mark in "CDNPS"),
}

WEEKS = 52  # of seven days each but the last one (Stata, "Datetime", weekly dates)
PARTS_OF_A_YEAR = {"tw": WEEKS, "tm": 12, "tq": 4, "th": 2}

Meaning = Literal["date", "datetime", "duration"]
NAMES: dict[str, tuple[re.Pattern[str], dict[Meaning, set[str]]]] = {
    "sas": (
        SAS_NAME,
        {
            "date": {
                *("DATE", "DDMMYY", "DDMMYYB", "DDMMYYC", "DDMMYYD", "DDMMYYN", "DDMMYYP"),
                *("DDMMYYS", "MMDDYY", "MMDDYYB", "MMDDYYC", "MMDDYYD", "MMDDYYN", "MMDDYYP"),
                *("MMDDYYS", "YYMMDD", "YYMMDDB", "YYMMDDC", "YYMMDDD", "YYMMDDN", "YYMMDDP"),
                *("YYMMDDS", "B8601DA", "E8601DA", "IS8601DA", "JULIAN", "MONYY", "WEEKDATE"),
                *("WEEKDATX", "WORDDATE", "WORDDATX", "MINGUO", "NENGO"),
                *PARTS_OF_DATES,
            },
            "datetime": {
                *("DATETIME", "DATEAMPM", "MDYAMPM", "DTDATE", "B8601DT", "E8601DT", "IS8601DT"),
                *("B8601DN", "B8601DX", "B8601DZ", "B8601LX", "E8601DN", "E8601DX", "E8601DZ"),
                *("E8601LX", "DTMONYY", "DTWKDATX", "DTYEAR", "DTYYQC"),
            },
            "duration": {"TIME", "HHMM", "MMSS", "TOD", "TIMEAMPM"}
            | {"B8601TM", "E8601TM", "IS8601TM"},
        },
    ),
    "spss": (
        SPSS_NAME,
        {
            "date": {"DATE", "ADATE", "EDATE", "JDATE", "SDATE", "MOYR", "QYR", "WKYR"},
            "datetime": {"DATETIME", "YMDHMS"},
            "duration": {"TIME", "DTIME", "MTIME"},
        },
    ),
    "stata": (STATA_NAME, {"date": {"td", "d", *PARTS_OF_A_YEAR}, "datetime": {"tc"}}),
}
ORIGINS = {"sas": date(1960, 1, 1), "spss": date(1582, 10, 14), "stata": date(1960, 1, 1)}


@dataclass(frozen=True, slots=True)
class Scale:
    """What the numbers of a column mean: so many seconds each, since a day counted from 1970.

    Where they count weeks, months, quarters or halves, there are so many of them in a year.
    """

    meaning: Meaning
    seconds: float
    origin: int
    parts_of_a_year: int = 0


def scale_of(family: str, written: str | None) -> Scale | None:
    """What a column's format says of its numbers, if it makes them dates or times.

    >>> scale_of("sas", "DATE9"), scale_of("sas", "BEST12")
    (Scale(meaning='date', seconds=86400, origin=-3653, parts_of_a_year=0), None)
    """
    pattern, meanings = NAMES[family]
    found = pattern.match(written or "")
    if found is None:
        return None
    name = found[found.lastindex or 0]
    meaning = next((each for each, names in meanings.items() if name in names), None)
    if meaning is None:
        return None
    unit: float = SECONDS
    if family != "spss" and meaning == "date":
        unit = DAYS
    elif family == "stata":
        unit = MILLISECONDS
    origin = ORIGINS[family].toordinal() - UNIX_DAY
    return Scale(meaning, unit, origin, PARTS_OF_A_YEAR.get(name, 0) if family == "stata" else 0)


def dated(numbers: pl.Series, scale: Scale) -> pl.Series:
    """The numbers as dates, datetimes or durations; as they are where a value is none.

    >>> dated(pl.Series([0.0, 0.5]), Scale("date", 86_400, 0)).to_list()
    [datetime.datetime(1970, 1, 1, 0, 0), datetime.datetime(1970, 1, 1, 12, 0)]
    """
    if scale.parts_of_a_year:
        return _first_days(numbers, scale.parts_of_a_year)
    seconds = numbers * scale.seconds if scale.seconds >= 1 else numbers / (1 / scale.seconds)
    if scale.meaning == "duration":
        if (seconds.abs() > LONGEST_S).any() or not seconds.is_finite().all():
            return numbers
        return _microseconds(seconds).cast(pl.Duration("us"))
    days = (seconds / DAY_S).floor() + scale.origin
    if not (seconds.is_finite().all() and days.is_between(FIRST_DAY, LAST_DAY).all()):
        return numbers
    if scale.meaning == "date" and (seconds % DAY_S == 0).all():
        return days.cast(pl.Int32).cast(pl.Date)
    since = _microseconds(seconds) + scale.origin * DAY_S * MICROSECOND
    return since.cast(pl.Datetime("us"))


def _first_days(numbers: pl.Series, parts: int) -> pl.Series:
    """Of weeks, months, quarters or halves since 1960, the days on which they begin."""
    years = (numbers / parts).floor() + ORIGINS["stata"].year
    is_sound = numbers.is_finite().all() and (numbers == numbers.floor()).all()
    if not (is_sound and years.is_between(date.min.year, date.max.year).all()):
        return numbers
    within = (numbers - (numbers / parts).floor() * parts).cast(pl.Int32)
    is_weeks = parts == WEEKS
    month = pl.lit(1) if is_weeks else pl.lit(within) * (12 // parts) + 1
    days = pl.date(pl.lit(years.cast(pl.Int32)), month, 1)
    since = pl.duration(days=pl.lit(within) * 7) if is_weeks else pl.duration(days=0)
    return pl.select((days + since).alias(numbers.name)).to_series()


def _microseconds(seconds: pl.Series) -> pl.Series:
    """Whole seconds apart from their fraction, so that the product rounds nothing away."""
    whole = seconds.floor()
    fraction = ((seconds - whole) * MICROSECOND).round()
    return whole.cast(pl.Int64) * MICROSECOND + fraction.cast(pl.Int64)
