"""ODS repair: an OpenDocument workbook whose texts say in calamine's terms what they say.

calamine passes over the elements that stand for a tab and for a break within a paragraph
(OpenDocument 1.3, 6.1.4 and 6.1.5), so that the words around them run together; and a time of a
day or more it gives as it is written.
"""

import datetime as dt
import io
import re
import zipfile

from pipelines.formats.office_document import ZIP_MAGIC

CONTENT = "content.xml"
NEEDED = ("mimetype", "META-INF/manifest.xml", "settings.xml")
ELEMENT = re.compile(rb"<text:(tab|line-break)\b[^>]*?(?:/>|>\s*</text:\1\s*>)")
DURATION = re.compile(r"(-?)PT(\d+)H(\d+)M(\d+(?:[.,]\d+)?)S")
STANDS_FOR = {b"tab": b"\t", b"line-break": b"\n"}


def repaired(file: bytes) -> bytes:
    """The same file, or one of what calamine reads of it, with tabs and breaks as characters."""
    if not file.startswith(ZIP_MAGIC) or CONTENT.encode() not in file:
        return file
    try:
        with zipfile.ZipFile(io.BytesIO(file)) as package:
            content = package.read(CONTENT)
            if ELEMENT.search(content) is None:
                return file
            names = [name for name in NEEDED if name in package.namelist()]
            parts = {name: package.read(name) for name in names}
    except Exception:  # noqa: BLE001 - it fails in every way; calamine is asked next
        return file
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as package:
        for name, part in parts.items():
            package.writestr(name, part)
        package.writestr(CONTENT, ELEMENT.sub(lambda found: STANDS_FOR[found[1]], content))
    return made.getvalue()


def duration(text: str) -> dt.timedelta | str:
    """How long a cell lasts of which calamine gives the text: one of a day or more.

    >>> duration("PT25H30M00S"), duration("PTA")
    (datetime.timedelta(days=1, seconds=5400), 'PTA')
    """
    found = DURATION.fullmatch(text)
    if found is None:
        return text
    sign, hours, minutes, seconds = found.groups()
    try:
        long = dt.timedelta(
            hours=int(hours), minutes=int(minutes), seconds=float(seconds.replace(",", "."))
        )
    except OverflowError:
        return text
    return -long if sign else long
