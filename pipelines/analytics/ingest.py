"""Ingest payload: what was read, and the first rows of it."""

from collections.abc import Sequence
from typing import Any

from pipelines.ingest import IngestResult, TableIngest


def payload(result: IngestResult) -> dict[str, Any]:
    """The payload of the ingest phase; the top level speaks for the only table, or totals."""
    tables = [_table(table) for table in result.tables]
    only = tables[0] if len(tables) == 1 else {}
    return {
        "rows": sum(table.rows for table in result.tables),
        "columns": only.get("columns", []),
        "bytesRead": result.bytes_read,
        "sourceFormat": _formats(result.tables) or None,
        "preview": only.get("preview", []),
        "tables": tables,
        "failures": [
            {
                "input": failure.input,
                "member": failure.member,
                "code": failure.code,
                "message": failure.message,
                "hint": failure.hint,
            }
            for failure in result.failures
        ],
    }


def _formats(tables: Sequence[TableIngest]) -> str:
    return ", ".join(dict.fromkeys(each.format for table in tables for each in table.sources))


def _table(table: TableIngest) -> dict[str, Any]:
    return {
        "table": table.name,
        "rows": table.rows,
        "columns": [name for name, _ in table.schema],
        "bytesRead": table.size_bytes,
        "sourceFormat": _formats([table]),
        "preview": [dict(row) for row in table.preview],
    }
