"""XLS details: what xlrd sees in an old workbook and calamine does not tell."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import xlrd

from connectors.base import StoredObject
from pipelines.formats.sheet_grid import Cell, ErrorCell
from pipelines.formats.sheet_survey import Survey
from pipelines.formats.silence import Silence

LARGEST_BYTES = 8 << 20
MOST_ERRORS = 10_000
LONG = 4000  # characters; a record holds 4,110 of two bytes


def xls_surveys(
    file: StoredObject, *, with_long_texts: bool = False
) -> Mapping[str, Survey] | None:
    """A survey for each sheet by its name; None where xlrd cannot tell, or not soon enough.

    calamine cuts off the texts that formulas gave where their record ends; `with_long_texts`, they
    are told whole.
    """
    if (file.size or 0) > LARGEST_BYTES:
        return None
    try:
        book = xlrd.open_workbook(
            file_contents=file.read(0, file.size or 0),
            formatting_info=True,
            logfile=Silence(),
            ragged_rows=True,
        )
        return {sheet.name: _survey(sheet, with_long_texts) for sheet in book.sheets()}
    except Exception:  # noqa: BLE001 - it fails in every way on what calamine reads well
        return None


def _survey(sheet: Any, with_long_texts: bool) -> Survey:
    errors: Counter[str] = Counter()
    places: dict[int, dict[int, Cell]] = {}
    for row in range(sheet.nrows):
        kinds = sheet.row_types(row)
        if xlrd.XL_CELL_ERROR in kinds:
            for column, (kind, value) in enumerate(zip(kinds, sheet.row_values(row), strict=True)):
                if kind == xlrd.XL_CELL_ERROR:
                    word = xlrd.error_text_from_code.get(value, "#ERROR")
                    errors[word] += 1
                    if errors.total() <= MOST_ERRORS:
                        places.setdefault(row, {})[column] = ErrorCell(word)
        if with_long_texts:
            for column, value in enumerate(sheet.row_values(row)):
                if isinstance(value, str) and len(value) > LONG:
                    places.setdefault(row, {})[column] = value
    return Survey(
        errors=errors,
        error_cells=places,
        hidden_rows=sum(bool(info.hidden) for info in sheet.rowinfo_map.values()),
        hidden_columns=sum(
            bool(info.hidden) for column, info in sheet.colinfo_map.items() if column < sheet.ncols
        ),
    )
