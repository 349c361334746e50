"""Declared encoding: what Python calls an encoding that a document says it is in.

Some are called by names that Python does not know; and some, as browsers have it (WHATWG, Encoding,
4.2), by the name of the smaller one that they grew from.
"""

import codecs

NAMES = {
    **dict.fromkeys(("gb2312", "gb_2312-80", "gbk", "x-gbk"), "gb18030"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j"), "cp932"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987"), "cp949"),
    **dict.fromkeys(("tis-620", "windows-874"), "cp874"),
    "x-euc-jp": "euc-jp",
    "x-mac-roman": "mac-roman",
}
OF_PYTHON = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"}


def known(declared: bytes) -> str:
    """Raises LookupError where no document can be in it.

    >>> known(b"GB2312"), known(b"iso-8859-1")
    ('gb18030', 'iso8859-1')
    """
    label = declared.decode("ascii", "replace").lower()
    name = codecs.lookup(NAMES.get(label, label)).name
    b" ".decode(name, "replace")  # refused for what encodes no text
    if name.replace("_", "-") in OF_PYTHON:
        raise LookupError(f"{name} is no encoding of documents")
    return name
