"""Observations: single things worth saying of the data, each with its figure and its weight."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipelines.analytics.alike import Alike
from pipelines.analytics.findings import Findings
from pipelines.analytics.measures import is_key, is_measure
from pipelines.analytics.wording import (
    amount,
    bounded,
    count,
    grouped,
    number,
    percent,
    shorten,
    verb,
)
from pipelines.profile import ColumnProfile, TableProfile

APOSTROPHE = "\N{RIGHT SINGLE QUOTATION MARK}"  # a name must not end its own marks
DOMINANT = 0.9  # the share of rows with which one value dominates
LONG_TAIL = 2.0  # skewness; the exponential distribution's
FEW = 20  # distinct values of a category
FEW_FAR = 0.1  # the share of rows up to which values far from the median are the exception
STEPS = 10  # different numbers up to which a column has steps, of which the last is not far out
SURPRISE = 0.1
NAMED = 3  # columns of those that are empty in the same rows
LEVELS = 2  # so many have no outliers at all

BY_COLUMN = {"all_null", "constant", "imbalance", "skew"}  # rules that speak as `_column` does

Parts = tuple["str | Name", ...]


@dataclass(frozen=True, slots=True)
class Name:
    """A name or value out of the data."""

    text: str

    def __str__(self) -> str:
        return f"`{shorten(self.text, 60).replace('`', APOSTROPHE)}`"


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words and names. `weight` orders sentences; `kind` groups those that say the same sort."""

    weight: float
    kind: str
    parts: Parts
    table: str | None = None
    column: str | None = None

    def __str__(self) -> str:
        return "".join(str(part) for part in self.parts)


def observations(findings: Findings) -> Iterator[Sentence]:
    """Everything worth saying, in no order."""
    yield from _unread(findings)
    several = len(findings.tables) > 1
    stand_ins = {
        (table.name, issue["column"])
        for table, quality in zip(findings.tables, findings.quality, strict=True)
        for issue in quality["issues"]
        if issue["rule"] == "sentinel_values"
    }
    reports = list(_telling(findings, stand_ins))
    far = {(_table(findings, report), report["column"]) for report in reports}
    ranges: dict[tuple[str | None, str | None], float] = {}
    for table, quality in zip(findings.tables, findings.quality, strict=True):
        columns = {column.name: column for column in table.columns}
        spelled = {
            (issue["column"], issue["count"])
            for issue in quality["issues"]
            if issue["rule"] == "case_variants"
        }
        alike = _empty_together(table)
        for issue in quality["issues"]:
            if issue["rule"] in BY_COLUMN:
                continue
            if issue["rule"] == "padded_values" and (issue["column"], issue["count"]) in spelled:
                continue  # the same cells, which differ by the white space
            is_gap = issue["rule"] == "null_ratio_threshold"
            if is_gap and any(issue["column"] in others for others in alike.values()):
                continue
            sentence = _issue(table, columns.get(issue.get("column", "")), issue, several=several)
            if is_gap and (others := alike.get(issue["column"])):
                sentence = replace(sentence, parts=(*sentence.parts, *_too(others)))
            if issue["rule"] == "numeric_range" and (
                (table.name, issue["column"]) in stand_ins
                or _levels(columns[issue["column"]]) == LEVELS
            ):
                continue
            if issue["rule"] == "numeric_range" and (sentence.table, sentence.column) in far:
                ranges[sentence.table, sentence.column] = sentence.weight
            elif issue["rule"] == "numeric_range":
                yield replace(sentence, weight=18)
            else:
                yield sentence
        if not table.rows:
            yield Sentence(70, "empty", (Name(table.name), " has no rows."), table.name)
        for column in table.columns:
            place = _place(table, column.name, several=several)
            yield from _column(table, column, place)
            told_of = (table.name, column.name) in stand_ins or _levels(column) == LEVELS
            if is_measure(column) and not told_of:
                yield from _tail(table, column, place)
    for report in reports:
        yield _outlier(findings, report, ranges)
    yield from _prediction(findings)


def _unread(findings: Findings) -> Iterator[Sentence]:
    for failure in findings.failures:
        inside: Parts = (" in ", Name(failure.input)) if failure.member else ()
        message = shorten(failure.message, 240).rstrip(".")
        what = Name(failure.member or failure.input)
        yield Sentence(100, "failure", (what, *inside, f" could not be read: {message}."))
    rows = findings.rows
    if rows.rejected:
        share = percent(rows.rejected / rows.read)
        told = f"{rows.rejected:,} of {count(rows.read, 'row')} ({share}) could not be read"
        yield Sentence(95, "reject", (f"{told}; the rejects keep them, with the reason.",))


def _duplicates(table: TableProfile) -> str:
    found = table.duplicate_rows
    repeated = bounded(found.get("count"), found if "lower" in found else None)
    share = percent(found.get("ratio"))
    repeats = verb(int(found.get("count") or 0), "repeats", "repeat")
    return f"{repeated} of {count(table.rows, 'row')} ({share}) {repeats} an earlier row"


def _issue(
    table: TableProfile, column: ColumnProfile | None, issue: Mapping[str, Any], *, several: bool
) -> Sentence:
    affected = number(issue.get("count")) or 0.0
    weight = {"ERROR": 80.0, "WARNING": 60.0, "INFO": 20.0}[issue["severity"]]
    weight += 10 * min(1.0, affected / table.rows) if table.rows else 0.0
    if issue["rule"] == "categorical_cardinality":  # said of every column of names and places
        weight = 9.0
    where: Parts
    parts: Parts
    said = shorten(issue["message"], 240).rstrip(".")
    if issue["rule"] == "duplicate_rows":
        where = (" of ", Name(table.name)) if several else ()
        parts = (_duplicates(table), *where, ".")
        return Sentence(weight, issue["rule"], parts, table.name)
    if column is None:
        where = (Name(table.name), ": ") if several else ()
        parts = (*where, said if several else said[:1].upper() + said[1:], ".")
        return Sentence(weight, issue["rule"], parts, table.name)
    place = _place(table, column.name, several=several)
    if issue["rule"] == "null_ratio_threshold":
        parts = (*place, _emptiness(column))
    else:
        parts = (*place, f": {said}.")
    return Sentence(weight, issue["rule"], parts, table.name, column.name)


def _empty_together(table: TableProfile) -> dict[str, list[str]]:
    """Columns, each with those after it that are empty in the very same rows."""
    found: dict[str, list[str]] = {}
    if table.co_missing.get("method") != "exact":
        return found
    groups = Alike[str]()
    for pair in table.co_missing["pairs"]:
        if pair["both"] == pair["either"]:
            groups.join(pair["left"], pair["right"])
    for column in table.columns:
        first = groups.first(column.name)
        if first != column.name and column.non_null_count:
            found.setdefault(first, []).append(column.name)
    return found


def _too(others: Sequence[str]) -> Parts:
    """That other columns are empty in the same rows."""
    apart: list[str | Name] = []
    for place, name in enumerate(others[:NAMED]):
        apart += [", " if place else " ", Name(name)]
    more = f" and {len(others) - NAMED:,} more" if len(others) > NAMED else ""
    return (" In the same rows", *apart, f"{more} {verb(len(others), 'is', 'are')} empty too.")


def _emptiness(column: ColumnProfile) -> str:
    if not column.non_null_count:
        return f" is empty in every row ({count(column.count, 'row')})."
    share = percent(column.null_ratio)
    return f" is {share} empty ({column.null_count:,} of {count(column.count, 'row')})."


def _column(table: TableProfile, column: ColumnProfile, place: Parts) -> Iterator[Sentence]:
    figures, rows = column.figures, column.non_null_count

    def said(weight: float, kind: str, *parts: str | Name) -> Sentence:
        return Sentence(weight, kind, (*place, *parts), table.name, column.name)

    distinct = figures.get("distinctCount")
    estimate = (figures.get("estimates") or {}).get("distinctCount")
    top = (figures.get("topValues") or [{}])[0]
    if figures.get("masked"):
        return
    if is_key(column) and estimate is None:
        yield said(12, "key", f" differs in every one of {count(rows, 'row')}, as a key does.")
    elif distinct == 1 and rows > 1 and estimate is None:
        value = Name(_value(top.get("value")))
        yield said(35, "constant", " holds one value only, ", value, f", in {count(rows, 'row')}.")
    elif rows and top and top["count"] / rows >= DOMINANT and distinct and distinct > 1:
        share = percent(top["count"] / rows)
        value = Name(_value(top["value"]))
        told = f" in {share} of its values ({top['count']:,} of {rows:,})."
        yield said(30, "dominant", " is ", value, told)
    elif column.inferred_type == "text" and distinct and distinct <= FEW and rows > 2 * FEW:
        kinds = bounded(distinct, estimate)
        value = Name(_value(top.get("value")))
        told = f" ({percent(top['count'] / rows)})." if top else "."
        yield said(8, "category", f" has {kinds} distinct values, most often ", value, told)


def _tail(table: TableProfile, column: ColumnProfile, place: Parts) -> Iterator[Sentence]:
    figures = column.figures
    skewness, mean = number(figures.get("skewness")), number(figures.get("mean"))
    median = number((figures.get("quantiles") or {}).get("p50"))
    if skewness is None or mean is None or median is None or abs(skewness) < LONG_TAIL:
        return
    side, beyond = ("above", "below") if skewness > 0 else ("below", "above")
    told = (
        f" has a long tail {side} its middle: half of the values lie {beyond} "
        f"{amount(median, 4)}, the mean is {amount(mean, 4)} (skewness {amount(skewness, 3)})."
    )
    weight = 15 + min(abs(skewness), 10) / 10
    yield Sentence(weight, "tail", (*place, told), table.name, column.name)


def _outlier(
    findings: Findings,
    report: Mapping[str, Any],
    ranges: Mapping[tuple[str | None, str | None], float],
) -> Sentence:
    """The farthest values; as grave as the range issue that speaks of the same."""
    if report["method"] != "zscore":
        return _apart(findings, report)
    table = _table(findings, report)
    place = _named(table, report["column"], several=len(findings.tables) > 1)
    far = report["values"][0]
    row = f", in row {far['row']:,}" if "row" in far else ""
    many = count(report.get("count", len(report["values"])), "value")
    told = (
        f" has {many} {amount(report['threshold'])} or more standard deviations from the mean, "
        f"the farthest {grouped(far['value'], 9)} ({far['zscore']:.1f} deviations{row})."
    )
    weight = 40 + min(far["zscore"], 50) / 2.5
    grave = ranges.get((table, report["column"]), 0.0)
    return Sentence(max(weight, grave), "outlier", (*place, told), table, report["column"])


def _apart(findings: Findings, report: Mapping[str, Any]) -> Sentence:
    """Values far from the middle of a column so short, or so spread by them, that z stays low."""
    table = _table(findings, report)
    place = _named(table, report["column"], several=len(findings.tables) > 1)
    far, bounds = report["values"][0], report["bounds"]
    told = (
        f" has {count(report['count'], 'value')} far from its median, outside "
        f"{amount(bounds['lower'], 4)} to {amount(bounds['upper'], 4)}, "
        f"the farthest {grouped(far['value'], 9)} in row {far['row']:,}."
    )
    return Sentence(38, "outlier", (*place, told), table, report["column"])


def _telling(findings: Findings, stand_ins: set[tuple[str, str]]) -> Iterator[Mapping[str, Any]]:
    """Of each measure the report by z-score; by the MAD where there is none and few are far.

    `stand_ins` are columns of which other sentences say that their farthest values are none.
    """
    columns = {(table.name, each.name): each for table in findings.tables for each in table.columns}
    reports = [
        (key, report)
        for report in findings.descriptive.get("outliers") or ()
        if report["values"]
        and (key := (_table(findings, report), report["column"])) in columns
        and key not in stand_ins
        and is_measure(columns[key])
        and _levels(columns[key]) != LEVELS
    ]
    known = {key for key, report in reports if report["method"] == "zscore"}
    for key, report in reports:
        column = columns[key]
        if report["method"] == "zscore" and _is_far(report["values"][0]["zscore"], column):
            yield report
        few = report["count"] <= max(1, FEW_FAR * column.count)
        if report["method"] == "mad" and few and key not in known:
            yield report


def _levels(column: ColumnProfile) -> int | None:
    """How many different values it has, where that is known."""
    distinct = column.figures.get("distinctCount")
    return distinct if isinstance(distinct, int) else None


def _is_far(zscore: float, column: ColumnProfile) -> bool:
    """Whether fewer than one in ten normal distributions of so many values have one so far out.

    In a column of few different numbers the last step is far from the mean where it is rare.
    """
    distinct = _levels(column)
    if distinct is not None and distinct <= STEPS and zscore < 2 * STEPS:
        return False
    return column.non_null_count * math.erfc(zscore / math.sqrt(2)) < SURPRISE


def _prediction(findings: Findings) -> Iterator[Sentence]:
    """Whether the target can be predicted, and by how much better than by guessing."""
    found = findings.inference
    if found.get("mode") != "supervised":
        return
    table = _table(findings, found)
    place = _named(table, found["target"], several=len(findings.tables) > 1)
    if not found["beatsBaseline"]:
        told = " cannot be predicted from the other columns better than by guessing."
        yield Sentence(22, "prediction", (*place, told), table, found["target"])
        return
    measure = found["decidingScore"]
    scores = {model["name"]: model["metrics"] for model in found["candidateModels"]}
    best, guessed = (scores[name][measure]["mean"] for name in (found["bestModel"], "baseline"))
    if measure == "r2":
        figure = f"a model explains {percent(best)} of its variation"
    elif measure == "accuracy":
        shares = percent(best), percent(guessed)
        figure = (
            f"a model is right in {shares[0]} of rows that it had not seen, guessing in {shares[1]}"
        )
    else:
        figure = f"a model reaches a macro-F1 of {best:.2f}, guessing {guessed:.2f}"
    told = f" can be predicted from the other columns: {figure}."
    yield Sentence(45, "prediction", (*place, told), table, found["target"])


def _table(findings: Findings, entry: Mapping[str, Any]) -> str:
    """The table that an entry speaks of, which it names where there are several."""
    return str(entry.get("table", findings.tables[0].name))


def _place(table: TableProfile, column: str, *, several: bool) -> Parts:
    return _named(table.name, column, several=several)


def _named(table: str, column: str, *, several: bool) -> Parts:
    return (Name(column), " in ", Name(table)) if several else (Name(column),)


def _value(value: object) -> str:
    return value if isinstance(value, str) else amount(value)
