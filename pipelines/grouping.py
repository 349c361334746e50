"""Grouping: like members of an input become one table, whose rows say which member they are from.

Members are alike when they have the same columns and format, and lie in one folder or are called
alike but for numbers: `jan.csv` and `feb.csv`, or `2023/part-0.csv` and `2024/part-1.csv`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import PurePosixPath

import polars as pl

from pipelines.formats.alignment import aligned, united
from pipelines.formats.base import Chunk, Fragment, Notice, Origin, TablePlan
from pipelines.formats.naming import COMPRESSION_SUFFIXES, table_name, unique_columns

SOURCE = "__source__"
NUMBERS = re.compile(r"\d+")
NAMELESS = re.compile(r"column_\d+")
SEPARATORS = " ._-()[]=0123456789"


@dataclass(frozen=True, slots=True)
class MemberRows:
    """A fragment of one member of a group, with a last column that names the member."""

    inner: Fragment
    column: str
    source: str

    @property
    def size_bytes(self) -> int:
        return self.inner.size_bytes

    def starting_at(self, offset: int) -> "MemberRows":
        return replace(self, inner=self.inner.starting_at(offset))  # type: ignore[attr-defined]

    def chunks(self, schema: pl.Schema) -> Iterator[Chunk]:
        asked = pl.Schema({name: schema[name] for name in schema if name != self.column})
        source = pl.Series(self.column, [self.source], pl.String)
        for chunk in self.inner.chunks(asked):
            frame = chunk.frame
            if self.column in frame.columns:  # a late field of that name
                frame = frame.rename({self.column: _another(self.column, frame.columns)})
            named = frame.with_columns(source.new_from_index(0, chunk.frame.height))
            schema = united(schema, named.schema)
            yield replace(chunk, frame=aligned(named, schema))


def _another(name: str, taken: Sequence[str]) -> str:
    """A name that is not taken, the same however often it is asked for."""
    while name in taken:
        name += "_2"
    return name


def grouped(tables: Sequence[TablePlan]) -> list[TablePlan]:
    """The tables, with like members united where the first of them stood."""
    of_member = Counter((table.origin.input, table.origin.member) for table in tables)
    folders = Counter(folder for table in tables for folder in _plain(table).parents)
    single = [
        table.origin.member is not None and of_member[table.origin.input, table.origin.member] == 1
        for table in tables
    ]
    return [
        group[0] if len(group) == 1 else _united(group, _name(group, folders))
        for group in _components(tables, single)
    ]


def _components(tables: Sequence[TablePlan], may_join: Sequence[bool]) -> Iterable[list[TablePlan]]:
    """Tables that are alike, directly or through others: a forest of disjoint sets."""
    parent = list(range(len(tables)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    met: dict[object, int] = {}
    for at, table in enumerate(tables):
        for likeness in _likenesses(table) if may_join[at] else ():
            first, other = sorted((root(met.setdefault(likeness, at)), root(at)))
            parent[other] = first
    groups: dict[int, list[TablePlan]] = {}
    for at, table in enumerate(tables):
        groups.setdefault(root(at), []).append(table)
    return [part for group in groups.values() for part in _of_one_mark(group)]


def _of_one_mark(group: list[TablePlan]) -> list[list[TablePlan]]:
    """Members that write decimals otherwise stand apart: `1.234` is not the same number in both."""
    marks = dict.fromkeys(mark for table in group if (mark := table.details.get("decimal")))
    if len(marks) < 2:
        return [group]
    first = next(iter(marks))
    parts = [[t for t in group if (t.details.get("decimal") or first) == mark] for mark in marks]
    return sorted(parts, key=lambda part: group.index(part[0]))


def _likenesses(table: TablePlan) -> Iterator[object]:
    """What a table shares with those that belong to it."""
    path = _plain(table)
    kind = (table.origin.input, table.format, frozenset(table.schema))
    pattern = NUMBERS.sub("#", str(path))
    if all(map(NAMELESS.fullmatch, table.schema)):  # as many columns are no evidence of the same
        yield kind, tuple(table.schema.items()), pattern
    else:
        yield kind, "folder", str(path.parent)
        yield kind, "pattern", pattern


def _plain(table: TablePlan) -> PurePosixPath:
    """The path without the compressions on it: `a/jan.csv.gz/jan.csv` is `a/jan.csv`."""
    path = PurePosixPath(table.origin.member or table.origin.input)
    while path.parent.suffix.lower() in COMPRESSION_SUFFIXES - {".zip"}:
        path = path.parent.parent / path.name
    return path


def _united(members: Sequence[TablePlan], name: str) -> TablePlan:
    first = members[0]
    column = unique_columns([*first.schema, SOURCE])[-1]
    schema = first.schema
    for table in members[1:]:
        schema = united(schema, table.schema)
    notice = Notice(
        "members.grouped",
        f"{len(members):,} members with the same columns are one table, `{name}`; `{column}` says"
        " which member a row is from (options.group = false keeps them apart)",
        "INFO",
        input=first.origin.input,
        table=name,
        count=len(members),
    )
    return replace(
        first,
        name=name,
        origin=Origin(first.origin.input),
        schema=united(schema, pl.Schema({column: pl.String()})),
        fragments=tuple(
            MemberRows(fragment, column, str(table.origin.member))
            for table in members
            for fragment in table.fragments
        ),
        size_bytes=sum(table.size_bytes for table in members),
        notices=(notice, *_folded(members, name)),
        members=tuple(members),
    )


def _folded(members: Sequence[TablePlan], name: str) -> Iterator[Notice]:
    """What was noticed of several members in the same words is said once, of the table."""
    alike: dict[tuple[str, str], list[Notice]] = {}
    for table in members:
        for notice in table.notices:
            alike.setdefault((notice.code, notice.message), []).append(notice)
    for first, *more in alike.values():
        message = f"{first.message} (in {len(more) + 1:,} members)"
        member = None if more else first.member
        yield replace(first, table=name, member=member, message=message if more else first.message)


def _name(members: Sequence[TablePlan], folders: Mapping[PurePosixPath, int]) -> str:
    """After the folder that holds these members alone, else what their names begin with.

    `folders` says of each how many tables lie in it.
    """
    for folder in _common_parents([_plain(table) for table in members]):
        if folders[folder] == len(members) and re.search(r"[^\W\d_]", folder.name):
            return table_name(folder.name)
    stem = _common_start([table.name for table in members])
    return stem or table_name(members[0].origin.input)


def _common_parents(paths: Sequence[PurePosixPath]) -> list[PurePosixPath]:
    """The folders that hold all paths, the innermost first; the root is none."""
    shared = set(paths[0].parents).intersection(*(path.parents for path in paths[1:]))
    return [folder for folder in paths[0].parents if folder in shared and folder.name]


def _common_start(names: Sequence[str]) -> str:
    """What all names begin with, up to the end of a word.

    >>> _common_start(["orders_1", "orders_2"]), _common_start(["orders", "other"])
    ('orders', '')
    """
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    start = "".join(letters[0] for letters in alike)
    while start and not all(re.match(r"[\W\d_]|$", name[len(start) :]) for name in names):
        start = start[:-1]
    return start.rstrip(SEPARATORS)
