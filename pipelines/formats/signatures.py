"""Signatures: what bytes that no reader of ours takes look like, to name it to the user."""

import re
from collections.abc import Iterable

from pipelines.formats.sql_script import is_sql_script
from pipelines.formats.xml_encoding import head_in_utf8

SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"Rar!\x1a\x07", "RAR archive"),
    (0, b"\x04\x22\x4d\x18", "LZ4 file"),
    (0, b"\x89PNG\r\n\x1a\n", "PNG picture"),
    (0, b"\xff\xd8\xff", "JPEG picture"),
    (0, b"GIF87a", "GIF picture"),
    (0, b"GIF89a", "GIF picture"),
    (0, b"II*\0", "TIFF picture"),
    (0, b"MM\0*", "TIFF picture"),
    (0, b"II+\0\b\0\0\0", "TIFF picture"),
    (0, b"MM\0+\0\b\0\0", "TIFF picture"),
    (0, b"8BPS\0", "Photoshop picture"),
    (0, b"gimp xcf ", "GIMP picture"),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000 picture"),
    (0, b"OggS\0", "Ogg sound"),
    (0, b"ID3\3\0", "MP3 sound"),
    (0, b"ID3\4\0", "MP3 sound"),
    (0, b"fLaC\0", "FLAC sound"),
    (0, b"\x1a\x45\xdf\xa3", "Matroska film"),
    (0, b"%!PS-Adobe-", "PostScript document"),
    (0, b"\xca\xfe\xba\xbe", "program"),
    (0, b"wOFF\0", "web font"),
    (0, b"wOF2\0", "web font"),
    (0, b"OTTO\0", "OpenType font"),
    (0, b"\0\1\0\0Standard ", "Access database"),
    (0, b"%PDF-", "PDF document"),
    (0, b"{\\rtf", "RTF document"),
    (0, b"\x7fELF", "program"),
    (0, b"MZ\x90\0", "program"),
    (0, b"\x89HDF\r\n\x1a\n", "HDF5 file"),
    (0, b"CDF\x01", "NetCDF file"),
    (0, b"\x80\x04\x95", "Python pickle"),
    (0, b"\x93NUMPY", "NumPy array"),
    (0, b"RDX2\nX\n\0", "saved R workspace"),
    (0, b"RDX3\nX\n\0", "saved R workspace"),
    (0, b"X\n\0\0\0\2", "saved R object"),
    (0, b"X\n\0\0\0\3", "saved R object"),
    (0, b"\0\0\x27\x0a\0\0\0\0", "shapefile"),
    (0, b"\x1f\x9d", "file packed by compress"),
    (0, b"LZIP", "lzip file"),
    (0, b"\x89LZO\0\r\n\x1a\n", "lzop file"),
    (0, b"MSCF\0\0\0\0", "cabinet"),
    (0, b"MSWIM\0\0\0", "WIM image"),
    (0, b"WARC/1.", "web archive"),
    (0, b"xar!", "xar archive"),
    (0, b"!<arch>\n", "AR archive"),
    (0, b"\xed\xab\xee\xdb", "RPM package"),
    (32769, b"CD001", "ISO 9660 image"),
)
# Beginnings of JSON; and such as go on to the end of the text, or of which more lines follow: what
# stands behind others in their line is a cell, or of a log.
MEMBER = rb"\{\s*\"[^\"\n]{0,200}\"\s*:"
JSON = rb"(?:\[\s*[\[{]|" + MEMBER + rb")"
ALONE = (
    rb"(?:" + JSON + rb"[^\n]*[\]}][\s);]*+\Z|\[[ \t\r]*\n\s*[\[{]|\[[ \t]*[\[{][ \t\r]*\n"
    rb"|\[[ \t]*\{[^\n]*\},[ \t\r]*\n|(?=\{[ \t\r]*\n)" + MEMBER + rb")"
)
ITEM = rb"- (?P<key>[\w\"' -]{1,80}): [^\n]*\n  [\w\"' -]{1,80}:[ \r\n]"  # of a list in YAML
# What has its magic behind a length, or none: numbers in digits that a header is made of, or the
# fields of a first column.
PATTERNS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb".{8}DUCK..\0{6}", re.DOTALL), "DuckDB database"),
    (re.compile(rb"MATLAB 5\.0 MAT-file.{105}(?:\x00\x01IM|\x01\x00MI)", re.DOTALL), "MATLAB file"),
    (re.compile(rb"RIFF.{4}(WAVEfmt |AVI LIST|WEBPVP8)", re.DOTALL), "RIFF film, sound or picture"),
    (re.compile(rb"\0\0..ftyp", re.DOTALL), "MPEG-4 film, sound or picture"),
    (re.compile(rb"070707[0-7]{70}|07070[12][0-9A-Fa-f]{104}"), "cpio archive"),
    (re.compile(rb'TABLE\r?\n0,1\r?\n"[^"]*"\r?\nVECTORS\r?\n'), "DIF table"),
    (
        re.compile(
            rb"ID;P[A-Z0-9_]{0,80}(;[^\r\n]{0,200})?\r?\n([^\r\n]{0,400}\r?\n){0,8}?"
            rb"(P;PGeneral|[BCF];([^\r\n;]{0,80};){0,8}?[XY]\d+;([^\r\n;]{0,80};){0,8}?[XY]\d+)"
        ),
        "SYLK table",
    ),
    (re.compile(rb"0 HEAD\r?\n1 (?:SOUR|GEDC|CHAR|DEST|DATE)\b"), "GEDCOM family tree"),
    (re.compile(rb">[^\n]*\n[A-Z*-]{10,}\r?\n(?:[A-Z*-]+\r?\n)*+>"), "FASTA file of sequences"),
    (
        re.compile(rb"@[^\n]*\n[ACGTUN.]{4,}\r?\n\+[^\n]*\n[!-~]{4,}\r?\n@"),
        "FASTQ file of sequences",
    ),
    (re.compile(rb"..-l[hz][0-7ds]-(?=.{0,13}\0)", re.DOTALL), "LHA archive"),
    (
        re.compile(
            rb"[\x02-\x05\x30-\x32\x43\x63\x83\x8b\x8c\xcb\xf5\xfb]"  # the version
            rb".[\x01-\x0c][\x01-\x1f].{28}"  # the day of the last change, and the rest
            rb"(?=[A-Za-z_][^\0]{0,9}\0).{11}[A-Z@+]",  # a column's name and type
            re.DOTALL,
        ),
        "dBase table",
    ),
    (
        re.compile(
            rb"\s*(?:(?:var|let|const)\s+[\w.$]{1,80}\s*=\s*"
            + JSON
            + rb"|[\w.$]{1,80}\s*[=(]\s*"
            + ALONE
            + rb")"  # a name, or a call
        ),
        "script around JSON (leave nothing but the JSON)",
    ),
    (
        re.compile(
            rb"From \S{1,200} +[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d"
            rb"[ \w+-]{0,20} \d{4}[^\n]*\n[A-Za-z-]{1,80}:"
        ),
        "mailbox (save what is attached to its e-mails)",
    ),
    (re.compile(rb"BEGIN:VCALENDAR[ \t]*\r?\n", re.IGNORECASE), "calendar (iCalendar)"),
    (re.compile(rb"BEGIN:VCARD[ \t]*\r?\n", re.IGNORECASE), "list of contacts (vCard)"),
    (
        re.compile(
            rb"(?:\s|%[^\n]*\n)*+@[A-Za-z]{1,40}[ \t]*[{(]\s*[^\s,{}]+,\s*[\w-]+\s*=\s*[{\"\w]"
        ),
        "bibliography (BibTeX)",
    ),
    (re.compile(rb"\s*TY  - [A-Z]{2,9}[ \t]*\r?\n[A-Z][A-Z0-9]  - "), "bibliography (RIS)"),
    (
        re.compile(
            rb"(?:\s|#[^\n]*\n|version: \d+[ \t]*\r?\n)*+dn::? [^\n]*=[^\n]*\n"
            rb"[A-Za-z][\w;.-]*::? [^\n]*\n"
        ),
        "directory of LDAP (LDIF)",
    ),
    (
        re.compile(
            rb"(?:\s|#[^\n]*\n)*+(?:@(?:prefix|base)\s+(?:[\w.-]*:\s*)?<[^<>\s]*>\s*\."
            rb"|<[^<>\s]+> <[^<>\s]+> (?:<[^<>\s]+>|_:\S+|\"[^\n]*) ?\.[ \t]*(?:\r?\n|\Z))"
        ),
        "graph (N-Triples or Turtle)",
    ),
    (re.compile(rb"(?:\s|%[^\n]*\n)*+\\documentclass\s*[\[{]"), "LaTeX document"),
    (re.compile(rb"#! ?/\S*bin/"), "script to be run"),
    (
        re.compile(rb"(?:\s*(?://[^\n]*\n|/\*(?:(?!\*/)[^\0])*\*/))++\s*" + ALONE),
        "JSON document with comments (take them out)",
    ),
    (
        re.compile(rb"(?:%YAML[^\n]*\n)?---[^\n]*\n(?:#[^\n]*\n|\r?\n)*+" + ITEM),
        "YAML document",
    ),
    (
        re.compile(
            rb"(?:#[^\n]*\n|\r?\n)*+" + ITEM + rb"(?:[^\n]*\n)*?(?<=\n)- (?P=key):"  # notes do not
        ),
        "YAML document",
    ),
)
SQL = "SQL script (load it into a database, and export its tables)"
WORKBOOK = "Excel workbook"
OFFICE_FOLDERS = (
    ("xl/", WORKBOOK),
    ("word/", "Word document"),
    ("ppt/", "PowerPoint presentation"),
)
HTML = re.compile(
    rb"\s*(<\?xml[^>]*>\s*)?(<!--(?:(?!-->).)*-->\s*)*"
    rb"<(!doctype\s+html|html|head|body|table\b.*?<tr)\b",
    re.IGNORECASE | re.DOTALL,
)
TEXT_CONTROLS = b"\t\n\r\f\v\x1b\0\x1a\x1c\x1d\x1e\x1f\x08\x07"
NOT_CONTROLS = bytes(set(range(256)) - (set(range(32)) - set(TEXT_CONTROLS)))
MOST_CONTROLS = 0.02
MOST_NULS = 0.3
WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


def foreign(head: bytes) -> str | None:
    """What the bytes look like, if they are of a kind that is named here.

    >>> foreign(b"%PDF-1.7"), foreign(b"a,b")
    ('PDF document', None)
    """
    for offset, magic, kind in SIGNATURES:
        if head.startswith(magic, offset):
            return kind
    for pattern, kind in PATTERNS:
        if pattern.match(head):
            return kind
    return SQL if is_sql_script(head) else None


def is_html(head: bytes) -> bool:
    """Whether a page of HTML begins so.

    >>> is_html(b"<!DOCTYPE html>"), is_html(b"<table><tr><td>"), is_html(b"<table><row/>")
    (True, True, False)
    """
    return HTML.match(head_in_utf8(head).removeprefix(b"\xef\xbb\xbf")) is not None


def is_binary(head: bytes) -> bool:
    """Whether the bytes cannot be text in any encoding that we read.

    >>> is_binary(bytes(range(256))), is_binary("a,b".encode("utf-16-le"))
    (True, False)
    """
    if head.startswith(WIDE_MARKS):
        return False
    controls = len(head.translate(None, NOT_CONTROLS))
    nuls = head.count(0)
    if max(head[0::2].count(0), head[1::2].count(0)) > 0.9 * nuls > 0:
        nuls = 0  # as in UTF-16
    elif nuls >= 0.7 * len(head):
        nuls -= head[0::4].count(0) + head[1::4].count(0) + head[2::4].count(0)  # UTF-32
    return controls > MOST_CONTROLS * len(head) or nuls > MOST_NULS * len(head)


def office_document(paths: Iterable[str]) -> str | None:
    """Which Office document a zip archive with these members is, if it is one.

    The names of its parts are the same in any case (ECMA-376-2 6.2.2.3); a few writers part their
    folders as Windows does.
    """
    names = {path.replace("\\", "/").lower() for path in paths}
    if "[content_types].xml" in names:
        for folder, kind in OFFICE_FOLDERS:
            if any(name.startswith(folder) for name in names):
                return kind
        return "Office document"
    if {"mimetype", "content.xml"} <= names:
        return "OpenDocument file that is no workbook"
    return None
