"""Report members: how each member was read; those that were read alike stand together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.analytics.findings import Findings, Payload
from pipelines.analytics.wording import amount
from pipelines.ingest import summed

COUNTED = (
    *("path", "rows", "repaired", "skipped", "skippedRows", "skippedRowsOmitted"),
    *("nullTokens", "utcOffsets", "bytes", "guesses"),
)


@dataclass(frozen=True)
class Alike:
    """Members of one table that were read in the same way; `entry` speaks for all of them."""

    paths: Sequence[str]
    entry: Payload

    @property
    def title(self) -> str:
        more = len(self.paths) - 1
        return f"{self.paths[0]} and {amount(more)} more" if more else self.paths[0]


def members(findings: Findings) -> list[Alike]:
    """What the receipt says, in its order."""
    groups: dict[str, list[Payload]] = {}
    for source in findings.receipt.get("inputs") or ():
        for member in source.get("members") or ():
            groups.setdefault(_way(member), []).append(member)
    return [_alike(group) for group in groups.values()]


def _way(member: Payload) -> str:
    """All that was decided about it, without how sure it was and what was counted."""
    decided = {name: value for name, value in member.items() if name not in COUNTED}
    guessed = [(guess.get("what"), guess.get("chosen")) for guess in member.get("guesses") or ()]
    return repr((sorted(decided.items()), guessed))


def _alike(group: Sequence[Payload]) -> Alike:
    first = group[0]
    entry: dict[str, Any] = dict(first)
    if len(group) > 1:
        entry["rows"] = {name: sum(each["rows"][name] for each in group) for name in first["rows"]}
        for name in ("repaired", "skipped"):
            entry[name] = summed(each.get(name) or {} for each in group)
        entry["skippedRows"] = []  # each has its own
    return Alike([str(each.get("path") or each["table"]) for each in group], entry)
