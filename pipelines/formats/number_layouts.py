"""Number layouts: numbers with thousands marks, decimal commas, currencies and percent signs."""

import re
from dataclasses import dataclass
from typing import ClassVar

import polars as pl

UNITS = (
    *("$", "€", "£", "¥", "₹", "%", "R$", "US$"),
    *("USD", "EUR", "GBP", "CHF", "JPY", "Fr.", "kr", "zł"),
)
UNIT = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))
SPACES = " \u00a0\u202f"
QUOTES = "'\u2019"
MINUS = "\\-\u2212"
# Decimal mark, marks for thousands. The plain one comes first: it takes units only.
MARKS: tuple[tuple[str, str], ...] = (
    (".", ""),
    (".", ","),
    (",", "."),
    (",", ""),
    (".", QUOTES),
    (",", QUOTES),
    (",", SPACES),
    (".", SPACES),
)
PARTS = re.compile(
    rf"(?P<open>\()?(?P<sign>[{MINUS}+])?\s*(?P<before>{UNIT})?\s*(?P<inner>-)?"
    rf"(?P<digits>\d[\d.,{QUOTES}{SPACES}]*?)\s*(?P<after>{UNIT})?[{MINUS}]?(?P<close>\))?"
)
CODED = re.compile(r"0\d")  # in no reading a number
PHONE = re.compile(r"\+\d{8,}\Z")
ZERO = re.compile(r"-?0+\Z")
SIGN = re.compile(rf"^[{MINUS}+]|[{MINUS}]\Z")
NEGATIVE = re.compile(rf"^\(.*\)\Z|^[{MINUS}]|[{MINUS}]\Z")
FEW = 500  # cells that are sooner looked at one by one than by a call of polars
SURE, LIKELY = 0.95, 0.8


@dataclass(frozen=True, slots=True)
class NumberReading:
    """A column of numbers that share their marks and their unit."""

    decimal: str
    thousands: str
    unit: str = ""
    confidence: float = SURE
    kind: ClassVar[str] = "number"

    @property
    def word(self) -> str:
        mark = self.thousands[:1]
        number = f"1{mark}234{self.decimal}5"
        return f"{number} {self.unit}".strip()

    @property
    def pattern(self) -> str:
        groups = (
            r"[1-9]\d{0,2}(?:[" + re.escape(self.thousands) + r"]\d{3})+" if self.thousands else ""
        )
        whole = rf"(?:{groups}|\d+)" if groups else r"\d+"
        return rf"^{whole}(?:{re.escape(self.decimal)}\d+)?$"

    def agrees(self, decimal: str | None, date_order: str | None) -> bool:  # noqa: ARG002
        return decimal in {None, self.decimal}

    def plain(self, cells: pl.Series) -> pl.Series:
        """The numbers as plain text; null for each cell that is not so written."""
        if len(cells) <= FEW:
            told = [cell if cell is None else self.plain_text(cell) for cell in cells.to_list()]
            return pl.Series(cells.name, told, pl.String)
        return self.plain_column(cells)

    def plain_text(self, cell: str) -> str | None:
        """The same of one cell; all calls of polars for a column cost as much as hundreds."""
        cell = cell.strip(SPACES + "\t")
        if self.unit:
            if self.unit not in cell and not ZERO.match(cell):
                return None
            cell = re.sub(rf"[{SPACES}]*{re.escape(self.unit)}[{SPACES}]*", "", cell, count=1)
        digits = SIGN.sub("", cell.strip("()"), count=1).strip(SPACES)
        if CODED.match(digits) or PHONE.match(cell) or not re.fullmatch(self.pattern, digits):
            return None
        for mark in self.thousands:
            digits = digits.replace(mark, "")
        digits = digits.replace(self.decimal, ".", 1)
        return f"-{digits}" if NEGATIVE.search(cell) else digits

    def plain_column(self, cells: pl.Series) -> pl.Series:
        """The same of many cells, all at once."""
        unit = re.escape(self.unit)
        frame = pl.DataFrame({"cell": cells.str.strip_chars(SPACES + "\t")})
        cell = pl.col("cell")
        if self.unit:
            has_unit = cell.str.contains(self.unit, literal=True)
            bare = cell.str.replace(rf"[{SPACES}]*{unit}[{SPACES}]*", "")
            cell = pl.when(has_unit | cell.str.contains(r"^-?0+$")).then(bare)
        negative = cell.str.contains(rf"^\(.*\)$|^[{MINUS}]|[{MINUS}]$")
        digits = (
            cell.str.strip_chars("()")
            .str.replace(rf"^[{MINUS}+]|[{MINUS}]$", "")
            .str.strip_chars(SPACES)
        )
        # 0049 and +4915112345678 are codes, digits but no quantity.
        coded = digits.str.contains(r"^0\d") | cell.str.contains(r"^\+\d{8,}$")
        matches = digits.str.contains(self.pattern) & ~coded
        for mark in self.thousands:
            digits = digits.str.replace_all(mark, "", literal=True)
        digits = digits.str.replace(self.decimal, ".", literal=True)
        signed = pl.when(negative).then(pl.concat_str(pl.lit("-"), digits)).otherwise(digits)
        return frame.select(pl.when(matches).then(signed).alias(cells.name)).to_series()


def may_claim(first: str) -> bool:
    """Whether there may be claims to cells of which this is the first."""
    return _parted(first) is not None


def claims(cells: pl.Series) -> list[NumberReading]:
    """The readings that all cells allow, the one to take first; several only if they differ.

    >>> [claim.word for claim in claims(pl.Series(["1.234,50 €", "7,00 €"]))]
    ['1.234,5 €']
    >>> [claim.word for claim in claims(pl.Series(["1,234", "5,678"]))]
    ['1,234.5', '1.234,5']
    """
    parts = _parted(str(cells[0]))
    if parts is None or CODED.match(parts["digits"]):
        return []
    unit = parts["before"] or parts["after"] or ""
    found: list[tuple[NumberReading, pl.Series]] = []
    for decimal, thousands in MARKS:
        reading = NumberReading(decimal, thousands, unit)
        plain = reading.plain(cells)
        if not plain.null_count() and not any(plain.equals(other) for _, other in found):
            found.append((reading, plain))
    if len(found) > 1 and _are_groups(cells):
        # Beside `999`, a `1,234` with three decimals, no more and no fewer, is hard to believe.
        grouped = [reading for reading, _ in found if reading.thousands]
        return [NumberReading(r.decimal, r.thousands, unit, LIKELY) for r in grouped[:1]]
    if len(found) == 1 and found[0][0].thousands and _may_be_codes(cells, found[0][1]):
        return []
    return [reading for reading, _ in found]


def _parted(cell: str) -> re.Match[str] | None:
    return PARTS.fullmatch(cell.strip(SPACES + "\t"))


def _are_groups(cells: pl.Series) -> bool:
    """Whether some cells are short and without a mark, and none is long without one."""
    digits = cells.str.replace_all(rf"[^\d.,{QUOTES}{SPACES}]", "")
    unmarked = digits.filter(digits.str.contains(r"^\d+$"))
    return len(unmarked) > 0 and not unmarked.str.contains(r"\d{4}").any()


def _may_be_codes(cells: pl.Series, plain: pl.Series) -> bool:
    """Whether all are whole and of one shape, as `123 456 789` or `10.123.123.123` may be.

    Or as telephone numbers are written, `+33 612 345 678` and `+1 202 555 123`.
    """
    shapes = cells.str.replace_all(r"\d", "9").n_unique()
    are_phones = cells.str.contains(rf"^\+[\d.{SPACES}]+$") & (plain.str.len_bytes() >= 8)
    is_code = shapes == 1 or bool(are_phones.all())
    return is_code and not plain.str.contains(".", literal=True).any()
