"""Row span: where in a delimited text its rows begin and end, and what stands around them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipelines.formats import footer, records, text_encoding
from pipelines.formats.base import Notice, SkippedRow
from pipelines.formats.byte_range import ByteRange
from pipelines.formats.dialect import Layout
from pipelines.formats.text_span import TextSpan, lines_of

TAIL_BYTES = 64 << 10
KEPT = Notice("rows.footer", "what stands below the table is kept as rows of it", "INFO")


@dataclass(frozen=True, slots=True)
class Above:
    """What lies above the first row: bytes, rows by reason, and those that say something."""

    size: int
    skipped: Mapping[str, int]
    rows: tuple[SkippedRow, ...]


def above(text: TextSpan, layout: Layout) -> Above:
    """What stands above the rows, within the lines in which the layout was found."""
    first_row = layout.first_record + len(layout.headers)
    skipped: Counter[str] = Counter()
    rows: list[SkippedRow] = []
    end = size = 0
    read = records.read(text.lines, layout.dialect, is_last=text.is_whole, width=layout.width)
    for index, record in enumerate(read):
        if index >= first_row:
            break
        end = record.line + record.lines
        size = 0 if record.lines else _return_in(text.raw_lines[end], size)
        if index >= layout.first_record:
            skipped["header"] += 1
        elif any(cell.strip() for cell in record.cells):
            skipped["preamble"] += 1
            rows.append(SkippedRow.of("preamble", record.cells))
        else:
            skipped["blank line"] += 1
    return Above(sum(map(len, text.raw_lines[:end])) + size, skipped, tuple(rows))


def _return_in(line: bytes, start: int) -> int:
    """Where in a line the record ends that begins at `start` and that carriage returns end."""
    body = line[start:].lstrip(b"\r")
    return len(line) - len(body) + body.index(b"\r") + 1


@dataclass(frozen=True, slots=True)
class Below:
    """Where the rows end, if not with the file; and what stands below them, by reason."""

    end: int | None = None
    skipped: Mapping[str, int] = field(default_factory=dict)
    rows: tuple[SkippedRow, ...] = ()
    notices: tuple[Notice, ...] = ()


def below(first: ByteRange, body: bytes, *, is_whole: bool) -> Below:
    """Looks at the last lines; only of a short file at all, where those may begin within a cell."""
    tail = _tail(first, body, is_whole=is_whole)
    if tail is None:
        return Below()
    at, content = tail
    raw_lines = lines_of(content, is_whole=True)
    lines = [text_encoding.decoded(line, first.encoding) for line in raw_lines]
    width = len(first.columns)
    found = list(records.read(lines, first.dialect, is_last=True, width=width))
    last = len(lines)
    while found and not any(cell.strip() for cell in found[-1].cells):
        last = found.pop().line  # blank lines at the end
    left_out = footer.find(found, width)
    if left_out.first == len(found):
        return Below(notices=left_out.notices)
    top = found[left_out.first]
    if left_out.first and found[left_out.first - 1].line == top.line:  # returns end these rows
        return Below(notices=(KEPT,))
    end = at + sum(map(len, raw_lines[: found[left_out.first].line]))
    blank = sum(1 for line in lines[last:] if line)
    skipped = Counter(left_out.skipped) + Counter({"blank line": blank})
    return Below(end, skipped, left_out.rows, left_out.notices)


def _tail(first: ByteRange, body: bytes, *, is_whole: bool) -> tuple[int, bytes] | None:
    """Whole lines from the end, and where they begin in the file; None if that cannot be told."""
    if is_whole:
        at, content = first.start, body
        is_long = len(content) > TAIL_BYTES
        begin = content.find(b"\n", len(content) - TAIL_BYTES) + 1 if is_long else 0
        short = content[begin:]
    elif first.file.seekable and first.file.size is not None:
        at, content = first.file.size - TAIL_BYTES, b""
        short = first.file.read(at, first.file.size).rstrip(records.END.encode())
        begin = short.find(b"\n") + 1
        short = short[begin:]
    else:
        return None
    quote = first.dialect.quote
    if first.dialect.newline == "\n" and not (quote and quote.encode() in short):
        return at + begin, short
    return (at, content) if is_whole else None
