"""Chosen: what a user has decided about a file goes to its format, and what was idle is said."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import polars as pl

from connectors.base import StoredObject
from connectors.errors import CorruptFile, InvalidOverride, UnknownFormat
from pipelines.choices import TYPES, Choices
from pipelines.column_type import widest, word
from pipelines.containers.limits import Limits
from pipelines.formats import cell_types
from pipelines.formats.base import Chunk, Format, Fragment, Notice, Origin, TablePlan
from pipelines.formats.detect import detect
from pipelines.formats.registry import FORMATS
from pipelines.statistics.as_read import together

GENERAL = frozenset({"format", "types"})
OF_TEXT = {"delimited", "fixed-width"}  # they type cells themselves


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
    format_ = _format(file, head, choices)
    takes = GENERAL
    if isinstance(format_, Choosing):
        takes |= format_.takes
        format_ = format_.choosing(choices)
    try:
        for table in format_.tables(file, origin, limits):
            yield _told(_typed(table, choices), choices, takes) if choices.given else table
    except CorruptFile as error:
        if choices.format is None or _looks_like(choices.format, head, file.name):
            raise
        raise InvalidOverride(f"overrides.format is {choices.format}, but {error}") from error


def _looks_like(name: str, head: bytes, file_name: str) -> bool:
    """Whether the format of this name is the one that is seen."""
    try:
        return detect(head, file_name).name == name
    except UnknownFormat:
        return False


def _format(file: StoredObject, head: bytes, choices: Choices) -> Format:
    """The format that was named, or is seen; what is said of a text makes it one."""
    if choices.format is not None:
        return _named(choices.format)
    says_text = bool(choices.given & {"encoding", "delimiter", "quote"})
    try:
        found = detect(head, file.name)
    except UnknownFormat:
        if not says_text:
            raise
        return _named("delimited")
    takes = found.takes if isinstance(found, Choosing) else frozenset()
    is_other = choices.delimiter is not None and "delimiter" not in takes
    return _named("delimited") if is_other else found


def _named(name: str) -> Format:
    found = next((format_ for format_ in FORMATS if format_.name == name), None)
    if found is None:
        names = ", ".join(format_.name for format_ in FORMATS)
        raise InvalidOverride(f"there is no format {name!r}; the formats are {names}")
    return found


def _typed(table: TablePlan, choices: Choices) -> TablePlan:
    """The table with its columns in the types that were chosen."""
    asked = {name: TYPES[word] for name, word in _fitting(table, choices).items()}
    from_text = {name for name in asked if isinstance(table.schema[name], pl.String)}
    fragments: tuple[Fragment, ...] = table.fragments
    if from_text and table.format not in OF_TEXT:
        fragments = tuple(Retyped(fragment, frozenset(from_text)) for fragment in fragments)
    return replace(table, schema=pl.Schema({**table.schema, **asked}), fragments=fragments)


def _fitting(table: TablePlan, choices: Choices) -> dict[str, str]:
    """The types that were chosen for columns which can have them and do not have them yet.

    What is typed by its format keeps its type, unless the chosen one holds all its values.
    """
    fitting: dict[str, str] = {}
    for name, chosen in choices.types.items():
        planned = table.schema.get(name)
        if planned is None or word(planned) == chosen:
            continue
        is_open = isinstance(planned, pl.String | pl.Null) or table.format in OF_TEXT
        if is_open or widest(TYPES[chosen], planned) == TYPES[chosen]:
            fitting[name] = chosen
    return fitting


def _told(table: TablePlan, choices: Choices, takes: frozenset[str]) -> TablePlan:
    """The table, whose receipt says what was chosen, and whose notices say what was in vain."""
    fitting = _fitting(table, choices)
    known = {
        name: chosen
        for name, chosen in choices.types.items()
        if name in fitting or (name in table.schema and word(table.schema[name]) == chosen)
    }
    unfit = f"it does not apply to this {table.format} table"
    vain = [(f"`{name}`", unfit) for name in sorted(choices.given - takes)]
    vain += [
        (f"the type of `{name}`", unfit if name in table.schema else "there is no such column")
        for name in choices.types
        if name not in known
    ]
    followed = {name: value for name, value in choices.to_wire().items() if name in takes}
    if "types" in followed:
        followed["types"] = known
    notices = tuple(
        Notice(
            "override.idle",
            f"the override of {what} changed nothing here: {why}",
            input=table.origin.input,
            member=table.origin.member,
            table=table.name,
        )
        for what, why in vain
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
            # A text of a format that has real nulls is a value, if it is no more than a text.
            converted = {
                name: column
                for name, column in converted.items()
                if not isinstance(column.series.dtype, pl.String)
            }
            tokens = {name: column.null_tokens for name, column in converted.items()}
            offsets = {name: column.utc_offsets for name, column in converted.items()}
            yield replace(
                chunk,
                frame=chunk.frame.with_columns(column.series for column in converted.values()),
                null_tokens=together([chunk.null_tokens, tokens]),
                utc_offsets=together([chunk.utc_offsets, offsets]),
            )
