"""Serial date: a number under a date format becomes the moment that it stands for."""

import datetime as dt
import re
from typing import Literal

Kind = Literal["number", "date", "time", "duration"]
Moment = dt.date | dt.datetime | dt.time | dt.timedelta | float | str

BUILT_IN: dict[int, Kind] = {
    **dict.fromkeys((14, 15, 16, 17, 22, *range(27, 32), 34, 35, 36, *range(50, 59)), "date"),
    **dict.fromkeys((18, 19, 20, 21, 32, 33, 45, 47), "time"),
    46: "duration",
}
LITERAL = re.compile(r'"[^"]*"?|\\.|_.|\*.')
ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
BRACKETED = re.compile(r"\[[^\]]*\]")
DAY_MS = 86_400_000
LAST_DAY = 2_958_466
LEAP_DAY_1900 = 60  # Lotus took 1900 for a leap year, and Excel kept the day
EPOCH_1900, EPOCH_1904 = dt.datetime(1899, 12, 30), dt.datetime(1904, 1, 1)  # noqa: DTZ001


def kind_of(number_format: str) -> Kind:
    """What the numbers under a custom format are.

    >>> [kind_of(f) for f in ("0.00", "yyyy-mm-dd", "hh:mm", "[h]:mm", '0 "days"', "General")]
    ['number', 'date', 'time', 'duration', 'number', 'number']
    """
    section = LITERAL.sub("", number_format).partition(";")[0]
    if ELAPSED.search(section):
        return "duration"
    letters = BRACKETED.sub("", section).lower()
    if letters.strip() in ("general", "@"):
        return "number"
    letters = letters.replace("am/pm", "h").replace("a/p", "h")
    if re.search(r"[yd]|m", letters) and not re.search(r"[hs]", letters):
        return "date"
    if re.search(r"[hs]", letters):
        return "date" if re.search(r"[yd]", letters) else "time"
    return "number"


def moment(serial: float, kind: Kind, *, from_1904: bool) -> Moment:
    """The value of a cell; a number that is no moment stays one.

    >>> moment(45000, "date", from_1904=False), moment(45000.25, "date", from_1904=False)
    (datetime.date(2023, 3, 15), datetime.datetime(2023, 3, 15, 6, 0))
    >>> moment(60, "date", from_1904=False), moment(1.5, "duration", from_1904=False)
    ('1900-02-29', datetime.timedelta(days=1, seconds=43200))
    """
    if kind == "number" or abs(serial) >= LAST_DAY:
        return serial
    milliseconds = round(serial * DAY_MS)
    if kind == "duration":
        return dt.timedelta(milliseconds=milliseconds)
    if milliseconds < 0:
        return serial
    if milliseconds < DAY_MS and not (from_1904 and kind == "date"):
        return (EPOCH_1904 + dt.timedelta(milliseconds=milliseconds)).time()
    if from_1904:
        return _at(EPOCH_1904, milliseconds)
    if milliseconds // DAY_MS == LEAP_DAY_1900:
        clock = (EPOCH_1904 + dt.timedelta(milliseconds=milliseconds % DAY_MS)).time()
        return f"1900-02-29 {clock}" if milliseconds % DAY_MS else "1900-02-29"
    return _at(EPOCH_1900, milliseconds + DAY_MS * (milliseconds // DAY_MS < LEAP_DAY_1900))


def iso_moment(text: str) -> Moment:
    """A date that is written out; what has a zone, or is none, stays text.

    >>> iso_moment("2024-02-29"), iso_moment("2024-02-29T06:00:00"), iso_moment("soon")
    (datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 6, 0), 'soon')
    """
    try:
        at = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        return text
    if at.tzinfo is not None:
        return text
    return at if ":" in text else at.date()


def _at(epoch: dt.datetime, milliseconds: int) -> Moment:
    try:
        at = epoch + dt.timedelta(milliseconds=milliseconds)
    except OverflowError:
        return milliseconds / DAY_MS
    return at if milliseconds % DAY_MS else at.date()
