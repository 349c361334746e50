"""JSON layout: where in a document its rows lie, and what it holds beside them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Literal

from connectors.base import StoredObject
from pipelines.containers.limits import Limits
from pipelines.formats.json_beside import Beside
from pipelines.formats.json_elements import Irregular, element_lines
from pipelines.formats.json_outline import NAMES, WRAPPERS, Elements, Outline, outline_of
from pipelines.formats.json_stream import JsonStream
from pipelines.formats.json_syntax import Parsed
from pipelines.formats.json_typing import text
from pipelines.formats.naming import unique_columns

FEWEST_KEYED = 3
FEWEST_LISTED = 2
FEWEST_LONG = 10
MOST_TABLES = 20
ROWS, INDEX = "data", "index"  # of `split`
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
    is_sole: bool = True

    def lines(self, file: StoredObject, limits: Limits, beside: Beside) -> Iterator[bytes]:
        """The rows one a line in UTF-8, some at a time. Raises Irregular where `rows` must tell."""
        if self.kind == "array":
            yield from element_lines(file)
        elif self.kind == "wrapped" and not self.names:
            yield from _Walk(self.path, beside).lines(JsonStream(file, limits))
        else:
            raise Irregular

    def rows(self, file: StoredObject, limits: Limits, beside: Beside) -> Iterator[Parsed]:
        """The rows, one by one; what the document holds beside them comes to be in `beside`."""
        stream = JsonStream(file, limits)
        match self.kind:
            case "array":
                while stream.peek() == "[":
                    yield from stream.elements()
            case "documents":
                while stream.peek():
                    yield stream.value()
            case "wrapped":
                yield from map(self._named, _Walk(self.path, beside).elements(stream))
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
                if INDEX in found.value:
                    beside.hold((INDEX,), text(found.value[INDEX]))
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


def layouts_of(file: StoredObject, limits: Limits) -> tuple[tuple[Layout, ...], Outline]:
    """Where the rows of each table are. A document of one object is read through once for it."""
    stream = JsonStream(file, limits)
    first = stream.peek()
    if first == "[":
        return (Layout("array"),), Outline()
    if first != "{":
        return (DOCUMENTS,), Outline()
    outline = outline_of(file, limits)
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
    return tuple(Layout("wrapped", path=(name,), is_sole=False) for name in outline.arrays)


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


@dataclass(frozen=True, slots=True)
class _Walk:
    """The way through a document to the array at a path; whatever else is met is held."""

    path: tuple[str, ...]
    beside: Beside

    def lines(self, stream: JsonStream, above: tuple[str, ...] = ()) -> Iterator[bytes]:
        """The elements one a line. Raises Irregular."""
        for key in stream.members():
            here = (*above, key)
            if here == self.path and stream.peek() == "[":
                yield from stream.lines()
            elif self._leads_on(here) and stream.peek() == "{":
                yield from self.lines(stream, here)
            elif stream.peek() == "[":
                self.beside.hold_array(here, stream.lines(), _lines_as_json)
            else:
                self.beside.hold(here, text(stream.value().value))

    def elements(self, stream: JsonStream, above: tuple[str, ...] = ()) -> Iterator[Parsed]:
        """The elements one by one."""
        for key in stream.members():
            here = (*above, key)
            if here == self.path and stream.peek() == "[":
                yield from stream.elements()
            elif self._leads_on(here) and stream.peek() == "{":
                yield from self.elements(stream, here)
            elif stream.peek() == "[":
                self.beside.hold_array(here, stream.elements(), _as_json)
            else:
                self.beside.hold(here, text(stream.value().value))

    def _leads_on(self, here: tuple[str, ...]) -> bool:
        return len(here) < len(self.path) and here == self.path[: len(here)]


def _lines_as_json(lines: bytes) -> str:
    return lines.replace(b"\n", b",").decode("utf-8", "replace")


def _as_json(element: Parsed) -> str:
    return text(element.value)


def sample(layout: Layout, file: StoredObject, limits: Limits) -> Sequence[Any]:
    """The first documents."""
    rows = layout.rows(file, limits, Beside(is_wanted=False))
    return [row.value for row in islice(rows, SAMPLE_ROWS)]
