"""HTML: every table of a page that has two rows and two columns; one fragment each."""

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import cast

import polars as pl

from connectors.base import StoredObject
from connectors.errors import LimitExceeded, UnknownFormat
from pipelines.containers.limits import Limits
from pipelines.formats import header_row, table_notices, whole_text
from pipelines.formats.base import Chunk, Guess, Notice, Origin, SkippedRow, TablePlan
from pipelines.formats.cell_looks import is_value
from pipelines.formats.html_grid import Grid, Page, decoded, page_of
from pipelines.formats.html_part import is_part
from pipelines.formats.naming import unique_columns
from pipelines.formats.records import Record
from pipelines.formats.signatures import is_html
from pipelines.formats.text_columns import Row, batches, chunk_of, schema_of
from pipelines.formats.web_archive import attachments_in, is_web_archive, pages_in, unread

LARGEST_PAGE_BYTES = 64 << 20
HEAD_BYTES = 1 << 16
SAMPLE_ROWS = 1000
MOST_TABLES = 1000
FEWEST = 2
OTHERS = (".csv", ".tsv", ".tab", ".psv", ".xml")  # where a cell or an element may hold a table
LOOKED_AT = 200
CUT_SHORT = Notice("html.open_end", "the page has no end tag: it may have been cut short")


@dataclass(frozen=True, slots=True)
class PageTable:
    """One table of a page, by its place among all of them."""

    file: StoredObject
    index: int
    size_bytes: int
    limits: Limits

    def chunks(self, schema: pl.Schema) -> Iterator[Chunk]:
        layout = _Layout(_page(self.file, self.limits)[0].grids[self.index])
        skipped, above = layout.skipped, layout.above
        for batch in batches(iter(layout.rows)):
            chunk = chunk_of(batch, schema, self.limits, skipped)
            yield replace(chunk, skipped_rows=above)
            skipped, above, schema = {}, (), chunk.frame.schema


class HtmlTable:
    """The tables of HTML pages."""

    name = "html"
    extensions = (".html", ".htm", ".xhtml", ".mht", ".mhtml")
    media_types = ("text/html", "application/xhtml+xml", "multipart/related")

    def recognises(self, head: bytes, name: str) -> bool:
        """A page, or an archive of some; or, unless the name says that it is delimited, a part of
        one with a table.
        """
        if is_html(head) or is_web_archive(head):
            return True
        is_named = name.lower().endswith(self.extensions)
        return not name.lower().endswith(OTHERS) and is_part(head, is_named=is_named)

    def tables(self, file: StoredObject, origin: Origin, limits: Limits) -> Iterator[TablePlan]:
        page, attached = _page(file, limits)
        found = [
            (index, grid)
            for index, grid in enumerate(page.grids)
            if sum(map(any, grid.rows)) >= FEWEST and grid.width >= FEWEST
        ]
        if not found:
            raise UnknownFormat(
                f"{file.name} is an HTML page without a table of two rows and two columns"
                f"{unread(attached)}"
            )
        if len(found) > MOST_TABLES:
            raise LimitExceeded(f"{file.name} holds more than {MOST_TABLES} tables", limit="tables")
        for number, (index, grid) in enumerate(found, start=1):
            layout = _Layout(grid)
            name = grid.caption or f"table_{number}"
            yield TablePlan(
                name=name,
                origin=origin,
                format=self.name,
                schema=schema_of(layout.rows[:SAMPLE_ROWS], limits),
                fragments=(PageTable(file, index, (file.size or 0) // len(found), limits),),
                size_bytes=(file.size or 0) // len(found),
                details={"tableNumber": index + 1, "headings": grid.headings},
                guesses=layout.guesses,
                notices=tuple(
                    replace(notice, input=origin.input, member=origin.member, table=name)
                    for notice in (
                        layout.notice,
                        None if page.is_closed else CUT_SHORT,
                        _left_out(attached) if number == 1 else None,
                    )
                    if notice is not None
                ),
            )


class _Layout:
    """A grid with its columns named by its headings, or by a first row that looks like names."""

    def __init__(self, grid: Grid) -> None:
        headings = grid.headings if grid.headings < len(grid.rows) else 1
        self.guesses: tuple[Guess, ...] = ()
        top = 0
        if not grid.headings:
            top = _top(grid)
            first = grid.rows[top : top + LOOKED_AT]
            names, guess = header_row.find(_records(first), grid.width)
            headings, self.guesses = top + (names is not None), (guess,)
        self.notice = table_notices.left_out(_records(grid.rows[:top]))
        titles = ([*dict.fromkeys(row)] for row in grid.rows[:top] if any(row))
        self.above = tuple(SkippedRow.of("preamble", cells) for cells in titles)
        raw = [
            " ".join(
                dict.fromkeys(row[place] for row in grid.rows[top:headings] if any(row[place:][:1]))
            )
            for place in range(grid.width)
        ]
        columns = unique_columns([name.strip() for name in raw])
        filled = [row for row in grid.rows[headings:] if any(row)]
        self.rows: list[Row] = [
            {name: row[place] if place < len(row) else None for place, name in enumerate(columns)}
            for row in filled
        ]
        above, named = (sum(map(any, rows)) for rows in (grid.rows[:top], grid.rows[top:headings]))
        blank = len(grid.rows) - above - named - len(filled)
        self.skipped = dict(+Counter({"preamble": above, "header": named, "blank line": blank}))


def _top(grid: Grid) -> int:
    """The first row that is not blank, below a title in one cell that spans the whole table."""
    filled = [place for place, row in enumerate(grid.rows) if any(row)]
    first = grid.rows[filled[0]] if filled else ()
    is_title = len(filled) > FEWEST and len(first) == grid.width and set(first) == {first[0]}
    if is_title and not is_value(first[0]):
        names, *below = grid.rows[filled[1] : filled[1] + LOOKED_AT]
        return filled[header_row.evidence(names, below) >= header_row.SURE]
    return filled[0] if filled else 0


def _records(rows: Sequence[tuple[str, ...]]) -> list[Record]:
    return [Record([*row], place, 1) for place, row in enumerate(rows)]


def _left_out(attached: list[str]) -> Notice | None:
    if not attached:
        return None
    message = f"this is a table of an e-mail{unread(attached)}"
    return Notice("html.attachments", message, count=len(attached))


def _page(file: StoredObject, limits: Limits) -> tuple[Page, list[str]]:
    """What the pages hold, and the names of what comes with them in an e-mail and is none."""
    return _cached_page(cast("Hashable", file), limits.max_columns)


@lru_cache(maxsize=1)
def _cached_page(file: Hashable, max_columns: int) -> tuple[Page, list[str]]:
    """A page is parsed once for all of its tables."""
    assert isinstance(file, StoredObject)
    content = whole_text.read(file, "a page", most=LARGEST_PAGE_BYTES)
    is_archive = is_web_archive(content[:HEAD_BYTES])
    texts = pages_in(content, file.name) if is_archive else [decoded(content)]
    attached = attachments_in(content) if is_archive else []
    return page_of(texts, file.name, max_columns), attached
