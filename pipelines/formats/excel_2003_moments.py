"""Excel 2003 moments: what a DateTime of such a workbook is, in the words of OpenDocument.

It is written out (Microsoft, "XML Spreadsheet Reference", 2001), a time of day or a duration as one
since the midnight before the calendar began; that of 1900 has a 29 February which never was.
LibreOffice writes hours beyond a day into the clock, and `.000` behind a fraction of a second.
"""

import datetime as dt
import re

MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d{1,6})(?::(\d\d?)(?::(\d\d?(?:\.\d+)?)(?:\.0+)?)?)?)?", re.ASCII
)
BEGINS = dt.date(1899, 12, 31), dt.date(1904, 1, 1)  # the calendar from 1900, and from 1904
LEAP = dt.date(1900, 3, 1)
NO_DAY = "1900-02-29"


def moment(text: str, *, is_lasting: bool, from_1904: bool) -> str | None:
    """A date, a date and time, or a duration; None if the text is no moment.

    A time may be written as one of 1899 in either calendar: no other moment is. `is_lasting` says
    that the cell has the number format of a duration.

    >>> moment("2024-02-29T00:00:00.000", is_lasting=False, from_1904=False)
    '2024-02-29'
    >>> moment("1899-12-31T01:30:00.000", is_lasting=False, from_1904=True)
    'PT1H30M00.000S'
    >>> moment("1900-01-01T06:00:00.000", is_lasting=True, from_1904=False)
    'PT30H0M00.000S'
    """
    found = MOMENT.fullmatch(text.strip())
    if found is None:
        return None
    day, clock = found[1], found[2] is not None
    hours, minutes, seconds = int(found[2] or 0), int(found[3] or 0), found[4] or "00"
    try:
        date = dt.date.fromisoformat("1900-02-28" if day == NO_DAY else day)
    except ValueError:
        return None
    if clock and is_lasting:
        days = (date - BEGINS[from_1904]).days
        days += not from_1904 and (date >= LEAP or day == NO_DAY)
        return _lasting(24 * days + hours, minutes, seconds)
    if clock and date in BEGINS[: 1 + from_1904]:
        return _lasting(hours, minutes, seconds)
    if day == NO_DAY or hours > 23 or minutes > 59 or float(seconds) >= 60:
        return None
    if not (hours or minutes or float(seconds)):
        return day
    return f"{day}T{hours:02}:{minutes:02}:{seconds:0>2}"


def _lasting(hours: int, minutes: int, seconds: str) -> str:
    """Hours may be below 0, what is added to them is not.

    >>> _lasting(-2, 30, "00")
    '-PT1H30M0.000000S'
    """
    if hours >= 0:
        return f"PT{hours}H{minutes}M{seconds}S"
    long = -dt.timedelta(hours=hours, minutes=minutes, seconds=float(seconds))
    before, left = divmod(long.total_seconds(), 60)
    return f"-PT{int(before) // 60}H{int(before) % 60}M{left:.6f}S"
