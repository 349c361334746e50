"""Column sample: what the sampled cells of each column say of it: a type, a reading, a doubt."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from pipelines.choices import Choices
from pipelines.formats import cell_reading, cell_types
from pipelines.formats.base import Guess, Notice
from pipelines.formats.cell_reading import Finding, Reading
from pipelines.formats.number_layouts import LIKELY, NumberReading

NONE = Choices()
GROUPS = r"^[+-]?\d{1,3}(\.\d{3})+$"  # `1.234`: a number with three decimals, or a thousand
PAIR = r"^\d+(,\d+)?$"
CLOCK = r"^\d{1,3}:[0-5]\d(:[0-5]\d(\.\d+)?)?$"
WITHIN_A_DAY = r"^([01]?\d|2[0-3]):"


@dataclass(frozen=True, slots=True)
class ColumnSample:
    """The schema that the sample suggests, how cells are read, and what to say of it."""

    schema: pl.Schema
    readings: Mapping[str, Reading]
    guesses: tuple[Guess, ...]
    notices: tuple[Notice, ...]

    @property
    def decimal(self) -> str | None:
        """The decimal mark of its numbers; None where there is none."""
        marks = {r.decimal for r in self.readings.values() if isinstance(r, NumberReading)}
        if "," in marks:
            return ","
        return "." if any(dtype.is_float() for dtype in self.schema.values()) else None


def look_at(
    sample: pl.DataFrame, choices: Choices = NONE, *, delimiter: str | None = None
) -> ColumnSample:
    """Of a frame of text cells, as they stand; what they leave open, the choices may settle."""
    types = {name: cell_types.infer(sample[name]) for name in sample.columns}
    found: dict[str, Finding] = {}
    denied: list[Notice] = []
    for name, dtype in types.items():
        is_open = dtype.is_float() and choices.decimal == ","  # `1.234` was taken for a number
        if (isinstance(dtype, pl.String) or is_open) and (
            finding := cell_reading.find(sample[name])
        ):
            settled = _settled(finding, choices)
            if not is_open or settled.reading.agrees(choices.decimal, None):
                found[name] = settled
            if not settled.reading.agrees(choices.decimal, choices.date_order):
                denied.append(_denied(name, settled))
    if choices.decimal is None and not _has_points(sample, types):
        found = _as_others_are(found, sample)
    has_points = delimiter == "," and choices.decimal is None and _has_points(sample, types)
    readings: dict[str, Reading] = {}
    if choices.decimal == ",":  # what comes later may have a mark, and it is this one
        whole = [name for name, dtype in types.items() if dtype in (pl.Int64(), pl.Null())]
        readings.update(dict.fromkeys(whole, NumberReading(",", ".")))
    notices = denied
    for name, finding in found.items():
        if finding.is_ambiguous:
            notices.append(_doubt(name, finding))
            continue
        if has_points and _are_pairs(sample[name], finding.reading):
            notices.append(_pair(name, finding))
            continue
        plain = cell_reading.plain_or_none(sample[name], finding.reading)
        dtype = pl.String() if plain is None else cell_types.infer(plain)
        if not isinstance(dtype, pl.String):
            types[name], readings[name] = dtype, finding.reading
            notices.append(_notice(name, finding))
    if choices.decimal is None and any("1.234,5" in r.word for r in readings.values()):
        for name in _thousands(sample, types):
            types[name] = pl.String()
            notices.append(_thousand(name, sample[name]))
    for name, dtype in types.items():
        if isinstance(dtype, pl.String) and (later := _beyond_a_day(sample[name])):
            notices.append(_late(name, later))
    return ColumnSample(
        pl.Schema(types),
        readings,
        tuple(_guess(name, finding) for name, finding in found.items()),
        tuple(notices),
    )


def _settled(finding: Finding, choices: Choices) -> Finding:
    """The finding with the readings that the choices allow, if they allow any."""
    readings = (finding.reading, *finding.others)
    allowed = [one for one in readings if one.agrees(choices.decimal, choices.date_order)]
    if not allowed or len(allowed) == len(readings):
        return finding
    return replace(finding, reading=allowed[0], others=tuple(allowed[1:]), confidence=1.0)


def _as_others_are(found: Mapping[str, Finding], sample: pl.DataFrame) -> dict[str, Finding]:
    """Findings on numbers that are silent on the decimal mark, settled by those that are not.

    Who writes prices as `1.234,50` writes weights as `18,223`.
    """
    numbers = {
        name: finding.reading
        for name, finding in found.items()
        if isinstance(finding.reading, NumberReading)
    }
    silent = {name for name in numbers if found[name].is_ambiguous}
    marks = {
        reading.decimal
        for name, reading in numbers.items()
        if silent and name not in silent and _has_decimals(sample[name], reading)
    }
    if len(marks) != 1:
        return dict(found)
    usual = Choices(decimal=marks.pop())
    return {
        name: replace(_settled(f, usual), confidence=LIKELY) if name in silent else f
        for name, f in found.items()
    }


def _has_decimals(cells: pl.Series, reading: Reading) -> bool:
    """Whether some cell has the decimal mark of the reading."""
    plain = cell_reading.plain_or_none(cells, reading)
    return plain is not None and bool(plain.str.contains(".", literal=True).any())


def _has_points(sample: pl.DataFrame, types: Mapping[str, pl.DataType]) -> bool:
    """Whether some column has decimal points for sure."""
    return any(
        dtype.is_float()
        and (marked := sample[name].drop_nulls().str.contains(".", literal=True)).any()
        and not sample[name].drop_nulls().filter(marked).str.contains(GROUPS).all()
        for name, dtype in types.items()
    )


def _are_pairs(cells: pl.Series, reading: Reading) -> bool:
    """Whether all that the reading takes for decimal commas may as well part two whole numbers."""
    if not isinstance(reading, NumberReading) or reading.decimal != "," or reading.unit:
        return False
    return bool(cell_reading.telling_cells(cells).str.contains(PAIR).all())


def _thousands(sample: pl.DataFrame, types: Mapping[str, pl.DataType]) -> list[str]:
    """Columns that look like numbers with three decimals, in a file that writes thousands so."""
    return [
        name
        for name, dtype in types.items()
        if dtype.is_float() and cell_reading.telling_cells(sample[name]).str.contains(GROUPS).all()
    ]


def _beyond_a_day(cells: pl.Series) -> str | None:
    """The first of some times that is 24:00 or later; None if none is, or not all are times."""
    first = next((cell for cell in cells.head(cell_reading.SOON) if cell), "").lstrip(" ")
    if not first[:1].isdigit() or ":" not in first[:4]:
        return None
    telling = cell_reading.telling_cells(cells).str.strip_chars(" ")
    if not telling.str.contains(CLOCK).all():
        return None
    return next(iter(telling.filter(~telling.str.contains(WITHIN_A_DAY))), None)


def _guess(name: str, finding: Finding) -> Guess:
    return Guess(
        f"{finding.reading.kind} in {name}",
        "text" if finding.is_ambiguous else finding.reading.word,
        0.5 if finding.is_ambiguous else finding.confidence,
        tuple(r.word for r in (finding.reading, *finding.others)) if finding.is_ambiguous else (),
        finding.examples,
    )


def _late(name: str, example: str) -> Notice:
    return Notice(
        "time.beyond_a_day",
        f"`{name}` holds times of 24:00 and later (such as {example!r}), as timetables do of the"
        " night after a day: it is left as text",
        "INFO",
        column=name,
    )


def _denied(name: str, finding: Finding) -> Notice:
    return Notice(
        "override.denied",
        f"`{name}` cannot be read as the overrides say (see {finding.examples[0]!r}): it is read as"
        f" {finding.reading.kind}s written like {finding.reading.word}",
        column=name,
    )


def _notice(name: str, finding: Finding) -> Notice:
    kind, word = finding.reading.kind, finding.reading.word
    return Notice(
        f"{kind}.layout", f"`{name}` is read as {kind}s written like {word}", "INFO", column=name
    )


def _doubt(name: str, finding: Finding) -> Notice:
    words = " or ".join(reading.word for reading in (finding.reading, *finding.others))
    return Notice(
        f"{finding.reading.kind}.ambiguous",
        f"`{name}` may be read as {words}, and no cell settles it (such as"
        f" {finding.examples[0]!r}): it is left as text",
        column=name,
    )


def _pair(name: str, finding: Finding) -> Notice:
    return Notice(
        "number.ambiguous",
        f"`{name}` may hold numbers with decimal commas or lists (such as {finding.examples[0]!r}),"
        " since other columns of this file have decimal points: it is left as text",
        column=name,
    )


def _thousand(name: str, cells: pl.Series) -> Notice:
    example = cell_reading.telling_cells(cells)[0]
    return Notice(
        "number.ambiguous",
        f"`{name}` may hold thousands or three decimals (such as {example!r}), since other columns"
        " of this file have decimal commas: it is left as text",
        column=name,
    )
