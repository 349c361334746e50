"""Report view: the findings arranged as the page shows them, cut to what a page can hold."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipelines.analytics import charts, data_quality
from pipelines.analytics.column_card import Card, Fact
from pipelines.analytics.drawing import Drawing
from pipelines.analytics.findings import Findings, Payload
from pipelines.analytics.measures import TWO, is_label
from pipelines.analytics.profile import completeness
from pipelines.analytics.report_quality import unjudged
from pipelines.analytics.report_relations import (
    Kind,
    Outlying,
    basis,
    kinds,
    outlying,
    telling,
    weaker,
)
from pipelines.analytics.wording import (
    amount,
    bounded,
    count,
    percent,
    shorten,
    size,
    visible,
)
from pipelines.formats.base import Notice, Origin
from pipelines.profile import TableProfile

CARDS = 200  # of the whole report; a card with its chart is 3 kB
OPEN = 40
FOLD = 250  # rows of the column index that unfold together
ALIKE = 10  # warnings of one kind
SOURCES = 2  # that are named of a table
PREVIEW_ROWS, PREVIEW_COLUMNS = 5, 40
SEVERITIES = ("ERROR", "WARNING", "INFO")
READ_AS, NAMED = " is read as ", 3  # columns of those that are read alike


@dataclass(frozen=True)
class Warned:
    """A line of the warnings: a notice, or an input that could not be read."""

    severity: str
    message: str
    place: str
    hint: str = ""


@dataclass(frozen=True)
class TableView:
    """A table as shown."""

    profile: TableProfile
    quality: Payload
    anchor: str
    folds: Sequence[Sequence[Card]]
    correlations: Sequence[Payload]
    weak_pairs: int
    scatters: Sequence[Drawing]
    outliers: Sequence[Outlying]
    associations: Sequence[Kind]
    basis: str
    copies: Sequence[Payload]

    @property
    def cards(self) -> list[Card]:
        return [card for fold in self.folds for card in fold if card.carded]

    @property
    def origin(self) -> str:
        origins = self.profile.origin
        named = "; ".join(_place(origin) for origin in origins[:SOURCES])
        more = len(origins) - SOURCES
        return f"{named} and {amount(more)} more" if more > 0 else named

    @property
    def facts(self) -> list[Fact]:
        profile = self.profile
        repeated = profile.duplicate_rows
        duplicates = bounded(repeated.get("count"), repeated if "lower" in repeated else None)
        return [
            ("From", shorten(self.origin, 160)),
            ("Rows", amount(profile.rows)),
            ("Columns", amount(len(profile.columns))),
            ("Size", size(profile.size_bytes)),
            ("Cells filled", percent(profile.completeness)),
            ("Rows with an empty cell", amount(profile.rows_with_nulls)),
            ("Rows without any value", amount(profile.empty_rows)),
            ("Repeated rows", f"{duplicates} ({percent(repeated.get('ratio'))})"),
            ("Quality score", percent(self.quality["score"])),
        ]

    @property
    def weaker(self) -> str:
        return weaker(self.weak_pairs, len(self.correlations))

    @property
    def unjudged(self) -> list[tuple[str, str, str]]:
        return list(unjudged(self.quality))

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
        scatters.setdefault(table.name, []).append(charts.scatter(table, pair, points))
    budget, views = CARDS, []
    for number_, (table, quality) in enumerate(zip(findings.tables, findings.quality, strict=True)):
        anchor = f"t{number_ + 1}"
        cards = _cards(table, quality["issues"], anchor, budget)
        budget -= sum(card.carded for card in cards)
        labels = {column.name for column in table.columns if is_label(column)}
        near = labels | _steps(table)
        pairs = _of(findings.descriptive.get("correlations"), table, findings)
        strong = telling(pairs, labels)
        related = _of(findings.descriptive.get("associations"), table, findings)
        views.append(
            TableView(
                table,
                quality,
                anchor,
                [cards[start : start + FOLD] for start in range(0, len(cards), FOLD)],
                strong,
                len(pairs) - len(strong),
                scatters.get(table.name, []),
                outlying(_of(findings.descriptive.get("outliers"), table, findings), near),
                kinds(related, labels),
                basis(related, table.rows, table.sample.height),
                _of(findings.descriptive.get("copies"), table, findings),
            )
        )
    return views


def _steps(table: TableProfile) -> set[str]:
    """Columns of two values, of which the rarer one is not far out."""
    return {column.name for column in table.columns if column.figures.get("distinctCount") == TWO}


def warnings(findings: Findings) -> list[Warned]:
    """What could not be read, then every notice, the gravest first."""
    failures = [
        Warned("ERROR", f.message, _where(f.input, f.member), f.hint) for f in findings.failures
    ]
    notices = [
        *findings.notices,
        *(notice for table in findings.tables for notice in table.notices),
    ]
    kinds: dict[tuple[str, str], list[Notice]] = {}
    for notice in _together(dict.fromkeys(notices)):
        kinds.setdefault((notice.severity, notice.code), []).append(notice)
    gravest = sorted(kinds.items(), key=lambda kind: SEVERITIES.index(kind[0][0]))
    return [*failures, *(warned for _, kind in gravest for warned in _warned(kind))]


def _warned(kind: Sequence[Notice]) -> Iterator[Warned]:
    """A line each, up to a number that leaves room for other kinds; one counts the rest."""
    rest = len(kind) - ALIKE
    for notice in kind[:ALIKE] if rest > 1 else kind:
        yield Warned(
            notice.severity,
            notice.message[:1].upper() + notice.message[1:],
            _where(notice.input, notice.member, notice.table, notice.column),
        )
    if rest > 1:
        yield Warned(kind[0].severity, f"{amount(rest)} more like these, in results.json", "")


def _together(notices: Iterable[Notice]) -> Iterator[Notice]:
    """The notices, with one for all columns of a table that are read in the same way."""
    groups: dict[Any, list[Notice]] = {}
    for notice in notices:
        way = notice.message.removeprefix(f"`{notice.column}`{READ_AS}")
        is_read = notice.column is not None and way != notice.message
        alike = replace(notice, message=way, column=None) if is_read else notice
        groups.setdefault(alike, []).append(notice)
    for alike, found in groups.items():
        if len(found) == 1:
            yield found[0]
            continue
        names = [f"`{notice.column}`" for notice in found]
        more = [f"{len(names) - NAMED:,} more"] if len(names) > NAMED + 1 else []
        names = [*names[:NAMED], *more] if more else names
        told = f"{', '.join(names[:-1])} and {names[-1]} are read as {alike.message}"
        yield replace(alike, message=told)


def warnings_title(warned: Sequence[Warned]) -> str:
    """What they are called together."""
    return "Warnings" if warns(warned) else "Notes on the reading"


def warns(warned: Sequence[Warned]) -> bool:
    """Whether they come first; a remark on how a date was read warns of nothing."""
    return any(each.severity != "INFO" for each in warned)


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


def _place(origin: Origin) -> str:
    return _where(origin.input, origin.member, origin.sheet, origin.table, origin.range)


def _where(*names: str | None) -> str:
    return " / ".join(visible(name)[:160] for name in names if name)
