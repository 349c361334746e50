"""Charts: the figures of a profile as drawings. Pure: the same figures, the same marks."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.analytics.drawing import Boxes, Dots, Drawing, Line, Mark, Role, Text
from pipelines.analytics.measures import is_label
from pipelines.analytics.scale import Scale, ticks
from pipelines.analytics.wording import amount, number, shorten, visible
from pipelines.analytics.wording import count as counted
from pipelines.profile import ColumnProfile

WIDTH, HEIGHT = 640.0, 360.0
LEFT, RIGHT, TOP, BOTTOM = 64.0, 616.0, 68.0, 316.0
YEARS = range(1000, 3000)
GAP = 0.9  # of a bar's place that the bar fills
Bins = Sequence[tuple[float, float, int]]


def bins(column: ColumnProfile) -> Bins:
    """The histogram of a column as (from, to, count); empty when there is none to draw.

    Of its middle alone, where all of it would show nothing but its outliers. One value only has
    no extent that could be drawn.
    """
    figures = column.figures
    histogram: Mapping[str, Any] = figures.get("middleHistogram") or figures.get("histogram") or {}
    edges = [number(edge) for edge in histogram.get("edges") or ()]
    counts = [int(count) for count in histogram.get("counts") or ()]
    known = [edge for edge in edges if edge is not None]
    if len(known) < len(edges) or len(edges) != len(counts) + 1 or sum(counts) == 0:
        return ()
    if known[0] == known[-1]:
        return ()
    return tuple(zip(known, known[1:], counts, strict=False))


def left_out(column: ColumnProfile) -> int:
    """How many finite values lie beyond the middle, where only that is drawn."""
    whole, middle = (column.figures.get(name) for name in ("histogram", "middleHistogram"))
    return sum(whole["counts"]) - sum(middle["counts"]) if whole and middle else 0


def is_years(column: ColumnProfile) -> bool:
    """Whether the numbers of a column look like years, of which no thousands are set apart."""
    ends = [column.figures.get(name) for name in ("min", "max")]
    whole = column.type == "integer" and all(isinstance(end, int) for end in ends)
    return whole and all(end in YEARS for end in ends)


def value_of(column: ColumnProfile, value: float, digits: int = 6) -> str:
    """A number as the column's own are written."""
    told = amount(value, digits)
    return told.replace(",", "") if is_years(column) or is_label(column) else told


def histogram(column: ColumnProfile) -> Drawing:
    """How often values fall where, with axes."""
    drawn = bins(column)
    low, high, most = drawn[0][0], drawn[-1][1], max(count for *_, count in drawn)
    across, up = Scale(low, high, LEFT, RIGHT), Scale(0, most, BOTTOM, TOP)
    figures = column.figures
    middle = (figures.get("quantiles") or {}).get("p50")
    about = (
        f"{amount(sum(count for *_, count in drawn))} values, mean {amount(figures.get('mean'))}, "
        f"median {amount(middle)}"
    )
    if beyond := left_out(column):
        about = f"Without {counted(beyond, 'value')} far out; of all the {about.partition(', ')[2]}"
    marks: list[Mark] = _titled(visible(column.name), about)
    for tick in ticks(0, most, 4):
        marks += [
            Line(LEFT, up(tick), RIGHT, up(tick), "grid"),
            Text(LEFT - 8, up(tick) + 4, amount(tick), anchor="end"),
        ]
    marks.append(_bars(drawn, across, up))
    marks.append(Line(LEFT, BOTTOM, RIGHT, BOTTOM, "soft"))
    marks += [
        Text(across(tick), BOTTOM + 20, value_of(column, tick), anchor="middle")
        for tick in ticks(low, high)
    ]
    return Drawing(WIDTH, HEIGHT, f"Histogram of {visible(column.name)}", about, tuple(marks))


def small_histogram(column: ColumnProfile) -> Drawing:
    """The same without axes, for a card: its ends are written below it."""
    drawn = bins(column)
    low, end, most = drawn[0][0], drawn[-1][1], max(count for *_, count in drawn)
    across, up = Scale(low, end, 0, 320), Scale(0, most, 84, 4)
    last = number(column.figures.get("max"))  # the last bin of integers may end behind it
    high = end if last is None else min(last, end)
    marks = (
        _bars(drawn, across, up),
        Line(0, 84.5, 320, 84.5, "grid"),
        Text(0, 100, value_of(column, low)),
        Text(320, 100, value_of(column, high), anchor="end"),
    )
    ends = f"{value_of(column, low)} to {value_of(column, high)}"
    description = f"{len(drawn)} bars from {ends}, the highest {most:,}"
    return Drawing(320, 104, f"Histogram of {visible(column.name)}", description, marks)


def small_bars(title: str, labels: Sequence[str], counts: Sequence[int]) -> Drawing:
    """A bar for each count, for a card; the first and the last label are written below.

    There is one label more than counts where labels stand between the bars.
    """
    most = max(counts, default=0) or 1
    across, up = Scale(0, len(counts), 0, 320), Scale(0, most, 54, 4)
    drawn = [(place, place + 1, count) for place, count in enumerate(counts)]
    marks = (
        _bars(drawn, across, up),
        Line(0, 54.5, 320, 54.5, "grid"),
        Text(0, 70, labels[0]),
        Text(320, 70, labels[-1], anchor="end"),
    )
    told = ", ".join(
        f"{label} {count:,}" for label, count in zip(labels, counts, strict=False) if count
    )
    return Drawing(320, 74, visible(title), told, marks)


def scatter(
    names: tuple[str, str],
    points: Sequence[tuple[float, float]],
    about: str,
    years: tuple[bool, bool] = (False, False),
) -> Drawing:
    """Two columns of the same rows against each other; of years no thousands are set apart."""
    left, right = (visible(name) for name in names)
    lows = [min(axis) for axis in zip(*points, strict=True)]
    highs = [max(axis) for axis in zip(*points, strict=True)]
    across = Scale(lows[0], highs[0], LEFT + 8, RIGHT - 8)
    up = Scale(lows[1], highs[1], BOTTOM - 8, TOP + 8)
    marks: list[Mark] = _titled(f"{shorten(right, 30)} against {shorten(left, 30)}", about)
    for tick, told in _labelled(ticks(lows[1], highs[1], 4), is_years=years[1]):
        marks += [
            Line(LEFT, up(tick), RIGHT, up(tick), "grid"),
            Text(LEFT - 8, up(tick) + 4, told, anchor="end"),
        ]
    for tick, told in _labelled(ticks(lows[0], highs[0]), is_years=years[0]):
        marks += [
            Line(across(tick), TOP, across(tick), BOTTOM, "grid"),
            Text(across(tick), BOTTOM + 18, told, anchor="middle"),
        ]
    marks.append(Dots(tuple((across(x), up(y)) for x, y in points), "bar", opacity=0.45))
    marks.append(Text((LEFT + RIGHT) / 2, BOTTOM + 36, shorten(left, 60), anchor="middle"))
    return Drawing(WIDTH, HEIGHT, f"{right} against {left}", about, tuple(marks))


def box_plots(columns: Sequence[ColumnProfile]) -> Drawing:
    """Quartiles and tails of several columns, each on its own scale."""
    about = "Each on its own scale: a box of the quartiles on a line from 5 % to 95 %"
    marks: list[Mark] = _titled("Spread of the numeric columns", about)
    start, end, row = 190.0, WIDTH - 40, 44.0
    for index, column in enumerate(columns):
        y = 92 + row * index
        p5, p25, p50, p75, p95 = _five(column)
        reach = max(p95 - p5, 1e-300)
        across = Scale(p5 - reach * 0.04, p95 + reach * 0.04, start, end)
        digits = max(4, _digits(p5, p95) + 2)
        marks += [
            Text(start - 16, y + 4, shorten(column.name, 22), "ink", anchor="end"),
            Line(start, y, end, y, "grid"),
            Line(across(p5), y, across(p95), y, "soft"),
            Boxes(((across(p25), y - 9, max(across(p75) - across(p25), 1), 18),), "bar", 0.55),
            Boxes(((across(p50) - 1, y - 9, 2, 18),), "ink"),
            Text(across(p5), y + 23, value_of(column, p5, digits), size=10, anchor="middle"),
            Text(across(p95), y + 23, value_of(column, p95, digits), size=10, anchor="middle"),
        ]
        middle = across(p50)
        if start + 60 < middle < end - 60:
            marks.append(Text(middle, y + 23, value_of(column, p50, digits), "ink", 10, "middle"))
    height = 92 + row * len(columns)
    return Drawing(WIDTH, height, "Box plots", about, tuple(marks))


def has_box(column: ColumnProfile) -> bool:
    """Whether it has quartiles, and values enough that differ to have a spread."""
    low, *_, high = _figures(column)
    return None not in _figures(column) and low != high


def heatmap(names: Sequence[str], coefficients: Sequence[Sequence[float | None]]) -> Drawing:
    """Correlations of every pair, below the diagonal; each name ends its own row."""
    about = "Pearson's r of each pair; stronger colour, stronger correlation"
    marks: list[Mark] = _titled("Correlations", about)
    side, left, top = 44.0, 24.0, 72.0
    for row, name in enumerate(names):
        y = top + side * 0.8 * row
        for column in range(row):
            r = coefficients[row][column]
            marks += _coefficient(left + side * column, y, side - 2, side * 0.8 - 2, r)
        marks.append(Text(left + side * row + 6, y + side * 0.4 + 4, shorten(name, 24), "ink"))
    width = max(WIDTH * 0.75, left + side * len(names) + 170)
    height = top + side * 0.8 * len(names) + 16
    return Drawing(width, height, "Correlation heatmap", about, tuple(marks))


def _coefficient(x: float, y: float, width: float, height: float, r: float | None) -> list[Mark]:
    if r is None:
        return [Boxes(((x, y, width, height),), "grid", 0.5)]
    role: Role = "positive" if r >= 0 else "negative"
    words: Role = "paper" if abs(r) > 0.6 else "ink"
    return [
        Boxes(((x, y, width, height),), role, 0.06 + 0.94 * abs(r)),
        Text(x + width / 2, y + height / 2 + 4, f"{r:z.2f}", words, 11, "middle"),
    ]


def _labelled(places: Sequence[float], *, is_years: bool) -> list[tuple[float, str]]:
    """Each tick with the digits that tell it from its neighbours."""
    step = abs(places[1] - places[0]) if len(places) > 1 else 0.0
    digits = max(3, _digits(0.0, step, max(map(abs, places), default=0.0)))
    told = [amount(place, digits) for place in places]
    return [
        (place, words.replace(",", "") if is_years else words)
        for place, words in zip(places, told, strict=True)
    ]


def _digits(low: float, high: float, largest: float | None = None) -> int:
    """How many significant digits it takes to tell the two apart, of numbers of this size.

    >>> _digits(52.52, 52.523), _digits(0, 2, 2026), _digits(1, 1)
    (5, 4, 6)
    """
    size = max(abs(low), abs(high)) if largest is None else largest
    width = abs(high - low)
    if not (0 < width < math.inf and 0 < size < math.inf):
        return 6
    return min(15, max(1, math.floor(math.log10(size)) - math.floor(math.log10(width)) + 1))


def _titled(title: str, about: str) -> list[Mark]:
    return [Text(24, 30, shorten(title, 60), "ink", 16), Text(24, 50, about)]


def _bars(drawn: Bins, across: Scale, up: Scale) -> Boxes:
    boxes = []
    for start, end, count in drawn:
        if count:
            place = across(end) - across(start)
            # A bar that stands for something is never too low to be seen.
            height = max(up.start - up(count), 1.0)
            boxes.append(
                (across(start) + place * (1 - GAP) / 2, up.start - height, place * GAP, height)
            )
    return Boxes(tuple(boxes), "bar")


def _figures(column: ColumnProfile) -> list[float | None]:
    quantiles = column.figures.get("quantiles") or {}
    return [number(quantiles.get(name)) for name in ("p5", "p25", "p50", "p75", "p95")]


def _five(column: ColumnProfile) -> list[float]:
    return [value for value in _figures(column) if value is not None]
