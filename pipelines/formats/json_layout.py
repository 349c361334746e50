"""JSON layout: where in a document its rows lie."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from connectors.base import StoredObject
from pipelines.containers.limits import Limits
from pipelines.formats.json_stream import JsonStream
from pipelines.formats.json_syntax import Digits, Parsed
from pipelines.formats.json_typing import text
from pipelines.formats.naming import unique_columns

WRAPPERS = frozenset(
    {"data", "results", "result", "records", "items", "rows", "features", "value", "values"}
    | {"entries", "hits", "objects"}
)
FEWEST_KEYED = 3
FEWEST_LISTED = 2
NAMES, ROWS, INDEX = "columns", "data", "index"  # of `split`
VALUES = frozenset({"text", "number", "truth", "missing"})
SAMPLE_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Layout:
    """Rows are the elements of an array, whole documents, or members of one object.

    `wrapped`: elements of the array under `key`. `keyed`: the values of the members, each an object
    of the same kind, their keys a column `key`. `columns`: as pandas writes by default, an object
    of columns, each an object of values by index. `lists`: the same with an array of values each.
    `split`: an array of names, and one of rows, as pandas writes them with `orient="split"`.
    """

    kind: Literal["array", "documents", "wrapped", "keyed", "columns", "lists", "split"]
    key: str = "key"

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
                for key in stream.members():
                    if key == self.key and stream.peek() == "[":
                        yield from stream.elements()
                    else:
                        _pass_over(stream)
            case "keyed":
                for key in stream.members():
                    found = stream.value()
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


DOCUMENTS = Layout("documents")


@dataclass(frozen=True, slots=True)
class Elements:
    """How many an array has, of which kinds, and how many elements those have that are arrays."""

    count: int
    kinds: frozenset[str]
    widths: frozenset[int]

    @property
    def are_values(self) -> bool:
        """Whether they are values of one kind, as those of a column are."""
        return len(self.kinds - {"missing"}) == 1 and self.kinds <= VALUES


@dataclass(frozen=True, slots=True)
class Outline:
    """What the members of a document's first object are."""

    arrays: tuple[str, ...] = ()
    others: dict[str, str] = field(default_factory=dict)
    keys: tuple[frozenset[str], ...] = ()
    lists: Mapping[str, "Elements"] = field(default_factory=dict)
    members: int = 0
    is_alone: bool = True


def layout_of(file: StoredObject, limits: Limits) -> tuple[Layout, Outline]:
    """Where the rows are. A document that is one object is read through once for it."""
    stream = JsonStream(file, limits)
    first = stream.peek()
    if first == "[":
        return Layout("array"), Outline()
    if first != "{":
        return DOCUMENTS, Outline()
    outline = _outline(stream)
    return _layout(outline), outline


def _layout(outline: Outline) -> Layout:
    if not outline.is_alone or not outline.members:
        return DOCUMENTS
    if len(outline.arrays) == 1:
        key = outline.arrays[0]
        if outline.members == 1 or key.lower() in WRAPPERS:
            return Layout("wrapped", key)
    distinct = set(outline.keys)
    if len(outline.keys) == outline.members and len(distinct) == 1 and outline.keys[0]:
        keys = outline.keys[0]
        if keys == {str(index) for index in range(len(keys))}:
            return Layout("columns")
        if outline.members >= FEWEST_KEYED and len(keys) > 1:
            return Layout("keyed", "key_" if "key" in keys else "key")
    return _of_lists(outline.lists) if len(outline.lists) == outline.members else DOCUMENTS


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


def _outline(stream: JsonStream) -> Outline:
    arrays: list[str] = []
    others: dict[str, str] = {}
    keys: list[frozenset[str]] = []
    lists: dict[str, Elements] = {}
    members = 0
    for key in stream.members():
        members += 1
        if stream.peek() == "[":
            lists[key] = _elements(stream)
            if lists[key].kinds == {"object"}:
                arrays.append(key)
            else:
                others[key] = "array"
            continue
        value = stream.value().value
        if isinstance(value, dict):
            keys.append(frozenset(value))
        if len(others) < SAMPLE_ROWS:
            others[key] = text(value)[:100]
    is_alone = not stream.peek()
    return Outline(tuple(arrays), others, tuple(keys), lists, members, is_alone=is_alone)


def _elements(stream: JsonStream) -> Elements:
    count = 0
    kinds: set[str] = set()
    widths: set[int] = set()
    for element in stream.elements():
        count += 1
        kinds.add(_kind(element.value))
        if isinstance(element.value, list):
            widths.add(len(element.value))
    return Elements(count, frozenset(kinds), frozenset(widths))


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
