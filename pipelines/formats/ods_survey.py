"""ODS survey: how much an OpenDocument workbook becomes once what it repeats is written out.

Cells and rows say how often they stand there, and calamine holds them that often. Which of them are
merged it does not tell, nor which hold a formula that nobody has calculated or that failed.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.errors import CorruptFile, PasswordProtected
from pipelines.formats.held_sheet import Held
from pipelines.formats.naming import Told
from pipelines.formats.sheet_groups import Merged
from pipelines.formats.workbook_package import Package, local_name, parsed, xml_parser

CONTENT = "content.xml"
MANIFEST = "META-INF/manifest.xml"
CELLS = ("table-cell", "covered-table-cell")
ACROSS, DOWN = "number-columns-spanned", "number-rows-spanned"
LONGEST_ERROR = 20  # characters: they are short words such as `#VALUE!` and `Err:502`
MOST_MERGED = 100_000  # cells, of a workbook, that are of use to find headers


@dataclass(frozen=True, slots=True)
class OdsSurvey:
    """What calamine does not tell, by the names of sheets.

    `merged` are merged cells, `uncached` the formulas without a saved value, `errors` the kinds of
    errors and their cells as far as they are marked, each of sheets that have any; `renamed` are
    the sheets that are called otherwise than they were.
    """

    merged: Mapping[str, Merged]
    uncached: Mapping[str, int]
    errors: Mapping[str, Counter[str]]
    renamed: tuple[str, ...]


def surveyed(package: Package) -> OdsSurvey:
    """Raises PasswordProtected, CorruptFile, or LimitExceeded where a sheet repeats too much."""
    if MANIFEST in package and _is_protected(package):
        raise PasswordProtected(f"{package.file.name} is protected by a password")
    survey = _Survey(package)
    parser = xml_parser(CONTENT)
    parser.StartElementHandler = survey.start
    parser.EndElementHandler = survey.end
    parser.CharacterDataHandler = survey.characters
    for _ in parsed(parser, package.stream(CONTENT), CONTENT):
        pass
    return OdsSurvey(survey.merged, survey.uncached, survey.errors, tuple(survey.renamed))


def _is_protected(package: Package) -> bool:
    """Whether its cells are encrypted; macros may be by themselves."""
    path = ""
    for element in package.elements(MANIFEST):
        if element.name == "file-entry":
            path = element.values.get("full-path", "")
        elif element.name == "encryption-data" and path == CONTENT:
            return True
    return False


class _Survey:
    """One pass over all sheets."""

    def __init__(self, package: Package) -> None:
        self.merged: dict[str, list[tuple[tuple[int, int], tuple[int, int]]]] = {}
        self.uncached: Counter[str] = Counter()
        self.errors: dict[str, Counter[str]] = {}
        self.renamed: list[str] = []
        self._package = package
        self._sheet, self._row, self._count = "", 0, 0
        self._names = Told()  # as the repair has it
        self._held = Held("", package.limits)
        self._rows = 0  # so many times the row stands there
        self._width = self._filled = 0  # its cells, and those up to the last that is not empty
        self._row_text = 0
        self._cells, self._text, self._has_value = 0, 0, False
        self._has_formula = False
        self._uncached = 0  # formulas of the row
        self._error: str | None = None  # what the cell shows, if that is an error
        self._row_errors: Counter[str] = Counter()

    def start(self, name: str, values: dict[str, str]) -> None:
        name = local_name(name)
        if name == "table":
            named = next((v for key, v in values.items() if local_name(key) == "name"), "")
            self._sheet = self._names.apart(named)
            if self._sheet != named:
                self.renamed.append(self._sheet)
            self._row = 0
            what = f"sheet {self._sheet!r} of {self._package.file.name}"
            self._held = Held(what, self._package.limits)
        elif name == "table-row":
            self._rows = self._repeats(values, "number-rows-repeated")
            self._width = self._filled = self._row_text = self._uncached = 0
            self._row_errors.clear()
        elif name in CELLS:
            self._cells = self._repeats(values, "number-columns-repeated")
            self._text = sum(map(len, values.values()))
            self._has_value = any(local_name(key) == "value-type" for key in values)
            is_error = any(
                local_name(k) == "value-type" and v == "error" for k, v in values.items()
            )
            self._error = "" if is_error else None
            self._has_formula = any(local_name(key) == "formula" for key in values)
            if self._has_value and any("-spanned" in key for key in values):
                self._merge(values)
        elif name == "p" and self._error:  # what stood before it is an annotation
            self._error = ""

    def characters(self, text: str) -> None:
        self._text += len(text)
        if self._error is not None and len(self._error) < LONGEST_ERROR:
            self._error = (self._error + text)[:LONGEST_ERROR]
        self._has_value = self._has_value or not text.isspace()

    def end(self, name: str) -> None:
        name = local_name(name)
        if name in CELLS:
            self._width += self._cells
            if self._has_value:
                self._filled = self._width
                self._row_text += self._text * self._cells
            elif self._has_formula:
                self._uncached += self._cells
            if self._error is not None:
                self._row_errors[self._error.strip() or "error"] += self._cells
                self._error = None
        elif name == "table-row":
            self._held.add_rows(self._rows, self._filled, self._row_text)
            self._row += self._rows
            if self._uncached:
                self.uncached[self._sheet] += self._uncached * self._rows
            for kind, count in self._row_errors.items():
                self.errors.setdefault(self._sheet, Counter())[kind] += count * self._rows

    def _merge(self, values: dict[str, str]) -> None:
        across, down = self._repeats(values, ACROSS), self._repeats(values, DOWN)
        if self._count < MOST_MERGED and max(across, down) > 1:
            last = (self._row + max(down, 1) - 1, self._width + max(across, 1) - 1)
            self.merged.setdefault(self._sheet, []).append(((self._row, self._width), last))
            self._count += 1

    def _repeats(self, values: dict[str, str], name: str) -> int:
        times = next((v for key, v in values.items() if local_name(key) == name), "1").strip()
        if not (times.isascii() and times.isdigit() and len(times) < 19):
            what = f"{CONTENT} of {self._package.file.name} repeats a cell {times[:40]!r} times"
            raise CorruptFile(what)
        return int(times)
