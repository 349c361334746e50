"""Map keys: which keys maps have, and how often. A map is a list of keys and values."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import polars as pl

from pipelines.statistics.column_view import ColumnView
from pipelines.statistics.text_values import TextValues

ENTRY = ("key", "value")


@dataclass(frozen=True, slots=True)
class MapKeys:
    """The keys of all maps, as texts; None where the lists hold something else.

    >>> from pipelines.statistics.budget import Budget
    >>> maps = pl.Series([[{"key": "a", "value": 1}], [{"key": "a", "value": 2}], None])
    >>> MapKeys.of(ColumnView(maps, Budget())).result()["keys"]["topValues"]
    [{'value': 'a', 'count': 2}]
    """

    name: ClassVar[str] = "keys"

    keys: TextValues | None = None

    @classmethod
    def of(cls, view: ColumnView) -> Self:
        if not _is_map(view.series.dtype):
            return cls()
        entries = view.present.list.explode(empty_as_null=False).struct.field("key")
        return cls(TextValues.of(ColumnView(entries.cast(pl.String), view.budget)))

    def merge(self, other: Self) -> Self:
        if self.keys is None or other.keys is None:
            return self if other.keys is None else other
        return type(self)(self.keys.merge(other.keys))

    def result(self) -> dict[str, Any]:
        if self.keys is None:
            return {}
        found = self.keys.result()
        names = ("distinctCount", "topValues")
        bounds = {name: found["estimates"][name] for name in names if name in found["estimates"]}
        told = {name: found[name] for name in names}
        return {"keys": {**told, **({"estimates": bounds} if bounds else {})}}


def _is_map(dtype: pl.DataType) -> bool:
    if not isinstance(dtype, pl.List) or not isinstance(dtype.inner, pl.Struct):
        return False
    fields = dtype.inner.fields
    if tuple(field.name for field in fields) != ENTRY:
        return False
    kind: Any = fields[0].dtype
    return not kind.is_nested() and not isinstance(kind, pl.Binary | pl.Object | pl.Null)
