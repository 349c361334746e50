"""Excel 2003: a workbook in XML of its own, as the OpenDocument workbook with the same cells.

Microsoft, "XML Spreadsheet Reference" (2001): rows and cells come in order, and one that does not
follow its neighbour says where it is. Errors become empty cells, as they are in OpenDocument
workbooks here; a cell that does not hold what its type says becomes a text, and is counted.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from xml.sax.saxutils import escape, quoteattr

from connectors.errors import CorruptFile
from pipelines.formats.excel_2003_moments import moment
from pipelines.formats.excel_2003_styles import Styles
from pipelines.formats.flat_workbook import packed
from pipelines.formats.sequential import Sequential
from pipelines.formats.workbook_package import Package, parsed, xml_parser
from pipelines.formats.xml_encoding import head_in_utf8, in_utf8

SPACE = "urn:schemas-microsoft-com:office:spreadsheet"
ROOT = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?[^>]*\?>\s*|<!--(?:(?!-->).)*-->\s*)*<(?:\w+:)?Workbook\s[^>]*"
    + re.escape(SPACE.encode()),
    re.DOTALL,
)
SHEET, TABLE, COLUMN, ROW, CELL, DATA, STYLE, FORMAT = (
    f"{SPACE} {name}"
    for name in ("Worksheet", "Table", "Column", "Row", "Cell", "Data", "Style", "NumberFormat")
)
FROM_1904 = "urn:schemas-microsoft-com:office:excel Date1904"
VISIBLE = "urn:schemas-microsoft-com:office:excel Visible"  # or hidden, as it says
HIDDEN = "SheetHidden", "SheetVeryHidden"
MOST_ROWS, MOST_COLUMNS = 1 << 20, 1 << 14
URN = "urn:oasis:names:tc:opendocument:xmlns"
BEGIN = (
    f'<office:document-content xmlns:office="{URN}:office:1.0" xmlns:text="{URN}:text:1.0"'
    f' xmlns:table="{URN}:table:1.0"><office:body><office:spreadsheet>'
)
END = "</office:spreadsheet></office:body></office:document-content>"
REMARKS = "remarks.json"  # a part of the package that is made
LONGEST_TYPE = 20
MOST_KINDS = 20
BOOLEANS = {"1": "true", "true": "true", "0": "false", "false": "false"}


@dataclass(frozen=True, slots=True)
class Remarks:
    """What is to be said of such a workbook beside the cells that it becomes.

    `odd` counts cells that did not hold what their type said, of which `odd_type` is the first;
    `errors` those with an error, by the kind; `hidden` are sheets by their place, from 0.
    """

    odd: int = 0
    odd_type: str = ""
    errors: Mapping[str, int] = field(default_factory=dict)
    hidden: Sequence[int] = ()


def remarks(package: Package) -> Remarks:
    """Those on the workbook that became this package."""
    return Remarks(**json.loads(b"".join(package.stream(REMARKS))))


def is_excel_2003(head: bytes) -> bool:
    """Whether a document that begins so is such a workbook.

    >>> is_excel_2003(f'<?xml version="1.0"?><Workbook xmlns="{SPACE}">'.encode())
    True
    """
    return ROOT.match(head_in_utf8(head)) is not None


@dataclass(frozen=True)
class Excel2003(Sequential):
    """A stored document, read as an OpenDocument package. Raises CorruptFile on the way."""

    def _blocks(self) -> Iterator[bytes]:
        content = _Content(self.name)
        return packed(self._turned(content), content.told)

    def _turned(self, content: "_Content") -> Iterator[bytes]:
        parser = xml_parser(self.name)
        parser.StartElementHandler = content.start
        parser.EndElementHandler = content.end
        parser.CharacterDataHandler = content.characters
        yield BEGIN.encode()
        for _ in parsed(parser, in_utf8(self.inner), self.name):
            yield content.taken()
        yield END.encode()


class _Content:
    """The elements of one document turned into others, as they come."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._written: list[str] = []
        self._above: list[str] = []
        self._sheet = self._row = self._column = 0  # how many there have been
        self._merged = 0
        self._span = 0  # so many more rows are like this one, and blank
        self._attributes = ""
        self._kind = ""
        self._text: list[str] = []
        self._styles = Styles()
        self._place, self._style = 0, ""  # of the cell
        self._from_1904 = False
        self._odd, self._odd_type = 0, ""
        self._errors: Counter[str] = Counter()
        self._hidden: list[int] = []
        self._visible = ""

    def taken(self) -> bytes:
        content = "".join(self._written)
        self._written.clear()
        return content.encode()

    def told(self) -> dict[str, str]:
        """The part with the remarks."""
        kind = self._odd_type[:LONGEST_TYPE]
        said = Remarks(self._odd, kind, dict(self._errors.most_common(MOST_KINDS)), self._hidden)
        return {REMARKS: json.dumps(asdict(said))}

    def start(self, name: str, values: dict[str, str]) -> None:
        self._above.append(name)
        if name == SHEET:
            self._sheet += 1
            title = values.get(f"{SPACE} Name") or f"Sheet{self._sheet}"
            self._written.append(f"<table:table table:name={quoteattr(title)}>")
            self._row = 0
        elif name == TABLE:
            self._styles.table(values.get(f"{SPACE} StyleID", ""))
            self._column = 0
        elif name == COLUMN and TABLE in self._above:
            with suppress(CorruptFile):  # no cell depends on where it is
                self._describe_columns(values)
        elif name == ROW and TABLE in self._above:
            self._styles.row(values.get(f"{SPACE} StyleID", ""))
            gap = self._gap(values, self._row, MOST_ROWS)
            self._blank(gap)
            self._span = self._number(values, "Span", 0, MOST_ROWS)
            self._row += gap + 1 + self._span
            self._written.append("<table:table-row>")
            self._column = 0
        elif name == CELL and ROW in self._above:
            gap = self._gap(values, self._column, MOST_COLUMNS)
            self._empty(gap)
            across = self._number(values, "MergeAcross", 0, MOST_COLUMNS)
            down = self._number(values, "MergeDown", 0, MOST_ROWS)
            self._place = self._column + gap
            self._column += gap + 1 + across
            self._merged, self._kind = across, ""
            spans = (("columns", across + 1), ("rows", down + 1))
            written = (f' table:number-{what}-spanned="{count}"' for what, count in spans)
            self._attributes = "".join(written) if across or down else ""
            self._style = values.get(f"{SPACE} StyleID", "")
        elif name == VISIBLE:
            self._visible = ""
        elif name == FROM_1904:
            self._from_1904 = True
        elif name == STYLE:
            self._styles.declare(values.get(f"{SPACE} ID", ""), values.get(f"{SPACE} Parent", ""))
        elif name == FORMAT:
            self._styles.number_format(values.get(f"{SPACE} Format", ""))
        elif name == DATA and self._above[-2:-1] == [CELL]:  # and not of a comment
            self._kind, self._text = values.get(f"{SPACE} Type", "").strip() or "String", []

    def characters(self, text: str) -> None:
        if self._kind and DATA in self._above and self._above[self._above.index(DATA) - 1] == CELL:
            self._text.append(text)
        elif self._above[-1] == VISIBLE:
            self._visible += text

    def end(self, name: str) -> None:
        self._above.pop()
        if name == SHEET:
            self._written.append("</table:table>")
        elif name == ROW and TABLE in self._above:
            self._written.append("</table:table-row>")
            self._blank(self._span)
        elif name == VISIBLE and SHEET in self._above and self._visible.strip() in HIDDEN:
            self._hidden.append(self._sheet - 1)
        elif name == CELL and ROW in self._above:
            text = "".join(self._text)
            kind = self._kind.lower()
            value: str | None = text if kind == "string" else text.strip()
            if kind == "datetime" and value:
                is_lasting = self._styles.is_lasting(self._style, self._place)
                value = moment(value, is_lasting=is_lasting, from_1904=self._from_1904)
            if value is None or _is_odd(kind, value):
                self._odd, self._odd_type = self._odd + 1, self._odd_type or self._kind
                kind, value = "string", text
            elif kind == "error" and value:
                self._errors[value[:LONGEST_TYPE]] += 1
            self._written.append(_cell(kind, value, self._attributes))
            self._empty(self._merged)
            self._text = []

    def _describe_columns(self, values: dict[str, str]) -> None:
        before, self._column = self._column, MOST_COLUMNS  # no other one counts if this is wrong
        begin = before + self._gap(values, before, MOST_COLUMNS)
        self._column = begin + 1 + self._number(values, "Span", 0, MOST_COLUMNS)
        self._styles.columns(begin, self._column, values.get(f"{SPACE} StyleID", ""))

    def _blank(self, count: int) -> None:
        if count:
            self._written.append(f'<table:table-row table:number-rows-repeated="{count}"/>')

    def _empty(self, count: int) -> None:
        if count:
            self._written.append(f'<table:table-cell table:number-columns-repeated="{count}"/>')

    def _gap(self, values: dict[str, str], before: int, most: int) -> int:
        """How many are left out before one that may say where it is."""
        return self._number(values, "Index", before + 1, most, before + 1) - before - 1

    def _number(
        self, values: dict[str, str], name: str, default: int, most: int, least: int = 0
    ) -> int:
        text = values.get(f"{SPACE} {name}")
        number = default if text is None else _whole(text.strip())
        if not least <= number <= most:
            what = number if text is None else text.strip()[:40]
            raise CorruptFile(f"{self._file} has a row or cell whose {name} is {what!r}")
        return number


def _whole(text: str) -> int:
    """The number; -1 if it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


def _is_odd(kind: str, value: str) -> bool:
    """Whether a value is not of its kind, or of none that there is.

    >>> _is_odd("number", "1e3"), _is_odd("number", "1,5"), _is_odd("boolean", "TRUE")
    (False, True, False)
    """
    if kind == "boolean":
        return value.lower() not in {*BOOLEANS, ""}
    if kind == "number":
        return bool(value) and not _is_number(value)
    return bool(kind and value) and kind not in ("datetime", "string", "error")


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return value.isascii() and "_" not in value


def _cell(kind: str, value: str, attributes: str) -> str:
    """The element of OpenDocument with the same value; one without a value where it is an error."""
    given = ""
    if kind == "number" and value:
        given = f' office:value-type="float" office:value={quoteattr(value)}'
    elif kind == "boolean" and value:
        word = BOOLEANS[value.lower()]
        given = f' office:value-type="boolean" office:boolean-value="{word}"'
    elif kind == "datetime" and value:
        what = "time" if "P" in value else "date"
        given = f' office:value-type="{what}" office:{what}-value={quoteattr(value)}'
    elif kind == "string" and value:
        content = f"<text:p>{escape(value)}</text:p>"
        return (
            f'<table:table-cell office:value-type="string"{attributes}>{content}</table:table-cell>'
        )
    return f"<table:table-cell{given}{attributes}/>"
