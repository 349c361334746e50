"""Report of quality: what could not be judged and why, and which issues speak of rows."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.analytics.wording import shorten

OF_COLUMNS = frozenset({"all_null", "categorical_cardinality", "constant", "personal_data"})


def tells_rows(issue: Mapping[str, Any]) -> bool:
    """Whether an issue speaks of some rows; of a column as a whole, a list of rows says nothing."""
    return issue["rule"] not in OF_COLUMNS


def unjudged(quality: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The rule, the column (or nothing) and the reason of each verdict that is inconclusive."""
    for verdict in quality["verdicts"]:
        for entry in verdict["inconclusive"]:
            rule = verdict["rule"].replace("_", " ")
            yield rule, shorten(entry.get("column", ""), 80), shorten(entry["reason"], 200)
