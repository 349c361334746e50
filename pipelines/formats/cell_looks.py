"""Cell looks: what a text cell looks like by itself, before its column is known."""

import re

VALUE = re.compile(
    r"""\s*(?:
      [-+]?[$€£]?\d[\d.,' ]*%?          # numbers, money, percent
    | [-+]?\d*\.?\d+(?:[eE][-+]?\d+)?
    | \d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ][\d:.+Z-]*)?
    | \d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?
    | [\w.+-]+@[\w-]+\.[\w.-]+
    | https?://\S+
    | [^\W\d_][\w'.()&/+ -]{0,80}       # words
    )?\s*""",
    re.VERBOSE | re.IGNORECASE,
)
TYPED = re.compile(
    r"""\s*(?:[-+]?(?:\d++\.?\d*+|\.\d++)(?:e[-+]?\d++)?|[-+]?inf(?:inity)?|true|false
    |\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.{0,20})?|null|nan|n/?a|none|-)\s*""",
    re.VERBOSE | re.IGNORECASE,
)
QUANTITY = re.compile(r"^\s*[-+$€£(]?\s*\d[\d.,:/ T-]*+[%$€£]?\)?\s*$")
FORMS = {
    "e-mail": re.compile(r"[^\s@,;]+@[^\s@,;]+\.[A-Za-z]{2,}"),
    "url": re.compile(r"(?:https?|ftp)://\S+"),
    "time": re.compile(r"(?:\d+[-/.]\d+[-/.]\d+ )?\d{1,2}:\d{2}(?::\d{2})? ?[AaPp][Mm]"),
    "ip": re.compile(r"\d{1,3}(?:\.\d{1,3}){3}"),
    "address of a network": re.compile(
        r"[\da-fA-F]{2}(?:[:-][\da-fA-F]{2}){5}"
        r"|[\da-fA-F]{1,4}(?::[\da-fA-F]{1,4}){0,6}::(?:[\da-fA-F]{1,4}:){0,6}[\da-fA-F]{1,4}"
    ),
    "uuid": re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "line of a log": re.compile(r"(?:\[[^\[\]]*\]|\{[^{}]*\}) *[^\s,].*"),
    "moment, and more": re.compile(r".{0,30}?(?<!\d)\d{1,2}:\d{2}:\d{2}(?!\d).*"),
    "level, and more": re.compile(r"[A-Z]+: \S.*"),
    "item of a list": re.compile(r"(?:[-*•]|\d+[.)]) \S.*"),
    "code point": re.compile(r"(?=[A-F]*\d)[\dA-F]{4,6}(?:\.\.[\dA-F]{4,6})?"),
    "colour": re.compile(r"#[\da-fA-F]{6}"),
    "hexadecimal": re.compile(r"0[xX][\da-fA-F]+"),
    "duration": re.compile(r"P(?=T?\d)(?:\d+[YMWD])*(?:T(?:\d+[HMS])+)?"),
    "phone": re.compile(r"\(\d{3}\) ?\d{3}-\d{4}"),
    "object": re.compile(r"\{.*\}", re.DOTALL),
    "setting": re.compile(r"[\w.-]+=[^=\s].*"),
    "geometry": re.compile(r"[A-Z]+ ?\([-\d., ()]+\)"),
    "list": re.compile(r"\[ *-?\d+(?:\.\d+)?(?: *, *-?\d+(?:\.\d+)?)+ *\]"),
}
OF_LINES = frozenset(  # which names of cells may have as well
    {"moment, and more", "level, and more", "item of a list", "hexadecimal", "colour"}
)
WORD = re.compile(r"[^\W\d_]+")
FEW_MARKS = 3
NAME = re.compile(r"[^\W\d][\w .()%/-]{0,60}")


def is_name(cell: str) -> bool:
    """A word or a few of them, as columns are called; what begins with a blank is none.

    >>> is_name("total (EUR)"), is_name(" and more"), is_name("10 a")
    (True, False, False)
    """
    return NAME.fullmatch(cell) is not None


def is_typed(cell: str) -> bool:
    """A cell that says nothing of its own as a word: number, date, true or false, or a null."""
    return TYPED.fullmatch(cell.strip()) is not None


def form(cell: str) -> str | None:
    """Which form a cell has that no name of a column has where the cells below have it too.

    >>> form("ann@example.org"), form("10.0.0.1"), form("e-mail")
    ('e-mail', 'ip', None)
    """
    named = next((name for name, of in FORMS.items() if of.fullmatch(cell.strip())), None)
    return named or _code(cell.strip())


def _code(cell: str) -> str | None:
    """How a code of letters, digits and marks is made up: `2011.0.170-S` as `9.9.9-A`."""
    made = WORD.sub("A", re.sub(r"\d+", "9", cell))
    marks = len(made.replace("9", "").replace("A", ""))
    figures = made.count("9")
    is_many = (figures > 2 and marks > 1) or (figures > 0 and marks > FEW_MARKS)  # names have few
    return made if is_many and "A" in made and " " not in made else None


def is_value(cell: str) -> bool:
    """A number, a date or the like: what seldom stands in a header."""
    return QUANTITY.match(cell.strip()) is not None
