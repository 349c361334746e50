"""Sheet notices: what a careful person would mention of a sheet and of each table on it."""

from collections.abc import Iterator, Mapping

from pipelines.formats.base import Notice, Origin
from pipelines.formats.sheet_cells import text_of
from pipelines.formats.sheet_grid import Grid
from pipelines.formats.sheet_layout import Layout
from pipelines.formats.sheet_survey import Survey
from pipelines.formats.unnamed_total import adds_up
from pipelines.formats.workbook_package import Sheet

MOST_NOTES = 10
LONGEST_NOTE = 120
LASTING = frozenset({"time", "duration"})  # a short duration is told as a time of day


def sheet_notices(
    sheet: Sheet, seen: Survey | None, origin: Origin, table: str
) -> Iterator[Notice]:
    """Of the whole sheet: what is hidden, errors, formulas without a value."""

    def notice(code: str, message: str, count: int | None = None) -> Notice:
        return Notice(
            f"sheet.{code}", message, "WARNING", origin.input, origin.member, table, count=count
        )

    if sheet.visibility != "visible":
        yield notice("hidden", f"sheet {sheet.name!r} is hidden; it was read all the same")
    if seen is None:
        return
    for what, count in (("columns", seen.hidden_columns), ("rows", seen.hidden_rows)):
        if count:
            yield notice(
                f"hidden_{what}",
                f"sheet {sheet.name!r} has {count} hidden {what}; they were read all the same",
                count,
            )
    if seen.errors:
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(seen.errors.items()))
        yield notice(
            "errors",
            f"error cells of sheet {sheet.name!r} were read as null: {kinds}",
            seen.errors.total(),
        )
    if seen.uncached:
        yield notice(
            "formulas",
            f"{seen.uncached} formulas of sheet {sheet.name!r} have no saved value and were read"
            " as null; open the workbook, save it, and upload it again",
            seen.uncached,
        )


def table_notices(
    layout: Layout,
    kinds: Mapping[str, Mapping[str, int]],
    said: Mapping[str, str],
    origin: Origin,
    table: str,
) -> Iterator[Notice]:
    """Of one table: rows that were not taken for data, columns of mixed kinds or textual numbers.

    `said` is what the texts of some columns say, numbers or dates.
    """
    if layout.notes:
        left = len(layout.notes) - MOST_NOTES
        more = f" | and {left} more, which the receipt holds" if left > 0 else ""
        shown = [_shortened("; ".join(note.cells)) for note in layout.notes[:MOST_NOTES]]
        yield Notice(
            "sheet.notes",
            f"{len(layout.notes)} rows around {table} are titles, totals or notes:"
            f" {' | '.join(shown)}{more}",
            "INFO",
            origin.input,
            origin.member,
            table,
            count=len(layout.notes),
        )
    for column, found in kinds.items():
        where = (origin.input, origin.member, table, column)
        if len(found) > 1 and not LASTING.issuperset(found):
            counts = ", ".join(f"{count} {kind}" for kind, count in sorted(found.items()))
            yield Notice(
                "sheet.mixed",
                f"column {column!r} holds values of several kinds ({counts}) and was read as text",
                "WARNING",
                *where,
                count=sum(found.values()),
            )
        if what := said.get(column):
            yield Notice(
                f"sheet.{what}_as_text",
                f"the {what} of column {column!r} are stored as text; they were read as {what}",
                "INFO",
                *where,
                count=found.get("text"),
            )


def total_notice(layout: Layout, grid: Grid, origin: Origin, table: str) -> Iterator[Notice]:
    """Of a table of which every cell is known: whether its last row may be its total."""
    columns = frozenset(layout.columns)
    last = {place: cell for place, cell in grid.get(layout.last, {}).items() if place in columns}
    if len(last) == len(columns) or layout.last <= layout.first:
        return
    rows = (
        {place: cell for place, cell in cells.items() if place in columns}
        for row, cells in grid.items()
        if layout.first <= row < layout.last
    )
    if adds_up(last, rows):
        shown = "; ".join(text_of(cell) for _, cell in sorted(last.items()))
        message = f"the last row may be a total, and is kept as a row: {_shortened(shown)}"
        yield Notice("rows.total", message, "INFO", origin.input, origin.member, table)


def _shortened(note: str) -> str:
    flat = " ".join(note.split())
    return flat if len(flat) <= LONGEST_NOTE else f"{flat[: LONGEST_NOTE - 1]}…"
