"""ODS repair: an OpenDocument workbook whose texts say in calamine's terms what they say.

calamine passes over the elements that stand for a tab and for a break within a paragraph
(OpenDocument 1.3, 6.1.4 and 6.1.5), so that the words around them run together; and a time of a
day or more it gives as it is written, as if the cell held a text. Such times are marked.
"""

import datetime as dt
import io
import re
import zipfile

from pipelines.formats.office_document import ZIP_MAGIC

CONTENT = "content.xml"
NEEDED = ("mimetype", "META-INF/manifest.xml", "settings.xml")
ELEMENT = re.compile(rb"<text:(tab|line-break)\b[^>]*?(?:/>|>\s*</text:\1\s*>)")
TIME_OF_DAY = rb"PT([01]?\d|2[0-3])H[0-5]?\dM[0-5]?\d(\.\d{1,9})?S"
LONG_TIME = re.compile(rb"(<[^<>]*:time-value=[\"'])(?=-?P)(?!" + TIME_OF_DAY + rb"[\"'])")
DURATION = re.compile(r"(-?)P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d+)?)S)?")
MARK = "\uffff"  # no text can hold it: it is no character of XML (XML 1.0, 2.2)
STANDS_FOR = {b"tab": b"\t", b"line-break": b"\n"}


def repaired(file: bytes) -> bytes:
    """The same file, or one of what calamine reads of it, with tabs and breaks as characters and
    long times marked.
    """
    if not file.startswith(ZIP_MAGIC) or CONTENT.encode() not in file:
        return file
    try:
        with zipfile.ZipFile(io.BytesIO(file)) as package:
            content = package.read(CONTENT)
            plain = ELEMENT.sub(lambda found: STANDS_FOR[found[1]], content)
            plain = LONG_TIME.sub(rb"\1" + MARK.encode(), plain)
            if plain == content:
                return file
            names = [name for name in NEEDED if name in package.namelist()]
            parts = {name: package.read(name) for name in names}
    except Exception:  # noqa: BLE001 - it fails in every way; calamine is asked next
        return file
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as package:
        for name, part in parts.items():
            package.writestr(name, part)
        package.writestr(CONTENT, plain)
    return made.getvalue()


def duration(marked: str) -> dt.timedelta | str:
    """How long a cell lasts that was marked, or its text where that says nothing.

    >>> duration(MARK + "PT25H30M00S"), duration(MARK + "PTA")
    (datetime.timedelta(days=1, seconds=5400), 'PTA')
    """
    text = marked.removeprefix(MARK)
    found = DURATION.fullmatch(text)
    if found is None or not any(found.groups()[1:]):
        return text
    sign, days, hours, minutes, seconds = found.groups("0")
    try:
        long = dt.timedelta(
            days=int(days),
            hours=int(hours),
            minutes=int(minutes),
            seconds=float(seconds.replace(",", ".")),
        )
    except OverflowError:
        return text
    return -long if sign else long
