"""Chosen: what a user has decided about a file goes to its format, and what was idle is said."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import polars as pl

from connectors.base import StoredObject
from connectors.errors import InvalidOverride
from pipelines.choices import TYPES, Choices
from pipelines.containers.limits import Limits
from pipelines.formats import cell_types
from pipelines.formats.base import Chunk, Format, Fragment, Notice, Origin, TablePlan
from pipelines.formats.detect import detect
from pipelines.formats.registry import FORMATS
from pipelines.ingest import tokens_of

GENERAL = frozenset({"format", "types"})


@runtime_checkable
class Choosing(Protocol):
    """A format that can be told how to read."""

    @property
    def takes(self) -> frozenset[str]:
        """The names of the choices that it follows."""
        ...

    def choosing(self, choices: Choices) -> Format:
        """The same format, reading so."""
        ...


def tables(
    file: StoredObject, head: bytes, origin: Origin, limits: Limits, choices: Choices
) -> Iterator[TablePlan]:
    """The tables of a file that begins with `head`. Raises ReadError."""
    format_ = detect(head, file.name) if choices.format is None else _named(choices.format)
    takes = GENERAL
    if isinstance(format_, Choosing):
        takes |= format_.takes
        format_ = format_.choosing(choices)
    for table in format_.tables(file, origin, limits):
        yield _told(_typed(table, choices), choices, takes) if choices.given else table


def _named(name: str) -> Format:
    found = next((format_ for format_ in FORMATS if format_.name == name), None)
    if found is None:
        names = ", ".join(format_.name for format_ in FORMATS)
        raise InvalidOverride(f"there is no format {name!r}; the formats are {names}")
    return found


def _typed(table: TablePlan, choices: Choices) -> TablePlan:
    """The table with its columns in the types that were chosen."""
    asked = {name: TYPES[word] for name, word in choices.types.items() if name in table.schema}
    from_text = {
        name: dtype
        for name, dtype in asked.items()
        if isinstance(table.schema[name], pl.String) and not isinstance(dtype, pl.String)
    }
    fragments: tuple[Fragment, ...] = table.fragments
    if from_text:
        fragments = tuple(Retyped(fragment, frozenset(from_text)) for fragment in fragments)
    return replace(table, schema=pl.Schema({**table.schema, **asked}), fragments=fragments)


def _told(table: TablePlan, choices: Choices, takes: frozenset[str]) -> TablePlan:
    """The table, whose receipt says what was chosen, and whose notices say what was in vain."""
    known = {name: word for name, word in choices.types.items() if name in table.schema}
    vain = [f"`{name}`" for name in sorted(choices.given - takes)]
    vain += [f"the type of `{name}`" for name in choices.types if name not in known]
    followed = {name: value for name, value in choices.to_wire().items() if name in takes}
    if "types" in followed:
        followed["types"] = known
    notices = tuple(
        Notice(
            "override.idle",
            f"the override of {what} changed nothing here: this {table.format} table has none",
            input=table.origin.input,
            member=table.origin.member,
            table=table.name,
        )
        for what in vain
    )
    details = {**table.details, "overrides": followed}
    return replace(table, details=details, notices=(*table.notices, *notices))


@dataclass(frozen=True, slots=True)
class Retyped:
    """A fragment some of whose text columns shall be of another type, if all their cells are."""

    inner: Fragment
    names: frozenset[str]

    @property
    def size_bytes(self) -> int:
        return self.inner.size_bytes

    def starting_at(self, offset: int) -> "Retyped":
        return replace(self, inner=self.inner.starting_at(offset))  # type: ignore[attr-defined]

    def chunks(self, schema: pl.Schema) -> Iterator[Chunk]:
        asked = {name: schema[name] for name in schema if name in self.names}
        texts = pl.Schema({**schema, **dict.fromkeys(asked, pl.String())})
        for chunk in self.inner.chunks(texts):
            converted = {
                name: cell_types.convert(chunk.frame[name], dtype) for name, dtype in asked.items()
            }
            asked = {name: column.series.dtype for name, column in converted.items()}
            tokens = {name: column.null_tokens for name, column in converted.items()}
            yield replace(
                chunk,
                frame=chunk.frame.with_columns(column.series for column in converted.values()),
                null_tokens=tokens_of([chunk.null_tokens, tokens]),
            )
