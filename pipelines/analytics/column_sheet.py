"""Column sheet: a line for each column of the data, with every single figure that it has."""

import re
from collections.abc import Iterable, Iterator, Sequence

from pipelines.analytics.column_card import COUNTED, MEASURED, Card
from pipelines.analytics.findings import Findings
from pipelines.analytics.spreadsheet import Field, Sheet, Style, Value
from pipelines.analytics.wording import number, plain, visible
from pipelines.profile import ColumnProfile

DIGITS = 15  # that a spreadsheet keeps
QUANTILES = ("p1", "p5", "p25", "p50", "p75", "p95", "p99")
FIRST = ("distinctCount", "min", "max", "mean", "stddev")
TITLES = {
    **dict((*MEASURED, *COUNTED)),
    "distinctCount": "distinct",
    "p50": "median",
    "empty": "empty texts, lists",
    "sql": "SQL",
}
TABLE, COLUMN = Field("Table", 20, "text"), Field("Column", 26, "text")


def columns(findings: Findings, several: bool) -> Sheet:
    names = _figure_names(column for table in findings.tables for column in table.columns)
    fields = (
        *((TABLE,) if several else ()),
        COLUMN,
        Field("Type", 10, "text"),
        Field("Meaning", 16, "text"),
        Field("Personal", 14, "text"),
        Field("Issues", 8, "count"),
        Field("Values", 12, "count"),
        Field("Empty", 12, "count"),
        Field("Empty share", 9, "percent"),
        *(Field(title(name), _width(name), _style(findings, name)) for name in names),
        Field("Most frequent value", 24, "text"),
        Field("How often", 12, "count"),
        Field("Estimated, not exact", 60, "text"),
    )
    return Sheet("Columns", fields, _column_rows(findings, names, several), held=1 + several)


def _width(name: str) -> int:
    """The least and the largest value may be moments, which take 20 characters."""
    return 21 if name in ("min", "max") else 13


def _column_rows(
    findings: Findings,
    names: Sequence[str],
    several: bool,
) -> Iterator[Sequence[Value]]:
    for table, quality in zip(findings.tables, findings.quality, strict=True):
        issues: dict[str, int] = {}
        for issue in quality["issues"]:
            issues[issue.get("column", "")] = issues.get(issue.get("column", ""), 0) + 1
        for column in table.columns:
            figures = _figures(column)
            top = (column.figures.get("topValues") or [{}])[0]
            yield (
                *((table.name,) if several else ()),
                column.name,
                column.type,
                worded((column.figures.get("semanticType") or {}).get("type")),
                worded((column.figures.get("personal") or {}).get("kind")),
                issues.get(column.name, 0),
                column.non_null_count,
                column.null_count,
                column.null_ratio,
                *(figures.get(name) for name in names),
                _value(top.get("value"), column),
                top.get("count"),
                " ".join(Card(column, "", ()).notes) or None,
            )


def _figures(column: ColumnProfile) -> dict[str, Value]:
    """Every single figure that the column has, quantiles among them."""
    quantiles = column.figures.get("quantiles") or {}
    found = {
        name: value
        for name, value in column.figures.items()
        if isinstance(value, str | int | float)
    }
    found |= {name: quantiles[name] for name in QUANTILES if quantiles.get(name) is not None}
    return {name: _value(value, column) for name, value in found.items()}


def _figure_names(columns: Iterable[ColumnProfile]) -> list[str]:
    """The figures that any of the columns has: the usual ones, quantiles, then as they come."""
    found = dict.fromkeys(name for column in columns for name in _figures(column))
    leading = [name for name in (*FIRST, *QUANTILES) if name in found]
    return [*leading, *(name for name in found if name not in leading)]


def _style(findings: Findings, name: str) -> Style:
    """Ratios in percent, what is whole in every column as a count."""
    if name.endswith("Ratio"):
        return "percent"
    if name in (*FIRST[1:], *QUANTILES, "sum"):
        return "figure"
    values = (column.figures.get(name) for table in findings.tables for column in table.columns)
    return "count" if all(v is None or isinstance(v, int) for v in values) else "figure"


def title(name: str) -> str:
    """A wire name as a person says it.

    >>> title("medianLength"), title("p95"), title("mad")
    ('Median length', '95 %', 'Median abs. deviation')
    """
    if name in TITLES:
        said = TITLES[name]
    elif name in QUANTILES:
        said = f"{name[1:]} %"
    else:
        said = re.sub(r"(?<=[a-z0-9])([A-Z])", lambda found: f" {found[1].lower()}", name)
    return said[:1].upper() + said[1:]


def worded(word: object) -> str | None:
    return visible(str(word)).replace("_", " ") if word else None


def _value(value: object, column: ColumnProfile) -> Value:
    if isinstance(value, str):
        return as_number(value) if column.is_numeric else value
    return value if value is None or isinstance(value, int | float) else plain(value)


def as_number(value: Value) -> Value:
    """Decimals travel as text; they are numbers again where a spreadsheet keeps all their digits.

    >>> as_number("12.50"), as_number("9007199254740993")
    (12.5, '9007199254740993')
    """
    found = number(value) if isinstance(value, str) else None
    if found is None or sum(map(str.isdigit, str(value))) > DIGITS:
        return value
    return found
