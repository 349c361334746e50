"""Cell types: text cells become typed columns, and no cell's meaning is lost on the way.

A type is a claim about all cells of a column. `convert` checks it on each chunk; where a cell
denies it, the column comes back in the narrowest wider type, up to text, which holds everything.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.column_type import widest, word

NULL_WORDS = ("", "null", "NULL", "NaN", "nan")
TYPED_NULL_WORDS = ("NA", "N/A", "n/a", "None", "-")
YEAR, CLOCK = r"^\d{4}", r"-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.{})?)?"
IN_MICROSECONDS = YEAR + CLOCK.replace("{}", r"\d{1,6}0{0,3}")
NANOSECOND_YEAR = r"^(1[7-9]|2[01])\d{2}"  # 64 bits hold the nanoseconds from 1678 to 2261
IN_NANOSECONDS = NANOSECOND_YEAR + CLOCK.replace("{}", r"\d{1,9}")
ZONE = r"(Z| ?UTC| ?[+-]\d{2}(:?\d{2})?)"
OFFSET = r"([+-]\d{2}(?::?\d{2})?)$"
WHOLE = r"^[+-]?\d+$"
CODE = re.compile(r"[+-]?0\d|\+\d{8,}$")  # digits, but no quantity
CODE_START = re.compile(r"0[^.]|\+|-0", re.DOTALL)
FEW = 500  # cells that are sooner looked at one by one than by a call of polars
TRUTHS = {"true": True, "false": False}
EXACT_IN_A_DOUBLE = float(1 << 53)
DATETIME = pl.Datetime("us")
INSTANT = pl.Datetime("us", "UTC")
FINE_DATETIME, FINE_INSTANT = pl.Datetime("ns"), pl.Datetime("ns", "UTC")
NUMBER = re.compile(r"[ \t]*[+-]?\d++[ \t]*+$")
REAL = re.compile(
    r"[ \t]*[+-]?((\d++\.?\d*+|\.\d++)(e[+-]?\d++)?|inf(inity)?|nan)[ \t]*+$", re.IGNORECASE
)
# From narrow to wide; the first cell of a column tells which of them are worth trying.
LADDER: tuple[tuple[pl.DataType, re.Pattern[str]], ...] = (
    (pl.Boolean(), re.compile(r"true$|false$", re.IGNORECASE)),
    (pl.Int64(), NUMBER),
    (pl.Decimal(38, 0), NUMBER),
    (pl.Float64(), REAL),
    (pl.Date(), re.compile(r"\d{4}-\d{2}-\d{2}$")),
    (DATETIME, re.compile(r"\d{4}-")),
    (FINE_DATETIME, re.compile(r"\d{4}-")),
    (INSTANT, re.compile(r"\d{4}-")),
    (FINE_INSTANT, re.compile(r"\d{4}-")),
)


@dataclass(frozen=True, slots=True)
class Converted:
    """A typed column, and how many of its cells were null by which word.

    Of times with an offset from UTC, which are all told in UTC, also how many had which.
    """

    series: pl.Series
    null_tokens: Mapping[str, int] = field(default_factory=dict)
    utc_offsets: Mapping[str, int] = field(default_factory=dict)


def infer(cells: pl.Series) -> pl.DataType:
    """The narrowest type that holds every cell; `Null` when none says anything.

    >>> infer(pl.Series(["1", "", "N/A", "-3"])), infer(pl.Series(["007"]))
    (Int64, String)
    """
    present = cells.alias("cells")
    present = present.drop_nulls() if present.has_nulls() else present
    typed = _without(present, NULL_WORDS + TYPED_NULL_WORDS)
    if typed.is_empty():
        return pl.Null() if _without(present, NULL_WORDS).is_empty() else pl.String()
    first = str(typed[0])
    is_code = CODE.match(first) is not None
    plausible = [
        dtype
        for dtype, pattern in LADDER
        if pattern.match(first) and not (is_code and dtype.is_numeric())
    ]
    for dtype in plausible:
        if len(typed) > FEW and not (dtype.is_numeric() or isinstance(dtype, pl.Date)):
            typed = typed.unique()  # numbers and dates are read sooner than they are compared
        if _parse(typed, dtype).null_count() == 0:
            return dtype
    return pl.String()


def may_be_more_than_text(first: str) -> bool:
    """Whether a column that begins with this cell may be inferred to be one of numbers or moments.

    >>> [may_be_more_than_text(cell) for cell in (" 1.5", "1,5", "2024-01")]
    [True, False, True]
    """
    return any(pattern.match(first) for dtype, pattern in LADDER if dtype != pl.Boolean())


def _without(cells: pl.Series, words: Sequence[str]) -> pl.Series:
    """The cells that are none of the words."""
    if len(cells) > FEW:
        least, most = str(cells.min()), str(cells.max())
        if not any(least <= word <= most for word in words):
            return cells
        is_word = cells.is_in(words)
        return cells.filter(~is_word) if is_word.any() else cells
    kept = [cell for cell in cells.to_list() if cell not in words]
    return cells if len(kept) == len(cells) else pl.Series(cells.name, kept, pl.String)


def word_of(cells: Sequence[str]) -> str:
    """The wire name of the type that some cells suggest.

    >>> word_of(["1", "2"]), word_of(["a"])
    ('integer', 'text')
    """
    return word(infer(pl.Series("cells", cells, pl.String)))


def convert(cells: pl.Series, dtype: pl.DataType) -> Converted:
    """The cells as `dtype`, or as the narrowest wider type that holds them all.

    Cells that are of this type already are taken at their word.
    """
    if cells.dtype == dtype and not isinstance(dtype, pl.String):
        return Converted(cells)
    # polars takes a name such as `^a.*$` for a pattern, so no name of theirs goes into it.
    converted = _convert(cells.alias("cells"), dtype)
    offsets = _offsets(cells) if converted.series.dtype in (INSTANT, FINE_INSTANT) else {}
    return replace(converted, series=converted.series.alias(cells.name), utc_offsets=offsets)


def _convert(cells: pl.Series, dtype: pl.DataType) -> Converted:
    while not isinstance(dtype, pl.String):
        if isinstance(dtype, pl.Null):
            parsed = pl.Series(cells.name, [None] * len(cells), pl.Null)
        else:
            parsed = _parse(cells, dtype)
        if parsed.null_count() == cells.null_count():
            return Converted(parsed)
        failed = cells.filter(parsed.is_null() & cells.is_not_null())
        words = NULL_WORDS if isinstance(dtype, pl.Null) else NULL_WORDS + TYPED_NULL_WORDS
        is_word = failed.is_in(words)
        if is_word.all():
            return Converted(parsed, _counted(failed))
        misfits = failed.filter(~is_word)
        wider = widest(dtype, infer(misfits))
        dtype = pl.String() if wider == dtype else wider
    return _text(cells)


def _text(cells: pl.Series) -> Converted:
    if len(cells) <= FEW and not any(cell in NULL_WORDS for cell in cells.to_list()):
        return Converted(cells)
    # Most columns hold no short word at all, and the length alone shows it.
    if not (cells.str.len_bytes() <= max(map(len, NULL_WORDS))).any():
        return Converted(cells)
    is_word = cells.is_in(NULL_WORDS)
    if not is_word.any():
        return Converted(cells)
    kept = pl.select(pl.when(~is_word).then(cells).alias(cells.name)).to_series()
    return Converted(kept, _counted(cells.filter(is_word)))


def _offsets(cells: pl.Series) -> dict[str, int]:
    """How many instants were written with which offset, as +02:00.

    >>> _offsets(pl.Series(["2024-07-01T12:00Z", "2024-07-01 12:00 +0200", "NA", None]))
    {'+00:00': 1, '+02:00': 1}
    """
    zulu = int((cells.str.ends_with("Z") | cells.str.ends_with("UTC")).sum())
    counts = Counter({"+00:00": zulu} if zulu else {})
    if zulu < len(cells) - cells.null_count():  # the last six characters hold no other sign
        ends = cells.str.tail(6).str.extract(OFFSET).drop_nulls()
        for offset, count in _counted(ends).items():
            digits = offset[1:].replace(":", "").ljust(4, "0")
            counts[f"{offset[0]}{digits[:2]}:{digits[2:]}"] += count
    return dict(sorted(counts.items()))


def _counted(words: pl.Series) -> dict[str, int]:
    counts = words.alias("word").value_counts(sort=False)
    return dict(sorted(zip(counts["word"].to_list(), counts["count"].to_list(), strict=True)))


def _parse(cells: pl.Series, dtype: pl.DataType) -> pl.Series:
    """The cells as `dtype`; null wherever the type would not say what the text says."""
    if isinstance(dtype, pl.Boolean):
        return _booleans(cells)
    if dtype.is_numeric():
        return _numbers(cells, dtype)
    if isinstance(dtype, pl.Date):
        return _dates(cells)
    return _datetimes(cells, dtype)


def _booleans(cells: pl.Series) -> pl.Series:
    if len(cells) <= FEW:
        words = (cell and cell.lower() for cell in cells.to_list())
        return pl.Series(cells.name, [TRUTHS.get(word) for word in words], pl.Boolean)
    lower = cells.str.to_lowercase()
    known = lower.is_in(["true", "false"])
    return pl.select(pl.when(known).then(lower == "true").alias(cells.name)).to_series()


def _numbers(cells: pl.Series, dtype: pl.DataType) -> pl.Series:
    if isinstance(dtype, pl.Decimal):  # its cast rounds fractions, so only whole numbers may pass
        whole = cells.str.contains(r"^[+-]?\d{1,38}$")
        cells = pl.select(pl.when(whole).then(cells).alias(cells.name)).to_series()
    parsed = cells.cast(dtype, strict=False)
    if parsed.null_count() > cells.null_count():
        stripped = cells.str.strip_chars(" \t").cast(dtype, strict=False)
        if stripped.null_count() < parsed.null_count():
            cells, parsed = cells.str.strip_chars(" \t"), stripped
    if dtype.is_float():
        finite = parsed.is_finite()
        if not finite.all():
            named = cells.str.contains(r"(?i)^[+-]?inf(inity)?$")
            parsed = pl.select(pl.when(finite | named).then(parsed).alias(cells.name)).to_series()
        if _are_rounded(cells, parsed):
            return pl.Series(cells.name, [None] * len(cells), dtype)
    coded = _codes(cells, parsed)
    if coded is not None:
        parsed = pl.select(pl.when(~coded).then(parsed).alias(cells.name)).to_series()
    return parsed


def _are_rounded(cells: pl.Series, parsed: pl.Series) -> bool:
    """Whether there are whole numbers that a float would change: 9007199254740993 ends in 2 then.

    Digits behind a decimal mark are another matter, since all know that those are rounded.
    """
    largest = parsed.abs().max()
    if not isinstance(largest, float) or largest < EXACT_IN_A_DOUBLE:
        return False
    whole = cells.filter((parsed.abs() >= EXACT_IN_A_DOUBLE) & cells.str.contains(WHOLE))
    return any(int(cell) != float(cell) for cell in whole)


def _codes(cells: pl.Series, parsed: pl.Series) -> pl.Series | None:
    """Cells like 00123 or +4915112345678, digits but no quantity; None when there are none."""
    if not _may_be_codes(cells):
        return None
    coded = cells.str.contains(rf"^(?:{CODE.pattern})") & parsed.is_not_null()
    return coded.fill_null(value=False) if coded.any() else None


def _may_be_codes(cells: pl.Series) -> bool:
    """Whether any cell begins as only codes do, zero itself and fractions aside."""
    if len(cells) <= FEW:
        return any(cell and CODE_START.match(cell) for cell in cells.to_list())
    least = cells.min()
    if not isinstance(least, str) or least >= "1":
        return False
    zeros = cells.str.starts_with("0")
    if zeros.any():
        zeros &= ~(cells.str.starts_with("0.") | (cells == "0"))
    signs = (least < "0" and cells.str.starts_with(sign).any() for sign in ("+", "-0"))
    return bool(zeros.any()) or any(signs)


def _dates(cells: pl.Series) -> pl.Series:
    try:  # Arrow reads nothing but YYYY-MM-DD, all of them or none, and is four times as fast
        exact = pc.cast(cells.to_arrow(), pa.date32())
    except pa.ArrowInvalid:
        return _some_dates(cells)
    return pl.Series(cells.name, exact)


def _some_dates(cells: pl.Series) -> pl.Series:
    parsed = cells.str.to_date("%Y-%m-%d", strict=False)
    exact = cells.str.contains(r"^\d{4}-\d{2}-\d{2}$")
    return pl.select(pl.when(exact).then(parsed).alias(cells.name)).to_series()


def _datetimes(cells: pl.Series, dtype: pl.DataType) -> pl.Series:
    assert isinstance(dtype, pl.Datetime)
    zoned, unit = dtype.time_zone is not None, dtype.time_unit
    written = IN_NANOSECONDS if unit == "ns" else IN_MICROSECONDS
    matches = cells.str.contains(written + (f"{ZONE}$" if zoned else "$"))
    days = cells if unit != "ns" else cells.set(~cells.str.contains(NANOSECOND_YEAR), None)
    dates = _dates(days).cast(pl.Datetime(unit))
    if not (matches | dates.is_not_null() | cells.is_null()).any():
        return pl.Series(cells.name, [None] * len(cells), dtype)
    cell = pl.col("cell")
    if zoned and cells.str.contains(r" (UTC|[+-]\d\d[\d:]*)$|UTC$").any():
        cell = cell.str.replace(" ?UTC$", "Z").str.replace(f" {OFFSET}", "${1}")
    spaced = cell.str.replace("T", " ", literal=True)
    offset = "%#z" if zoned else ""
    whole = spaced.str.to_datetime(f"%Y-%m-%d %H:%M:%S%.f{offset}", strict=False, time_unit=unit)
    minutes = spaced.str.to_datetime(f"%Y-%m-%d %H:%M{offset}", strict=False, time_unit=unit)
    parsed = pl.coalesce(whole, minutes)
    if not zoned:
        parsed = pl.coalesce(parsed, pl.lit(dates))
    frame = pl.DataFrame({"cell": cells.set(~matches.fill_null(value=False), None)})
    return frame.select(parsed.cast(dtype).alias(cells.name)).to_series()
