"""Regular sheet: the cells of a sheet as arrays, where its XML has the form of most writers."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.formats.regular_markup import (
    LOW_BYTES,
    WORD,
    Flags,
    Grammar,
    Integers,
    Irregular,
    Kinds,
    Markup,
    numbers,
)
from pipelines.formats.regular_pieces import Enclosure
from pipelines.formats.sheet_xml import Book
from pipelines.formats.workbook_package import Package

ROW, ROW_END, CELL, CELL_END, VALUE, VALUE_END = range(1, 7)
INLINE, INLINE_END, TEXT, TEXT_WITH, TEXT_END = range(7, 12)
FORMULA, FORMULA_WITH, FORMULA_END, EMPTY_ROW, EMPTY_CELL, EMPTY_FORMULA = range(12, 18)
EMPTY_TEXT = 18
NEXT_CELL, NEXT_ROW, VALUES = (CELL, EMPTY_CELL, ROW_END), (ROW, EMPTY_ROW), (VALUE, CELL_END)
GRAMMAR = Grammar(
    {
        ROW: b'<row r="',
        ROW_END: b"</row>",
        CELL: b'<c r="',
        CELL_END: b"</c>",
        VALUE: b"<v>",
        VALUE_END: b"</v>",
        INLINE: b"<is>",
        INLINE_END: b"</is>",
        TEXT: b"<t>",
        TEXT_WITH: b"<t ",
        TEXT_END: b"</t>",
        FORMULA: b"<f>",
        FORMULA_WITH: b"<f ",
        FORMULA_END: b"</f>",
    },
    {ROW: EMPTY_ROW, CELL: EMPTY_CELL, FORMULA_WITH: EMPTY_FORMULA, TEXT_WITH: EMPTY_TEXT},
    {
        ROW: NEXT_CELL,
        EMPTY_ROW: NEXT_ROW,
        ROW_END: NEXT_ROW,
        CELL: (*VALUES, INLINE, FORMULA, FORMULA_WITH, EMPTY_FORMULA),
        EMPTY_CELL: NEXT_CELL,
        CELL_END: NEXT_CELL,
        VALUE: (VALUE_END,),
        VALUE_END: (CELL_END,),
        INLINE: (TEXT, TEXT_WITH),
        TEXT: (TEXT_END,),
        TEXT_WITH: (TEXT_END,),
        TEXT_END: (INLINE_END,),
        INLINE_END: (CELL_END,),
        FORMULA: (FORMULA_END,),
        FORMULA_WITH: (FORMULA_END,),
        FORMULA_END: VALUES,
        EMPTY_FORMULA: VALUES,
    },
    (VALUE, TEXT, TEXT_WITH, FORMULA, FORMULA_WITH),
)
SHEET_DATA = Enclosure("sheetData", re.compile(rb"<sheetData>"), b"</sheetData>", "row", b"</row>")
# How many tags behind a cell's own its value is, by the tag that follows.
DISTANCE = np.zeros(32, np.int64)
DISTANCE[[VALUE, INLINE, EMPTY_FORMULA, FORMULA, FORMULA_WITH]] = 1, 2, 2, 3, 3
HOLDS_VALUE = np.zeros(32, np.bool_)
HOLDS_VALUE[[VALUE, TEXT, TEXT_WITH]] = True
QUOTE = ord('"')
MOST_DIGITS, MOST_COLUMNS = 7, 16_384
MOST_WORDS, MOST_FORMS = 4, 512  # of what a cell's tag says beside its place
PIECE_TEXT_BYTES = 32 << 20
ATTRIBUTE = re.compile(rb' (s|t|cm|vm|ph)="(\w+)"')

NONE, NUMBER, DATE, TIME, DURATION, SHARED, STRING, BOOLEAN, ERROR = range(9)
BY_TYPE = {b"s": SHARED, b"str": STRING, b"inlineStr": STRING, b"b": BOOLEAN, b"e": ERROR}
BY_FORMAT = {"number": NUMBER, "date": DATE, "time": TIME, "duration": DURATION}


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells with a value, row by row: where they stand, of what kind they are, what they say.

    Of a shared string, `shared` is its place among them.
    """

    rows: Integers
    columns: Integers
    kinds: Kinds
    texts: pl.Series
    shared: Integers
    text_bytes: int

    @classmethod
    def joined(cls, several: Sequence["Cells"]) -> "Cells":
        """Those of pieces that follow each other."""
        return cls(
            np.concatenate([cells.rows for cells in several]),
            np.concatenate([cells.columns for cells in several]),
            np.concatenate([cells.kinds for cells in several]),
            pl.concat([cells.texts for cells in several]),
            np.concatenate([cells.shared for cells in several]),
            sum(cells.text_bytes for cells in several),
        )

    def only(self, wanted: Flags) -> "Cells":
        return Cells(
            self.rows[wanted],
            self.columns[wanted],
            self.kinds[wanted],
            self.texts.filter(pl.Series(wanted)),
            self.shared[wanted],
            self.text_bytes,
        )


def regular_cells(package: Package, part: str, book: Book) -> Iterator[Cells]:
    """All cells of a sheet in pieces. Raises Irregular, ReadError."""
    reader = _Reader(book, package.limits.max_cell_bytes)
    for piece in SHEET_DATA.pieces(package.stream(part), part):
        yield reader.cells(Markup.of(piece, GRAMMAR))


class _Reader:
    """What has to be known from one piece to the next."""

    def __init__(self, book: Book, most_bytes: int) -> None:
        self._book = book
        self._most_bytes = most_bytes
        self._lengths = _lengths(book)
        self._forms: dict[bytes, int] = {}
        self._row = -1

    def cells(self, markup: Markup) -> Cells:
        kinds = markup.kinds
        if kinds[0] not in NEXT_ROW or kinds[-1] not in (ROW_END, EMPTY_ROW):
            raise Irregular
        tags = np.flatnonzero((kinds == CELL) | (kinds == EMPTY_CELL))
        row_tags = np.flatnonzero((kinds == ROW) | (kinds == EMPTY_ROW))
        numbered, digits = _row_numbers(markup, row_tags)
        if numbered[0] <= self._row or (np.diff(numbered) <= 0).any():
            raise Irregular
        self._row = int(numbered[-1])
        row_of = np.repeat(
            np.arange(len(row_tags)), np.diff(np.searchsorted(tags, row_tags), append=len(tags))
        )
        columns, behind = _columns(markup, tags, row_tags[row_of], digits[row_of])
        rows = numbered[row_of] - 1
        if (np.diff(rows * MOST_COLUMNS + columns) <= 0).any():
            raise Irregular
        found = self._kinds(markup, tags, behind)
        values = tags + np.where(kinds[tags] == CELL, DISTANCE[kinds[tags + 1]], 0)
        has_value = HOLDS_VALUE[kinds[values]]
        lengths = markup.starts[values + 1] - markup.ends[values] - 1
        if (has_value & (lengths > self._most_bytes)).any():
            raise Irregular
        is_nothing = has_value & (lengths == 0)
        if np.isin(found[is_nothing], (SHARED, BOOLEAN, ERROR)).any():
            raise Irregular
        kept = np.flatnonzero(has_value & (lengths > 0))
        shared, text_lengths = self._shared(markup, values[kept], lengths[kept], found[kept])
        if text_lengths.sum() > PIECE_TEXT_BYTES:
            raise Irregular
        if not text_lengths.all():
            some = text_lengths > 0
            kept, shared, text_lengths = kept[some], shared[some], text_lengths[some]
        return Cells(
            rows[kept],
            columns[kept],
            found[kept],
            markup.texts(values[kept]),
            shared,
            int(text_lengths.sum()),
        )

    def _kinds(self, markup: Markup, tags: Integers, behind: Integers) -> Kinds:
        """What the cells are by their type and style: what their tags say behind the reference."""
        lengths = markup.ends[tags] - behind - (markup.kinds[tags] == EMPTY_CELL)
        longest = int(lengths.max(initial=0))
        if longest > MOST_WORDS * WORD or lengths.min(initial=0) < 0:
            raise Irregular
        words = [
            markup.words[behind + offset] & LOW_BYTES[np.clip(lengths - offset, 0, WORD)]
            for offset in range(0, max(1, longest), WORD)
        ]
        found = np.zeros(len(tags), np.uint8)
        todo = np.arange(len(tags))
        while len(todo):
            first = todo[0]
            form = markup.content[behind[first] : behind[first] + lengths[first]]
            is_same: Flags = np.logical_and.reduce([word[todo] == word[first] for word in words])
            found[todo[is_same]] = self._kind(form)
            todo = todo[~is_same]
        return found

    def _kind(self, form: bytes) -> int:
        kind = self._forms.get(form)
        if kind is None:
            if len(self._forms) >= MOST_FORMS:
                raise Irregular
            kind = self._forms[form] = self._kind_of(form)
        return kind

    def _kind_of(self, form: bytes) -> int:
        attributes = dict(ATTRIBUTE.findall(form))
        if sum(len(name) + len(value) + 4 for name, value in attributes.items()) != len(form):
            raise Irregular
        style = attributes.get(b"s", b"0")
        if not style.isdigit() or len(style) > MOST_DIGITS:
            raise Irregular
        type_ = attributes.get(b"t", b"n")
        if type_ != b"n":
            if type_ not in BY_TYPE:
                raise Irregular
            return BY_TYPE[type_]
        formats = self._book.kinds
        return BY_FORMAT[formats[int(style)] if int(style) < len(formats) else "number"]

    def _shared(
        self, markup: Markup, values: Integers, lengths: Integers, kinds: Kinds
    ) -> tuple[Integers, Integers]:
        """Which strings the cells share, -1 if none; and how many bytes their texts take."""
        places = np.full(len(values), -1)
        at = np.flatnonzero(kinds == SHARED)
        found = numbers(markup.words[markup.ends[values[at]] + 1], lengths[at])
        if len(found) and found.max() >= len(self._lengths):
            raise Irregular
        places[at] = found
        lengths = lengths.copy()
        lengths[at] = self._lengths[found]
        return places, lengths


def _lengths(book: Book) -> Integers:
    try:
        return book.texts.str.len_bytes().fill_null(0).cast(pl.Int64).to_numpy()
    except UnicodeEncodeError as error:
        raise Irregular from error


def _row_numbers(markup: Markup, tags: Integers) -> tuple[Integers, Integers]:
    """The numbers of rows, and of how many digits they are."""
    words = markup.words[markup.starts[tags] + len(b'<row r="')]
    digits = np.full(len(tags), -1)
    for place in range(MOST_DIGITS, 0, -1):
        byte = (words >> np.uint64(8 * place)) & np.uint64(0xFF)
        digits[byte == QUOTE] = place
    return numbers(words, digits), digits


def _columns(
    markup: Markup, tags: Integers, row_tags: Integers, digits: Integers
) -> tuple[Integers, Integers]:
    """The columns of cells from 0, and where their references end, which must be of their rows."""
    at = markup.starts[tags] + len(b'<c r="')
    letters = markup.words[at]
    columns = np.zeros(len(tags), np.int64)
    count = np.zeros(len(tags), np.int64)
    is_letter = np.ones(len(tags), np.bool_)
    for place in range(3):
        letter = ((letters >> np.uint64(8 * place)) & np.uint64(0xFF)).astype(np.int64)
        is_letter &= (letter >= ord("A")) & (letter <= ord("Z"))
        if not is_letter.any():
            break
        columns = np.where(is_letter, columns * 26 + letter - 64, columns)
        count += is_letter
    if (columns < 1).any() or (columns > MOST_COLUMNS).any():
        raise Irregular
    mask = LOW_BYTES[digits + 1]
    expected = markup.words[markup.starts[row_tags] + len(b'<row r="')]
    if (((markup.words[at + count] ^ expected) & mask) != 0).any():
        raise Irregular
    return columns - 1, at + count + digits + 1
