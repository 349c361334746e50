"""JSON layout: where in a document its rows lie."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import orjson

from connectors.base import StoredObject
from pipelines.containers.limits import Limits
from pipelines.formats.json_elements import Irregular, element_lines
from pipelines.formats.json_stream import JsonStream
from pipelines.formats.json_syntax import Digits, Parsed
from pipelines.formats.naming import unique_columns

WRAPPERS = frozenset(
    {"data", "results", "result", "records", "items", "rows", "features", "value", "values"}
    | {"entries", "hits", "objects", "docs", "documents", "edges", "nodes", "entry"}
)
# What APIs put around such a wrapper; whatever stands in the first of these is what was asked for.
EMBEDDED = "_embedded"
ENVELOPES = WRAPPERS | {EMBEDDED, "response", "payload", "body", "content", "log", "feed", "d"}
LONGEST_PATH = 3
FEWEST_KEYED = 3
FEWEST_LISTED = 2
FEWEST_LONG = 10
MOST_TABLES, MOST_KEYS = 20, 10_000
NAMES, ROWS, INDEX = "columns", "data", "index"  # of `split`
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
SAMPLE_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Layout:
    """Rows are the elements of an array, whole documents, or members of one object.

    `wrapped`: elements of the array at `path`, each step a key; `names` of what they hold, if they
    are arrays and something else tells. `keyed`: the values of the members, each an object of the
    same kind, their keys a column `key`. `groups`: the elements of several arrays, all alike, the
    key of each array a column `key`. `columns`: as pandas writes by default, an object
    of columns, each an object of values by index. `lists`: the same with an array of values each.
    `split`: an array of names, and one of rows, as pandas writes them with `orient="split"`.
    """

    kind: Literal["array", "documents", "wrapped", "keyed", "groups", "columns", "lists", "split"]
    key: str = "key"
    path: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def lines(self, file: StoredObject, limits: Limits) -> Iterator[bytes]:
        """The rows one a line in UTF-8, some at a time. Raises Irregular where `rows` must tell."""
        if self.kind == "array":
            yield from element_lines(file)
        elif self.kind == "wrapped" and not self.names:
            yield from _lines_at(JsonStream(file, limits), self.path)
        else:
            raise Irregular

    def rows(self, file: StoredObject, limits: Limits) -> Iterator[Parsed]:
        stream = JsonStream(file, limits)
        match self.kind:
            case "array":
                while stream.peek() == "[":
                    yield from stream.elements()
            case "documents":
                while stream.peek():
                    yield stream.value()
            case "wrapped":
                yield from map(self._named, _elements_at(stream, self.path))
            case "keyed":
                for key in stream.members():
                    found = stream.value()
                    yield replace(found, value={self.key: key} | found.value)
            case "groups":
                for key in stream.members():
                    for found in stream.elements():
                        yield replace(found, value={self.key: key} | found.value)
            case "columns":
                found = stream.value()
                for index in next(iter(found.value.values())):
                    row = {name: values[index] for name, values in found.value.items()}
                    yield Parsed(row, found.end)
            case "lists":
                found = stream.value()
                for values in zip(*found.value.values(), strict=True):
                    yield Parsed(dict(zip(found.value, values, strict=True)), found.end)
            case "split":
                found = stream.value()
                names = unique_columns(found.value[NAMES])
                for values in found.value[ROWS]:
                    yield Parsed(dict(zip(names, values, strict=True)), found.end)
        if stream.peek():
            raise stream.corrupt("something follows the end of the document")

    def _named(self, found: Parsed) -> Parsed:
        """The cells of a row by their names, if it has as many."""
        if not self.names or len(found.value) != len(self.names):
            return found
        return replace(found, value=dict(zip(self.names, found.value, strict=True)))


DOCUMENTS = Layout("documents")


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


def layouts_of(file: StoredObject, limits: Limits) -> tuple[tuple[Layout, ...], Outline]:
    """Where the rows of each table are. A document of one object is read through once for it."""
    stream = JsonStream(file, limits)
    first = stream.peek()
    if first == "[":
        return (Layout("array"),), Outline()
    if first != "{":
        return (DOCUMENTS,), Outline()
    try:
        outline = _outline(stream, _elements_in_lines)
    except Irregular:
        outline = _outline(JsonStream(file, limits), _elements)
    if outline.is_alone and outline.holds_tables and outline.arrays:
        return _tables(outline), outline
    return (_layout(outline),), outline


def _tables(outline: Outline) -> tuple[Layout, ...]:
    """Of an object of arrays of objects: one table if all are alike, else one of each."""
    keys = {outline.lists[name].keys for name in outline.arrays}
    if len(outline.arrays) > 1 and len(keys) == 1:
        return (Layout("groups", _key_beside(*keys)),)
    if len(outline.arrays) > MOST_TABLES:
        return (DOCUMENTS,)
    return tuple(Layout("wrapped", path=(name,)) for name in outline.arrays)


def _key_beside(names: frozenset[str]) -> str:
    return "key_" if "key" in names else "key"


def _layout(outline: Outline) -> Layout:
    if not outline.is_alone or not outline.members:
        return DOCUMENTS
    if len(outline.arrays) == 1:
        key = outline.arrays[0]
        if outline.members == 1 or key.lower() in WRAPPERS or _is_longest(key, outline.lists):
            return Layout("wrapped", path=(key,))
    if not outline.arrays and len(outline.wrapped) == 1:
        return Layout("wrapped", path=outline.wrapped[0])
    distinct = set(outline.keys)
    if len(outline.keys) == outline.members and len(distinct) == 1 and outline.keys[0]:
        keys = outline.keys[0]
        if keys == {str(index) for index in range(len(keys))}:
            return Layout("columns")
        if outline.members >= FEWEST_KEYED and len(keys) > 1:
            return Layout("keyed", _key_beside(keys))
    if len(outline.lists) == outline.members:
        return _of_lists(outline.lists)
    listed = [key for key, each in outline.lists.items() if each.kinds == {"array"}]
    if len(listed) == 1 and listed[0].lower() in WRAPPERS and not outline.arrays:
        names = outline.names if outline.lists[listed[0]].widths == {len(outline.names)} else ()
        return Layout("wrapped", path=(listed[0],), names=names)
    return DOCUMENTS


def _is_longest(key: str, lists: Mapping[str, Elements]) -> bool:
    """Whether it is a long array, and the others are not: its object is no table of one row."""
    others = [each.count for name, each in lists.items() if name != key]
    return lists[key].count >= FEWEST_LONG and max(others, default=0) < FEWEST_LONG


def _of_lists(lists: Mapping[str, Elements]) -> Layout:
    """Where the rows are in an object of arrays; it is one itself if they have no common length."""
    counts = {elements.count for elements in lists.values()}
    are_columns = all(elements.are_values for elements in lists.values())
    if are_columns and len(lists) > 1 and len(counts) == 1 and min(counts) >= FEWEST_LISTED:
        return Layout("lists")
    if {NAMES, ROWS} <= set(lists) <= {NAMES, ROWS, INDEX}:
        names, rows = lists[NAMES], lists[ROWS]
        is_whole = lists.get(INDEX, rows).count == rows.count > 0
        if is_whole and names.kinds == {"text"} and rows.widths == {names.count}:
            return Layout("split") if rows.kinds == {"array"} else DOCUMENTS
    return DOCUMENTS


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
        others += told[: SAMPLE_ROWS - len(others)]
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
            elif len(self.others) < SAMPLE_ROWS:
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


def _lines_at(stream: JsonStream, path: Sequence[str]) -> Iterator[bytes]:
    for key in stream.members():
        if key == path[0] and len(path) == 1 and stream.peek() == "[":
            yield from stream.lines()
        elif key == path[0] and len(path) > 1 and stream.peek() == "{":
            yield from _lines_at(stream, path[1:])
        elif stream.peek() == "[":
            for _ in stream.lines():
                pass
        else:
            stream.value()


def _elements_at(stream: JsonStream, path: Sequence[str]) -> Iterator[Parsed]:
    for key in stream.members():
        if key == path[0] and len(path) == 1 and stream.peek() == "[":
            yield from stream.elements()
        elif key == path[0] and len(path) > 1 and stream.peek() == "{":
            yield from _elements_at(stream, path[1:])
        else:
            _pass_over(stream)


def _pass_over(stream: JsonStream) -> None:
    if stream.peek() == "[":
        for _ in stream.elements():
            pass
    else:
        stream.value()


def sample(layout: Layout, file: StoredObject, limits: Limits) -> Sequence[Any]:
    """The first documents."""
    return [
        row.value for row, _ in zip(layout.rows(file, limits), range(SAMPLE_ROWS), strict=False)
    ]
