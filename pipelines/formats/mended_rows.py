"""Mended rows: the exact reader, record by record; it mends what can be mended, and says so."""

from collections import Counter
from itertools import accumulate

import polars as pl

from pipelines.formats import records, text_encoding
from pipelines.formats.base import Reject, SkippedRow
from pipelines.formats.emptiness import refuse_emptiness
from pipelines.formats.records import Dialect, Record
from pipelines.formats.rows import Rows, TextForm

MANY = 3  # cells in one that may be a row by themselves, without quotes of their own


def read(
    buffer: bytes, form: TextForm, limit: int | None, *, is_last: bool
) -> tuple[Rows | None, int]:
    """The complete rows that begin before `limit`, and the bytes they took; None: more is needed.

    A line break within a cell is a newline, however the file writes its line ends.
    """
    newline = form.dialect.newline.encode()
    raw_lines = [line + newline for line in buffer.split(newline)]
    raw_lines[-1] = raw_lines[-1][: -len(newline)]
    if not raw_lines[-1] or not is_last:
        raw_lines.pop()
    if not raw_lines:
        return None, 0
    decoded, is_foreign = _decoded(raw_lines, form.encoding)
    lines = [line.removeprefix(text_encoding.MARK) for line in decoded]
    offsets = list(accumulate(map(len, raw_lines), initial=0))
    width = len(form.columns)
    rows: list[list[str | None]] = []
    repaired: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    comments: list[SkippedRow] = []
    rejects: list[Reject] = []
    taken = filled = 0
    for record in records.read(lines, form.dialect, is_last=is_last, width=width):
        place, beyond = record.line, record.line + record.lines
        if limit is not None and offsets[place] >= limit:
            break
        taken = offsets[beyond]
        cells: list[str | None] = [*record.cells]
        if record.lines > 1:
            cells = [cell.replace("\r\n", "\n") for cell in record.cells]
        if _is_blank(record.cells, lines[place], width):
            skipped["blank line"] += 1
            continue
        if _is_comment(record.cells, lines[place], form.dialect, width):
            skipped["comment"] += 1
            comments.append(SkippedRow.of("comment", [lines[place]]))
            continue
        raw = raw_lines[place] if record.lines < 2 else b"".join(raw_lines[place:beyond])
        is_flawed = record.is_literal or record.is_mended or not record.lines
        reason = _flaw(record, raw, form.dialect) if is_flawed else ""
        if len(cells) == 1 < width and not reason and raw.startswith(b'"'):
            within = _within(record.cells[0], form.dialect)
            if len(within) == width:
                cells, reason = [*within], "line in quotes as a whole"
        if len(cells) > width and not any(str(cell).strip() for cell in cells[width:]):
            cells, reason = cells[:width], reason or "delimiters behind the last cell"
        if len(cells) > width:
            rejects.append(
                Reject(
                    f"{len(cells)} cells where {width} belong",
                    raw,
                    offset=offsets[place],
                )
            )
            continue
        filled += len(cells)
        if len(cells) < width:
            refuse_emptiness(len(rows) + 1, width, filled)
            missing: list[str | None] = [None] * (width - len(cells))
            cells, reason = cells + missing, reason or "cells missing at the end"
        if is_foreign and not reason:
            own = raw_lines[place:beyond]
            if any(text_encoding.is_foreign(line, form.encoding) for line in own):
                reason = text_encoding.MENDED
        if not reason and len(decoded[place]) != len(lines[place]):
            reason = text_encoding.MARKED
        if reason:
            repaired[reason] += 1
        rows.append(cells)
    if taken == 0 and not is_last:
        return None, 0
    if not rows:
        frame = Rows.none(form.columns).frame
    else:
        frame = pl.DataFrame(rows, schema=dict.fromkeys(form.columns, pl.String), orient="row")
    return Rows(frame, dict(repaired), dict(skipped), tuple(comments), tuple(rejects)), taken


def _decoded(lines: list[bytes], encoding: str) -> tuple[list[str], bool]:
    """The lines as text, and whether some are not in the encoding of their file."""
    try:
        return [line.decode(encoding) for line in lines], False
    except UnicodeDecodeError:
        return [text_encoding.decoded(line, encoding) for line in lines], True


def _within(cell: str, dialect: Dialect) -> list[str]:
    """The cells that stand in a cell, if it is no sentence and its only delimiters no chance."""
    found = [record.cells for record in records.read([cell], dialect, is_last=True)]
    cells = found[0] if len(found) == 1 else []
    is_chance = len(cells) < MANY and (dialect.quote or "") not in cell
    return [] if is_chance or any(each.startswith(" ") for each in cells) else cells


def _flaw(record: Record, raw: bytes, dialect: Dialect) -> str:
    """What is wrong with how the record is written, if anything is."""
    if record.is_literal:
        has_quote = dialect.quote is not None and dialect.quote.encode() in raw
        return "quote that is never closed" if has_quote else "carriage return within a cell"
    if record.is_mended:
        return "quote within a quoted cell that is not doubled"
    return "" if record.lines else "carriage return for a line end"


def _is_comment(cells: list[str], line: str, dialect: Dialect, width: int) -> bool:
    """Whether a line that is no whole row begins with the mark of comments.

    Where a blank belongs to the mark, what has a few cells and no blank is a ragged row.
    """
    mark = dialect.comment
    if mark is not None and dialect.is_comment_sure:
        return line.startswith(mark)
    if mark is None or not 1 < width != len(cells) or not cells[0].startswith(mark.rstrip()):
        return False
    is_apart = not cells[0].lstrip(mark.rstrip())[:1].strip()
    return is_apart or not 1 < len(cells) < width or not mark.endswith(" ")


def _is_blank(cells: list[str], line: str, width: int) -> bool:
    """Whether a line holds nothing; in a table of one column, `""` is an empty cell."""
    if width == 1:
        return not line.strip()
    return not cells or (len(cells) == 1 and not cells[0].strip())
