"""Profile payload: every column of every table."""

from collections.abc import Sequence
from typing import Any

from pipelines.analytics.labels import labelled
from pipelines.profile import TableProfile


def payload(tables: Sequence[TableProfile]) -> dict[str, Any]:
    """The payload of the profile phase."""
    several = len(tables) > 1
    return {
        "columnProfiles": [
            entry
            for table in tables
            for entry in labelled(
                (column.to_wire() for column in table.columns), table.name, several
            )
        ],
        "datasetCompleteness": completeness(tables),
        "tables": [
            {
                "table": table.name,
                "rows": table.rows,
                "columns": len(table.columns),
                "duplicateRows": dict(table.duplicate_rows),
                **table.gaps_to_wire(),
            }
            for table in tables
        ],
    }


def completeness(tables: Sequence[TableProfile]) -> float:
    """The share of all cells that hold a value; 1 where there is no cell."""
    cells = sum(table.rows * len(table.columns) for table in tables)
    nulls = sum(column.null_count for table in tables for column in table.columns)
    return 1.0 - nulls / cells if cells else 1.0
