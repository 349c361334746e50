"""Report of quality: where the rows of an issue are, and what could not be judged."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.analytics.wording import cell, shorten

PLACES = 5
LONGEST_SQL = 1500  # characters; a longer query is for results.json


def places(issue: Mapping[str, Any]) -> str:
    """The first rows of an issue, with their values.

    >>> places({"count": 3, "examples": [{"row": 7, "value": -999}, {"row": 1200}]})
    'rows 7 (-999), 1,200 and 1 more'
    """
    found = [each for each in issue.get("examples") or () if "row" in each]
    if not found:
        such = ", ".join(cell(each["value"], 40) for each in issue.get("examples") or ())
        return f"such as {such}" if such else ""
    told = ", ".join(_place(each) for each in found[:PLACES])
    left = issue["count"] - min(len(found), PLACES)
    return f"row{'s' if issue['count'] > 1 else ''} {told}{f' and {left:,} more' if left else ''}"


def _place(example: Mapping[str, Any]) -> str:
    value = example.get("value")
    return f"{example['row']:,}" + ("" if value is None else f" ({cell(value, 40)})")


def query(issue: Mapping[str, Any]) -> str:
    """The SQL of an issue, if it is short enough to be read."""
    sql = issue.get("sql") or ""
    return sql if len(sql) <= LONGEST_SQL else ""


def unjudged(quality: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The rule, the column (or nothing) and the reason of each verdict that is inconclusive."""
    for verdict in quality["verdicts"]:
        for entry in verdict["inconclusive"]:
            rule = verdict["rule"].replace("_", " ")
            yield rule, shorten(entry.get("column", ""), 80), shorten(entry["reason"], 200)
