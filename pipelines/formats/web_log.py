"""Web logs: what web servers write of each request, in the Common or Combined Log Format of NCSA.

`10.0.0.1 - ann [10/Oct/2025:13:55:36 +0200] "GET / HTTP/1.1" 200 2326 "-" "Firefox"`; Apache's
`vhost_combined` begins with the server's own name. Behind these cells there may be others.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from pipelines.choices import Choices
from pipelines.formats import dialect
from pipelines.formats.base import Guess, Notice
from pipelines.formats.dialect import Layout

WAY = "web log"
UNSET = "-"
LOOKED_AT = 500  # lines
LEAST = 0.9  # of them
SERVER = ("server",)
COMMON = ("host", "identity", "user", "time", "request", "status", "bytes")
COMBINED = (*COMMON, "referrer", "user_agent")
TEXT = r'"(?:[^"\\]|\\.)*+"'
LINE = re.compile(
    r"(?P<server>\S+ )?\S+ \S+ \S+ \[[^\[\]\"]+\] "
    rf"{TEXT} (?:\d{{3}}|-) (?:\d+|-)(?P<more> {TEXT} {TEXT})?(?: .*)?$"
)
TIME = re.compile(r'^(?P<above>[^"\[\]]* )\[(?P<time>[^"\[\]]*)\] ')
MOMENT = re.compile(r"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d{4})")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
READ_AS_LOG = Notice(
    "header.standard",
    "it is a log of a web server: the columns are called as in the Common Log Format,"
    " and times are written as ISO 8601 has them",
    "INFO",
)


def find(lines: Sequence[str]) -> tuple[str, ...] | None:
    """The names of the columns, if these are the lines of such a log.

    >>> find(['h - - [10/Oct/2025:13:55:36 -0700] "GET / HTTP/1.0" 200 9'])[-1]
    'bytes'
    """
    told = [line.rstrip("\r\n") for line in lines[:LOOKED_AT] if line.strip()]
    found = [match for line in told if (match := LINE.match(line))]
    if not found or len(found) < LEAST * len(told):
        return None
    forms = Counter((match["server"] is None, match["more"] is None) for match in found)
    is_bare, is_common = max(forms, key=lambda form: forms[form])
    return (() if is_bare else SERVER) + (COMMON if is_common else COMBINED)


def plain(line: str) -> str:
    """The line with quotes for the brackets around its time, which is written as in ISO 8601.

    >>> plain('h - - [10/Oct/2025:13:55:36 -0700] "GET /[1]"')
    'h - - "2025-10-10T13:55:36-0700" "GET /[1]"'
    """
    return TIME.sub(lambda found: f'{found["above"]}"{_iso(found["time"])}" ', line)


def _iso(time: str) -> str:
    found = MOMENT.fullmatch(time)
    if found is None or found[2] not in MONTHS:
        return time
    day, month, year, clock, offset = found.groups()
    return f"{year}-{MONTHS.index(month) + 1:02d}-{day}T{clock}{offset}"


def layout_of(lines: Sequence[str], names: Sequence[str], *, is_whole: bool) -> Layout:
    """How the cells of plain lines are laid out; those without a name stand behind the others."""
    chosen = Choices(delimiter=" ", quote='"', header=0)
    layout = dialect.detect("".join(lines), chosen, is_whole=is_whole)
    columns = max(layout.columns, len(names))
    escape = "\\" if any('\\"' in line for line in lines) else layout.dialect.escape
    return replace(
        layout,
        dialect=replace(layout.dialect, escape=escape),
        columns=columns,
        first_record=0,
        names=(*names, *[""] * (columns - len(names))),
        guesses=(Guess("header", "names of the Common Log Format", 1.0),),
        notices=(READ_AS_LOG,),
        is_echoed=True,
    )
