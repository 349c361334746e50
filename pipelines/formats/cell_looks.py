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
    r"""\s*(?:[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|[-+]?inf(?:inity)?|true|false
    |\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.{0,20})?|null|nan|n/?a|none|-)\s*""",
    re.VERBOSE | re.IGNORECASE,
)
QUANTITY = re.compile(r"^\s*[-+$€£(]?\s*\d[\d.,:/ T-]*%?\)?\s*$")


def is_typed(cell: str) -> bool:
    """A cell that says nothing of its own as a word: number, date, true or false, or a null."""
    return TYPED.fullmatch(cell) is not None


def is_value(cell: str) -> bool:
    """A number, a date or the like: what seldom stands in a header."""
    return QUANTITY.match(cell) is not None
