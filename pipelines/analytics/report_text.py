"""Report text: the report for a terminal, 80 columns wide."""

import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from pipelines.analytics import narrative, report_view
from pipelines.analytics.column_card import Card
from pipelines.analytics.findings import Findings
from pipelines.analytics.report_learning import Learned, learned
from pipelines.analytics.report_view import TableView, Warned
from pipelines.analytics.wording import (
    NOTHING,
    amount,
    cell,
    count,
    moment,
    number,
    percent,
    places,
    shorten,
)

WIDTH = 80
COLUMNS = 200
FIGURE = 16  # characters of a number
ISSUES, PAIRS, ASSOCIATIONS, WARNINGS, EXCLUDED = 50, 20, 10, 50, 40


def text(findings: Findings) -> bytes:
    """The page's figures as plain lines; foreign text can hold no control character."""
    return ("\n".join(_lines(findings)).rstrip() + "\n").encode("utf-8")


def _lines(findings: Findings) -> Iterator[str]:
    yield shorten(findings.source_name, WIDTH)
    yield "=" * min(WIDTH, _cells(shorten(findings.source_name, WIDTH)))
    yield f"MetricFoundry report, {moment(findings.created_at)}"
    yield ""
    yield from _wrapped(" ".join(str(sentence) for sentence in narrative.summary(findings)))
    yield ""
    retelling = findings.retelling
    if retelling and retelling.parts:
        yield from _wrapped(str(retelling))
        yield from _wrapped(f"(Retold from the sentences below by {shorten(retelling.model, 60)}.)")
        yield ""
    for name, figure, remark in report_view.headline(findings):
        yield f"  {name:<16}{figure:>14}  {remark}".rstrip()
    warned = report_view.warnings(findings)
    if report_view.warns(warned):
        yield from _warned(warned)
    said = narrative.highlights(findings)
    if said:
        yield from _heading("Highlights")
        for sentence in said:
            yield from _wrapped(str(sentence), "- ")
    if warned and not report_view.warns(warned):
        yield from _warned(warned)
    for view in report_view.table_views(findings):
        yield from _table(view)
    found = learned(findings.inference)
    if found:
        yield from _learned(found)
    rows = findings.rows
    yield from _heading("How it was read")
    yield f"  {count(rows.read, 'row')} read: {rows.parsed:,} parsed, {rows.repaired:,} repaired,"
    yield f"  {rows.rejected:,} rejected, {rows.skipped:,} skipped (header and blank lines)"


def _warned(warned: Sequence[Warned]) -> Iterator[str]:
    yield from _heading(report_view.warnings_title(warned))
    for warning in warned[:WARNINGS]:
        place = f" ({warning.place})" if warning.place else ""
        told = f"{shorten(warning.message, 400)}{place}"
        yield from _wrapped(f"{warning.severity} {told}", "- ")
    yield from _more(len(warned) - WARNINGS, "warning")


def _learned(found: Learned) -> Iterator[str]:
    yield from _heading("What the data can predict")
    yield from _wrapped(shorten(found.message, 1200))
    for note in found.notes:
        yield from _wrapped(shorten(note, 600), "- ")
    if found.models:
        yield from _heading("Models, in rows they had not seen", "-")
        yield from _aligned([("model", *found.measures), *found.models], left=1)
    if found.important:
        yield from _heading("Columns that it needs", "-")
        told = f"By how much {found.loses} falls when the values of a column are shuffled."
        yield from _wrapped(told)
        needed = [(shorten(column, 40), figure) for column, figure, _ in found.important]
        yield from _aligned(needed, left=1)
    if found.groups:
        yield from _heading("Groups of rows", "-")
        yield from _wrapped("Means, and standard deviations from the mean of all rows.")
        for name, rows, why in found.groups:
            yield from _wrapped(f"Group {name}, rows {rows}: {why}", "- ")
    if found.unusual:
        yield from _heading("Unusual rows", "-")
        for row, score, why in found.unusual:
            yield from _wrapped(f"Row {row} (score {score}): {why}", "- ")
    if found.excluded:
        yield from _heading("Columns not used", "-")
        for column, reason in found.excluded[:EXCLUDED]:
            yield from _wrapped(f"`{column}`: {shorten(reason, 300)}", "- ")
        yield from _more(len(found.excluded) - EXCLUDED, "column")


def _table(view: TableView) -> Iterator[str]:
    yield from _heading(f"Table {shorten(view.profile.name, 60)}")
    for name, value in view.facts:
        yield f"  {name:<26}{shorten(value, WIDTH - 28)}"
    issues = view.quality["issues"]
    yield from _heading("Quality", "-")
    if not issues:
        yield "  Nothing found."
    for issue in issues[:ISSUES]:
        column = f"`{shorten(issue['column'], 40)}` " if issue.get("column") else ""
        told = f"{issue['severity']} {column}{shorten(issue['message'], 400)}"
        examples = [each for each in issue.get("examples") or () if "value" in each]
        yield from _wrapped(f"{told}; {places(examples)}" if examples else told, "- ")
    yield from _more(len(issues) - ISSUES, "issue")
    unclear = view.unjudged
    if unclear:
        yield from _heading("Not judged", "-")
    for rule, column, reason in unclear[:ISSUES]:
        yield from _wrapped(f"{rule}{f' of `{column}`' if column else ''}: {reason}", "- ")
    yield from _more(len(unclear) - ISSUES, "verdict")
    yield from _heading("Columns", "-")
    cards = [card for fold in view.folds for card in fold]
    header = ("column", "type", "empty", "distinct", "min", "mean", "max")
    yield from _aligned([header, *(_row(card) for card in cards[:COLUMNS])])
    yield from _more(len(cards) - COLUMNS, "column")
    if view.correlations or view.weak_pairs:
        yield from _heading("Correlations", "-")
    if view.correlations:
        pairs = [
            (shorten(p["left"], 28), shorten(p["right"], 28), f"{p['correlation']:.3f}")
            for p in view.correlations[:PAIRS]
        ]
        yield from _aligned([("column", "column", "r"), *pairs], left=2)
        yield from _more(len(view.correlations) - PAIRS, "pair")
    if view.weak_pairs:
        yield from _wrapped(f"{view.weaker} in correlations.csv.")
    if view.associations:
        yield from _heading("Associations", "-")
        yield from _wrapped(view.basis, "")
        for kind in view.associations:
            yield from _wrapped(f"{kind.title}. {kind.meaning}.", "- ")
            lines = [
                (shorten(p["left"], 28), shorten(p["right"], 28), f"{p['correlation']:.3f}",
                 amount(p["sampleSize"]))
                for p in kind.entries[:ASSOCIATIONS]
            ]  # fmt: skip
            yield from _aligned([("column", "column", "figure", "rows"), *lines], left=2)
            yield from _more(len(kind.entries) - ASSOCIATIONS, "pair")
            if kind.weaker:
                yield from _wrapped(f"{kind.weaker} in correlations.csv.", "  ")
    if view.outliers:
        yield from _heading("Outliers", "-")
        far = [
            (
                shorten(found.column, 24),
                *(amount(found.counts.get(method, 0)) for method in ("zscore", "tukey", "mad")),
                _short(found.farthest["value"]),
                f"{found.farthest['zscore']:.1f}",
            )
            for found in view.outliers[:PAIRS]
        ]
        yield from _aligned([("column", "z >= 3", "Tukey", "MAD", "farthest", "z"), *far])
        yield from _more(len(view.outliers) - PAIRS, "column")


def _short(value: object) -> str:
    """A number in sixteen characters; of one with more digits its size, for half is another."""
    told = cell(value, 40)
    return told if len(told) <= FIGURE else amount(number(value))


def _row(card: Card) -> tuple[str, ...]:
    column, figures = card.column, card.column.figures
    about = "≈" if card.estimate("distinctCount") else ""
    return (
        shorten(column.name, 20),
        column.type,
        percent(column.null_ratio),
        about + amount(figures.get("distinctCount")),
        _end(card, card.minimum),
        amount(figures.get("mean"), 4) if card.mean else NOTHING,
        _end(card, card.maximum),
    )


def _end(card: Card, shown: str) -> str:
    """An extreme in ten characters; of a time, its date."""
    return shown[:10] if card.column.type == "datetime" else shorten(shown, 10) or NOTHING


def _heading(words: str, under: str = "=") -> Iterator[str]:
    yield ""
    yield words
    yield under * min(WIDTH, _cells(words))


def _more(left: int, noun: str) -> Iterator[str]:
    if left > 0:
        yield f"  … and {count(left, f'more {noun}')} in results.json"


def _wrapped(words: str, bullet: str = "") -> Iterable[str]:
    return textwrap.wrap(words, WIDTH, initial_indent=bullet, subsequent_indent=" " * len(bullet))


def _aligned(rows: Sequence[Sequence[str]], left: int = 2) -> Iterator[str]:
    """Rows in columns as wide as they need; the first `left` flush left, the others right."""
    widths = [max(_cells(row[index]) for row in rows) for index in range(len(rows[0]))]
    for row in rows:
        padded = [
            words + " " * (width - _cells(words))
            if index < left
            else " " * (width - _cells(words)) + words
            for index, (words, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield f"  {'  '.join(padded)}".rstrip()


def _cells(words: str) -> int:
    """How many terminal cells the words take; wide characters take two, combining ones none."""
    if words.isascii():
        return len(words)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in words)
    return len(words) + wide - sum(unicodedata.combining(character) > 0 for character in words)
