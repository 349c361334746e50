"""Office document: which archives are workbooks, by what is in them."""

from collections.abc import Iterable

from connectors.base import StoredObject
from pipelines.containers.limits import Limits
from pipelines.containers.near_blocks import near
from pipelines.containers.zip_archive import PackedMember
from pipelines.containers.zip_directory import Entry, directory
from pipelines.formats.signatures import WORKBOOK, office_document

ZIP_MAGIC = b"PK\x03\x04"
SPREADSHEET = b"application/vnd.oasis.opendocument.spreadsheet"
SPREADSHEETS = SPREADSHEET, b"application/vnd.sun.xml.calc"  # the second of OpenOffice 1
LONGEST_TYPE = 256


def is_workbook(file: StoredObject, limits: Limits) -> bool:
    """Whether a zip archive is a workbook. Raises CorruptFile where it is no sound archive."""
    archive = near(file)  # so that its members are near when it is no workbook
    entries = directory(archive, limits)
    if office_document(entry.path for entry in entries) == WORKBOOK:
        return True
    return any(_declares_spreadsheet(archive, entry, limits) for entry in _types(entries))


def _types(entries: Iterable[Entry]) -> Iterable[Entry]:
    return (e for e in entries if e.path == "mimetype" and e.size <= LONGEST_TYPE)


def _declares_spreadsheet(archive: StoredObject, entry: Entry, limits: Limits) -> bool:
    content = b"".join(PackedMember(archive, entry, limits).stream())
    return content.strip().startswith(SPREADSHEETS)
