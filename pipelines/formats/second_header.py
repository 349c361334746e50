"""Second header: whether two lines name the columns together, groups or units beside the names.

Only what breaks the type of the columns below it is taken for a header: a first row of text is none
where the rows below are text too, nor where it may be words for missing numbers.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipelines.formats.base import Guess, Notice
from pipelines.formats.cell_looks import is_typed, is_value
from pipelines.formats.sheet_groups import YEARS, Merged, names_of

FEWEST_ROWS = 2
SHOWN = 200
BRACKETED = re.compile(r"[\[(<].{1,24}[\])>]")
FACTORS = re.compile(r"[/·*^.\s²³⁻¹\u2212+-]+\d?|(?<=m)[23]|(?<=ft)[23]|(?<=s)2")
RDB_TYPE = re.compile(r"\d{0,4}[sdnm][<>]?", re.IGNORECASE)  # as in `15s`, of RDB files
UNIT_WORDS = """
    % ‰ ° °C °F K C F deg degC degF degrees degree celsius percent pct rad sr ppm ppb
    m mm cm dm km um µm μm nm in inch inches ft feet yd mi mile miles meter meters metre metres
    s sec secs second seconds ms us µs ns min mins minute minutes h hr hrs hour hours d day days
    week weeks month months y yr yrs year years a
    g kg mg ug µg μg ng t ton tons tonne tonnes lb lbs oz gram grams
    l L ml mL dl cl hl liter liters litre litres gal mol mmol umol µmol M mM
    Pa hPa kPa MPa GPa bar mbar atm psi mmHg N kN J kJ MJ GJ cal kcal W kW MW GW Wh kWh MWh GWh
    V mV kV A mA Hz kHz MHz GHz Ohm ohm Ω T G Wb lm lx cd dB Bq Sv Gy kt knots mph kph kmh
    $ € £ ¥ USD EUR GBP CHF JPY CNY INR ha acre acres bit bits byte bytes B kB KB MB GB TB px pt
    UTC GMT degrees_north degrees_east degree_north degree_east degrees_true degree_C degrees_C
    degree_F degrees_F degree_Celsius degrees_Celsius PSU psu
    count counts number ratio index unitless dimensionless persons people
"""
TYPE_WORDS = """
    int integer int8 int16 int32 int64 uint8 uint16 uint32 uint64 bigint smallint long short
    float float32 float64 double real decimal numeric number num string str text varchar char
    character object category factor bool boolean logical date datetime timestamp time
"""
MISSING_WORDS = """
    unknown missing unavailable void error nd n.d. n.a. tbd tba pending invalid blank empty nil
    withheld suppressed confidential see undefined unspecified
"""
UNITS = frozenset(UNIT_WORDS.split())
NO_UNITS = frozenset(["", "-", "unit", "units"])
TYPES = frozenset(TYPE_WORDS.split())
MISSING = frozenset(MISSING_WORDS.split())
ORANGE_TYPES = frozenset(["c", "d", "s", "t", "continuous", "discrete", "string", "text", "time"])
ORANGE_WORDS = frozenset(word for word in ORANGE_TYPES if len(word) > 1)
ORANGE_FLAGS = frozenset(["", "class", "meta", "ignore", "weight", "c", "m", "i", "w"])
RULER = re.compile(r"\s*(?:[-=_]{2,}|\*{3,})\s*")
ORANGE_MISSING = frozenset(["", "?", ".", "NA", "~", "*"])
FEWEST_TEXTS = 3
FEWEST_DOUBTED = 2  # texts, where other columns have none


@dataclass(frozen=True, slots=True)
class TwoRows:
    """What two `rows`, or three, call the columns, and what is to be said of it."""

    names: tuple[str, ...]
    guess: Guess
    notice: Notice
    rows: int = 2


def find(
    upper: Sequence[str],
    lower: Sequence[str],
    body: Sequence[Sequence[str]],
    *,
    may_group: bool = True,
) -> TwoRows | None:
    """The names that two rows of trimmed cells give the rows of `body`; None if only one is header.

    >>> find(["mass", "speed"], ["kg", "m/s"], [["1", "2.5"], ["2", "3.5"]]).names
    ('mass kg', 'speed m/s')
    >>> find(["", "t1", "", "t2", ""], list("nabab"), [["x", *"1234"], ["y", *"5678"]]).names
    ('n', 't1 a', 't1 b', 't2 a', 't2 b')
    >>> find(["n", *"1166"], ["", *"abab"], [["x", *"1234"], ["y", *"5678"]]) is None
    True
    >>> years = ["n", "2019", "2019", "2020", "2020"]
    >>> find(years, ["", *"abab"], [["x", *"1234"], ["y", *"5678"]]).names
    ('n', '2019 a', '2019 b', '2020 a', '2020 b')
    """
    typed = _typed_below(lower, body)
    if not typed:
        return None
    told = [cell for cell in lower if cell]
    if all(upper) and _are_rdb_types(told):
        return _types(upper, lower)
    if all(upper[place] for place in typed) and not any(map(_is_no_name, upper)):
        if all(cell.lower() in TYPES for cell in told):
            return _types(upper, lower)
        named = [cell for cell in lower if cell.lower() not in NO_UNITS]
        if named and all(map(is_unit, named)):
            units = [cell if cell in named else "" for cell in lower]
            return _joined(upper, units, (), "names above units", 0.9)
        if all(lower) and len(body) > FEWEST_ROWS and _is_plain_text(lower, typed):
            return _joined(upper, lower, (), "names in two rows", 0.75)
        if _are_crossed(upper, lower, typed):
            return _joined(upper, lower, (), "groups above names", 0.85)
        return None
    return _grouped(upper, lower, typed) if may_group else None


def three(
    first: Sequence[str],
    second: Sequence[str],
    third: Sequence[str],
    *,
    body: Sequence[Sequence[str]],
) -> TwoRows | None:
    """The names that three rows give together: each below the first names or describes columns.

    >>> rows = [["1", "2.5"], ["2", "3.5"]]
    >>> three(["mass", "speed"], ["kg", "m/s"], ["float", "float"], body=rows).names
    ('mass kg', 'speed m/s')
    """
    heads = ([*first], [*second], [*third])
    body = [row for row in body if [*row] not in heads]
    if len(third) != len(second) or not _typed_below(third, body):
        return None
    upper = find(first, second, body)
    lower = None if upper is None else find(upper.names, third, body)
    if upper is None or lower is None:
        return None
    notice = replace(lower.notice, message=lower.notice.message.replace("two rows", "three rows"))
    return replace(lower, notice=notice, rows=3)


def ruled(names: Sequence[str], ruler: Sequence[str]) -> TwoRows | None:
    """What names call the columns that a row of dashes underlines, each or all together.

    >>> ruled(["id", "name"], ["--", "----"]).names, ruled(["id", "name"], ["-", "-"])
    (('id', 'name'), None)
    """
    lines = [cell for cell in ruler if cell.strip(" -=_*") or not cell.strip()]
    dashes = [cell for cell in ruler if RULER.fullmatch(cell)]
    is_whole = len(ruler) == 1 or len(ruler) == len(names)
    if lines or not dashes or not is_whole or any(map(is_value, names)) or not any(names):
        return None
    notice = Notice(
        "header.ruler", "below the names stands a line of dashes, which is no row of data", "INFO"
    )
    guess = Guess("header", "names above a ruler", 0.9, ("first row",), tuple(names[:5]))
    return TwoRows(tuple(names), guess, notice)


def flagged(
    names: Sequence[str],
    types: Sequence[str],
    flags: Sequence[str],
    *,
    body: Sequence[Sequence[str]],
) -> TwoRows | None:
    """What three rows call the columns, as the tabular files of Orange have them above the rows.

    A discrete column may list its values where its type stands. Letters and words of these rows may
    be data as well, so every column has its type, the values below must bear it out, and no row may
    be the same again.

    >>> flagged(["a", "b"], ["c", "no yes"], ["", "class"], body=[["1", "no"]]).names
    ('a', 'b')
    """
    words = (word for flag in flags for word in flag.split(" ") if "=" not in word)
    if not (body and all(names) and all(types) and set(words) <= ORANGE_FLAGS):
        return None
    if any(map(is_value, names)) or not set(types) & ORANGE_TYPES:
        return None
    again = {tuple(types), *([tuple(flags)] if any(flags) else [])}
    if any(tuple(row) in again for row in body):
        return None
    columns = [
        [row[at] for row in body if row[at] not in ORANGE_MISSING] for at in range(len(types))
    ]
    proofs = [_proof(word, cells) for word, cells in zip(types, columns, strict=True)]
    if None in proofs or not any(proofs):
        return None
    is_abbreviated = not any(word in ORANGE_WORDS or " " in word for word in types)
    discrete = [cells for word, cells in zip(types, columns, strict=True) if word == "d"]
    if is_abbreviated and any(len(set(cells)) == len(cells) for cells in discrete):
        return None
    return replace(_types(names, types), rows=3)


def _proof(word: str, cells: Sequence[str]) -> bool | None:
    """Whether the values below prove that a word is their type in Orange; None: it cannot be."""
    if word in ("c", "continuous"):
        return bool(cells) if all(map(is_value, cells)) else None
    if word in ORANGE_TYPES:
        return word == "discrete" and len(set(cells)) < len(cells)
    listed = {each.replace("\\ ", " ") for each in re.split(r"(?<!\\) +", word)}
    return bool(cells) if " " in word and listed.issuperset(cells) else None


def doubt(lower: Sequence[str], body: Sequence[Sequence[str]]) -> Notice | None:
    """What to say of a first row that is text where all others are values, but is read as one."""
    typed = _typed_below(lower, body)
    told = [place for place in typed if lower[place]]
    if not told or (len(told) < len(typed) and len(told) < FEWEST_DOUBTED):
        return None
    return Notice(
        "header.doubt",
        f"the first row is text where numbers or dates stand in all others: {_shown(lower)};"
        " it is read as a row, so its columns are text. If it belongs to the header, remove it",
    )


def is_unit(cell: str) -> bool:
    """Whether a cell is a unit of measure, or stands in brackets as one.

    >>> is_unit("kg/m3"), is_unit("W m-2"), is_unit("[any]"), is_unit("Rome"), is_unit("y1")
    (True, True, True, False, False)
    """
    parts = [part for part in FACTORS.split(cell) if part]
    is_known = bool(parts) and all(part in UNITS for part in parts)
    return is_known or cell in UNITS or BRACKETED.fullmatch(cell) is not None


def _typed_below(lower: Sequence[str], body: Sequence[Sequence[str]]) -> frozenset[int]:
    """The columns of values, if a row is text above some of them and no row like the others."""
    if len(body) < FEWEST_ROWS:
        return frozenset()
    texts = (place for place, cell in enumerate(lower) if cell and not is_typed(cell))
    if not any(_is_typed_column(body, place) for place in texts):
        return frozenset()  # as nearly everywhere
    typed = frozenset(place for place in range(len(lower)) if _is_typed_column(body, place))
    return typed if _is_above_values(lower, typed, body) else frozenset()


def _is_typed_column(body: Sequence[Sequence[str]], place: int) -> bool:
    cells = [row[place] for row in body if row[place]]
    return any(any(map(str.isdigit, cell)) for cell in cells) and all(
        is_typed(cell) or is_value(cell) for cell in cells
    )


def _is_above_values(
    lower: Sequence[str], typed: frozenset[int], body: Sequence[Sequence[str]]
) -> bool:
    """Whether a row is text where numbers or dates stand below, and no value of the others."""
    told = [lower[place] for place in typed if lower[place] and lower[place] != "-"]
    if not told or any(is_typed(cell) or is_value(cell) for cell in told):
        return False
    others = (place for place in range(len(lower)) if place not in typed and lower[place])
    return not any(lower[place] == row[place] for place in others for row in body)


def _is_no_name(cell: str) -> bool:
    """A year may name a column; other numbers and dates are values."""
    is_year = cell.isdecimal() and len(cell) == 4 and int(cell) in YEARS
    return cell != "" and (is_typed(cell) or is_value(cell)) and not is_year


def _is_plain_text(lower: Sequence[str], typed: frozenset[int]) -> bool:
    """Whether different texts stand above many columns of values: no words for missing ones."""
    told = [lower[place] for place in typed]
    return (
        len(set(told)) == len(told) >= FEWEST_TEXTS
        and all(len(cell) > 2 for cell in told)
        and not any(MISSING & set(cell.lower().split()) for cell in told)
    )


def _are_crossed(upper: Sequence[str], lower: Sequence[str], typed: frozenset[int]) -> bool:
    """Whether the same few different names stand below each of several that come again."""
    groups: dict[str, list[str]] = {}
    for place in sorted(typed):
        groups.setdefault(upper[place], []).append(lower[place])
    first, *others = groups.values()
    return (
        bool(others)
        and len(set(first)) == len(first) > 1
        and all(first)
        and all(group == first for group in others)
        and not any(MISSING & set(cell.lower().split()) for cell in first)
    )


def _are_rdb_types(cells: Sequence[str]) -> bool:
    """Whether all are widths and types, as `15s` and `14n`; the names above may be numbers."""
    return all(map(RDB_TYPE.fullmatch, cells)) and any(map(str.isdigit, "".join(cells)))


def _types(upper: Sequence[str], lower: Sequence[str]) -> TwoRows:
    notice = Notice(
        "header.types",
        f"below the names stands a row of types, which is no row of data: {_shown(lower)}",
        "INFO",
    )
    guess = Guess("header", "names above types", 0.9, ("first row",), tuple(upper[:5]))
    return TwoRows(tuple(upper), guess, notice)


def _joined(
    upper: Sequence[str], lower: Sequence[str], merged: Merged, chosen: str, confidence: float
) -> TwoRows:
    by_column = dict(names_of(upper, lower, merged))
    names = tuple(by_column.get(place, "") for place in range(len(upper)))
    notice = Notice("header.rows", f"two rows name the columns: {_shown(names)}", "INFO")
    guess = Guess("header", chosen, confidence, ("first row",), names[:5])
    return TwoRows(names, guess, notice)


def _grouped(upper: Sequence[str], lower: Sequence[str], typed: frozenset[int]) -> TwoRows | None:
    """Names of groups, each above its first column, over a full row of names."""
    groups = [place for place, cell in enumerate(upper) if cell]
    if len(groups) < 2 or any(map(_is_no_name, upper)) or not all(lower[place] for place in typed):
        return None
    if not all(above or below for above, below in zip(upper, lower, strict=True)):
        return None
    spans = {place: _span(upper, lower, typed, place) for place in groups}
    wide = [place for place, last in spans.items() if last > place]
    first = groups[0]
    if not any(place in typed for place in wide) or (lower[first] and spans[first] == first):
        return None
    merged = tuple(((0, place), (0, spans[place])) for place in wide)
    found = _joined(upper, lower, merged, "groups above names", 0.85)
    return found if len(set(found.names)) == len(found.names) else None


def _span(upper: Sequence[str], lower: Sequence[str], typed: frozenset[int], place: int) -> int:
    """The last column of a group: blank above, named below, and of values if its first one is."""
    last = place
    while (
        last + 1 < len(upper)
        and not upper[last + 1]
        and lower[last + 1]
        and lower[place]
        and (last + 1 in typed) == (place in typed)
    ):
        last += 1
    return last


def _shown(cells: Sequence[str]) -> str:
    text = ", ".join(f"`{cell}`" for cell in cells if cell)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
