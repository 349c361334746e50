"""Sheet XML: the cells of a sheet as the file has them, row by row, in bounded memory.

It reads what calamine cannot hold (sparse and huge sheets) or would not tell (error cells), at a
fifth of its speed. Only real cells are visited, however far apart they stand.
"""

import re
from collections.abc import Iterator
from functools import cached_property

import polars as pl

from connectors.errors import CorruptFile, LimitExceeded
from pipelines.containers.limits import Limits
from pipelines.formats.regular_markup import Irregular, unescaped
from pipelines.formats.regular_strings import regular_strings
from pipelines.formats.serial_date import BUILT_IN, Kind, iso_moment, kind_of, moment
from pipelines.formats.sheet_grid import Cell, ErrorCell, Row, column_number
from pipelines.formats.workbook_package import Package, local_name, parsed, xml_parser

REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})$")
TRUE = ("1", "true")
SHARED_STRINGS, STYLES = "/sharedStrings", "/styles"


class Book:
    """What the sheets of a workbook share: strings, the formats of styles, the epoch of dates."""

    def __init__(
        self, shared: list[str] | pl.Series, kinds: list[Kind], *, from_1904: bool
    ) -> None:
        self._shared = shared
        self.kinds = kinds
        self.from_1904 = from_1904

    @cached_property
    def strings(self) -> list[str]:
        return self._shared if isinstance(self._shared, list) else self._shared.to_list()

    @cached_property
    def texts(self) -> pl.Series:
        """The strings, empty ones null. Raises UnicodeEncodeError where one is no text."""
        texts = pl.Series("strings", self._shared, pl.String)
        return texts.set(texts == "", None)


def book_of(package: Package, main: str, *, from_1904: bool) -> Book:
    """The shared strings and number formats. Raises ReadError."""
    shared: list[str] | pl.Series = []
    kinds: list[Kind] = []
    for kind, path in package.relations(main).values():
        if kind.endswith(SHARED_STRINGS) and path in package:
            try:
                shared = regular_strings(package.stream(path), path, package.limits)
            except Irregular:
                shared = list(_shared_strings(package, path))
        elif kind.endswith(STYLES) and path in package:
            kinds = _kinds(package, path)
    return Book(shared, kinds, from_1904=from_1904)


def rows(package: Package, part: str, book: Book) -> Iterator[Row]:
    """The rows that hold a cell with a value, as they stand in the file. Raises ReadError."""
    reader = _SheetReader(package, part, book)
    for _ in parsed(reader.parser, package.stream(part), part):
        yield from reader.done
        reader.done.clear()


class _SheetReader:
    """The handlers of one pass over a sheet."""

    def __init__(self, package: Package, part: str, book: Book) -> None:
        self.done: list[Row] = []
        self._part = part
        self._book = book
        self._limits = package.limits
        self._row, self._column = 0, 0
        self._cells: dict[int, Cell] = {}
        self._type, self._style = "n", 0
        self._text: list[str] | None = None
        self._length = 0
        self._value: str | None = None
        self._phonetic = 0
        self._count = 0
        self.parser = xml_parser(part)
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    def _start(self, name: str, values: dict[str, str]) -> None:
        name = local_name(name)
        if name == "c":
            self._column += 1
            reference = REFERENCE.match(values.get("r", ""))
            if reference:
                self._column = column_number(reference[1].upper()) + 1
            self._type = values.get("t", "n")
            self._style = _number(values.get("s", "0"))
            self._value = None
            self._text = None
        elif name in ("v", "t"):
            self._text = [] if not self._phonetic else None
            self._length = 0
        elif name == "rPh":
            self._phonetic += 1
        elif name == "row":
            self._row = _number(values["r"]) if "r" in values else self._row + 1
            self._column = 0
            self._cells = {}

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)
            self._length += len(text)
            if self._length > self._limits.max_cell_bytes:
                raise _too_long(self._part, self._limits)

    def _end(self, name: str) -> None:
        name = local_name(name)
        if name in ("v", "t"):
            if self._text is not None:
                self._value = (self._value or "") + "".join(self._text)
            self._text = None
        elif name == "c":
            self._count += 1
            if self._count > self._limits.max_sheet_cells:
                raise LimitExceeded(
                    f"{self._part} holds more than {self._limits.max_sheet_cells} cells"
                    " (max_sheet_cells)",
                    limit="max_sheet_cells",
                )
            if self._value is not None:
                value = self._cell(self._value)
                if value is not None:
                    self._cells[self._column - 1] = value
        elif name == "rPh":
            self._phonetic -= 1
        elif name == "row" and self._cells:
            self.done.append((self._row - 1, self._cells))
            self._cells = {}

    def _cell(self, text: str) -> Cell | None:
        try:
            return cell_of(text, self._type, self._format(), self._book)
        except (ValueError, IndexError) as error:
            raise CorruptFile(
                f"{self._part} has no sound value in row {self._row}: {text[:40]!r}"
            ) from error

    def _format(self) -> Kind:
        kinds = self._book.kinds
        return kinds[self._style] if self._style < len(kinds) else "number"


def cell_of(text: str, type_: str, format_: Kind, book: Book) -> Cell | None:
    """The value of a cell by its type and format. Raises ValueError, IndexError if it has none."""
    if type_ == "s":
        return book.strings[_index(text)] or None
    if type_ in ("str", "inlineStr"):
        return unescaped(text) or None
    if type_ == "b":
        return text.strip() in TRUE
    if type_ == "e":
        return ErrorCell(text.strip())
    if type_ == "d":
        return iso_moment(text) if text.strip() else None
    serial = _number_or_text(text)
    if isinstance(serial, str):
        return serial or None
    return moment(serial, format_, from_1904=book.from_1904)


def _shared_strings(package: Package, path: str) -> Iterator[str]:
    """The shared strings in order, without their phonetic hints."""
    found: list[str] = []
    pieces: list[str] = []
    state = {"text": False, "phonetic": 0, "length": 0}

    def start(name: str, _: dict[str, str]) -> None:
        name = local_name(name)
        if name == "si":
            pieces.clear()
            state["length"] = 0
        elif name == "rPh":
            state["phonetic"] += 1
        state["text"] = name == "t" and not state["phonetic"]

    def characters(text: str) -> None:
        if state["text"]:
            pieces.append(text)
            state["length"] += len(text)
            if state["length"] > package.limits.max_cell_bytes:
                raise _too_long(path, package.limits)

    def end(name: str) -> None:
        name = local_name(name)
        if name == "si":
            found.append(unescaped("".join(pieces)))
        elif name == "rPh":
            state["phonetic"] -= 1
        elif name == "t":
            state["text"] = False

    parser = xml_parser(path)
    parser.StartElementHandler = start
    parser.CharacterDataHandler = characters
    parser.EndElementHandler = end
    for _ in parsed(parser, package.stream(path), path):
        yield from found
        found.clear()


def _kinds(package: Package, path: str) -> list[Kind]:
    """What each cell style makes of a number."""
    custom: dict[int, Kind] = {}
    styles: list[Kind] = []
    for element in package.elements(path):
        if element.name == "numFmt":
            number = _number(element.values.get("numFmtId", "0"))
            custom[number] = kind_of(element.values.get("formatCode", ""))
        elif element.name == "xf" and element.above[-1:] == ("cellXfs",):
            number = _number(element.values.get("numFmtId", "0"))
            styles.append(custom.get(number) or BUILT_IN.get(number, "number"))
    return styles


def _index(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def _number_or_text(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text.strip() and text


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _too_long(part: str, limits: Limits) -> LimitExceeded:
    return LimitExceeded(
        f"{part} has a cell of more than {limits.max_cell_bytes} bytes (max_cell_bytes)",
        limit="max_cell_bytes",
    )
