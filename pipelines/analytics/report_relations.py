"""Report relations: associations, copies and outliers, as the page and the text show them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.analytics.findings import Payload
from pipelines.analytics.wording import count

TITLES = {
    "cramers_v": ("Categories", "Cramér's V, without its bias: 0 is unrelated, 1 is the same"),
    "correlation_ratio": ("Numbers by category", "Correlation ratio: 1 is fully explained"),
    "spearman": ("Numbers by rank", "Spearman's rho: -1 or 1 is always falling or rising"),
}


WEAK = 0.1


@dataclass(frozen=True)
class Kind:
    """The associations of one method, strongest first, and what their figure means."""

    title: str
    meaning: str
    entries: Sequence[Payload]
    weaker: str = ""


@dataclass(frozen=True)
class Outlying:
    """A column with outliers: how many by each method, and the farthest of them."""

    column: str
    counts: Mapping[str, int]
    farthest: Payload


def kinds(entries: Sequence[Payload], labels: Collection[str]) -> list[Kind]:
    """The associations by method, those of categories first; of each those that say something."""
    grouped = ((told, [e for e in entries if e["method"] == name]) for name, told in TITLES.items())
    return [
        Kind(*told, strong, weaker(len(found) - len(strong), len(strong)))
        for told, found in grouped
        if (strong := telling(found, labels))
    ]


def telling(entries: Sequence[Payload], labels: Collection[str]) -> list[Payload]:
    """The pairs that are strong enough to be more than chance and rounding; none of labels."""
    return [
        entry
        for entry in entries
        if abs(entry["correlation"]) >= WEAK
        and entry["left"] not in labels
        and entry["right"] not in labels
    ]


def weaker(left: int, shown: int) -> str:
    """What is said of the pairs that are not shown beside so many; nothing where there are none.

    >>> weaker(1, 0), weaker(2, 3)
    ('1 pair, below 0.1 or of keys and codes,', '2 more pairs, below 0.1 or of keys and codes,')
    """
    if not left:
        return ""
    return f"{count(left, 'more pair' if shown else 'pair')}, below {WEAK} or of keys and codes,"


def basis(entries: Sequence[Payload], rows: int, sampled: int) -> str:
    """From how many rows the associations come."""
    if all(entry["basis"] == "all_rows" for entry in entries):
        return f"Over all {count(rows, 'row')}, where both columns have a value."
    return (
        f"From a random sample of {sampled:,} of {count(rows, 'row')}, where both columns have a "
        "value: they describe the sample, and the table about as well as so many rows can."
    )


def outlying(reports: Sequence[Payload], labels: Collection[str]) -> list[Outlying]:
    """A line for each column but labels, in the order in which columns first appear."""
    found: dict[str, dict[str, Any]] = {}
    for report in reports:
        if report["values"] and report["column"] not in labels:
            found.setdefault(report["column"], {})[report["method"]] = report
    return [
        Outlying(
            column,
            {method: report["count"] for method, report in by_method.items()},
            next(iter(by_method.values()))["values"][0],
        )
        for column, by_method in found.items()
    ]
