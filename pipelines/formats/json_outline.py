"""JSON outline: what the members of a document's first object are, at all depths that matter."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from connectors.base import StoredObject
from pipelines.containers.limits import Limits
from pipelines.formats.json_elements import Irregular
from pipelines.formats.json_stream import JsonStream
from pipelines.formats.json_syntax import Digits
from pipelines.formats.naming import unique_columns

WRAPPERS = frozenset(
    {"data", "results", "result", "records", "items", "rows", "features", "value", "values"}
    | {"entries", "hits", "objects", "docs", "documents", "edges", "nodes", "entry"}
)
# What APIs put around such a wrapper; whatever stands in the first of these is what was asked for.
EMBEDDED = "_embedded"
ENVELOPES = WRAPPERS | {EMBEDDED, "response", "payload", "body", "content", "log", "feed", "d"}
LONGEST_PATH = 3
MOST_KEYS, MOST_TOLD = 10_000, 1000
NAMES = "columns"  # of `split`, and of catalogues
META = "meta"
KINDS: Mapping[type, str] = {
    type(None): "missing",
    bool: "truth",
    int: "number",
    float: "number",
    str: "text",
    dict: "object",
    list: "array",
}
VALUES = frozenset({"text", "number", "truth", "missing"})


@dataclass(frozen=True, slots=True)
class Elements:
    """How many an array has, of which kinds; how many elements those have that are arrays, and
    which keys those that are objects.
    """

    count: int
    kinds: frozenset[str]
    widths: frozenset[int]
    keys: frozenset[str] = frozenset()

    @property
    def are_values(self) -> bool:
        """Whether they are values of one kind, as those of a column are."""
        return len(self.kinds - {"missing"}) == 1 and self.kinds <= VALUES


@dataclass(frozen=True, slots=True)
class Outline:
    """What the members of a document's first object are."""

    arrays: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    keys: tuple[frozenset[str], ...] = ()
    lists: Mapping[str, "Elements"] = field(default_factory=dict)
    wrapped: tuple[tuple[str, ...], ...] = ()
    names: tuple[str, ...] = ()
    members: int = 0
    is_alone: bool = True

    @property
    def holds_tables(self) -> bool:
        """Whether it is nothing but arrays of objects, some of which may be empty."""
        are_arrays = len(self.lists) == self.members > 1
        return are_arrays and all(each.kinds <= {"object"} for each in self.lists.values())


def outline_of(file: StoredObject, limits: Limits) -> Outline:
    """The outline of a document that is an object. All of it is read."""
    try:
        return _outline(JsonStream(file, limits), _elements_in_lines)
    except Irregular:
        return _outline(JsonStream(file, limits), _elements)


def _outline(stream: JsonStream, elements: Callable[[JsonStream], Elements]) -> Outline:
    arrays: list[str] = []
    wrapped: list[tuple[str, ...]] = []
    names: tuple[str, ...] = ()
    others: list[str] = []
    keys: list[frozenset[str]] = []
    lists: dict[str, Elements] = {}
    members = 0
    for key in stream.members():
        members += 1
        if stream.peek() == "[":
            lists[key] = elements(stream)
            is_table = lists[key].kinds == {"object"}
            arrays += [key] if is_table else []
            told = [] if is_table else [key]
        elif stream.peek() == "{" and key.lower() in ENVELOPES:
            inside = _Inside(elements)
            keys.append(frozenset(inside.look(stream, (key,))))
            wrapped += inside.wrapped
            told = inside.others
        else:
            value = stream.value().value
            if isinstance(value, dict):
                keys.append(frozenset(value))
                names = names or (_names_in(value) if key == META else ())
            told = [key]
        others += told[: MOST_TOLD - len(others)]
    return Outline(
        arrays=tuple(arrays),
        others=tuple(others),
        keys=tuple(keys),
        lists=lists,
        wrapped=tuple(wrapped),
        names=names,
        members=members,
        is_alone=not stream.peek(),
    )


def _names_in(meta: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of columns that a catalogue of Socrata tells above rows that are arrays."""
    view = meta.get("view")
    columns = view.get(NAMES) if isinstance(view, dict) else None
    names = [each.get("name") for each in columns or () if isinstance(each, dict)]
    return unique_columns(names) if all(isinstance(name, str) for name in names) else ()


@dataclass(slots=True)
class _Inside:
    """What is met within an envelope: the arrays that may be what it is about, and the rest."""

    elements: Callable[[JsonStream], Elements]
    wrapped: list[tuple[str, ...]] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    def look(self, stream: JsonStream, path: tuple[str, ...]) -> list[str]:
        """Pass over the object there; gives its keys."""
        keys = []
        for key in stream.members():
            keys.append(key)
            here = (*path, key)
            if stream.peek() == "{" and len(here) < LONGEST_PATH:
                self.look(stream, here)
                continue
            if stream.peek() == "[":
                is_what = self.elements(stream).kinds == {"object"} and _is_wrapper(here)
            else:
                stream.value()
                is_what = False
            if is_what:
                self.wrapped.append(here)
            elif len(self.others) < MOST_TOLD:
                self.others.append(".".join(here))
        return keys


def _is_wrapper(path: Sequence[str]) -> bool:
    return path[-1].lower() in WRAPPERS or (path[0] == EMBEDDED and len(path) == 2)


def _elements(stream: JsonStream) -> Elements:
    count = 0
    kinds: set[str] = set()
    widths: set[int] = set()
    keys: set[str] = set()
    for element in stream.elements():
        count += 1
        kinds.add(_kind(element.value))
        if isinstance(element.value, list):
            widths.add(len(element.value))
        elif isinstance(element.value, dict) and len(keys) < MOST_KEYS:
            keys.update(element.value)
    return Elements(count, frozenset(kinds), frozenset(widths), frozenset(keys))


def _elements_in_lines(stream: JsonStream) -> Elements:
    """The same by a parser in C. Raises Irregular where it refuses what we would read."""
    count = 0
    kinds: set[str] = set()
    widths: set[int] = set()
    keys: set[str] = set()
    for lines in stream.lines():
        try:
            values = orjson.loads(b"[" + lines.replace(b"\n", b",") + b"]")
        except orjson.JSONDecodeError as error:
            raise Irregular from error
        count += len(values)
        kinds |= {KINDS[kind] for kind in set(map(type, values))}
        widths |= {len(value) for value in values if type(value) is list}
        if len(keys) < MOST_KEYS:
            keys = keys.union(*(value for value in values if type(value) is dict))
    return Elements(count, frozenset(kinds), frozenset(widths), frozenset(keys))


def _kind(value: Any) -> str:
    match value:
        case None:
            return "missing"
        case bool():
            return "truth"
        case Digits() | int() | float():
            return "number"
        case str():
            return "text"
    return "object" if isinstance(value, dict) else "array"
