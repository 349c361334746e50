"""Claims: what the tallies of a column amount to: its semantic type, and whether it is personal."""

from collections.abc import Iterable, Mapping
from typing import Any

from pipelines.semantic_types.kind import Kind
from pipelines.semantic_types.recognition import Tally, needed
from pipelines.semantic_types.registry import KINDS

NAMED_SOUND = 0.5  # the share proven that suffices where the name agrees
NAMED_SHARE = 0.05  # the share of the form that makes a column personal that is called so


def claims(column: str, values: int, tallies: Iterable[Tally]) -> dict[str, Any]:
    """`semanticType` and `personal` of a column with so many non-null values, where it has them.

    Coverage is the share of the non-null values that have the form; `checksum` the share of those
    whose checksum holds, and null where the type has none.
    """
    found = {tally.key: tally for tally in tallies}
    known = [(kind, found[kind.key]) for kind in KINDS if kind.key in found]
    claimed = [
        (kind, tally, confidence)
        for kind, tally in known
        if (confidence := _confidence(kind, tally, column, values))
    ]
    figures: dict[str, Any] = {}
    best = max(claimed, key=lambda claim: claim[2], default=None)
    if best is not None:
        kind, tally, confidence = best
        figures["semanticType"] = {
            "type": kind.type,
            **({"scheme": kind.scheme} if kind.scheme else {}),
            "coverage": tally.matched / values,
            "checksum": tally.sound / tally.matched if kind.has_checksum else None,
            "confidence": confidence,
            **_broken(kind, tally),
        }
    personal = _personal(column, values, [kind for kind, *_ in claimed], best, known)
    return figures | ({"personal": personal} if personal else {})


def _confidence(kind: Kind, tally: Tally, column: str, values: int) -> float | None:
    """How sure a claim is; None where there is none to make."""
    is_called = kind.is_called(column)
    if not kind.type or tally.matched < kind.coverage * values:
        return None
    least = min(kind.least_sound, NAMED_SOUND) if is_called else kind.least_sound
    if tally.sound < least * tally.matched:
        return None
    if is_called:
        return kind.named_confidence
    enough = needed(kind)
    return kind.confidence if enough <= 1 or len(tally.proofs) >= enough else None


def _broken(kind: Kind, tally: Tally) -> dict[str, Any]:
    count = tally.matched - tally.sound
    if not kind.has_checksum or not count:
        return {}
    return {"broken": {"count": count, "examples": list(tally.broken)}}


def _personal(
    column: str,
    values: int,
    claimed: list[Kind],
    best: tuple[Kind, Tally, float] | None,
    known: list[tuple[Kind, Tally]],
) -> Mapping[str, str] | None:
    """Why a column is personal: what it is, what it is called and looks like, or what strays in."""
    if best is not None and best[0].personal:
        kind, tally, _ = best
        return _said(kind, f"{_share(tally.matched, values)} are {kind.personal}")
    for kind, tally in known:
        if kind.personal and (kind in claimed or _bears_out(kind, tally, column, values)):
            return _said(kind, f"{_share(tally.matched, values)} look like {kind.personal}")
    for kind, tally in known:
        count = tally.sound if kind.has_checksum else tally.matched
        if kind.stray and count:
            return _said(kind, f"{_share(count, values)} hold {kind.personal}")
    return None


def _bears_out(kind: Kind, tally: Tally, column: str, values: int) -> bool:
    """Whether the values agree with a name that says so, whatever stands between them."""
    if not kind.is_called(column):
        return False
    return tally.matched >= NAMED_SHARE * values or (kind.has_checksum and tally.sound > 0)


def _said(kind: Kind, why: str) -> dict[str, str]:
    return {"kind": kind.type or "email", "why": why}


def _share(count: int, values: int) -> str:
    if count == values:
        return "all values"
    return f"{count:,} of {values:,} values"
