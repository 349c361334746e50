"""Column shares: into which kinds the values of a column fall, as lists and as small charts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.analytics import plots
from pipelines.analytics.drawing import Drawing
from pipelines.analytics.wording import amount, shorten
from pipelines.profile import ColumnProfile

SHAPES, FIELDS = 5, 12
FEWER = 4
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
HOURS = tuple(f"{hour}:00" for hour in range(24))
CALENDARS = (
    ("byHour", "By hour of the day", HOURS),
    ("byWeekday", "By day of the week", DAYS),
    ("byMonth", "By month", MONTHS),
)


@dataclass(frozen=True)
class Top:
    """A value or a kind of values, and its share of them."""

    value: str
    count: str
    ratio: float


@dataclass(frozen=True)
class Shares:
    """Kinds of values under a caption."""

    caption: str
    tops: Sequence[Top]


def shares(column: ColumnProfile) -> Iterator[Shares]:
    """The shapes of texts, where they tell more than the texts do, and the fields of structs."""
    figures, values = column.figures, column.non_null_count
    shapes = figures.get("patterns") or ()
    if values and shapes and _tell(shapes[:SHAPES], values, figures.get("distinctCount")):
        least = "≥ " if "patterns" in (figures.get("estimates") or {}) else ""
        yield Shares(
            "Shapes: A for a capital, a for a small letter, 9 for a digit",
            [
                _top(shorten(each["pattern"], 60) or "(empty)", each["count"], values, least)
                for each in shapes[:SHAPES]
            ],
        )
    keys = figures.get("keys") or {}
    if values and keys.get("topValues"):
        least = "≥ " if "topValues" in (keys.get("estimates") or {}) else ""
        listed = keys["topValues"][:FIELDS]
        yield Shares(
            f"Keys of the maps ({amount(keys['distinctCount'])} different)",
            [_top(shorten(each["value"], 60), each["count"], values, least) for each in listed],
        )
    fields = figures.get("fields") or ()
    if values and fields:
        yield Shares(
            "Fields, and in how many values they are" + _cut(fields),
            [
                _top(f"{shorten(each['name'], 50)} {each['type']}", each["present"], values)
                for each in fields[:FIELDS]
            ],
        )


def pictures(column: ColumnProfile) -> Iterator[tuple[str, Drawing]]:
    """Lengths, and when in the day, week and year: caption and chart of each."""
    figures = column.figures
    lengths: Mapping[str, Any] = figures.get("lengthHistogram") or {}
    if len(lengths.get("counts") or ()) > 1:
        items = "items" if column.type == "list" else "characters"
        *starts, end = lengths["edges"]
        edges = [amount(edge) for edge in (*starts, figures.get("maxLength", end))]
        name = f"Lengths in {items}"
        yield name, plots.small_bars(f"{name}: {column.name}", edges, lengths["counts"])
    for figure, name, labels in CALENDARS:
        counts = figures.get(figure) or ()
        if sum(count > 0 for count in counts) > 1:
            yield name, plots.small_bars(f"{name}: {column.name}", labels, counts)


def _tell(shapes: Sequence[Mapping[str, Any]], values: int, distinct: int | None) -> bool:
    """Whether most texts have one of these shapes, and the shapes are far fewer than the texts."""
    covered = sum(int(each["count"]) for each in shapes)
    return 2 * covered >= values and (distinct or 0) >= FEWER * len(shapes)


def _top(name: str, count: int, values: int, least: str = "") -> Top:
    return Top(name, least + amount(count), min(count / values, 1.0))


def _cut(fields: Sequence[Mapping[str, Any]]) -> str:
    return f" (the first {FIELDS} of {len(fields):,})" if len(fields) > FIELDS else ""
