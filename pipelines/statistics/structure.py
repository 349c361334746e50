"""Structure: which fields structs have, what lists hold, and how much of it is there."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import polars as pl

from pipelines.column_type import word
from pipelines.statistics.column_view import ColumnView


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of structs, their types, and in how many structs each is not null."""

    name: ClassVar[str] = "fields"

    names: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    present: tuple[int, ...] = ()

    @classmethod
    def of(cls, view: ColumnView) -> Self:
        dtype, structs = view.series.dtype, view.present
        assert isinstance(dtype, pl.Struct)
        names = tuple(field.name for field in dtype.fields)
        types = tuple(word(field.dtype) for field in dtype.fields)  # type: ignore[arg-type]
        nulls = structs.struct.unnest().null_count().row(0) if names else ()
        present = (len(structs) - count for count in nulls)
        return cls(names, types, tuple(present))

    def merge(self, other: Self) -> Self:
        both = zip(self.present, other.present, strict=True)
        return type(self)(self.names, self.types, tuple(a + b for a, b in both))

    def result(self) -> dict[str, Any]:
        fields = zip(self.names, self.types, self.present, strict=True)
        return {"fields": [{"name": n, "type": t, "present": count} for n, t, count in fields]}


@dataclass(frozen=True, slots=True)
class Items:
    """How many items all lists have together, and how many of them are null."""

    name: ClassVar[str] = "items"

    type: str
    items: int = 0
    nulls: int = 0

    @classmethod
    def of(cls, view: ColumnView) -> Self:
        lists = view.present
        if isinstance(lists.dtype, pl.Array):
            lists = lists.arr.to_list()
        assert isinstance(lists.dtype, pl.List)
        inner = word(lists.dtype.inner)  # type: ignore[arg-type]
        items = int(lists.list.len().sum())
        return cls(inner, items, items - int(lists.list.drop_nulls().list.len().sum()))

    def merge(self, other: Self) -> Self:
        return type(self)(self.type, self.items + other.items, self.nulls + other.nulls)

    def result(self) -> dict[str, Any]:
        return {"itemType": self.type, "items": self.items, "nullItems": self.nulls}
