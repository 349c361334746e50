"""Charts: which pictures a job publishes as PNG, most telling first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from pipelines.analytics import plots
from pipelines.analytics.alike import Alike
from pipelines.analytics.drawing import Drawing
from pipelines.analytics.findings import Findings
from pipelines.analytics.measures import is_key, is_label, is_year
from pipelines.analytics.raster import png
from pipelines.analytics.wording import count, visible
from pipelines.artifacts import slug
from pipelines.profile import ColumnProfile, TableProfile

HISTOGRAMS, SCATTERS, BOXES, CELLS = 8, 3, 8, 10
POINTS = 800
WEAK = 0.1  # below it a scatter is a cloud
NEAR = 0.95  # from which on two scatters tell the third
SAME = 0.9999  # two columns that correlate like this are one column twice

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Graph:
    """A picture for `results/graphs/`."""

    name: str
    png: bytes
    description: str


def graphs(findings: Findings) -> list[Graph]:
    """At most 8 histograms, 3 scatters, the box plots and the heatmap, where they exist."""
    taken: set[str] = set()
    return [
        Graph(f"{slug(name, taken)}.png", png(drawing), description)
        for name, drawing, description in _drawings(findings)
    ]


def telling(findings: Findings) -> list[tuple[TableProfile, ColumnProfile]]:
    """The columns whose histograms tell most.

    First those that were flagged or have outliers, then those with more values. What measures
    nothing, as keys and codes, comes last.
    """
    flagged = set(_flagged(findings))
    drawn = [
        (table, column)
        for table in findings.tables
        for column in table.columns
        if column.is_numeric and plots.bins(column)
    ]

    def rank(item: tuple[TableProfile, ColumnProfile]) -> tuple[bool, bool, int]:
        table, column = item
        counts = is_label(column) or is_key(column)
        return (counts, (table.name, column.name) not in flagged, -column.non_null_count)

    return sorted(drawn, key=rank)[:HISTOGRAMS]


def pairs(findings: Findings) -> list[tuple[TableProfile, Mapping[str, Any], list[Point]]]:
    """The correlations whose scatters tell most: the strongest, but copies of a column last.

    One that is too weak to be seen has none, nor have labels, nor a pair that looks as two shown
    ones do: of net, gross and cost, nearly the same, two pairs say all.
    """
    tables = {table.name: table for table in findings.tables}
    labels = {
        (table.name, column.name)
        for table in findings.tables
        for column in table.columns
        if is_label(column)
    }
    listed = sorted(
        (
            pair
            for pair in findings.descriptive.get("correlations") or ()
            if abs(pair["correlation"]) >= WEAK
        ),
        key=lambda pair: (abs(pair["correlation"]) >= SAME, -abs(pair["correlation"])),
    )
    chosen = []
    shown = Alike[tuple[str, str]]()
    for pair in listed:
        table = tables.get(pair.get("table", findings.tables[0].name))
        if table and labels & {(table.name, pair["left"]), (table.name, pair["right"])}:
            continue
        points = _points(table, pair["left"], pair["right"]) if table else []
        ends = [(table.name, pair[side]) for side in ("left", "right")] if table else []
        if ends and shown.first(ends[0]) == shown.first(ends[1]):
            continue
        if table and len(points) > 1:
            if abs(pair["correlation"]) >= NEAR:
                shown.join(*ends)
            chosen.append((table, pair, points))
        if len(chosen) == SCATTERS:
            break
    return chosen


def correlation_heatmap(table: TableProfile) -> Drawing | None:
    """The columns of the strongest correlations, in table order; None below two columns.

    Labels are no measures, and left out.
    """
    matrix = np.asarray(table.correlation, dtype=np.float64)
    if matrix.shape[0] < 2:
        return None
    strength = np.nan_to_num(np.abs(matrix), nan=-1.0)
    np.fill_diagonal(strength, -1.0)
    labels = {column.name for column in table.columns if is_label(column)}
    left_out = [at for at, name in enumerate(table.correlated) if name in labels]
    strength[left_out] = strength[:, left_out] = -1.0
    strongest = np.argsort(-strength.max(axis=1), kind="stable")[:CELLS]
    kept = sorted(int(index) for index in strongest if strength[index].max() >= 0)
    if len(kept) < 2:
        return None
    cells = [
        [None if np.isnan(matrix[row, column]) else float(matrix[row, column]) for column in kept]
        for row in kept
    ]
    return plots.heatmap([table.correlated[index] for index in kept], cells)


def boxes(table: TableProfile) -> Drawing | None:
    """The first columns that have a spread to be drawn, keys and codes aside; None without one."""
    drawn = [
        column
        for column in table.columns
        if plots.has_box(column) and not (is_label(column) or is_key(column))
    ]
    return plots.box_plots(drawn[:BOXES]) if drawn else None


def scatter(table: TableProfile, pair: Mapping[str, Any], points: list[Point]) -> Drawing:
    """The rows of a pair; what lies far from nearly all of them would leave nothing to be seen."""
    near = _near(points)
    about = f"r = {pair['correlation']:.2f} over {count(int(pair['sampleSize']), 'row')}"
    shown = "all shown" if len(near) == pair["sampleSize"] else f"{len(near):,} of them shown"
    if len(near) < len(points):
        shown += f", {len(points) - len(near):,} far out left aside"
    years = {column.name for column in table.columns if is_year(column)}
    names = (pair["left"], pair["right"])
    plain = (names[0] in years, names[1] in years)
    return plots.scatter(names, near, f"{about}, {shown}", plain)


def _near(points: list[Point]) -> list[Point]:
    """The points without those that leave the others less than a quarter of an axis."""
    kept = np.ones(len(points), np.bool_)
    for axis in np.array(points).T:
        axis = axis / (np.abs(axis).max() or 1.0)  # noqa: PLW2901 (of the largest no range exists)
        low, high = np.quantile(axis, [0.01, 0.99])
        reach = (high - low) / 10
        if 0 < high - low < (axis.max() - axis.min()) / 4:
            kept &= (axis >= low - reach) & (axis <= high + reach)
    return [point for point, is_near in zip(points, kept.tolist(), strict=True) if is_near]


def _drawings(findings: Findings) -> Iterator[tuple[str, Drawing, str]]:
    """Name, drawing and description; with several tables, names begin with the table's."""
    several = len(findings.tables) > 1

    def named(table: TableProfile, name: str, drawing: Drawing) -> tuple[str, Drawing, str]:
        if not several:
            return name, drawing, drawing.title
        return f"{table.name}_{name}", drawing, f"{drawing.title} ({visible(table.name)})"

    for table, column in telling(findings):
        yield named(table, f"{column.name[:60]}_histogram", plots.histogram(column))
    for table, pair, points in pairs(findings):
        name = f"{pair['left'][:40]}_vs_{pair['right'][:40]}_scatter"
        yield named(table, name, scatter(table, pair, points))
    widest = max(findings.tables, key=lambda table: len(table.correlated), default=None)
    if widest and (drawing := boxes(widest)):
        yield "box_plots", drawing, drawing.title
    if widest and (drawing := correlation_heatmap(widest)):
        yield "correlation_heatmap", drawing, drawing.title


def _flagged(findings: Findings) -> Iterator[tuple[str, str]]:
    for table, quality in zip(findings.tables, findings.quality, strict=True):
        for issue in quality["issues"]:
            if "column" in issue:
                yield table.name, issue["column"]
    for report in findings.descriptive.get("outliers") or ():
        if report["method"] != "zscore":
            continue
        yield report.get("table", findings.tables[0].name), report["column"]


def _points(table: TableProfile, left: str, right: str) -> list[Point]:
    """Up to 800 rows of the sample, evenly taken, that have both values."""
    if left not in table.sample.columns or right not in table.sample.columns:
        return []
    both = table.sample.select(
        pl.col(left).cast(pl.Float64).alias("left"), pl.col(right).cast(pl.Float64).alias("right")
    ).filter(pl.col("left").is_finite() & pl.col("right").is_finite())
    return both.gather_every(max(1, -(-len(both) // POINTS))).rows() if len(both) else []
