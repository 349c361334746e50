"""Line looks: what lines look like before anything parts them."""

import re
from collections.abc import Iterable, Sequence

NEARLY_ALL = 0.9
TIME = re.compile(  # beside a blank or what ends a moment; alone, numbers stand between colons
    r"(?:^|(?<=[ T]))\d{1,2}:\d{2}(?::\d{2})?(?=[ .,\])Z])|(?<=[ T])\d{1,2}:\d{2}(?::\d{2})?$"
    r"|(?<!\d)\d{1,2}:\d{2}:\d{2}(?=[ .,\])Z])"
)
FRACTION = re.compile(r"\W?\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2},\d{3}[ \]]")  # in logs of Python
MOST_TIMES = 0.7
THOUSANDS = re.compile(r"-?[$€£]\d{1,3},\d{3}(?:\.\d+)?|-?\d{1,3}(?:\.\d{3})*,\d+ ?[€£$]")
WORD = re.compile(r"[^\W\d]\w*")
WHOLE = re.compile(  # lines that are one value each, whatever stands in it
    r"""\s*(?:
      (?:\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}[T ])?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?
      (?:Z|\ ?UTC|\ ?[+-]\d{2}:?\d{2})?                  # a time, a date and a time
    | (?:\d{1,2}[-/.]\d{1,2}[-/.]\d{4}\ )?\d{1,2}:\d{2}(?::\d{2})?\ ?[AP]M
    | -?[$€£]\d{1,3}(?:,\d{3})*(?:\.\d+)?               # money
    | -?\d{1,3}(?:\.\d{3})*(?:,\d+)?\ ?[€£$]
    | (?=.*[a-f])(?:[\da-f]{2}(?::[\da-f]{2}){5}        # of a network
      |[\da-f]{1,4}(?::[\da-f]{1,4}){0,6}::(?:[\da-f]{1,4}:){0,6}[\da-f]{1,4})
    | \(\d{3}\)\ ?\d{3}-\d{4} | [A-Z]+\ ?\([-\d.,\ ()]+\)  # a telephone, a geometry
    | (?:https?|ftp)://[^\s,|]+                           # an address
    | "(?:[^"]++|"")*+"                                  # a cell in quotes
    )\s*""",
    re.VERBOSE | re.IGNORECASE,
)


def is_one_column(lines: Sequence[str]) -> bool:
    """Whether nearly all lines are one value each, or one cell in quotes: no blank parts these.

    >>> is_one_column(["time", "2024-05-01 10:15:00", "2024-05-01 10:30:00 +0200"])
    True
    """
    told = [line for line in lines if line.strip()]
    values = sum(map(_is_one_value, told[1:]))
    return len(told) > 2 and values >= NEARLY_ALL * (len(told) - 1) and not _are_named(told)


def are_thousands(lines: Sequence[str]) -> bool:
    """Whether each line is money, in the same currency, most of which has marks of thousands."""
    told = [line.strip() for line in lines if line.strip()]
    return (
        all(map(THOUSANDS.fullmatch, told))
        and len({line.strip("-.,0123456789 ") for line in told}) == 1
    )


def has_lone_name(lines: Sequence[str]) -> bool:
    """Whether one word stands above lines in which nothing is aligned.

    >>> has_lone_name(["size", "5 KB"]), has_lone_name(["size", "5  KB"])
    (True, False)
    """
    told = [line.strip() for line in lines if line.strip()]
    return bool(told) and WORD.fullmatch(told[0]) is not None and not any("  " in t for t in told)


def _is_one_value(line: str) -> bool:
    return WHOLE.fullmatch(line) is not None


def are_times(lines: Sequence[str], mark: str) -> bool:
    """Whether a mark, `:` or `,`, stands within times of day in most lines that have any.

    >>> are_times(["10:15 Ann: hi", "10:16 Bob: so"], ":"), are_times(["a:b:c", "1:15:20.5"], ":")
    (True, False)
    """
    having = [line.rstrip() for line in lines if mark in line]
    if mark == ",":
        if not having or not FRACTION.match(having[0]):
            return False  # as where it has the names
        is_even = having[0].count(",") > 1 and len({line.count(",") for line in having}) == 1
        return not is_even and _most(FRACTION.match(line) is not None for line in having)
    return not _are_named(having) and _most(TIME.search(line) is not None for line in having)


def _most(flags: Iterable[bool]) -> bool:
    told = list(flags)
    return sum(told) >= MOST_TIMES * len(told)


def _are_named(lines: Sequence[str]) -> bool:
    """Whether colons part the first line, which has no digits, as often as all others."""
    return (
        bool(lines)
        and ":" in lines[0]
        and not any(map(str.isdigit, lines[0]))
        and len({line.count(":") for line in lines}) == 1
    )
