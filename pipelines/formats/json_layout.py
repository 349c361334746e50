"""JSON layout: where in a document its rows lie."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from connectors.base import StoredObject
from pipelines.containers.limits import Limits
from pipelines.formats.json_stream import JsonStream
from pipelines.formats.json_syntax import Parsed
from pipelines.formats.json_typing import text

WRAPPERS = frozenset(
    {"data", "results", "result", "records", "items", "rows", "features", "value", "values"}
    | {"entries", "hits", "objects"}
)
FEWEST_KEYED = 3
SAMPLE_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Layout:
    """Rows are the elements of an array, whole documents, or members of one object.

    `wrapped`: elements of the array under `key`. `keyed`: the values of the members, each an object
    of the same kind, their keys a column `key`. `columns`: as pandas writes by default, an object
    of columns, each an object of values by index.
    """

    kind: Literal["array", "documents", "wrapped", "keyed", "columns"]
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
        if stream.peek():
            raise stream.corrupt("something follows the end of the document")


@dataclass(frozen=True, slots=True)
class Outline:
    """What the members of a document's first object are."""

    arrays: tuple[str, ...] = ()
    others: dict[str, str] = field(default_factory=dict)
    keys: tuple[frozenset[str], ...] = ()
    members: int = 0
    is_alone: bool = True


def layout_of(file: StoredObject, limits: Limits) -> tuple[Layout, Outline]:
    """Where the rows are. A document that is one object is read through once for it."""
    stream = JsonStream(file, limits)
    first = stream.peek()
    if first == "[":
        return Layout("array"), Outline()
    if first != "{":
        return Layout("documents"), Outline()
    outline = _outline(stream)
    return _layout(outline), outline


def _layout(outline: Outline) -> Layout:
    if not outline.is_alone or not outline.members:
        return Layout("documents")
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
    return Layout("documents")


def _outline(stream: JsonStream) -> Outline:
    arrays: list[str] = []
    others: dict[str, str] = {}
    keys: list[frozenset[str]] = []
    members = 0
    for key in stream.members():
        members += 1
        if stream.peek() == "[":
            kinds = {type(element.value) for element in stream.elements()}
            if kinds == {dict}:
                arrays.append(key)
                continue
            others[key] = "array"
            continue
        value = stream.value().value
        if isinstance(value, dict):
            keys.append(frozenset(value))
        if len(others) < SAMPLE_ROWS:
            others[key] = text(value)[:100]
    return Outline(tuple(arrays), others, tuple(keys), members, is_alone=not stream.peek())


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
