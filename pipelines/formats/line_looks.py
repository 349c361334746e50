"""Line looks: what lines look like before anything parts them."""

import re
from collections.abc import Sequence

NEARLY_ALL = 0.9
TIME = re.compile(  # beside a blank or what ends a moment; alone, numbers stand between colons
    r"(?:^|(?<=[ T]))\d{1,2}:\d{2}(?::\d{2})?(?=[ .,\])Z])|(?<=[ T])\d{1,2}:\d{2}(?::\d{2})?$"
    r"|(?<!\d)\d{1,2}:\d{2}:\d{2}(?=[ .,\])Z])"
)
MOST_TIMES = 0.7
WHOLE = re.compile(  # lines that are one value each, whatever stands in it
    r"""\s*(?:
      (?:\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}[T ]\s*)?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?
      (?:\ ?[AP]M)?(?:\ ?(?:Z|UTC|[+-]\d{2}:?\d{2}))?      # a time, a date and a time
    | -?[$€£]\d{1,3}(?:,\d{3})*(?:\.\d+)?               # money
    | "(?:[^"]++|"")*+"                                  # a cell in quotes
    )\s*""",
    re.VERBOSE | re.IGNORECASE,
)


def is_one_column(lines: Sequence[str]) -> bool:
    """Whether nearly all lines are one value each, or one cell in quotes: no blank parts these.

    >>> is_one_column(["time", "2024-05-01 10:15:00", "2024-05-01 10:30:00"])
    True
    """
    below = [line for line in lines if line.strip()][1:]
    return len(below) > 1 and sum(map(_is_one_value, below)) >= NEARLY_ALL * len(below)


def _is_one_value(line: str) -> bool:
    return WHOLE.fullmatch(line) is not None


def are_times(lines: Sequence[str]) -> bool:
    """Whether colons stand within times of day in most lines that have any, as in those of logs."""
    having = [line.rstrip() for line in lines if ":" in line]
    count = sum(TIME.search(line) is not None for line in having)
    return count >= MOST_TIMES * len(having)
