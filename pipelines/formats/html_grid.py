"""HTML grids: the tables of a page as rows of texts, with the cells that span filled in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree, html

from connectors.errors import CorruptFile, LimitExceeded, ParserOutOfMemory
from pipelines.formats.declared_encoding import known
from pipelines.formats.emptiness import refuse_emptiness
from pipelines.formats.xml_encoding import wide_encoding

WIDEST_SPAN, LONGEST_SPAN = 1000, 65_534  # the limits of the HTML standard
MOST_CELLS = 20_000_000
MOST_ELEMENTS = 1_000_000  # each takes a few hundred bytes
SPACE = re.compile(r"\s+")
CHARSET = re.compile(
    rb"""<(?:meta|\?xml)[^>]*(?:charset|encoding)\s*=\s*["']?([\w:.-]+)""", re.IGNORECASE
)
WITHOUT_TEXT = {"table", "script", "style", "template", "noscript"}
FALLBACK = b"cp1252"  # what browsers take for a page that says nothing, or
LATIN_1 = "iso8859-1"  # this


@dataclass(frozen=True, slots=True)
class Grid:
    """One table: its caption, its rows, and how many of them, from the first, are headings.

    Blank rows may stand among these.
    """

    caption: str
    rows: tuple[tuple[str, ...], ...]
    headings: int

    @property
    def width(self) -> int:
        return max(map(len, self.rows), default=0)


@dataclass(frozen=True, slots=True)
class Page:
    """The tables of a page, or several, and whether its end is there, where it has a beginning."""

    grids: tuple[Grid, ...]
    is_closed: bool


def page_of(texts: Sequence[str], name: str, max_columns: int) -> Page:
    """Every table of a page, or of several as if they were one, nested ones apart.

    Raises ReadError.
    """
    if sum(text.count("<") - text.count("</") for text in texts) > MOST_ELEMENTS:
        raise LimitExceeded(
            f"{name} is a page of more than {MOST_ELEMENTS} elements",
            limit="elements",
        )
    budget = _Budget(name, max_columns)
    roots = (_root(text, name) for text in texts)
    grids = tuple(_grid(table, budget) for root in roots for table in root.iter("table"))
    return Page(grids, all(map(_is_closed, texts)))


def _root(text: str, name: str) -> Any:
    parser = html.HTMLParser(huge_tree=False, no_network=True)
    try:
        root = html.document_fromstring(text, parser=parser)
    except MemoryError as error:
        raise ParserOutOfMemory(f"{name} takes more memory than a reader may use") from error
    except (etree.LxmlError, ValueError, AssertionError) as error:
        if "allocation" in str(error):
            raise ParserOutOfMemory(f"{name} takes more memory than a reader may use") from error
        raise CorruptFile(f"{name} is not sound HTML: {error}") from error
    for entry in parser.error_log.filter_from_fatals():  # where the parser left the rest unread
        limit = "max_depth" if "depth" in entry.message.lower() else "max_cell_bytes"
        raise LimitExceeded(f"{name}: {entry.message} ({limit})", limit=limit)
    return root


def _is_closed(text: str) -> bool:
    return "<html" not in text[:4096].lower() or "</html" in text[-4096:].lower()


def decoded(content: bytes) -> str:
    """The text of a page: by its mark, as UTF-8 if it is, as it says, or as browsers guess.

    >>> decoded("<p>ü".encode()), decoded('<meta charset="latin-1"><p>ü'.encode("latin-1"))
    ('<p>ü', '<meta charset="latin-1"><p>ü')
    """
    text = _as_said(content)
    return re.sub(r"^\s*<\?xml[^>]*>", "", text).replace("\0", "")


def _as_said(content: bytes) -> str:
    if wide := wide_encoding(content[:4]):
        return content.decode(wide, "replace").removeprefix("\ufeff")
    declared = CHARSET.search(content[:4096])
    for label in (b"utf-8-sig", declared[1] if declared else FALLBACK):
        try:
            name = known(label)
            return content.decode("cp1252" if name == LATIN_1 else name)
        except (UnicodeDecodeError, LookupError):
            continue
    return content.decode(known(FALLBACK), "replace")


class _Budget:
    """Counts the cells that spans are filled into."""

    def __init__(self, name: str, max_columns: int) -> None:
        self._name, self._max_columns = name, max_columns
        self._cells = 0

    def spend(self, width: int) -> None:
        self._cells += width
        if width > self._max_columns:
            raise LimitExceeded(
                f"{self._name} has a table of more than {self._max_columns} columns (max_columns)",
                limit="max_columns",
            )
        self.foresee(0)

    def foresee(self, cells: int) -> None:
        """So many more are still to come. Raises LimitExceeded."""
        if self._cells + cells > MOST_CELLS:
            raise LimitExceeded(
                f"the tables of {self._name} span more than {MOST_CELLS} cells (max_ratio)",
                limit="max_ratio",
            )


def _grid(table: Any, budget: _Budget) -> Grid:
    rows: list[tuple[str, ...]] = []
    headings, is_heading = 0, True
    open_spans: dict[int, tuple[str, int]] = {}  # column: its text, for so many rows more
    found = _rows(table)
    for rows_left, row in zip(range(len(found) - 1, -1, -1), found, strict=True):
        cells = [cell for cell in row if cell.tag in {"td", "th"}]
        texts: dict[int, str] = {}
        for column, (text, left) in list(open_spans.items()):
            texts[column] = text
            if left > 1:
                open_spans[column] = (text, left - 1)
            else:
                del open_spans[column]
        at = 0
        for cell in cells:
            while at in texts:
                at += 1
            text = _text(cell)
            down = _span(cell, "rowspan", LONGEST_SPAN)
            for _ in range(_span(cell, "colspan", WIDEST_SPAN)):
                if at in texts:
                    break
                texts[at] = text
                if down != 1:
                    open_spans[at] = (text, (down or LONGEST_SPAN) - 1)
                at += 1
        width = max(texts, default=-1) + 1
        budget.spend(width)
        if open_spans and any(cell.get("rowspan") for cell in cells):
            budget.foresee(sum(min(left, rows_left) for _, left in open_spans.values()))
        rows.append(tuple(texts.get(column, "") for column in range(width)))
        if any(rows[-1]):
            is_heading = is_heading and bool(cells) and _is_heading(row, cells)
            headings = len(rows) if is_heading else headings
    refuse_emptiness(len(rows), max(map(len, rows), default=0), sum(map(len, rows)))
    caption = table.find("caption")
    return Grid("" if caption is None else _text(caption), tuple(rows), headings)


def _rows(table: Any) -> list[Any]:
    """The rows of the table itself; a foot that stands before the body comes last."""
    groups: dict[str, list[Any]] = {"thead": [], "tbody": [], "tfoot": []}
    for child in table:
        if child.tag == "tr":
            groups["tbody"].append(child)
        elif child.tag in groups:
            groups[child.tag].extend(child.findall("tr"))
    return [row for group in groups.values() for row in group]


def _is_heading(row: Any, cells: list[Any]) -> bool:
    parent = row.getparent()
    return parent.tag == "thead" or all(cell.tag == "th" for cell in cells)


def _span(cell: Any, name: str, most: int) -> int:
    """How many columns or rows; 0 rows are all that follow."""
    written = (cell.get(name) or "").strip()
    if not (written.isascii() and written.isdigit()):
        return 1
    span = min(int(written[:9]), most)
    return span if span or name == "rowspan" else 1


def _text(element: Any) -> str:
    return SPACE.sub(" ", "".join(_pieces(element))).strip()


def _pieces(element: Any) -> list[str]:
    pieces = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str):
            if child.tag == "br":
                pieces.append(" ")
            elif child.tag not in WITHOUT_TEXT:
                pieces.extend(_pieces(child))
        pieces.append(child.tail or "")
    return pieces
