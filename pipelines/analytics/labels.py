"""Labels: with several tables, an entry says which one it speaks of."""

from collections.abc import Iterable, Mapping
from typing import Any


def labelled(
    entries: Iterable[Mapping[str, Any]], table: str, several: bool
) -> list[dict[str, Any]]:
    """The entries, with `table` in front where there are several.

    >>> labelled([{"column": "a"}], "orders", True)
    [{'table': 'orders', 'column': 'a'}]
    """
    return [{"table": table, **entry} if several else dict(entry) for entry in entries]
