"""Web archives: the pages in an e-mail are read, however it packs them."""

import base64
import quopri
from email.mime.application import MIMEApplication
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.formats import web_archive
from pipelines.formats.base import Plan
from pipelines.source_plan import plan
from tests.contracts.format_contract import read, table_of

PAGE = (
    "<html><body><table><tr><td>k</td><td>v</td></tr>"
    '<tr><td class="x">a=1 \u00fc</td><td>{}</td></tr></table></body></html>'
)
EXCEL = """MIME-Version: 1.0
X-Document-Type: Workbook
Content-Type: multipart/related; boundary="----=_NextPart_01"

This document is a Single File Web Page.

------=_NextPart_01
Content-Location: file:///C:/a.htm
Content-Transfer-Encoding: quoted-printable
Content-Type: text/html; charset="windows-1252"

{}
------=_NextPart_01
Content-Location: file:///C:/a.png
Content-Transfer-Encoding: base64
Content-Type: image/png

iVBORw0KGgo=

------=_NextPart_01
Content-Transfer-Encoding: {}
Content-Type: text/html

{}
------=_NextPart_01--
"""


def planned(content: bytes, name: str = "a.xls") -> Plan:
    return plan([MemoryObject(name, content)], Limits())


def rows(found: Plan) -> list[list[tuple[object, ...]]]:
    assert {table.format for table in found.tables} == {"html"}
    return [table_of(read(table.fragments, table.schema)).rows() for table in found.tables]


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "utf-16"])
@pytest.mark.parametrize("name", ["a.xls", "a.mht", "a"])
def test_the_page_of_an_archive_is_read(name, charset):
    """As the library of e-mails writes it: in base64 or quoted."""
    message = MIMEMultipart("related")
    message.attach(MIMEText("body { color: red }", "css"))
    message.attach(MIMEText(PAGE.format(5), "html", charset))

    assert rows(planned(message.as_bytes(), name)) == [[("a=1 \u00fc", 5)]]


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_each_page_of_a_workbook_is_read(ends):
    """In the order of the archive; what is no page is passed over."""
    quoted = quopri.encodestring(PAGE.format(1).encode("cp1252")).decode()
    packed = base64.encodebytes(PAGE.format(2).encode()).decode()
    content = EXCEL.format(quoted, "base64", packed).replace("\n", ends)

    assert rows(planned(content.encode())) == [[("a=1 \u00fc", 1)], [("a=1 \u00fc", 2)]]


def test_parts_may_hold_parts():
    inner, outer = MIMEMultipart("alternative"), MIMEMultipart("mixed")
    inner.attach(MIMEText("k v", "plain"))
    inner.attach(MIMEText(PAGE.format(7), "html", "utf-8"))
    outer.attach(inner)

    assert rows(planned(outer.as_bytes())) == [[("a=1 \u00fc", 7)]]


def test_one_page_alone_may_be_an_e_mail():
    assert rows(planned(MIMEText(PAGE.format(7), "html", "utf-8").as_bytes())) == [
        [("a=1 \u00fc", 7)]
    ]


def test_an_archive_without_a_page_is_named():
    message = MIMEMultipart("mixed")
    message.attach(MIMEText("k,v", "plain"))

    (failed,) = planned(message.as_bytes()).failures

    assert failed.code == "format.unknown"
    assert "without a page" in failed.message


@pytest.mark.parametrize("kind", ["multipart/signed", "multipart/report", "text/plain"])
@pytest.mark.parametrize("more", ["", '; charset="utf-8"'])
def test_an_e_mail_is_no_table_of_its_lines(kind, more):
    content = f"Received: from x\nMIME-Version: 1.0\nContent-Type: {kind}{more}\n\nk,v\n1,2\n"

    (failed,) = planned(content.encode(), "a.eml").failures

    assert "is an e-mail" in failed.message


def mailed(*parts: MIMEBase) -> bytes:
    """An e-mail with a table and with a picture that is part of its page."""
    message = MIMEMultipart("mixed")
    picture = MIMEApplication(b"\x89PNG", "png")
    picture.add_header("Content-Disposition", "inline", filename="a.png")
    picture.add_header("Content-ID", "<a>")
    for part in (picture, *parts):
        message.attach(part)
    return message.as_bytes()


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ([("Content-Disposition", "attachment", {"filename": "Größe.csv"})], "Größe.csv"),
        ([("Content-Disposition", "attachment", {})], "application/csv"),
        ([("Content-Disposition", "inline", {"filename": "a.csv"})], "a.csv"),
        ([("Content-Type", "application/csv", {"name": "b.csv"})], "b.csv"),
        ([], None),
    ],
)
def test_what_is_attached_to_an_e_mail_is_told(headers, told):
    """It is no part of the page, and is not read."""
    attached = MIMEApplication(b"k,v\n1,2\n", "csv")
    for name, value, parameters in headers:
        del attached[name]
        attached.add_header(name, value, **parameters)

    read = planned(mailed(MIMEText(PAGE.format(5), "html", "utf-8"), attached))
    (failed,) = planned(mailed(attached)).failures

    assert rows(read) == [[("a=1 \u00fc", 5)]]
    notices = [n for n in read.tables[0].notices if n.code == "html.attachments"]
    assert [n.message.rpartition(": ")[2] for n in notices] == ([told] if told else [])
    assert failed.message.endswith(f": {told}" if told else "without a page of HTML")


@pytest.mark.parametrize("place", [str.index, str.rindex])
def test_an_archive_that_is_cut_is_told(place):
    """Its last page has no end."""
    content = EXCEL.format(PAGE.format(1), "7bit", PAGE.format(2))

    found = planned(content[: place(content, "</table>")].encode())

    assert "html.open_end" in {notice.code for table in found.tables for notice in table.notices}


def test_an_archive_of_countless_parts_is_refused(monkeypatch):
    monkeypatch.setattr(web_archive, "MOST_PARTS", 10)
    content = EXCEL.format(PAGE, "7bit", "\n------=_NextPart_01\n" * 20)

    (failed,) = planned(content.encode()).failures

    assert failed.code == "limit.members"


@pytest.mark.parametrize(
    "text",
    [
        "Content-Type: text/html,5\nb,6\nc,7\n",
        "MIME-Version: 1.0\n\nContent-Type: text/html\n",
        "From: a,1\nContent-Type: image/png,2\nMIME-Version: 1,3\n",
        "name: x\nContent-Type: multipart/related\n",
        "MIME-Version: 1.0\nContent-Type: text/plain,5\n",
    ],
)
def test_lines_that_resemble_headers_are_lines(text):
    assert not web_archive.is_web_archive(text.encode())
