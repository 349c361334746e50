"""Office files: workbooks that no library writes, built byte by byte, and what is read of them."""

import io
import pickle
import struct
import zipfile
from collections.abc import Mapping, Sequence

from pipelines.formats.base import TablePlan

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SECTOR = 512
LONGEST_LABEL = 4000
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, part in parts.items():
            archive.writestr(path, part)
    return content.getvalue()


def sheet_xml(rows: str, before: str = "") -> str:
    return f'<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData></worksheet>'


def xlsx_parts(
    sheets: Mapping[str, str], strings: str | None = None, properties: str = "", styles: str = ""
) -> dict[str, str | bytes]:
    """The parts of a workbook with these sheets, each given as its XML."""
    listed = "".join(
        f'<sheet name="{name}" sheetId="{i}" r:id="r{i}"/>' for i, name in enumerate(sheets, 1)
    )
    targets = [
        (f"r{i}", "worksheet", f"worksheets/sheet{i}.xml") for i in range(1, len(sheets) + 1)
    ]
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r"'
        f' Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{properties}'
        f"<sheets>{listed}</sheets></workbook>",
    }
    if strings is not None:
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{strings}</sst>'
        targets.append(("s", "sharedStrings", "sharedStrings.xml"))
    if styles:
        parts["xl/styles.xml"] = f'<styleSheet xmlns="{MAIN}">{styles}</styleSheet>'
        targets.append(("t", "styles", "styles.xml"))
    parts["xl/_rels/workbook.xml.rels"] = (
        f'<Relationships xmlns="{PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="{key}" Type="{OFFICE}/{kind}" Target="{path}"/>'
            for key, kind, path in targets
        )
        + "</Relationships>"
    )
    for i, content in enumerate(sheets.values(), 1):
        parts[f"xl/worksheets/sheet{i}.xml"] = content
    return parts


def xlsx(sheets: Mapping[str, str], **more: str) -> bytes:
    return zipped(xlsx_parts(sheets, **more))


def ods(rows: Sequence[Sequence[str]], sheet: str = "Sheet1") -> bytes:
    """An OpenDocument workbook; each cell is the XML of its element."""
    urn = "urn:oasis:names:tc:opendocument:xmlns"
    lines = "".join(f"<table:table-row>{''.join(row)}</table:table-row>" for row in rows)
    content = (
        f'<office:document-content xmlns:office="{urn}:office:1.0" xmlns:text="{urn}:text:1.0"'
        f' xmlns:table="{urn}:table:1.0" xmlns:draw="{urn}:drawing:1.0">'
        "<office:body><office:spreadsheet>"
        f'<table:table table:name="{sheet}">{lines}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = f'<manifest:manifest xmlns:manifest="{urn}:manifest:1.0"/>'
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": content,
            "META-INF/manifest.xml": manifest,
        }
    )


def ods_cell(kind: str, value: str, text: str = "") -> str:
    attribute = {"float": "value", "date": "date-value", "boolean": "boolean-value"}.get(kind)
    given = f' office:{attribute}="{value}"' if attribute else ""
    return (
        f'<table:table-cell office:value-type="{kind}"{given}>'
        f"<text:p>{text or value}</text:p></table:table-cell>"
    )


def compound_file(streams: Mapping[str, bytes]) -> bytes:
    """An OLE2 file of up to three streams, each padded beyond the size of short ones."""
    padded = {name: content.ljust(4096, b"\0") for name, content in streams.items()}
    chains, body, at = [], b"", 2
    for content in padded.values():
        count = -(-len(content) // SECTOR)
        chains.append((at, count))
        body += content.ljust(count * SECTOR, b"\0")
        at += count
    table = [FAT, END]
    for start, count in chains:
        table += [*range(start + 1, start + count), END]
    entries = [_entry("Root Entry", 5, END, 0, child=1)]
    for index, ((start, _), (name, content)) in enumerate(zip(chains, padded.items(), strict=True)):
        right = index + 2 if index + 1 < len(padded) else FREE
        entries.append(_entry(name, 2, start, len(content), right=right))
    header = struct.pack(
        "<8s16x5H6xLLL4xLLLLL",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        *(0x3E, 3, 0xFFFE, 9, 6),
        *(0, 1, 1),
        *(4096, END, 0, END, 0),
    )
    header += struct.pack("<109L", 0, *[FREE] * 108)
    fat = struct.pack(f"<{len(table)}L", *table).ljust(SECTOR, b"\xff")
    directory = b"".join(entries).ljust(SECTOR, b"\0")
    return header + fat + directory + body


def _entry(
    name: str, kind: int, start: int, size: int, right: int = FREE, child: int = FREE
) -> bytes:
    raw = (name + "\0").encode("utf-16-le")
    head = raw.ljust(64, b"\0") + struct.pack("<HBB3L", len(raw), kind, 1, FREE, right, child)
    return (head + bytes(36) + struct.pack("<LQ", start, size)).ljust(128, b"\0")


def xls(
    cells: Sequence[tuple[int, int, object]],
    sheet: str = "Sheet1",
    *,
    number_format: tuple[int, str | bytes] = (0, ""),
    code_page: int = 1200,
    formula: int = 0x6,
    stream: str = "Workbook",
    shared: Sequence[str] = (),
) -> bytes:
    """A BIFF8 workbook of one sheet: numbers, texts, booleans, and errors given by their code.

    A whole number is the result of a formula, as is a text of more than 4,000 characters. A text
    among the `shared` ones (of ASCII, up to 8,000 characters in all) is stored once. All cells are
    of one number format, which is declared if its text is given, or what its record holds
    behind its key.
    """
    key, declared = number_format
    globals_head = _record(0x809, struct.pack("<HHHHLL", 0x600, 5, 0, 1997, 0, 6))
    globals_head += _record(0x42, struct.pack("<H", code_page))
    globals_head += _record(
        0x31, struct.pack("<5H4BBB5s", 200, 0, 8, 400, 0, 0, 0, 0, 0, 5, 0, b"Arial")
    )
    if declared:
        if isinstance(declared, str):
            declared = struct.pack("<HB", len(declared), 1) + declared.encode("utf-16-le")
        globals_head += _record(0x41E, struct.pack("<H", key) + declared)
    style = struct.pack("<4H4B2LH", 0, 0, 0xFFF5, 0x20, 0, 0, 0, 0, 0, 0, 0x20C0)
    globals_head += _record(0xE0, style) * 15
    own = struct.pack("<4H4B2LH", 0, key, 1, 0x20, 0, 0, 0, 0, 0, 0, 0x20C0)
    globals_head += _record(0xE0, own)
    if shared:
        texts = b"".join(struct.pack("<HB", len(text), 0) + text.encode() for text in shared)
        globals_head += _record(0xFC, struct.pack("<LL", len(shared), len(shared)) + texts)
    name = sheet.encode("latin-1")
    bound = 4 + 8 + len(name)
    offset = len(globals_head) + bound + 4
    globals_head += _record(0x85, struct.pack("<LBBBB", offset, 0, 0, len(name), 0) + name)
    body = _record(0x809, struct.pack("<HHHHLL", 0x600, 0x10, 0, 1997, 0, 6))
    rows = max(row for row, _, _ in cells) + 1
    columns = max(column for _, column, _ in cells) + 1
    body += _record(0x200, struct.pack("<LLHHH", 0, rows, 0, columns, 0))
    for row, column, value in cells:
        where = struct.pack("<HHH", row, column, 15)
        if value is None:
            body += _record(0x201, where)
        elif isinstance(value, bool):
            body += _record(0x205, where + struct.pack("<BB", value, 0))
        elif isinstance(value, bytes):
            body += _record(0x205, where + value + b"\1")
        elif isinstance(value, float):
            body += _record(0x203, where + struct.pack("<d", value))
        elif value in shared:
            body += _record(0xFD, where + struct.pack("<L", shared.index(str(value))))
        elif isinstance(value, int):
            body += _record(formula, where + struct.pack("<dHLH", value, 0, 0, 0))
        elif len(str(value)) > LONGEST_LABEL:
            body += _record(formula, where + struct.pack("<B5xHHLH", 0, 0xFFFF, 0, 0, 0))
            body += _string(str(value))
        else:
            text = str(value).encode("utf-16-le")
            body += _record(0x204, where + struct.pack("<HB", len(text) // 2, 1) + text)
    return compound_file({stream: globals_head + _record(0xA, b"") + body + _record(0xA, b"")})


def _string(text: str) -> bytes:
    """The result of a formula in as many records as it takes."""
    first, *more = (text[at : at + LONGEST_LABEL] for at in range(0, len(text), LONGEST_LABEL))
    made = _record(0x207, struct.pack("<HB", len(text), 1) + first.encode("utf-16-le"))
    for piece in more:
        made += _record(0x3C, b"\1" + piece.encode("utf-16-le"))
    return made


def _record(number: int, content: bytes) -> bytes:
    return struct.pack("<HH", number, len(content)) + content


def rows(table: TablePlan) -> list[tuple[object, ...]]:
    """Of all fragments, each as another process has it."""
    fragments = pickle.loads(pickle.dumps(table.fragments))
    return [
        row
        for part in fragments
        for chunk in part.chunks(table.schema)
        for row in chunk.frame.rows()
    ]
