"""Member names: which members of an archive hold no data, and what compressed files are called."""

import re

JUNK = re.compile(
    r"(^|/)(__MACOSX/.*|\._[^/]*|\.[^/]*|Thumbs\.db|desktop\.ini"
    r"|(readme|license|licence|notice|changelog|copying)(\.(txt|md|rst|html?|pdf))?)$",
    re.IGNORECASE,
)
FOLDER = "a folder"
NO_FILE = "a link or device, not a regular file"
TAR_SUFFIXES = (".tgz", ".tbz2", ".tbz", ".tb2", ".txz", ".tlz", ".tzst", ".tzstd")


def junk(path: str) -> str | None:
    """Why a member is not read, if its name says that it holds no data.

    >>> junk("a/.DS_Store"), junk("a/"), junk("data/rows.csv")
    ('holds no data by its name', 'a folder', None)
    """
    if path.endswith("/"):
        return FOLDER
    return "holds no data by its name" if JUNK.search(path.removeprefix("./")) else None


def unpacked_name(name: str, suffixes: tuple[str, ...]) -> str:
    """What a compressed file was called before.

    >>> unpacked_name("a.csv.GZ", (".gz",)), unpacked_name("a.tgz", (".gz",))
    ('a.csv', 'a.tar')
    """
    for suffix in suffixes:
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    for suffix in TAR_SUFFIXES:
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)] + ".tar"
    return name
