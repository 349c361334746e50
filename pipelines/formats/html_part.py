"""HTML parts: whether a text is a page without its beginning, or rows with markup in cells."""

import re

from lxml import etree, html
from lxml.html import defs

HEAD_BYTES = 64 << 10
FEWEST_LINES = 2
ELEMENT = re.compile(
    rb"\s*(<!--(?:(?!-->).)*-->\s*)*<(meta|title|style|script|link|base|div|p|h[1-6]|center|font|span"
    rb"|b|i|br|hr|img|a|form|section|article|main|nav|header|pre|ul|ol|caption)\b[^<>]*>",
    re.IGNORECASE | re.DOTALL,
)
TABLE = re.compile(rb"<table\b", re.IGNORECASE)
CELL = re.compile(rb"<tr\b[^<>]*>\s*<t[hd]\b", re.IGNORECASE)
RULED = re.compile(rb"^[ \t]*+(?:[|+][ \t]*+)?:?[-=]++:?[ \t]*+[|+]", re.MULTILINE)
TAGS = defs.tags | {"main", "picture", "template", "dialog", "bdi"}
LAYOUT = re.compile(r"[ \r]*(\n\s*)?")  # between elements; what parts cells is none


def is_part(head: bytes, *, is_named: bool) -> bool:
    r"""Whether a part of a page begins so, which has a table; behind any words if its name says so.

    Otherwise all must stand within elements, and be no other document: beside them are cells.

    >>> is_part(b"<p>of us<table><tr><td>1", is_named=False)
    True
    >>> is_part(b"<p>of us</p>\t5\n<div><table><tr><td>1</table></div>\t6", is_named=False)
    False
    """
    if not is_named and ELEMENT.match(head) is None:
        return False
    table = TABLE.search(head)
    if table is None or CELL.search(head, table.end()) is None:
        return False
    return is_named or not (RULED.search(head) or _is_document(head) or _has_loose_text(head))


def _is_document(head: bytes) -> bool:
    """Whether it is sound XML as far as it is seen, with elements that HTML does not have.

    Within a `div` it is a page all the same.
    """
    parser = etree.XMLPullParser(events=("start",), resolve_entities=False, no_network=True)
    try:
        parser.feed(head)
        if len(head) < HEAD_BYTES:
            parser.close()
        tags = [str(element.tag).lower() for _, element in parser.read_events()]
    except (etree.LxmlError, ValueError):
        return False
    return tags[:1] != ["div"] and not TAGS.issuperset(tags)


def _has_loose_text(head: bytes) -> bool:
    """Whether text stands outside of all elements, or a tab between two in a line, or in all lines.

    Elements of cells may have no end.
    """
    lines = [line.strip() for line in head.splitlines() if line.strip()]
    if len(lines) > FEWEST_LINES and all(b"\t" in line for line in lines[:-1]):
        return True
    text = "<body><div>" + head.decode("latin-1").replace("\0", "")
    parser = html.HTMLParser(no_network=True)
    try:
        body = html.document_fromstring(text, parser=parser).body
    except (etree.LxmlError, ValueError, AssertionError):
        return True
    if parser.error_log.filter_from_fatals():  # the rest is not seen
        return True
    around = [body[0].text, *(each.tail for each in [*body[0], *body])]
    return not all(LAYOUT.fullmatch(each or "") for each in around)
