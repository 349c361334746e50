"""Consistency: values that do not follow the way their own column is written."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.analytics.checks import where
from pipelines.analytics.checks.base import (
    MASKED,
    NO_VALUES,
    Failed,
    Found,
    Inconclusive,
    Outcome,
    Passed,
    QualityIssue,
    Say,
    Subject,
    Suspicion,
)
from pipelines.analytics.checks.settings import CategoricalCardinality
from pipelines.analytics.measures import is_called_key
from pipelines.analytics.wording import cell, count, verb
from pipelines.profile import ColumnProfile
from pipelines.statistics import text_forms

KINDS = ("numeric", "boolean", "date", "text")
FIXED = 0.99  # padded to this share, a column has a fixed width
PROSE = 50  # characters on average; longer texts are prose


def mixed_type(subject: Subject) -> Iterator[Say]:
    """Text columns of which at least 5 %, and not all, are numbers: a WARNING.

    Words with a few numbers among them are text; digits throughout are codes kept as text.
    """
    for column in subject.profile.columns:
        if column.type == "text" and column.non_null_count:
            yield _mixed(column, subject.settings.mixed_type.share)
        elif column.type == "text":
            yield Inconclusive(column.name, NO_VALUES)
        else:
            yield Passed(column.name)


def _mixed(column: ColumnProfile, share: float) -> Say:
    writing: Mapping[str, int] = column.figures.get("writing") or {}
    counts = {kind: writing[kind] for kind in KINDS if kind in writing}
    total, numbers = sum(counts.values()), counts.get("numeric", 0)
    if not numbers or numbers == total or numbers / total < share:
        return Passed(column.name)
    few, is_number = min(numbers, total - numbers), numbers <= total - numbers
    odd = "number" if is_number else "other"

    def conclude(found: Found) -> Outcome:
        issue = QualityIssue(
            rule="mixed_type",
            dimension="consistency",
            severity="WARNING",
            message=f"{numbers:,} of {count(total, 'value')} are numbers and the rest are not,"
            f" so the column is kept as text{_first(found, odd)}",
            count=few,
            affected=few,
            column=column.name,
            value=counts,
        )
        return Failed(issue)

    look = where.matching(column.name, text_forms.NUMBER, is_so=is_number)
    return Suspicion(look, conclude, known=few)


def _first(found: Found, odd: str) -> str:
    if not found.examples:
        return ""
    first = found.examples[0]
    such = f" (“{cell(first['value'], 30)}”)" if "value" in first else ""
    return f"; the first {odd} is in row {first['row']:,}{such}"


def categorical_cardinality(subject: Subject) -> Iterator[Say]:
    """Categories too many to group by and too few to identify: an INFO.

    That is at least 50 distinct values that each stand for 2 to 20 rows on average. Identifiers
    and free text (fewer than 2 rows a value) and real categories (more than 20) are healthy, and
    so are dates, which have an order to group by.
    """
    for column in subject.profile.columns:
        if column.inferred_type in {"text", "boolean"} and column.non_null_count:
            yield _cardinality(column, subject.settings.categorical_cardinality)


def _cardinality(column: ColumnProfile, settings: CategoricalCardinality) -> Say:
    rows = column.non_null_count
    distinct = int(column.figures.get("distinctCount") or 0)
    estimated = "distinctCount" in (column.figures.get("estimates") or {})
    low, high = settings.fewest, settings.most
    thin = distinct >= settings.distinct and low * distinct <= rows < high * distinct
    thin = thin and column.type == "text" and not is_called_key(column.name)
    metrics: dict[str, Any] = {
        "column": column.name,
        "distinctSample": distinct,
        "nonNullCount": rows,
        "ratio": distinct / rows,
        "sampleLimitHit": estimated,
        "severity": "INFO" if thin else "OK",
    }
    if not thin:
        return Passed(column.name, metrics)

    def conclude(_: Found) -> Outcome:
        issue = QualityIssue(
            rule="categorical_cardinality",
            dimension="consistency",
            severity="INFO",
            message=f"{'about ' if estimated else ''}{distinct:,} distinct values across"
            f" {count(rows, 'row')}: too many to group by, too few to identify a row",
            count=rows,
            column=column.name,
            value=distinct,
        )
        return Failed(issue, metrics)

    return Suspicion(where.filled(column.name), conclude, known=rows, tells=False)


def padded_values(subject: Subject) -> Iterator[Say]:
    """Texts with white space around them: a WARNING.

    Columns padded throughout, as fixed widths are, and long texts are an INFO: no harm is done.
    """
    for column in subject.profile.columns:
        if column.type == "text" and column.non_null_count:
            yield _padded(column, subject.settings.padded_values.share)


def _padded(column: ColumnProfile, share: float) -> Say:
    blank = int(column.figures.get("blank") or 0)
    total, rows = int(column.figures.get("padded") or 0) + blank, column.non_null_count
    if not total or total / rows <= share:
        return Passed(column.name)
    harmless = total / rows >= FIXED or (column.figures.get("meanLength") or 0) > PROSE
    only = f" ({blank:,} of them {verb(blank, 'holds', 'hold')} nothing else)" if blank else ""
    said = f"{verb(total, 'has', 'have')} white space around {verb(total, 'it', 'them')}{only}"
    if blank == total:
        said = f"{verb(total, 'holds', 'hold')} nothing but white space"

    def conclude(found: Found) -> Outcome:
        issue = QualityIssue(
            rule="padded_values",
            dimension="consistency",
            severity="INFO" if harmless else "WARNING",
            message=f"{total:,} of {count(rows, 'value')} {said}{found.first}",
            count=total,
            affected=0 if harmless else total,
            column=column.name,
            value=total / rows,
        )
        return Failed(issue)

    return Suspicion(where.matching(column.name, text_forms.PADDED), conclude, known=total)


def case_variants(subject: Subject) -> Iterator[Say]:
    """Categories that differ by case or white space alone, as Berlin and BERLIN: a WARNING."""
    settings = subject.settings.case_variants
    for column in subject.profile.columns:
        if column.type != "text" or not column.non_null_count:
            continue
        distinct = int(column.figures.get("distinctCount") or 0)
        if distinct * settings.repeats > column.non_null_count:
            continue
        if column.figures.get("masked"):
            yield Inconclusive(column.name, MASKED)
        elif distinct > settings.distinct or "spellings" not in column.figures:
            reason = f"{distinct:,} different values are too many for categories"
            yield Inconclusive(column.name, reason)
        else:
            yield _spelled(column, is_padding_told=subject.settings.padded_values.enabled)


def _spelled(column: ColumnProfile, *, is_padding_told: bool) -> Say:
    """What differs by the white space around it alone is for `padded_values` to tell."""
    found = [
        each
        for each in column.figures["spellings"]
        if not (is_padding_told and each["value"].strip() == each["usual"].strip())
    ]
    telling = [each for each in found if len(each["value"].strip()) > 1]
    if found and not telling:
        first = found[0]
        reason = f"{cell(first['value'])} and {cell(first['usual'])} may be different codes"
        return Inconclusive(column.name, reason)
    if not telling:
        return Passed(column.name)
    rows = sum(each["count"] for each in telling)
    told = " and ".join(
        f"“{cell(each['value'], 30)}” ({each['count']:,}) beside “{cell(each['usual'], 30)}”"
        f" ({each['usualCount']:,})"
        for each in telling[:2]
    )
    more = f" and {count(len(telling) - 2, 'more spelling')}" if len(telling) > 2 else ""

    def conclude(seen: Found) -> Outcome:
        issue = QualityIssue(
            rule="case_variants",
            dimension="consistency",
            severity="WARNING",
            message=f"{count(rows, 'value')} {verb(rows, 'differs', 'differ')} from the usual"
            f" spelling by case or white space alone: {told}{more}{seen.first}",
            count=rows,
            affected=rows,
            column=column.name,
            value=[each["value"] for each in telling[:20]],
        )
        return Failed(issue)

    look = where.one_of(column.name, [each["value"] for each in telling])
    return Suspicion(look, conclude, known=rows)


def mojibake(subject: Subject) -> Iterator[Say]:
    """Texts that were read in a wrong encoding, such as MÃ¼ller: a WARNING."""
    for column in subject.profile.columns:
        if column.type == "text" and column.non_null_count:
            yield _garbled(column, subject.settings.mojibake.share)


def _garbled(column: ColumnProfile, share: float) -> Say:
    garbled = int((column.figures.get("writing") or {}).get("mojibake", 0))
    rows = column.non_null_count
    if not garbled or garbled / rows <= share:
        return Passed(column.name)

    def conclude(found: Found) -> Outcome:
        seen = found.examples[0].get("value") if found.examples else None
        such = f", such as “{cell(seen, 40)}”" if seen else ""
        issue = QualityIssue(
            rule="mojibake",
            dimension="validity",
            severity="WARNING",
            message=f"{garbled:,} of {count(rows, 'value')} {verb(garbled, 'was', 'were')}"
            f" written in one encoding and read in another{such}{found.first}",
            count=garbled,
            affected=garbled,
            column=column.name,
            value=garbled / rows,
        )
        return Failed(issue)

    return Suspicion(where.matching(column.name, text_forms.MOJIBAKE), conclude, known=garbled)
