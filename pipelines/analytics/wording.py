"""Wording: the one place where numbers, sizes and foreign text become words for a person."""

import math
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

NOTHING = "\N{EN DASH}"
BLANK = "\N{OPEN BOX}"
TIMES = "\N{MULTIPLICATION SIGN}"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
UNITS = ("kB", "MB", "GB", "TB", "PB")
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
WHITESPACE = {"\t": "⇥", "\n": "↵", "\r": "↵"}
# Characters that are not seen but change what is: bidirectional overrides and zero-width joiners.
INVISIBLE = frozenset("\u200b\u2060\ufeff\u00ad\u061c\u200e\u200f") | {
    chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
}


def number(value: object) -> float | None:
    """A figure as a finite float; results.json writes large integers and decimals as strings.

    >>> number("12.50"), number(3), number("Jan"), number(True), number(float("inf"))
    (12.5, 3.0, None, None, None)
    """
    if value is None or isinstance(value, bool):
        return None
    try:
        result = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return result if math.isfinite(result) else None


def amount(value: object, digits: int = 6) -> str:
    """A number to so many significant digits; integers and strings as they are.

    >>> amount(1234567), amount(1234.56789), amount(0.5), amount("2009-08-16")
    ('1,234,567', '1,234.57', '0.5', '2009-08-16')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return NOTHING
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) < 10**15 else amount(number(value), digits)
    if not isinstance(value, float):
        return shorten(str(value), 40)
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if not -5 < exponent < 15:
        mantissa, power = f"{value:.{digits - 2}e}".split("e")
        return f"{_trimmed(mantissa)} {TIMES} 10{str(int(power)).translate(SUPERSCRIPTS)}"
    return _trimmed(f"{value:,.{max(0, digits - 1 - exponent)}f}")


def grouped(value: object, digits: int = 6) -> str:
    """The same of a value out of numbers, of which decimals and long integers travel as text.

    >>> grouped(4983), grouped("-1234567.50"), grouped("9007199254740993")
    ('4,983', '-1,234,567.50', '9,007,199,254,740,993')
    """
    if not isinstance(value, str):
        return amount(value, digits)
    sign, whole = ("-", value[1:]) if value.startswith("-") else ("", value)
    front, point, rest = whole.partition(".")
    plain = front.isdecimal() and (not point or rest.isdecimal())
    return f"{sign}{int(front):,}{point}{rest}" if plain else shorten(value, 40)


def percent(ratio: float | None) -> str:
    """A ratio in percent, which reads 0 or 100 only where it is exactly that.

    >>> percent(0.3121), percent(0.0042), percent(1e-9), percent(0.99999), percent(1.0)
    ('31.2 %', '0.42 %', '< 0.01 %', '> 99.99 %', '100 %')
    """
    if ratio is None or math.isnan(ratio):
        return NOTHING
    value = ratio * 100
    if 0 < value < 0.01:
        return "< 0.01 %"
    if 99.99 < value < 100:
        return "> 99.99 %"
    decimals = 2 if value < 1 or 99.9 < value < 100 else 1
    return f"{_trimmed(f'{value:.{decimals}f}')} %"


def size(count: int) -> str:
    """A number of bytes, decimal units.

    >>> size(0), size(999), size(84_213), size(766_000_000)
    ('0 B', '999 B', '84.2 kB', '766 MB')
    """
    if count < 1000:
        return f"{count} B"
    power = min(int(math.log(count, 1000)), len(UNITS))
    value = count / 1000**power
    if value >= 999.5 and power < len(UNITS):
        value, power = value / 1000, power + 1
    decimals = 0 if value >= 99.95 else 1
    return f"{_trimmed(f'{value:.{decimals}f}')} {UNITS[power - 1]}"


def count(n: int, noun: str, plural: str = "") -> str:
    """A number of things.

    >>> count(1, "row"), count(1500, "row"), count(2, "category", "categories")
    ('1 row', '1,500 rows', '2 categories')
    """
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def verb(n: int, one: str, several: str) -> str:
    """The form of a verb that goes with a number of things.

    >>> verb(1, "lies", "lie"), verb(2, "lies", "lie")
    ('lies', 'lie')
    """
    return one if n == 1 else several


def bounded(value: object, estimate: Mapping[str, Any] | None) -> str:
    """A figure, with the bound that it is known to when it is an estimate.

    >>> bounded(1_499_872, {"lower": 1_471_374, "upper": 1_528_370})
    '≈ 1,499,872 ± 1.9 %'
    """
    if estimate is None:
        return amount(value)
    figure = number(value)
    lower, upper = number(estimate.get("lower")), number(estimate.get("upper"))
    if not figure or lower is None or upper is None:
        return f"≈ {amount(value)}"
    return f"≈ {amount(value)} ± {percent(max(upper - figure, figure - lower) / abs(figure))}"


def visible(text: str) -> str:
    r"""Foreign text with nothing hidden: controls, overrides and broken characters are shown.

    >>> visible("a\tb\x1b[31m"), visible("x\u202ecod.exe"), visible("\ud800")
    ('a⇥b<U+001B>[31m', 'x<U+202E>cod.exe', '<U+D800>')
    """
    if text.isprintable() and text.isascii():
        return text
    return "".join(_shown(character) for character in text)


def shorten(text: str, limit: int) -> str:
    """Foreign text for a place that holds `limit` characters.

    >>> shorten("consignment", 8)
    'consign…'
    """
    shown = visible(text[: limit + 1])
    return shown if len(text) <= limit and len(shown) <= 2 * limit else f"{shown[: limit - 1]}…"


def cell(value: object, limit: int = 80, digits: int = 9) -> str:
    r"""A value out of the data, as it is: no thousands are set apart. Null is empty.

    Blanks at the ends of a text are shown, for there they are not seen.

    >>> cell(2024), cell(1234567.5), cell(True), cell(" a\n"), cell(None), cell({"a": [1, None]})
    ('2024', '1234567.5', 'true', '␣a↵', '', '{"a":[1,null]}')
    """
    if value is None:
        return ""
    if isinstance(value, Mapping | list | tuple):
        return shorten(orjson.dumps(value, default=str).decode(), limit)
    if isinstance(value, bool | float):
        return amount(value, digits).replace(",", "")
    text = str(value)
    inner = text.strip(" ")
    if len(inner) < len(text) <= limit:
        before, _, after = text.partition(inner) if inner else (text, "", "")
        text = BLANK * len(before) + inner + BLANK * len(after)
    return shorten(text, limit)


def plain(value: object, limit: int = 120) -> str:
    """A small JSON value in words.

    >>> plain({"delimiter": ";", "quote": None}), plain(["a", "b"]), plain(True)
    ('delimiter “;”', 'a, b', 'yes')
    """
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        told = [f"{k} {plain(v, limit)}" for k, v in value.items() if v is not None]
        return shorten(", ".join(told), limit)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return shorten(", ".join(plain(item, limit) for item in value), limit) or NOTHING
    if not isinstance(value, str):
        return amount(value)
    shown = shorten(value, limit)
    return shown if any(map(str.isalnum, shown)) else f"“{shown}”"


def places(examples: Sequence[Mapping[str, Any]], at_most: int = 5) -> str:
    """The first of the cells that an issue speaks of.

    >>> places([{"row": 5113, "value": -2.5}, {"row": 5114, "value": None}, {"value": "x"}])
    'row 5,113: -2.5; row 5,114: empty; x'
    """
    told = []
    for example in examples[:at_most]:
        value = cell(example["value"], 40) or "empty" if "value" in example else ""
        place = f"row {example['row']:,}" if example.get("row") is not None else ""
        told.append(": ".join(filter(None, (place, value))))
    return "; ".join(told)


def moment(epoch_s: float) -> str:
    """A time as a person writes it.

    >>> moment(1_795_431_600)
    '23 Nov 2026, 11:00 UTC'
    """
    when = datetime.fromtimestamp(epoch_s, UTC)
    return f"{when.day} {MONTHS[when.month - 1]} {when:%Y, %H:%M} UTC"


def _shown(character: str) -> str:
    if character in WHITESPACE:
        return WHITESPACE[character]
    if character in INVISIBLE or unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}:
        return f"<U+{ord(character):04X}>"
    return character


def _trimmed(digits: str) -> str:
    return digits.rstrip("0").rstrip(".") if "." in digits else digits
