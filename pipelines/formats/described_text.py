"""Described text: delimited, in a form that tells its columns itself, or whose columns all know."""

from dataclasses import dataclass

from connectors.errors import UnknownFormat
from pipelines.formats import arff, directives, odd_quotes, web_log
from pipelines.formats.dialect import Layout
from pipelines.formats.text_span import TextSpan


@dataclass(frozen=True, slots=True)
class Described:
    """The text of the rows, their layout, the word for nothing, and the lines that tell so."""

    rows: TextSpan
    layout: Layout
    null_word: str
    lines: tuple[str, ...] = ()


def _relation(text: TextSpan) -> arff.Attributes | None:
    """What ARFF tells, where there are very many attributes too. Raises UnknownFormat."""
    found = arff.find(text.lines) or arff.find(text.all_lines)
    if found is None and not text.is_whole:
        raise UnknownFormat(f"{text.file.name} is ARFF, but no `@data` stands in its first MiB")
    return found


def find(text: TextSpan) -> Described | None:
    """The form that a text has, of those that are known. Raises UnknownFormat for sparse ARFF."""
    is_whole = text.is_whole
    if arff.begins(text.lines) and (relation := _relation(text)) is not None:
        rows = text.below(relation.lines)
        layout = arff.layout_of(rows.lines, relation, text.file.name, is_whole=is_whole)
        lines = text.lines if relation.lines <= len(text.lines) else text.all_lines
        return Described(rows, layout, arff.MISSING, tuple(lines[: relation.lines]))
    if (told := directives.find(text.lines)) is not None:
        rows = text.below(told.lines)
        layout = directives.layout_of(rows.lines, told, is_whole=is_whole)
        return Described(rows, layout, told.unset, tuple(text.lines[: told.lines]))
    if (names := web_log.find(text.lines)) is not None:
        rows = odd_quotes.plainly(text, web_log.WAY)
        layout = web_log.layout_of(rows.lines, names, is_whole=is_whole)
        return Described(rows, layout, web_log.UNSET)
    return None
