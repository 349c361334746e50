"""XML rows: where in a document elements repeat, and what one of them holds, nothing expanded.

Attributes and elements are cells named after themselves, deeper ones by their path (`a.b`). What
repeats within a row is JSON, what mixes text and elements is XML; namespaces are left out.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, BinaryIO

from lxml import etree

from connectors.errors import CorruptFile, LimitExceeded, ParserOutOfMemory, UnknownFormat

OUTLINE_ELEMENTS = 200_000
MOST_ROW_ELEMENTS = 200_000  # each takes a few hundred bytes until its row ends
MOST_CHARACTERS = 1 << 20  # of what stands beside the rows
FEW_ATTRIBUTES = 64
ATTRIBUTES = etree.XPath("@*")
FIRST_ATTRIBUTES = etree.XPath("@*[position() <= 1000]")  # a million would take gigabytes
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
ROOTS = {
    "{urn:schemas-microsoft-com:office:spreadsheet}Workbook": "an Excel 2003 workbook in XML",
    "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}document": (
        "an OpenDocument file in XML that is no workbook"
    ),
    "{http://schemas.microsoft.com/office/2006/xmlPackage}package": "an Office document in XML",
    "{http://schemas.microsoft.com/office/word/2003/wordml}wordDocument": "a Word document in XML",
    "{http://www.w3.org/2000/svg}svg": "an SVG picture",
}

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """The paths of elements that repeat, outermost first; what stands beside them; is it all.

    `beside` are the texts and attributes of other elements by their place, such as `channel.title`;
    beyond a million characters the places alone.
    """

    repeated: tuple[Path, ...]
    beside: Mapping[str, tuple[str, ...]]
    root: str
    root_is_empty: bool
    is_whole: bool


def outline(stream: BinaryIO, name: str) -> Outline:
    """What repeats among the first elements of a document. Raises ReadError."""
    most: dict[Path, int] = {}
    leaves: dict[Path, tuple[str, ...]] = {}
    counts: list[dict[str, int]] = [{}]
    stack: list[str] = []
    seen, characters, has_content = 0, 0, False
    for event, element in _events(stream, name):
        if event == "start":
            tag = str(element.tag)
            stack.append(tag)
            counts[-1][tag] = counts[-1].get(tag, 0) + 1
            path = tuple(stack)
            most[path] = max(most.get(path, 0), counts[-1][tag])
            counts.append({})
            seen += 1
            if len(stack) == 1:
                has_content = bool(element.attrib)
            if seen >= OUTLINE_ELEMENTS:
                break
        else:
            if element.attrib or (element.text or "").strip():
                if (path := tuple(stack)) not in leaves:
                    said = _said(element) if characters < MOST_CHARACTERS else ()
                    characters += sum(map(len, said))
                    leaves[path] = said
                has_content = True
            stack.pop()
            counts.pop()
            _forget(element)
    repeated = {path: None for path, count in most.items() if count > 1}
    outermost = [p for p in repeated if not any(p[:n] in repeated for n in range(1, len(p)))]
    beside = [p for p in leaves if not any(p[:n] in repeated for n in range(1, len(p) + 1))]
    root = next(iter(most))[0]
    return Outline(
        tuple(outermost),
        {".".join(map(local, path[1:] or path)): leaves[path] for path in beside},
        root,
        root_is_empty=not has_content and len(most) == 1,
        is_whole=seen < OUTLINE_ELEMENTS,
    )


def _said(element: Any) -> tuple[str, ...]:
    """The text of an element, and its attributes with their names."""
    text = _text(element.text)
    named = [f"{local(value.attrname)}={value}" for value in FIRST_ATTRIBUTES(element)]
    more = len(element.attrib) - len(named)
    told = [f"and {more} more attributes"] if more else []
    return (*([text] if text.strip() else []), *named, *told)


def rows(stream: BinaryIO, name: str, path: Path) -> Iterator[dict[str, str | None]]:
    """The cells of each element at the path. Raises ReadError."""
    for _, row in rows_at(stream, name, {path}):
        yield row


def rows_at(
    stream: BinaryIO, name: str, paths: Collection[Path]
) -> Iterator[tuple[Path, dict[str, str | None]]]:
    """The cells of each element at one of the paths, of which none leads through another."""
    stack: list[str] = []
    row_path: Path = ()  # of the row that is open
    elements = 0
    for event, element in _events(stream, name):
        if event == "start":
            stack.append(str(element.tag))
            elements += 1
            if not row_path and (path := tuple(stack)) in paths:
                row_path, elements = path, 0
            elif row_path and elements > MOST_ROW_ELEMENTS:
                raise LimitExceeded(
                    f"{name} has a row of more than {MOST_ROW_ELEMENTS} elements",
                    limit="elements",
                )
            continue
        if len(stack) == len(row_path):
            yield row_path, _row(element, name)
            row_path = ()
        if not row_path:
            _forget(element)
        stack.pop()


def local(tag: str) -> str:
    """The name without its namespace.

    >>> local("{urn:x}price"), local("price")
    ('price', 'price')
    """
    return tag.rpartition("}")[2]


def _row(element: Any, name: str) -> dict[str, str | None]:
    cells: dict[str, str | None] = {}
    _fill(cells, element, "", name)
    return cells


def _fill(cells: dict[str, str | None], element: Any, prefix: str, name: str) -> None:
    """The element's attributes and children as cells; its own text under its own name."""
    children = _children(element, name)
    attributes = [(local(key), value) for key, value in _attributes(element) if key != NIL]
    for key, value in attributes:
        _put(cells, f"{prefix}@{key}" if key in children else f"{prefix}{key}", value)
    own = prefix[:-1] or local(element.tag)
    if not children:
        text = None if element.get(NIL) in {"true", "1"} else _text(element.text)
        if prefix or text or not attributes:
            _put(cells, own, text)
    elif _is_mixed(element, children):
        _put(cells, own, _inner_xml(element))
        children = {}
    for tag, group in children.items():
        if len(group) == 1:
            _fill(cells, group[0], f"{prefix}{tag}.", name)
        else:
            values = [_value(each, name) for each in group]
            text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
            _put(cells, f"{prefix}{tag}", text)


def _attributes(element: Any) -> list[tuple[str, str]]:
    """The names and values of its attributes. lxml looks for each value from the first one on."""
    if len(element.attrib) <= FEW_ATTRIBUTES:
        return [(str(name), str(value)) for name, value in element.attrib.items()]
    return [(value.attrname, str(value)) for value in ATTRIBUTES(element)]


def _put(cells: dict[str, str | None], column: str, text: str | None) -> None:
    """A second cell of a name, such as `a.b` beside `a` that holds `b`, has a name of its own."""
    while column in cells:
        column += "_2"
    cells[column] = text


def _value(element: Any, name: str) -> str | dict[str, str | None] | None:
    """An element within a list: its text if it has no more than that."""
    cells: dict[str, str | None] = {}
    _fill(cells, element, "", name)
    own = local(element.tag)
    return cells[own] if set(cells) == {own} and not len(element) else cells


def _children(element: Any, name: str) -> dict[str, list[Any]]:
    children: dict[str, list[Any]] = {}
    for child in element:
        if not isinstance(child.tag, str):
            raise _entities(name)
        children.setdefault(local(child.tag), []).append(child)
    return children


def _is_mixed(element: Any, children: dict[str, list[Any]]) -> bool:
    tails = (child.tail for group in children.values() for child in group)
    return any(text and text.strip() for text in (element.text, *tails))


def _inner_xml(element: Any) -> str:
    parts = [etree.tostring(child, encoding="unicode") for child in element]
    return ((element.text or "") + "".join(parts)).strip()


def _text(text: str | None) -> str:
    """Line ends around a text are its layout; spaces are its own."""
    text = text or ""
    return text.strip() if text[:1] in "\r\n" or text[-1:] in "\r\n" else text


def _forget(element: Any) -> None:
    """Give back the memory of an element that has ended, and of those before it."""
    element.clear(keep_tail=True)
    parent = element.getparent()
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]


def _events(stream: BinaryIO, name: str) -> Iterator[tuple[str, Any]]:
    """Start and end of each element; no entity expanded, no other file or address looked at."""
    with _errors(name):
        events = etree.iterparse(
            stream,
            events=("start", "end"),
            resolve_entities=False,
            load_dtd=False,
            attribute_defaults=False,
            no_network=True,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        is_first = True
        for event, element in events:
            if is_first:
                is_first = False
                _check_document(element, name)
            yield event, element


def _check_document(root: Any, name: str) -> None:
    if kind := ROOTS.get(root.tag):
        raise UnknownFormat(f"{name} is {kind}, which is not read")
    declared = root.getroottree().docinfo.internalDTD
    if declared is not None and next(iter(declared.iterentities()), None) is not None:
        raise _entities(name)


def _entities(name: str) -> UnknownFormat:
    return UnknownFormat(
        f"{name} declares or uses XML entities of its own, which are never expanded;"
        " write it without them"
    )


@contextmanager
def _errors(name: str) -> Iterator[None]:
    try:
        yield
    except MemoryError as error:
        raise ParserOutOfMemory(f"{name} takes more memory than a reader may use") from error
    except etree.LxmlError as error:
        said = str(error)
        with suppress(StopIteration):
            word = next(word for word in LIMITS if word in said.lower())
            raise LimitExceeded(f"{name}: {said} ({LIMITS[word]})", limit=LIMITS[word]) from error
        if "entity" in said.lower():
            raise _entities(name) from error
        if "allocation" in said:
            raise ParserOutOfMemory(f"{name} takes more memory than a reader may use") from error
        raise CorruptFile(f"{name} is not sound XML: {said}") from error
    except (ValueError, LookupError, AssertionError) as error:
        raise CorruptFile(f"{name} is not sound XML: {error}") from error


LIMITS = {
    "depth": "max_depth",
    "amplification": "max_ratio",
    "huge": "max_cell_bytes",
    "too long": "max_cell_bytes",
    "too large": "max_cell_bytes",
}
