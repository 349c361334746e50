"""Report view: the findings arranged as the page shows them, cut to what a page can hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.analytics import charts, data_quality, plots
from pipelines.analytics.drawing import Drawing
from pipelines.analytics.findings import Findings, Payload
from pipelines.analytics.profile import completeness
from pipelines.analytics.wording import (
    amount,
    bounded,
    cell,
    count,
    number,
    percent,
    shorten,
    size,
    visible,
)
from pipelines.formats.base import Origin
from pipelines.profile import ColumnProfile, TableProfile

CARDS = 200  # of the whole report; a card with its chart is 3 kB
OPEN = 40
FOLD = 250  # rows of the column index that unfold together
TOPS, FEW = 8, 4
FLAT = 0.02  # when no value is more frequent, few of them say as much as many
PREVIEW_ROWS, PREVIEW_COLUMNS = 5, 40
SEVERITIES = ("ERROR", "WARNING", "INFO")
QUANTILES = ("p1", "p5", "p25", "p50", "p75", "p95", "p99")
COUNTED = (
    ("zeros", "zeros"),
    ("negatives", "negative"),
    ("infinities", "infinite"),
    ("nans", "not a number"),
    ("empty", "empty texts"),
    ("blank", "blank"),
    ("padded", "padded"),
    ("trueCount", "true"),
    ("falseCount", "false"),
)
MEASURED = (
    ("mean", "mean"),
    ("stddev", "std. deviation"),
    ("sum", "sum"),
    ("iqr", "interquartile range"),
    ("mad", "median abs. deviation"),
    ("skewness", "skewness"),
    ("kurtosis", "kurtosis"),
    ("meanLength", "mean length"),
    ("resolution", "resolution"),
)

NOTED = (
    ("distinctCount", "Distinct values"),
    ("quantiles", "Quantiles and histogram"),
    ("topValues", "Frequent values"),
)

Fact = tuple[str, str]


@dataclass(frozen=True)
class Warned:
    """A line of the warnings: a notice, or an input that could not be read."""

    severity: str
    message: str
    place: str
    hint: str = ""


@dataclass(frozen=True)
class Top:
    """A frequent value, and its share of the values."""

    value: str
    count: str
    ratio: float


@dataclass(frozen=True)
class Card:
    """A column as shown; `carded` says whether it has more than its line in the index."""

    column: ColumnProfile
    anchor: str
    issues: Sequence[Payload]
    carded: bool = False
    open: bool = False

    def estimate(self, figure: str) -> Mapping[str, Any] | None:
        return (self.column.figures.get("estimates") or {}).get(figure)

    @property
    def facts(self) -> list[Fact]:
        column, figures = self.column, self.column.figures
        shown = [
            ("values", amount(column.non_null_count)),
            ("empty", f"{amount(column.null_count)} ({percent(column.null_ratio)})"),
            ("distinct", bounded(figures.get("distinctCount"), self.estimate("distinctCount"))),
        ]
        ends = (("min", self.minimum), ("max", self.maximum))
        shown += [(name, shorten(end, 60)) for name, end in ends if end]
        shown += [
            (word, bounded(figures[name], self.estimate(name)))
            for name, word in MEASURED
            if _has(figures, name)
        ]
        if _has(figures, "minLength"):
            shortest, longest = amount(figures["minLength"]), amount(figures["maxLength"])
            shown.append(
                ("length", shortest if shortest == longest else f"{shortest} to {longest}")
            )
        shown += [(word, amount(figures[name])) for name, word in COUNTED if figures.get(name)]
        return shown

    @property
    def minimum(self) -> str:
        return self._shown(self.column.figures.get("min"))

    @property
    def maximum(self) -> str:
        return self._shown(self.column.figures.get("max"))

    def _shown(self, value: object, limit: int = 80) -> str:
        shown = cell(value, limit, digits=6)
        return shown.replace("T", " ") if self.column.type == "datetime" else shown

    @property
    def quantiles(self) -> list[Fact]:
        found: Mapping[str, Any] = self.column.figures.get("quantiles") or {}
        about = "≈ " if self.estimate("quantiles") else ""
        return [
            (f"{name[1:]} %", f"{about}{cell(found[name], 20, digits=6)}")
            for name in QUANTILES
            if found.get(name) is not None
        ]

    @property
    def notes(self) -> list[str]:
        estimates: Mapping[str, Any] = self.column.figures.get("estimates") or {}
        return [_estimated(word, estimates[name]) for name, word in NOTED if name in estimates]

    @property
    def chart(self) -> Drawing | None:
        return plots.small_histogram(self.column) if plots.bins(self.column) else None

    @property
    def tops(self) -> list[Top]:
        """The frequent values, where they say more than the histogram."""
        figures, values = self.column.figures, self.column.non_null_count
        listed = figures.get("topValues") or ()
        drawn = plots.bins(self.column)
        if not values or not listed or (drawn and listed[0]["count"] * 20 < values):
            return []
        if listed[0]["count"] == 1 and values > TOPS:
            return []
        is_flat = listed[0]["count"] < FLAT * values
        least = "≥ " if self.estimate("topValues") else ""
        return [
            Top(
                self._shown(top["value"], 60) or "(empty)",
                least + amount(top["count"]),
                top["count"] / values,
            )
            for top in listed[: FEW if drawn or is_flat else TOPS]
        ]


@dataclass(frozen=True)
class TableView:
    """A table as shown."""

    profile: TableProfile
    quality: Payload
    anchor: str
    folds: Sequence[Sequence[Card]]
    correlations: Sequence[Payload]
    scatters: Sequence[Drawing]
    outliers: Sequence[Payload]

    @property
    def cards(self) -> list[Card]:
        return [card for fold in self.folds for card in fold if card.carded]

    @property
    def origin(self) -> str:
        return "; ".join(_place(origin) for origin in self.profile.origin[:3])

    @property
    def facts(self) -> list[Fact]:
        profile = self.profile
        repeated = profile.duplicate_rows
        duplicates = bounded(repeated.get("count"), repeated if "lower" in repeated else None)
        return [
            ("From", shorten(self.origin, 80)),
            ("Rows", amount(profile.rows)),
            ("Columns", amount(len(profile.columns))),
            ("Size", size(profile.size_bytes)),
            ("Cells filled", percent(profile.completeness)),
            ("Rows with an empty cell", amount(profile.rows_with_nulls)),
            ("Repeated rows", f"{duplicates} ({percent(repeated.get('ratio'))})"),
            ("Quality score", percent(self.quality["score"])),
        ]

    @property
    def heatmap(self) -> Drawing | None:
        return charts.correlation_heatmap(self.profile)

    @property
    def boxes(self) -> Drawing | None:
        return charts.boxes(self.profile)

    @property
    def preview(self) -> Sequence[Mapping[str, Any]]:
        return self.profile.preview[:PREVIEW_ROWS]

    @property
    def previewed(self) -> list[str]:
        return [column.name for column in self.profile.columns[:PREVIEW_COLUMNS]]


def headline(findings: Findings) -> list[tuple[str, str, str]]:
    """The figures at the top: name, figure, remark."""
    rows = sum(table.rows for table in findings.tables)
    columns = sum(len(table.columns) for table in findings.tables)
    several = len(findings.tables) > 1
    cells = rows * columns if not several else 0
    shown = [
        ("Rows", amount(rows), f"in {count(len(findings.tables), 'table')}" if several else ""),
        ("Columns", amount(columns), count(cells, "cell") if cells else ""),
        ("Read", size(findings.bytes_read), ""),
    ]
    if not findings.tables:
        return shown
    quality = data_quality.payload(findings.tables, findings.quality)
    found = quality["severitySummary"]["bySeverity"]
    errors, warned = count(found["ERROR"], "error"), count(found["WARNING"], "warning")
    missing = sum(column.null_count for table in findings.tables for column in table.columns)
    return [
        *shown,
        ("Complete", percent(completeness(findings.tables)), f"{count(missing, 'empty cell')}"),
        ("Quality score", percent(quality["score"]), f"{errors}, {warned}"),
    ]


def table_views(findings: Findings) -> list[TableView]:
    """Every table; cards go to flagged columns first, then in order, until they run out."""
    scatters: dict[str, list[Drawing]] = {}
    for table, pair, points in charts.pairs(findings):
        scatters.setdefault(table.name, []).append(charts.scatter(pair, points))
    budget, views = CARDS, []
    for number_, (table, quality) in enumerate(zip(findings.tables, findings.quality, strict=True)):
        anchor = f"t{number_ + 1}"
        cards = _cards(table, quality["issues"], anchor, budget)
        budget -= sum(card.carded for card in cards)
        views.append(
            TableView(
                table,
                quality,
                anchor,
                [cards[start : start + FOLD] for start in range(0, len(cards), FOLD)],
                _of(findings.descriptive.get("correlations"), table, findings),
                scatters.get(table.name, []),
                _of(findings.descriptive.get("outliers"), table, findings),
            )
        )
    return views


def members(findings: Findings) -> list[Payload]:
    """What the receipt says of each member."""
    inputs = findings.receipt.get("inputs") or ()
    return [member for source in inputs for member in source.get("members") or ()]


def warnings(findings: Findings) -> list[Warned]:
    """What could not be read, then every notice, the gravest first."""
    failures = [
        Warned("ERROR", f.message, _where(f.input, f.member), f.hint) for f in findings.failures
    ]
    notices = [
        *findings.notices,
        *(notice for table in findings.tables for notice in table.notices),
    ]
    noticed = [
        Warned(n.severity, n.message, _where(n.input, n.member, n.table, n.column))
        for n in dict.fromkeys(notices)
    ]
    return [*failures, *sorted(noticed, key=lambda warned: SEVERITIES.index(warned.severity))]


def _cards(table: TableProfile, issues: Sequence[Payload], anchor: str, budget: int) -> list[Card]:
    by_column: dict[str, list[Payload]] = {}
    for issue in issues:
        by_column.setdefault(issue.get("column", ""), []).append(issue)
    order = sorted(range(len(table.columns)), key=lambda i: table.columns[i].name not in by_column)
    carded = set(order[: max(budget, 0)])
    return [
        Card(
            column,
            f"{anchor}-c{index + 1}",
            by_column.get(column.name, ()),
            carded=index in carded,
            open=len(carded) <= OPEN,
        )
        for index, column in enumerate(table.columns)
    ]


def _of(
    entries: Sequence[Payload] | None, table: TableProfile, findings: Findings
) -> list[Payload]:
    first = findings.tables[0].name
    return [entry for entry in entries or () if entry.get("table", first) == table.name]


def _has(figures: Mapping[str, Any], name: str) -> bool:
    return figures.get(name) is not None


def _estimated(what: str, estimate: Mapping[str, Any]) -> str:
    how = f"estimated ({visible(str(estimate.get('method', 'sample')))})"
    bound = number(estimate.get("rankError"))
    error = f", within {percent(bound)} of the rank" if bound else ""
    sure = number(estimate.get("confidence"))
    confidence = f", with {percent(sure)} confidence" if sure else ""
    rows = estimate.get("rows")
    behind = f", from {count(int(rows), 'row')}" if rows else ""
    return f"{what} {how}{error}{confidence}{behind}."


def _place(origin: Origin) -> str:
    return _where(origin.input, origin.member, origin.sheet, origin.table, origin.range)


def _where(*names: str | None) -> str:
    return " / ".join(visible(name)[:160] for name in names if name)
