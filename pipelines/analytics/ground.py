"""Ground: where the rows of a table lie in the store, and the SQL that lists some of them."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any

from pipelines.analytics.checks.where import Again, Where, literal, quoted


@dataclass(frozen=True)
class Ground:
    """The folder of a table, its columns, and the (number, rows) of its parts in their order."""

    folder: str
    columns: tuple[str, ...] = ()
    parts: tuple[tuple[int, int], ...] = ()

    @cached_property
    def _tells_rows(self) -> bool:
        """Whether no column is called as DuckDB calls the places of rows."""
        return not {"filename", "file_row_number"} & {name.lower() for name in self.columns}

    @cached_property
    def _ends(self) -> list[int]:
        return list(accumulate(rows for _, rows in self.parts))

    def placed(self, example: Mapping[str, Any]) -> dict[str, Any]:
        """An example with the part in which its row lies, and the row there, from 1."""
        ends = self._ends
        row = example.get("row")
        if row is None or not ends or row > ends[-1]:
            return dict(example)
        at = bisect_right(ends, row - 1)
        before = ends[at - 1] if at else 0
        return {**example, "part": self.parts[at][0], "partRow": row - before}

    def query(self, where: Where | Again, values: Sequence[str] = ()) -> str | None:
        """SQL (DuckDB) that lists the rows, each with its file and the number in it, from 1."""
        table = f"FROM read_parquet({literal(f'{self.folder}/*.parquet')})"
        place = "filename, file_row_number + 1 AS file_row, " if self._tells_rows else ""
        if isinstance(where, Again):
            names = ", ".join(map(quoted, where.columns))
            order = "filename, file_row_number" if self._tells_rows else names
            filled = f" WHERE {quoted(where.columns[0])} IS NOT NULL" if where.filled else ""
            again = f"row_number() OVER (PARTITION BY {names} ORDER BY {order}) > 1"
            return f"SELECT {place}* {table}{filled} QUALIFY {again}"
        condition = where.sql
        if condition is None:
            if not values:
                return None
            listed = ", ".join(map(literal, values))
            condition = f"{quoted(where.column)}::VARCHAR IN ({listed})"
        return f"SELECT {place}* {table} WHERE {condition}"
