"""Pattern names: columns called `^…$`, which polars takes for a pattern wherever it is named.

Such a name gets an underscore in front, before anything but its own reader sees it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import polars as pl

from pipelines.formats.base import Chunk, Fragment, Notice, TablePlan
from pipelines.formats.naming import is_pattern, plain_name


@dataclass(frozen=True, slots=True)
class Renamed:
    """A fragment whose columns have other names within; `inner` tells those that do."""

    fragment: Fragment
    inner: Mapping[str, str]

    @property
    def size_bytes(self) -> int:
        return self.fragment.size_bytes

    def chunks(self, schema: pl.Schema) -> Iterator[Chunk]:
        outer = {name: new for new, name in self.inner.items()}
        asked = {self.inner.get(name, name): dtype for name, dtype in schema.items()}
        for chunk in self.fragment.chunks(pl.Schema(asked)):
            yield replace(
                chunk,
                frame=chunk.frame.rename(outer, strict=False),
                null_tokens={
                    outer.get(name, name): each for name, each in chunk.null_tokens.items()
                },
                utc_offsets={
                    outer.get(name, name): each for name, each in chunk.utc_offsets.items()
                },
            )


def without(table: TablePlan) -> TablePlan:
    """The table with names that are no patterns, and what is to be said of them."""
    changed = {_free(name, table.schema): name for name in table.schema if is_pattern(name)}
    told = [*changed, *(name for name in table.schema if is_pattern(name[1:]) and name[0] == "_")]
    if not told:
        return table
    new = {name: changed_name for changed_name, name in changed.items()}
    origin = table.origin
    message = f"names like `{told[0][1:]}` are patterns to what reads tables: it is `{told[0]}`"
    notice = Notice("column.pattern", message, "INFO", origin.input, origin.member, table.name)
    return replace(
        table,
        schema=pl.Schema({new.get(name, name): dtype for name, dtype in table.schema.items()}),
        fragments=tuple(Renamed(each, changed) if changed else each for each in table.fragments),
        notices=(*table.notices, notice),
    )


def _free(name: str, schema: pl.Schema) -> str:
    plain = plain_name(name)
    while plain in schema:
        plain = f"_{plain}"
    return plain
