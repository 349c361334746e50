"""JSON shape: which documents are rows, and what their columns are called."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pipelines.formats.naming import unique_columns


@dataclass(frozen=True, slots=True)
class Shape:
    """Rows are objects, arrays or single values; `names` call the places of an array.

    `header` says that the first array holds the names.
    """

    kind: Literal["object", "array", "value"]
    names: tuple[str, ...] = ()
    header: bool = False

    def row(self, document: Any) -> Mapping[str, Any] | None:
        """The document as a row, or None if it is of another shape."""
        if self.kind == "object":
            return document if isinstance(document, dict) else None
        if self.kind == "value":
            return {"value": document}
        if not isinstance(document, list):
            return None
        names = self.names
        if len(document) > len(names):
            names = unique_columns([*names, *[None] * (len(document) - len(names))])
        return dict(zip(names, document, strict=False))

    @property
    def misfit(self) -> str:
        """Why a document of another shape is rejected."""
        return f"not an {self.kind} like the other rows"


def shape_of(documents: Sequence[Any]) -> Shape:
    """The shape that most of the first documents share.

    >>> shape_of([["id", "name"], [1, "a"]])
    Shape(kind='array', names=('id', 'name'), header=True)
    """
    objects = sum(isinstance(document, dict) for document in documents)
    arrays = [document for document in documents if isinstance(document, list)]
    if objects * 2 >= len(documents):
        return Shape("object")
    if len(arrays) * 2 < len(documents):
        return Shape("value")
    if _is_header(arrays):
        return Shape("array", unique_columns(arrays[0]), header=True)
    return Shape("array", unique_columns([None] * max(map(len, arrays))))


def _is_header(arrays: Sequence[list[Any]]) -> bool:
    first, rest = arrays[0], arrays[1:]
    named = first and all(isinstance(name, str) and name for name in first)
    if not named or len(set(first)) < len(first) or not rest:
        return False
    typed = any(value is not None and not isinstance(value, str) for row in rest for value in row)
    return typed and all(len(row) <= len(first) for row in rest)
