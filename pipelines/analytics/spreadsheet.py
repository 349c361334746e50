"""Spreadsheet: sheets of plain values as the bytes of an .xlsx, in which nothing is live."""

import io
import math
import re
import shutil
import zipfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from tempfile import TemporaryFile
from textwrap import wrap
from typing import Any, BinaryIO, Literal

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.writer.excel import ExcelWriter

from pipelines.analytics import row_markup
from pipelines.analytics.row_markup import Styles
from pipelines.analytics.wording import shorten
from pipelines.publish import FORMULA_STARTS, ZIP_EPOCH

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TEXT = 8000  # characters of a cell; the format allows 32,767
PAGE = 260  # characters that are still legible side by side on one
LINE, MOST_LINES = 15, 20  # points; the format allows 409
PROSE = 1.1  # of letters as they are mixed in words, more fit than of digits
BOLD = 2  # characters that fewer bold ones fit into a cell
INDENT = 1  # so that words keep away from the figures before them
EXACT = 10**15  # the first integer that a spreadsheet rounds
# OOXML reads `_x0041_` in a text as an A, and XML holds no U+FFFE and U+FFFF.
ESCAPE, NO_XML = re.compile(r"(?=_x[0-9A-Fa-f]{4}_)"), re.compile("[\ufffe\uffff]")

Value = str | int | float | None
Style = Literal["text", "figure", "count", "percent", "coefficient", "sentence"]
FORMATS: dict[Style, str] = {
    "text": "General",
    "sentence": "General",
    "figure": "General",
    "count": "#,##0",
    "percent": "0.00%",
    "coefficient": "0.000",
}
HEADER_FONT, HEADER_FILL = Font(bold=True), PatternFill("solid", fgColor="EDF1F4")
HEADER_LINE = Border(bottom=Side(style="thin", color="9AA5AD"))


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a sheet; `width` in characters."""

    title: str
    width: int = 12
    style: Style = "figure"


@dataclass(frozen=True)
class Sheet:
    """A sheet under a header that stays in sight, and its first `held` columns with it."""

    name: str
    fields: Sequence[Field]
    rows: Iterable[Sequence[Value]]
    held: int = 0


def workbook(sheets: Iterable[Sheet], title: str, created_at: float) -> bytes:
    """The sheets in order, a row at a time; the same sheets give the same bytes.

    `created_at` is in epoch seconds, and the only time in the file.
    """
    book = Workbook(write_only=True)
    made = datetime.fromtimestamp(int(created_at), UTC).replace(tzinfo=None)
    book.properties.creator = "MetricFoundry"
    book.properties.title = _text(title)
    book.properties.created = book.properties.modified = made
    stream = io.BytesIO()
    with ExitStack() as open_files:
        archive = _Archive(stream, "w", zipfile.ZIP_DEFLATED)
        for place, sheet in enumerate(sheets, 1):
            body = open_files.enter_context(TemporaryFile())
            _write(book, sheet, body)
            archive.rows[f"xl/worksheets/sheet{place}.xml"] = body
        ExcelWriter(book, archive).save()
    return stream.getvalue()


class _Archive(zipfile.ZipFile):
    """An archive without a clock, and without what else its maker's machine would tell.

    Into the parts of `rows`, which have a header alone, go the rows that follow it.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.rows: dict[str, BinaryIO] = {}

    def writestr(self, name: Any, body: Any, *_: Any) -> None:
        super().writestr(_entry(name), body)

    def write(self, filename: str | PathLike[str], arcname: Any = None, *_: Any) -> None:
        before, end, after = Path(filename).read_bytes().partition(row_markup.END)
        with self.open(_entry(arcname), "w") as target:
            target.write(before)
            if body := self.rows.get(arcname):
                body.seek(0)
                shutil.copyfileobj(body, target)
            target.write(end + after)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, ZIP_EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    return entry


def _write(book: Workbook, sheet: Sheet, body: BinaryIO) -> None:
    """Write a sheet down to its header and, to `body`, its rows."""
    page = book.create_sheet(sheet.name)
    page.freeze_panes = f"{get_column_letter(sheet.held + 1)}2"
    page.print_title_rows = "1:1"
    page.page_setup.orientation = "landscape"
    if sum(field.width for field in sheet.fields) <= PAGE:
        page.page_setup.fitToHeight = 0
        page.sheet_properties.pageSetUpPr.fitToPage = True
    elif sheet.held:
        page.print_title_cols = f"A:{get_column_letter(sheet.held)}"
    for index, field in enumerate(sheet.fields, 1):
        page.column_dimensions[get_column_letter(index)].width = field.width
    titles = (len(wrap(field.title, field.width - BOLD)) for field in sheet.fields)
    page.row_dimensions[1].height = LINE * max(titles)
    page.append([_heading(page, field) for field in sheet.fields])
    letters = [get_column_letter(index) for index in range(1, len(sheet.fields) + 1)]
    styles = [_styles(page, field) for field in sheet.fields]
    sentences = [
        (n, field.width) for n, field in enumerate(sheet.fields) if field.style == "sentence"
    ]
    rows = 1
    for row in sheet.rows:
        rows += 1
        lines = _lines(sentences, row)  # an office program may not fit the height to them
        height = LINE * min(lines, MOST_LINES) if lines > 1 else None
        told = [_told(value) for value in row]
        found = row_markup.row(rows, letters, styles, told, live=FORMULA_STARTS, height=height)
        body.write(found.encode())
    page.auto_filter.ref = f"A1:{get_column_letter(len(sheet.fields))}{rows}"
    page.print_area = page.auto_filter.ref  # long texts would go on beyond it, page after page


def _lines(sentences: Sequence[tuple[int, int]], row: Sequence[Value]) -> int:
    """How many lines the longest sentence of a row takes up, at least; by their columns' widths."""
    return max(
        (
            sum(-(-max(len(line), 1) // int(width * PROSE)) for line in value.split("\n"))
            for place, width in sentences
            if isinstance(value := row[place], str)
        ),
        default=1,
    )


def _heading(page: Any, field: Field) -> Any:
    cell = WriteOnlyCell(page, _text(field.title))
    cell.data_type = "s"
    cell.font, cell.fill, cell.border = HEADER_FONT, HEADER_FILL, HEADER_LINE
    left = field.style in {"text", "sentence"}
    cell.alignment = Alignment(
        "left" if left else "right", "top", wrap_text=True, indent=INDENT if left else 0
    )
    return cell


def _styles(page: Any, field: Field) -> Styles:
    """The styles of a column, as the workbook has them from now on."""
    figure, text, quoted = (WriteOnlyCell(page) for _ in range(3))
    if field.style != "figure":
        figure.number_format = FORMATS[field.style]
        figure.alignment = Alignment("right", "top")
    for cell in (text, quoted):  # on the left, so that of a long one the beginning is seen
        cell.alignment = Alignment(
            "left", "top", wrap_text=field.style == "sentence", indent=INDENT
        )
    quoted.quotePrefix = True
    return Styles(figure.style_id, text.style_id, quoted.style_id)


def _told(value: Value) -> Value:
    """What a cell can hold as it is; other numbers become texts."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and abs(value) >= EXACT:
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _text(words: str) -> str:
    r"""Foreign text as the format can hold it.

    >>> _text("a\x00"), _text("_x0041_"), _text("\uffff")
    ('a<U+0000>', '_x005F_x0041_', '<U+FFFF>')
    """
    shown = NO_XML.sub(lambda found: f"<U+{ord(found[0]):04X}>", shorten(words, TEXT))
    return ESCAPE.sub("_x005F", shown)
