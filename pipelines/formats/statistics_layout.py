"""Statistics layout: which program wrote a file, told by how it begins."""

SAS_MAGIC = bytes(12) + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011")
XPORT_MAGIC = (
    b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!",
    b"HEADER RECORD*******LIBV8   HEADER RECORD!!!!!!!",
)
SPSS_MAGIC = (b"$FL2@(#)", b"$FL3@(#)")
SPSS_ENCRYPTED = b"ENCRYPTEDSAV"
SPSS_PORTABLE = b"ASCII SPSS PORT FILE"
STATA_MAGIC = b"<stata_dta>"
STATA_RELEASES = range(104, 116)


def layout_of(head: bytes) -> str | None:
    """Which of the layouts begins so.

    >>> layout_of(b"$FL2@(#) SPSS"), layout_of(bytes([115, 2, 1, 0])), layout_of(b"a,b")
    ('sav', 'dta', None)
    """
    if head.startswith(SAS_MAGIC):
        return "sas7bdat"
    if head.startswith(XPORT_MAGIC):
        return "xport"
    if head.startswith(SPSS_MAGIC) or head.startswith(SPSS_ENCRYPTED, 8):
        return "sav"
    if SPSS_PORTABLE in head[:256]:
        return "por"
    old = len(head) > 3 and head[0] in STATA_RELEASES and head[1] in (1, 2)
    if head.startswith(STATA_MAGIC) or (old and head[2:4] == b"\1\0"):
        return "dta"
    return None
