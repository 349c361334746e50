"""ODS repair: an OpenDocument workbook whose texts say in calamine's terms what they say.

calamine passes over the elements that stand for a tab and for a break within a paragraph
(OpenDocument 1.3, 6.1.4 and 6.1.5), so that the words around them run together, and over CDATA. It
takes white space and comments between elements for part of cells, or refuses them; the text of a
shape for that of the cell which anchors it; a protected macro for a protected workbook. A time of a
day or more it gives as it is written, as if the cell held a text: such times are marked. Of sheets
with one name it holds the last, so that their names are told apart. It knows no other names of the
attributes with values than OpenDocument's (OpenOffice 1 has them among those of tables), and takes
cells without a type for empty ones, whatever their text is, and so those that have a type and no
value; a 1 or TRUE for false; and no workbook that writes a number otherwise than OpenDocument does.
"""

import datetime as dt
import re
import tempfile
import zipfile
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO, cast
from xml.sax.saxutils import quoteattr, unescape

from pipelines.formats.naming import Told
from pipelines.formats.office_document import SPREADSHEET, ZIP_MAGIC

CONTENT, MANIFEST, SETTINGS = "content.xml", "META-INF/manifest.xml", "settings.xml"
BLOCK_BYTES = 1 << 20
LONGEST_PIECE = 64 << 20
IN_MEMORY_BYTES = 64 << 20
CELL_END = b"</table:table-"  # of a cell or of what holds cells: no text reaches beyond it
CDATA, CDATA_END = b"<![CDATA[", b"]]>"
COMMENT, COMMENT_END = b"<!--", b"-->"
SHAPE = re.compile(rb"""<(/?)draw:(?:[^<>"']|"[^"<]*"|'[^'<]*')*+>""")
ELEMENT = re.compile(rb"<text:(tab|line-break)\b[^>]*?(?:/>|>\s*</text:\1\s*>)")
BLANK_BEGINS = (b">\n", b"> ", b">\t", b">\r")
BLANKS = (
    re.compile(rb">()\s+(?=</?table:)"),
    re.compile(rb"(</table:(?:covered-)?table-cell)>[^<>]+(?=<)"),  # what is written between cells
    re.compile(rb"(<table:[^<>]*)>\s+(?=<)"),
    re.compile(rb"(</text:p|<text:p[^<>]*/|</office:annotation)>\s+(?=<(?:text:p|office:ann)\b)"),
)
SHEETS = (b"<table:table ", b"<table:table\n")
SHEET_NAME = re.compile(
    rb"""(<table:table(?=\s)(?:[^<>"']|"[^"<]*"|'[^'<]*')*?\stable:name=)("[^"<]*"|'[^'<]*')"""
)
QUOTES = {"&quot;": '"', "&apos;": "'"}
ATTRIBUTES = rb"""(?:[^<>"']|"[^"<]*"|'[^'<]*')*"""
CELL = re.compile(rb"<table:(?:covered-)?table-cell\s" + ATTRIBUTES + rb">")
HELD = rb"(?<!/)>(?!\s*</table:)"  # the end of the tag of an element that is not empty
NUMBER = rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?i:inf|infinity|nan)"
SAYS_NOTHING = re.compile(  # perhaps: it has no value, is no string, and is not empty
    rb"<table:(?:covered-)?table-cell(?=[\s>])"
    rb"""[^<>v]*+(?:v(?:(?<=calcext:v)|(?!alue(?:=|-type=["']string["'])))[^<>v]*+)*+""" + HELD
)
ODD_NUMBER = re.compile(rb"""office:value=(?!["'](?:""" + NUMBER + rb""")["'])""")
ODD_BOOLEAN = re.compile(rb"""office:boolean-value=(?!["'](?:true|false)["'])""")
NO_MOMENT = re.compile(rb"""office:(?:date|time)-value=(?:""|'')""")
BEGIN = re.compile(
    rb"<(table:table-cell|table:covered-table-cell)(?=[\s/>])(" + ATTRIBUTES + rb">(\s*</table:)?)"
)
TYPE = re.compile(rb"""\soffice:value-type=("[^"<]*"|'[^'<]*')""")
TEXTUAL = b' office:value-type="string"'
VALUE = re.compile(rb"""\soffice:(value|boolean-value|\w+-value)=("[^"<]*"|'[^'<]*')""")
TRUTHS = b"true", b"false"
OLD_VALUE_TYPE = b"table:value-type="
OLD_VALUE = re.compile(
    rb"(?<=\s)table:(value|value-type|currency|(?:date|time|boolean|string)-value)="
)
TIME_OF_DAY = rb"PT([01]?\d|2[0-3])H[0-5]?\dM[0-5]?\d(\.\d{1,9})?S"
LONG_TIME = re.compile(rb"(<[^<>]*:time-value=[\"'])(?=-?P)(?!" + TIME_OF_DAY + rb"[\"'])")
DURATION = re.compile(r"(-?)P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d+)?)S)?")
MARK = "\uffff"  # no text can hold it: it is no character of XML (XML 1.0, 2.2)
STANDS_FOR = {b"tab": b"\t", b"line-break": b"\n"}


def repaired(file: BinaryIO) -> BinaryIO:
    """The same file, or one of what calamine reads of it in words that it understands."""
    try:
        if file.read(len(ZIP_MAGIC)) != ZIP_MAGIC:
            return file
        with zipfile.ZipFile(file) as package:
            if CONTENT not in package.namelist() or not _needs_repair(package):
                return file
            return _written(package)
    except Exception:  # noqa: BLE001 - it fails in every way; calamine is asked next
        return file
    finally:
        file.seek(0)


def duration(marked: str) -> dt.timedelta | str:
    """How long a cell lasts that was marked, or its text where that says nothing.

    >>> duration(MARK + "PT25H30M00S"), duration(MARK + "PTA")
    (datetime.timedelta(days=1, seconds=5400), 'PTA')
    """
    text = marked.removeprefix(MARK)
    found = DURATION.fullmatch(text)
    if found is None or not any(found.groups()[1:]):
        return text
    sign, days, hours, minutes, seconds = found.groups("0")
    try:
        long = dt.timedelta(
            days=int(days),
            hours=int(hours),
            minutes=int(minutes),
            seconds=float(seconds.replace(",", ".")),
        )
    except OverflowError:
        return text
    return -long if sign else long


def _needs_repair(package: zipfile.ZipFile) -> bool:
    if MANIFEST not in package.namelist() or b"encryption-data" in package.read(MANIFEST):
        return True
    repair = _Repair()
    return any(repair.of(piece) is not piece for piece in _pieces(package))


def _written(package: zipfile.ZipFile) -> BinaryIO:
    """A workbook of the parts that calamine reads, in an unnamed temporary file if it is large."""
    is_large = package.getinfo(CONTENT).file_size > IN_MEMORY_BYTES
    made = cast("BinaryIO", _Unnamed(IN_MEMORY_BYTES))
    method = zipfile.ZIP_DEFLATED if is_large else zipfile.ZIP_STORED
    repair = _Repair()
    with zipfile.ZipFile(made, "w", method, compresslevel=1) as target:
        target.writestr("mimetype", SPREADSHEET)
        target.writestr(MANIFEST, "<manifest:manifest/>")
        if SETTINGS in package.namelist():
            target.writestr(SETTINGS, package.read(SETTINGS))
        with target.open(CONTENT, "w", force_zip64=True) as content:
            for piece in _pieces(package):
                content.write(repair.of(piece))
    made.seek(0)
    return made


def _pieces(package: zipfile.ZipFile) -> Iterator[bytes]:
    """The content, parted where cells or rows end."""
    with package.open(CONTENT) as content:
        rest = b""
        for block in iter(partial(content.read, BLOCK_BYTES), b""):
            rest += block
            end = rest.find(b">", rest.rfind(CELL_END)) + 1 if CELL_END in rest else 0
            if not end and len(rest) > LONGEST_PIECE:
                end = rest.rfind(b">") + 1
            if end:
                yield rest[:end]
                rest = rest[end:]
        yield rest


class _Unnamed(tempfile.SpooledTemporaryFile[bytes]):
    """Closed when nothing refers to it any more."""

    def __del__(self) -> None:
        self.close()


class _Repair:
    """One pass over the pieces of a content. A shape may hold cells, and so reach from one to the
    next.
    """

    def __init__(self) -> None:
        self._depth = 0  # in shapes
        self._is_first = True
        self._names = Told()

    def of(self, piece: bytes) -> bytes:
        """The piece in words that calamine understands; itself if it is."""
        plain = piece
        if not self._is_first and plain[:1].isspace():
            plain = plain.lstrip()
        self._is_first = False
        if b"<!" in plain:
            plain = _without_sections(plain)
        if self._depth or b"<draw:" in plain:
            plain = self._without_shapes(plain)
        if any(begun in plain for begun in SHEETS):
            plain = SHEET_NAME.sub(self._named_apart, plain)
        if b"<text:tab" in plain or b"<text:line-break" in plain:
            plain = ELEMENT.sub(lambda found: STANDS_FOR[found[1]], plain)
        if OLD_VALUE_TYPE in plain:
            plain = CELL.sub(lambda cell: OLD_VALUE.sub(rb"office:\1=", cell[0]), plain)
        if any(odd.search(plain) for odd in (SAYS_NOTHING, ODD_NUMBER, ODD_BOOLEAN, NO_MOMENT)):
            plain = BEGIN.sub(_legible, plain)
        if b":time-value=" in plain:
            plain = LONG_TIME.sub(rb"\1" + MARK.encode(), plain)
        if any(begun in plain for begun in BLANK_BEGINS):
            for blank in BLANKS:
                plain = blank.sub(rb"\1>", plain)
        return piece if plain == piece else plain

    def _named_apart(self, found: re.Match[bytes]) -> bytes:
        name = unescape(found[2][1:-1].decode("utf-8", "replace"), QUOTES)
        apart = self._names.apart(name)
        return found[0] if apart == name else found[1] + quoteattr(apart).encode()

    def _without_shapes(self, piece: bytes) -> bytes:
        kept: list[bytes] = []
        start = 0
        for tag in SHAPE.finditer(piece):
            if not self._depth:
                kept.append(piece[start : tag.start()])
            if tag[1]:
                self._depth -= 1
            elif not tag[0].endswith(b"/>"):
                self._depth += 1
            start = tag.end()
        if not self._depth:
            kept.append(piece[start:])
        return b"".join(kept)


def _legible(begin: re.Match[bytes]) -> bytes:
    """The tag where a cell begins, which holds a text if its value is missing or none of its type.

    A number or a truth may be written otherwise than OpenDocument has it, and be clear.
    """
    name, attributes, is_empty = begin.groups()
    kind, value = TYPE.search(attributes), VALUE.search(attributes)
    is_empty = bool(is_empty) or attributes.endswith(b"/>")
    if value is None:
        if is_empty or (kind is not None and kind[1][1:-1] == b"string"):
            return begin[0]
    else:
        said = value[2][1:-1].strip()
        if value[1] == b"value":
            plain = said if re.fullmatch(NUMBER, said) else None
        elif value[1] == b"boolean-value":
            plain = _truth(said)
        elif said or value[1] == b"string-value":
            return begin[0]
        else:
            plain = None
        given = b""
        if plain is not None:
            given = b' office:%s="%s"' % (value[1], plain)
        elif said:
            given = b" office:string-value=" + value[2]
        attributes = attributes[: value.start()] + given + attributes[value.end() :]
        if plain is not None:
            return b"<" + name + attributes
    return b"<" + name + TEXTUAL + TYPE.sub(b"", attributes, count=1)


def _truth(said: bytes) -> bytes | None:
    """What is meant by a word, or by a number as LibreOffice writes it; None if nothing is.

    >>> _truth(b"TRUE"), _truth(b"8"), _truth(b"yes")
    (b'true', b'true', None)
    """
    if re.fullmatch(NUMBER, said):
        return b"true" if float(said) else b"false"
    return said.lower() if said.lower() in TRUTHS else None


def _without_sections(piece: bytes) -> bytes:
    """Without comments, and with what stands in CDATA as any text does."""
    kept: list[bytes] = []
    start = 0
    while (found := piece.find(b"<!", start)) >= 0:
        kept.append(piece[start:found])
        is_text = piece.startswith(CDATA, found)
        end = piece.find(CDATA_END if is_text else COMMENT_END, found)
        if end < 0 or not (is_text or piece.startswith(COMMENT, found)):
            start = found  # of another kind, or cut off
            break
        if is_text:
            text = piece[found + len(CDATA) : end].replace(b"&", b"&amp;")
            kept.append(text.replace(b"<", b"&lt;").replace(b">", b"&gt;"))
        start = end + len(CDATA_END)
    return b"".join((*kept, piece[start:]))
