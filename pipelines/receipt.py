"""Receipt: what was read, how it was understood and what was guessed. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.formats.base import Guess, RowAccount, SkippedRow
from pipelines.ingest import IngestResult, InputFile, SourceIngest, TableIngest
from pipelines.privacy import NOTES

KNOWN = ("encoding", "dialect", "header", "bytes")


def receipt(result: IngestResult) -> dict[str, Any]:
    """The body of `ingest_receipt.json`. Its rows balance for every member and in total."""
    by_input: dict[str, list[tuple[TableIngest, SourceIngest]]] = {}
    for table in result.tables:
        for source in table.sources:
            by_input.setdefault(source.origin.input, []).append((table, source))
    return {
        "rows": account(total(result)),
        "inputs": [_input(found, by_input.get(found.name, ()), result) for found in result.inputs],
        "privacy": _privacy(result),
    }


def _privacy(result: IngestResult) -> dict[str, Any]:
    """What was withheld, and from where it was not."""
    return {
        "mode": result.privacy,
        "maskedColumns": [
            {"table": table.name, "column": column, "kind": kind}
            for table in result.tables
            for column, kind in table.masked.items()
        ],
        "note": NOTES[result.privacy],
    }


def total(result: IngestResult) -> RowAccount:
    return sum((table.account for table in result.tables), RowAccount())


def account(rows: RowAccount) -> dict[str, int]:
    return {
        "read": rows.read,
        "parsed": rows.parsed,
        "repaired": rows.repaired,
        "rejected": rows.rejected,
        "skipped": rows.skipped,
    }


def _input(
    found: InputFile, read: Sequence[tuple[TableIngest, SourceIngest]], result: IngestResult
) -> dict[str, Any]:
    return {
        "name": found.name,
        "uri": found.uri,
        "size": found.size,
        "sha256": found.sha256,
        "rows": account(sum((source.account for _, source in read), RowAccount())),
        "members": [_member(table, source) for table, source in read],
        "failures": [
            {
                "path": failure.member,
                "code": failure.code,
                "message": failure.message,
                "hint": failure.hint,
            }
            for failure in result.failures
            if failure.input == found.name
        ],
        "skipped": [
            {"path": member.member, "reason": member.reason}
            for member in result.skipped
            if member.input == found.name
        ],
    }


def _member(table: TableIngest, source: SourceIngest) -> dict[str, Any]:
    origin = source.origin
    place = {"sheet": origin.sheet, "sourceTable": origin.table, "range": origin.range}
    return {
        "path": origin.member,
        "table": table.name,
        **{name: value for name, value in place.items() if value is not None},
        "format": source.format,
        **{name: source.details.get(name) for name in KNOWN},
        **{name: value for name, value in source.details.items() if name not in KNOWN},
        "columns": len(table.schema),
        "guesses": [_guess(guess) for guess in source.guesses],
        "rows": account(source.account),
        "repaired": _sorted(source.repaired),
        "skipped": _sorted(source.skipped),
        "skippedRows": [_skipped(row) for row in source.skipped_rows.rows],
        "skippedRowsOmitted": source.skipped_rows.omitted,
        "nullTokens": _by_column(source.null_tokens),
        "utcOffsets": _by_column(source.utc_offsets),
        "rejects": table.rejects_key,
    }


def _skipped(row: SkippedRow) -> dict[str, Any]:
    place = {} if row.row is None else {"row": row.row}
    return {"reason": row.reason, **place, "cells": list(row.cells)}


def _guess(guess: Guess) -> dict[str, Any]:
    return {
        "what": guess.what,
        "chosen": guess.chosen,
        "confidence": guess.confidence,
        "rejected": list(guess.rejected),
        "examples": list(guess.examples),
    }


def _by_column(found: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    return {column: _sorted(counts) for column, counts in found.items() if counts}


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items()))
