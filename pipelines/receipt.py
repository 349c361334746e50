"""Receipt: what was read, how it was understood and what was guessed. Pure."""

from collections.abc import Mapping
from typing import Any

from pipelines.formats.base import Guess, RowAccount
from pipelines.ingest import IngestResult, InputFile, TableIngest

KNOWN = ("encoding", "dialect", "header", "bytes")


def receipt(result: IngestResult) -> dict[str, Any]:
    """The body of `ingest_receipt.json`. Its rows balance for every member and in total."""
    by_input: dict[str, list[TableIngest]] = {}
    for table in result.tables:
        by_input.setdefault(table.origin.input, []).append(table)
    return {
        "rows": account(total(result)),
        "inputs": [_input(found, by_input.get(found.name, ()), result) for found in result.inputs],
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


def _input(found: InputFile, tables: Any, result: IngestResult) -> dict[str, Any]:
    return {
        "name": found.name,
        "uri": found.uri,
        "size": found.size,
        "sha256": found.sha256,
        "rows": account(sum((table.account for table in tables), RowAccount())),
        "members": [_member(table) for table in tables],
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


def _member(table: TableIngest) -> dict[str, Any]:
    origin = table.origin
    place = {"sheet": origin.sheet, "sourceTable": origin.table, "range": origin.range}
    return {
        "path": origin.member,
        "table": table.name,
        **{name: value for name, value in place.items() if value is not None},
        "format": table.format,
        **{name: table.details.get(name) for name in KNOWN},
        **{name: value for name, value in table.details.items() if name not in KNOWN},
        "columns": len(table.schema),
        "guesses": [_guess(guess) for guess in table.guesses],
        "rows": account(table.account),
        "repaired": _sorted(table.repaired),
        "skipped": _sorted(table.skipped),
        "nullTokens": {
            column: _sorted(tokens) for column, tokens in table.null_tokens.items() if tokens
        },
        "rejects": table.rejects_key,
    }


def _guess(guess: Guess) -> dict[str, Any]:
    return {
        "what": guess.what,
        "chosen": guess.chosen,
        "confidence": guess.confidence,
        "rejected": list(guess.rejected),
        "examples": list(guess.examples),
    }


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items()))
