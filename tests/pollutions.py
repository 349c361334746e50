"""Pollutions: one clean table, written in all the wrong ways that CSV files are written in.

In the spirit of the Pollock benchmark (Vitagliano et al., "Pollock: A Data Loading Benchmark",
PVLDB 2023): each pollution changes one thing, and it is known what a perfect reader gets from it.
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

Row = tuple[str, ...]

HEADER: Row = ("id", "name", "city", "born", "height", "note", "score", "code")
ENCODINGS = (
    *("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"),
    *("cp1252", "latin-1", "cp850", "mac-roman"),
)
NAMES = ("Ada Lovelace", "Zoë Müller", "O'Brien, Pat", 'Anne "Nan" Lee', "José Ángel", "Li Wei")
CITIES = ("Rome", "Oslo", "São Paulo", "New York", "Bern")
NOTES = ("", "likes tea", "first, second", "line one\nline two", 'says "hi"', "a; b | c")


def table(rows: int = 84) -> list[Row]:
    return [
        (
            str(i + 1),
            NAMES[i % len(NAMES)],
            CITIES[i % len(CITIES)],
            f"19{i % 60 + 30}-{i % 12 + 1:02d}-{i % 28 + 1:02d}",
            f"{1.5 + i % 50 / 100:.2f}",
            NOTES[i % len(NOTES)],
            str(i * 37 % 1000),
            f"{i * 7919 % 10000:05d}",
        )
        for i in range(rows)
    ]


@dataclass(frozen=True)
class Polluted:
    """A file, and the table that a perfect reader gets from it; `loose` rows may be mended freely.

    A loose row is one that breaks the rules of the file: whether it is padded, cut or left out, no
    reader is blamed, but the others around it must be right.
    """

    name: str
    content: bytes
    header: Row | None
    rows: list[Row]
    loose: frozenset[int] = frozenset()


def written(
    header: Row | None,
    rows: list[Row],
    *,
    delimiter: str = ",",
    quote: str = '"',
    escape: str | None = None,
    newline: str = "\n",
    quoting: int = csv.QUOTE_MINIMAL,
) -> str:
    text = io.StringIO()
    writer = csv.writer(
        text,
        delimiter=delimiter,
        quotechar=quote,
        escapechar=escape,
        doublequote=escape is None,
        lineterminator=newline,
        quoting=quoting,
    )
    if header is not None:
        writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def aligned(
    header: Row | None, rows: list[Row], *, gap: int = 1, sides: str, ruler: str = ""
) -> str:
    """Columns at fixed positions: left (`<`) or right (`>`) in as many places as they need."""
    lines = [*([] if header is None else [header]), *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    if ruler and header is not None:
        lines.insert(1, tuple(ruler * width for width in widths))
    pad = " " * gap
    cells = (zip(line, sides, widths, strict=True) for line in lines)
    return "".join(pad.join(f"{c:{s}{w}}" for c, s, w in line).rstrip() + "\n" for line in cells)


def pollutions() -> Iterator[Polluted]:
    """Every one, in a fixed order."""
    rows = table()
    clean = written(HEADER, rows)

    def file(name: str, text: str | bytes, **changes: object) -> Polluted:
        content = text if isinstance(text, bytes) else text.encode()
        return replace(Polluted(name, content, HEADER, rows), **changes)

    yield file("clean", clean)
    for delimiter in (";", "\t", "|", ":", "^", "~", "#", " "):
        yield file(f"delimiter {delimiter!r}", written(HEADER, rows, delimiter=delimiter))
    spaced = [tuple(cell.replace(",", ", ") for cell in row) for row in rows]
    yield file("delimiter ', '", clean.replace(",", ", "), rows=spaced)
    yield file("quote '", written(HEADER, rows, quote="'"))
    yield file("all quoted", written(HEADER, rows, quoting=csv.QUOTE_ALL))
    yield file("texts quoted", written(HEADER, rows, quoting=csv.QUOTE_NONNUMERIC))
    yield file("escape \\", written(HEADER, rows, escape="\\"))
    yield file("escape \\, all quoted", written(HEADER, rows, escape="\\", quoting=csv.QUOTE_ALL))
    flat = [tuple(cell.replace("\n", " ") for cell in row) for row in rows]
    for delimiter in ("||", "::", ";;", "|~|", "~|~"):
        text = written(HEADER, rows, delimiter="\x1f").replace("\x1f", delimiter)
        yield file(f"delimiter {delimiter!r}", text)
    bare = written(HEADER, flat, quoting=csv.QUOTE_ALL).replace('""', '"')
    yield file("quotes not doubled", bare.replace(',",', ',"",'), rows=flat)
    for name, newline in (
        ("CRLF", "\r\n"),
        ("CR", "\r"),
        ("LF CR", "\n\r"),
        ("CR CR LF", "\r\r\n"),
    ):
        yield file(f"newline {name}", written(HEADER, flat, newline=newline), rows=flat)
    mixed = written(HEADER, flat).split("\n")
    text = "".join(line + ("\r\n" if i % 2 else "\n") for i, line in enumerate(mixed[:-1]))
    yield file("newlines mixed", text, rows=flat)
    for name, text, header in (
        ("two blanks apart", aligned(HEADER, flat, gap=2, sides="<<<<<<<<"), HEADER),
        ("one blank apart, numbers right", aligned(HEADER, flat, sides="><<<><>>"), HEADER),
        ("a ruler", aligned(HEADER, flat, sides="><<<><>>", ruler="-"), HEADER),
        ("no header", aligned(None, flat, gap=2, sides="><<<><>>"), None),
        ("a title", "People of the club\n\n" + aligned(HEADER, flat, sides="><<<><>>"), HEADER),
    ):
        yield file(f"fixed width: {name}", text, header=header, rows=flat)
    ruler = ",".join("-" * len(name) for name in HEADER)
    yield file("a ruler below the names", clean.replace("\n", f"\n{ruler}\n", 1))
    bars = [" | ".join(cell.replace("|", "/") for cell in line) for line in [HEADER, *flat]]
    bars.insert(1, "-|-".join("-" * len(name) for name in HEADER))
    slashed = [tuple(cell.replace("|", "/") for cell in row) for row in flat]
    yield file("ruled by bars and dashes", "\n".join(bars) + "\n", rows=slashed)
    units = ("", "", "", "", "m", "", "%", "")
    named = tuple(f"{name} {unit}".strip() for name, unit in zip(HEADER, units, strict=True))
    yield file("units below the names", written(HEADER, [units, *rows]), header=named)
    types = ("int", "text", "text", "date", "float", "text", "int", "text")
    yield file("types below the names", written(HEADER, [types, *rows]))
    scores = [
        (row[1], *(str(len(row[1]) * 7 % (n + i % 9 + 2)) for n in range(4)))
        for i, row in enumerate(rows)
    ]
    groups = [("", "2019", "", "2020", ""), ("name", "spring", "autumn", "spring", "autumn")]
    yield file(
        "groups above the names",
        written(None, [*groups, *scores]),
        header=("name", "2019 spring", "2019 autumn", "2020 spring", "2020 autumn"),
        rows=scores,
    )
    yield file("no newline at the end", clean.rstrip("\n"))
    for end in ("\x1a", "\n\x1a"):
        yield file(f"{end!r} at the end", clean.rstrip("\n") + end)
    yield file("blank lines at the end", clean + "\n\n\n")
    yield file(
        "blank lines between", clean.replace("\n10,", "\n\n10,").replace("\n40,", "\n\n\n40,")
    )
    yield file("blank lines above", "\n\n" + clean)
    for encoding in (
        "utf-8-sig",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "cp1252",
        "latin-1",
        "cp850",
        "mac-roman",
    ):
        yield file(f"encoding {encoding}", clean.encode(encoding))
    yield file("one line in cp1252", _one_line(clean, "cp1252"))
    yield file("no header", written(None, rows), header=None)
    yield file("header only", written(HEADER, []), rows=[])
    yield file("one row", written(HEADER, rows[:1]), rows=rows[:1])
    yield file(
        "a delimiter behind every row",
        clean.replace("\nline", " line").replace("\n", ",\n"),
        rows=[(*row[:5], row[5].replace("\n", " "), *row[6:], "") for row in rows],
        header=(*HEADER, ""),
    )
    yield file("header repeated below", clean + ",".join(HEADER) + "\n")
    for name, above in (
        ("a title", "People of the club\n"),
        ("three notes", "People of the club\nExported 2024-05-01\nConfidential\n"),
        ("a title and a blank line", "People of the club\n\n"),
        ("a title with delimiters", "People of the club,,,,,,,\n"),
        ("comments", "# people\n# of the club\n"),
        ("key and value", "Report,People\nDate,2024-05-01\n\n"),
        ("the delimiter, as Excel has it", "sep=,\n"),
    ):
        yield file(f"above: {name}", above + clean)
    for name, below in (
        ("a total", f"Total,,,,,,{sum(int(r[6]) for r in rows)},\n"),
        ("a total behind a blank line", f"\nTotal,,,,,,{sum(int(r[6]) for r in rows)},\n"),
        ("a source", "\nSource: the club\n"),
        ("two notes", "\n* heights in m\n* scores of 2024\n"),
    ):
        yield file(f"below: {name}", clean + below)
    names = ("id", "name", "name", "", "height", "note", "score", "")
    yield file("header with repeats and gaps", written(names, rows), header=names)
    yield file("header shorter", written(HEADER[:-1], rows), header=(*HEADER[:-1], ""))
    yield file(
        "header in quotes with newline",
        written(("id", "full\nname", *HEADER[2:]), rows),
        header=("id", "full\nname", *HEADER[2:]),
    )
    yield file("header padded", written(tuple(f" {name} " for name in HEADER), rows))
    yield file(
        "comments between",
        clean.replace("\n10,", "\n# more\n10,").replace(HEADER[0], "# of us\nid", 1),
    )
    for name, change in _row_changes():
        for at in (0, 41, len(rows) - 1):
            lines = [written(None, [row]).rstrip("\n") for row in rows]
            lines[at] = change(rows[at], lines[at])
            text = ",".join(HEADER) + "\n" + "\n".join(lines) + "\n"
            yield file(f"row {at}: {name}", text, loose=frozenset({at}))
    for at, place in ((0, 0), (2, 1), (2, 5), (41, 1), (41, 3), (41, 7), (83, 0), (83, 7)):
        lines = [written(None, [row]).rstrip("\n") for row in rows]
        cells = [written(None, [(cell,)]).rstrip("\n") for cell in rows[at]]
        cells[place] = '"' + cells[place]
        lines[at] = ",".join(cells)
        quoted = (*rows[at][:place], '"' + rows[at][place], *rows[at][place + 1 :])
        text = ",".join(HEADER) + "\n" + "\n".join(lines) + "\n"
        told = [quoted if i == at else row for i, row in enumerate(rows)]
        yield file(f"row {at}: a quote more at cell {place}", text, rows=told)
    yield file("names: a quote more", '"' + clean, header=('"id', *HEADER[1:]))
    yield file("names: parted by blanks", clean.replace(",", " ", len(HEADER) - 1))
    meant = ("ours", "of whom", "of birth", "on paper", "of all", "by us", "so far", "of theirs")
    three = tuple(" ".join(filter(None, each)) for each in zip(HEADER, units, meant, strict=True))
    yield file("three rows of names", written(HEADER, [units, meant, *rows]), header=three)
    for name, cell in (
        ("a lone quote", '5" pipe'),
        ("quote in the middle", 'the "best" one'),
        ("NUL", "nul\0nul"),
        ("tab", "tab\ttab"),
        ("very long", "x" * 70_000),
        ("emoji", "🙂 family 👩\u200d👩\u200d👧"),
        ("only spaces", "   "),
        ("backslash", "C:\\temp\\new"),
        ("backslash at the end", "C:\\temp\\"),
        ("leading zeros", "000123"),
        ("long integer", "12345678901234567890123"),
        ("a formula", "=1+1"),
        ("apostrophe", "rock 'n' roll"),
    ):
        changed = [(*row[:2], cell if i == 50 else row[2], *row[3:]) for i, row in enumerate(rows)]
        raw = written(HEADER, changed)
        if name in {"a lone quote", "quote in the middle"}:
            raw = raw.replace('"' + cell.replace('"', '""') + '"', cell)
        yield file(f"cell: {name}", raw, rows=changed)
    late = [(*row[:6], "N/A" if i == 70 else row[6], row[7]) for i, row in enumerate(rows)]
    yield file("cell: N/A late in numbers", written(HEADER, late), rows=late)
    word = [(*row[:6], "many" if i == 70 else row[6], row[7]) for i, row in enumerate(rows)]
    yield file("cell: a word late in numbers", written(HEADER, word), rows=word)
    wide = [tuple(str(i * 31 + j) for j in range(2_000)) for i in range(5)]
    yield file(
        "2,000 columns",
        written(tuple(f"c{j}" for j in range(2_000)), wide),
        header=tuple(f"c{j}" for j in range(2_000)),
        rows=wide,
    )
    single = [(row[1],) for row in rows]
    yield file("one column", written(("name",), single), header=("name",), rows=single)


def _row_changes() -> Iterator[tuple[str, Callable[[Row, str], str]]]:
    yield "a cell more", lambda _, line: line + ",extra"
    yield "three cells more", lambda _, line: line + ",a,b,c"
    yield "empty cells more", lambda _, line: line + ",,"
    yield "a cell less", lambda row, _: written(None, [row[:-1]]).rstrip("\n")
    yield "three cells less", lambda row, _: written(None, [row[:-3]]).rstrip("\n")
    yield "another delimiter", lambda row, _: written(None, [row], delimiter=";").rstrip("\n")
    yield "a quote that opens only", lambda row, _: row[0] + ',"' + ",".join(row[1:5]) + ",,1,2"
    yield "another quote", lambda row, _: written(None, [row], quote="'").rstrip("\n")
    yield "another escape", lambda row, _: written(None, [row], escape="\\").rstrip("\n")
    yield "a delimiter less within", lambda row, line: line.replace(f"{row[1]},", row[1], 1)
    yield "a delimiter more within", lambda _, line: line.replace(",", ",,", 1)
    yield "CRLF", lambda _, line: line + "\r"
    yield "spaces around", lambda _, line: "  " + line + "  "


def _one_line(text: str, encoding: str) -> bytes:
    lines = text.encode().split(b"\n")
    lines[2] = lines[2].decode().encode(encoding)
    return b"\n".join(lines)


def plain(cell: object) -> str:
    """What a cell says, whatever its type: 1.50 is 1.5, and nothing is nothing."""
    if cell is None or cell != cell:  # NaN
        return ""
    text = str(cell)
    try:
        number = float(text)
    except ValueError:
        return "" if text in {"N/A", "NA", "None", "NaT"} else text
    is_code = text[:1] == "0" and text[1:2].isdigit()
    return text if is_code or len(text) > 15 else f"{number:g}"
