"""Forms: what texts are written as: numbers, dates, truths; and texts read in a wrong encoding."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from recomputed.ledger import Ledger

GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+")
CLOCK = frozenset("0123456789.:+-Z")
MARKS = "-/."


def check(
    ledger: Ledger, at: str, cells: Sequence[Any], told: Mapping[str, Any], spaces: str
) -> None:
    """`writing` and `typeCounts` of a column of texts, and where mojibake is."""
    counts = Counter(cell for cell in cells if cell is not None)
    found: Counter[str] = Counter()
    for text, count in counts.items():
        found[_kind(text, spaces)] += count
        if _was_a_date(text, spaces) is False:
            found["impossibleDate"] += count
        if is_garbled(text):
            found["mojibake"] += count
    for kind in ("numeric", "boolean", "date", "text", "impossibleDate", "mojibake"):
        ledger.same(f"{at}.writing.{kind}", told["writing"].get(kind, 0), found[kind])
    for kind in ("numeric", "boolean", "date", "text"):
        ledger.same(f"{at}.typeCounts.{kind}", told["typeCounts"].get(kind, 0), found[kind])
    rows = [row for row, cell in enumerate(cells, 1) if cell is not None and is_garbled(cell)]
    odd = next((entry for entry in told["oddities"] if entry["what"] == "mojibake"), {})
    ledger.same(f"{at}.oddities[0].count", odd.get("count", 0), len(rows))
    ledger.same(f"{at}.oddities[0].firstRow", odd.get("firstRow"), rows[0] if rows else None)
    ledger.same(f"{at}.oddities[0].lastRow", odd.get("lastRow"), rows[-1] if rows else None)


def _kind(text: str, spaces: str) -> str:
    bare = text.strip(spaces)
    if _is_number(bare):
        return "numeric"
    if bare.lower() in {"true", "false", "yes", "no"} and bare.isascii():
        return "boolean"
    return "date" if _was_a_date(text, spaces) else "text"


def _is_number(text: str) -> bool:
    """Digits with a point, perhaps commas between thousands, a sign and an exponent."""
    mantissa, mark, exponent = text.replace("E", "e").partition("e")
    if mark:
        digits = exponent.removeprefix("-") if exponent[:1] == "-" else exponent.removeprefix("+")
        if not (_digits(digits) and len(digits) <= 3):
            return False
    if mantissa[:1] in {"+", "-"}:
        mantissa = mantissa[1:]
    whole, _, rest = mantissa.partition(".")
    if rest and not _digits(rest):
        return False
    if not whole:
        return bool(rest)
    return _digits(whole) or GROUPED.fullmatch(whole) is not None


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _was_a_date(text: str, spaces: str) -> bool | None:
    """Whether a text that is written as a date is one, day or month first; None if it is not."""
    found = re.match(r"([0-9]+)([-/.])([0-9]+)([-/.])([0-9]+)", text.lstrip(spaces))
    if found is None:
        return None
    rest = text.lstrip(spaces)[found.end() :].rstrip(spaces)
    if rest and not (rest[0] in "T " and 4 <= len(rest[1:]) <= 32 and set(rest[1:]) <= CLOCK):
        return None
    first, middle, last = found.group(1), found.group(3), found.group(5)
    if len(middle) > 2 or {len(first), len(last)} not in ({4, 1}, {4, 2}):
        return None
    if len(first) == 4:
        return _is_day(first, middle, last)
    return _is_day(last, middle, first) or _is_day(last, first, middle)


def _is_day(year: str, month: str, day: str) -> bool:
    """In a calendar that has a year 0 as ISO 8601 does, which was a leap year."""
    try:
        date(int(year) or 400, int(month), int(day))
    except ValueError:
        return False
    return True


def is_garbled(text: str) -> bool:
    """Whether part of it is UTF-8 that was read as Windows-1252, or a letter is lost.

    Of two letters for one (Ã and a sign) the second is one of those that bytes 0x80 to 0xBF show
    as; Cyrillic shows as two such pairs at least.
    """
    if "\N{REPLACEMENT CHARACTER}" in text:
        return True
    raw = [_byte(character) for character in text]
    pairs = list(pairwise(raw))
    tails = [second is not None and 0x80 <= second <= 0xBF for _, second in pairs]
    for place, ((first, second), is_tail) in enumerate(zip(pairs, tails, strict=True)):
        if first == 0xC3 and is_tail:
            return True
        if first == 0xC2 and second is not None and 0xA0 <= second <= 0xBF:
            return True
        third = raw[place + 2] if place + 2 < len(raw) else None
        if (first, second) == (0xE2, 0x80) or (first, second, third) == (0xE2, 0x82, 0xAC):
            return True
        if (first, second, third) in {(0xEF, 0xBB, 0xBF), (0xEF, 0xBF, 0xBD)}:
            return True
        is_cyrillic = first in {0xD0, 0xD1} and is_tail
        if is_cyrillic and third in {0xD0, 0xD1} and tails[place + 2 : place + 3] == [True]:
            return True
    return False


def _byte(character: str) -> int | None:
    """The byte that Windows-1252 shows so; where it has none, the byte of that number.

    Quotation marks are none: after a capital they are what they seem.
    """
    if character in "\u2018\u2019\u201c\u201d":
        return None
    try:
        return character.encode("cp1252")[0]
    except UnicodeEncodeError:
        return ord(character) if ord(character) < 0xA0 else None
