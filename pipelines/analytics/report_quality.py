"""Report of quality: what could not be judged, and why."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.analytics.wording import shorten


def unjudged(quality: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The rule, the column (or nothing) and the reason of each verdict that is inconclusive."""
    for verdict in quality["verdicts"]:
        for entry in verdict["inconclusive"]:
            rule = verdict["rule"].replace("_", " ")
            yield rule, shorten(entry.get("column", ""), 80), shorten(entry["reason"], 200)
