"""Meaning: whether values are what their column's semantic type says, and whose they are."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.analytics.checks import where
from pipelines.analytics.checks.base import (
    Failed,
    Found,
    Outcome,
    Passed,
    QualityIssue,
    Say,
    Subject,
    Suspicion,
)
from pipelines.analytics.wording import count, percent, verb
from pipelines.profile import ColumnProfile
from pipelines.semantic_types.kind import Kind
from pipelines.semantic_types.registry import KINDS

LOOKS = {
    "iban": "IBANs",
    "payment_card": "card numbers",
    "national_id": "national ids",
    "gtin": "article numbers (EAN, UPC)",
    "isbn": "ISBNs",
}


def broken_checksum(subject: Subject) -> Iterator[Say]:
    """Values of a type with check digits that do not agree with the rest: a WARNING."""
    for column in subject.profile.columns:
        if (column.figures.get("semanticType") or {}).get("checksum") is not None:
            yield _broken(column, subject.settings.broken_checksum.share)


def _broken(column: ColumnProfile, share: float) -> Say:
    claim = column.figures["semanticType"]
    broken, rows = claim.get("broken"), column.non_null_count
    if not broken or broken["count"] / rows <= share:
        return Passed(column.name)

    def conclude(found: Found) -> Outcome:
        issue = QualityIssue(
            rule="broken_checksum",
            dimension="validity",
            severity="WARNING",
            message=f"{broken['count']:,} of {count(rows, 'value')}"
            f" ({percent(broken['count'] / rows)}) {verb(broken['count'], 'looks', 'look')} like"
            f" {LOOKS.get(claim['type']) or claim['type'].replace('_', ' ')} but"
            f" {verb(broken['count'], 'fails', 'fail')} the check digits{found.first}",
            count=broken["count"],
            affected=broken["count"],
            column=column.name,
            value=claim["type"],
            examples=() if found.examples else tuple({"value": v} for v in broken["examples"]),
        )
        return Failed(issue)

    return Suspicion(where.unproven(column.name, _kind(claim)), conclude, known=broken["count"])


def _kind(claim: Mapping[str, Any]) -> Kind:
    """The kind that a claim names."""
    named = (claim["type"], claim.get("scheme", ""))
    return next(kind for kind in KINDS if (kind.type, kind.scheme) == named and kind.has_checksum)


def personal_data(subject: Subject) -> Iterator[Say]:
    """Columns with data about persons: an INFO, so that someone decides what becomes of them."""
    for column in subject.profile.columns:
        personal = column.figures.get("personal")
        yield _personal(column, personal) if personal else Passed(column.name)


def _personal(column: ColumnProfile, personal: Mapping[str, str]) -> Suspicion:
    def conclude(_: Found) -> Outcome:
        issue = QualityIssue(
            rule="personal_data",
            dimension="validity",
            severity="INFO",
            message=f"personal data: {personal['why']}",
            count=column.non_null_count,
            column=column.name,
            value=personal["kind"],
        )
        return Failed(issue)

    return Suspicion(where.filled(column.name), conclude, known=column.non_null_count, tells=False)
