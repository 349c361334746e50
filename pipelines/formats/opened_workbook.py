"""Opened workbook: what is known of a workbook before any of its sheets is read."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.base import StoredObject
from connectors.errors import PasswordProtected, UnknownFormat
from pipelines.containers.limits import Limits
from pipelines.formats import bare_workbook, compound_file, ods_survey, xlsb_survey
from pipelines.formats.active_content import LINKS, Active, active_in
from pipelines.formats.bare_workbook import is_bare
from pipelines.formats.office_document import ZIP_MAGIC
from pipelines.formats.sheet_groups import Merged
from pipelines.formats.sheet_survey import Survey, longest_string
from pipelines.formats.sheet_xml import SHARED_STRINGS
from pipelines.formats.whole_sheet import HEAD_BYTES, sheets_of
from pipelines.formats.workbook_package import Package, Sheet, sheets
from pipelines.formats.xls_details import xls_surveys
from pipelines.formats.xls_records import told_by
from pipelines.formats.xls_stream import STREAMS

ENCRYPTED_WHOLE = "encrypted-package"  # the one part of an OpenDocument file (1.4, 3.4.3)
UNSEEN = ("errors", "hidden", "formulas")
OLD_DOCUMENTS = {
    "WordDocument": "an old Word document",
    "PowerPoint Document": "an old PowerPoint presentation",
    "__properties_version1.0": "an Outlook message",
    "VisioDocument": "a Visio drawing",
}


@dataclass(frozen=True, slots=True)
class OpenedWorkbook:
    """Its sheets; and of one whose XML is read as it stands, its package and its main part.

    `unseen` is what cannot be told of such a file; `longest` bounds the lengths of shared strings;
    `merged` are the merged cells of sheets of which calamine does not tell, `renamed` the sheets
    that had the name of another one before them.
    """

    file: StoredObject
    sheets: tuple[Sheet, ...]
    unseen: tuple[str, ...] = ()
    package: Package | None = None
    main: str | None = None
    from_1904: bool = False
    surveys: Mapping[str, Survey] | None = None
    longest: int = 0
    active: tuple[Active, ...] = ()
    merged: Mapping[str, Merged] | None = None
    renamed: tuple[str, ...] = ()


def opened(file: StoredObject, limits: Limits) -> OpenedWorkbook:
    """Raises ReadError."""
    head = file.read(0, HEAD_BYTES)
    if is_bare(head):
        bare_workbook.refuse_bombs(file, limits)
        return OpenedWorkbook(file, sheets_of(file), ("formulas",), surveys=xls_surveys(file))
    if not head.startswith(ZIP_MAGIC):
        streams = _streams(file)
        told = told_by(file, limits)
        active = (*active_in(streams), *((LINKS,) if told.has_links else ()))
        surveys = xls_surveys(file, with_long_texts=told.has_long_results)
        unseen = ("formulas",) if surveys is not None else UNSEEN
        found = sheets_of(file)
        return OpenedWorkbook(file, found, unseen, surveys=surveys, active=active)
    package = Package(file, limits)
    package.verify()
    if ENCRYPTED_WHOLE in package:
        raise PasswordProtected(f"{file.name} is protected by a password")
    active = tuple(active_in(package.paths))
    main = None if "mimetype" in package and "content.xml" in package else package.main_part()
    if main is None or main.lower().endswith(".bin"):
        package.verify_contents()
        merged: Mapping[str, Merged] = {}
        renamed: tuple[str, ...] = ()
        known: Mapping[str, Survey]
        untold: tuple[str, ...] = UNSEEN
        if main is None:
            seen = ods_survey.surveyed(package)
            merged, renamed = seen.merged, seen.renamed
            known = {
                name: Survey(
                    uncached=seen.uncached.get(name, 0), errors=seen.errors.get(name, Counter())
                )
                for name in (*seen.uncached, *seen.errors)
            }
        else:
            known = xlsb_survey.surveyed(package, main)
            untold = tuple(what for what in UNSEEN if what != "errors")
        found = sheets_of(file)
        renamed = tuple(s.name for s in found if s.name in renamed)  # and no table of a chart
        return OpenedWorkbook(
            file, found, untold, surveys=known, active=active, merged=merged, renamed=renamed
        )
    found, from_1904 = sheets(package, main)
    strings = [
        path for kind, path in package.relations(main).values() if kind.endswith(SHARED_STRINGS)
    ]
    longest = max(
        (longest_string(package.stream(path)) for path in strings if path in package), default=0
    )
    return OpenedWorkbook(file, found, (), package, main, from_1904, None, longest, active)


def _streams(file: StoredObject) -> list[str]:
    """The streams of an old workbook. Raises PasswordProtected; UnknownFormat if it is none."""
    names = compound_file.stream_names(file)
    if "EncryptedPackage" in names:
        raise PasswordProtected(f"{file.name} is an Office document protected by a password")
    if set(STREAMS).isdisjoint(name.lower() for name in names):
        kind = next((OLD_DOCUMENTS[name] for name in names if name in OLD_DOCUMENTS), None)
        raise UnknownFormat(
            f"{file.name} looks like {kind or 'an old Office document'}, not a workbook;"
            " what is read of Office: workbooks"
        )
    return names
