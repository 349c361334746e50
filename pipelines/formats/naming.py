"""Names: columns and tables keep theirs, and are only made unique."""

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

COMPRESSION_SUFFIXES = frozenset({".gz", ".gzip", ".bz2", ".xz", ".lzma", ".zst", ".zstd", ".zip"})


def unique_columns(raw: Sequence[str | None]) -> tuple[str, ...]:
    """Names as they are; an absent or blank one is called by its position, a repeat is numbered.

    A NUL, which Arrow's names cannot hold, becomes the replacement character; a name that polars
    takes for a pattern gets an underscore.

    >>> unique_columns(["a", "a_2", "a", None, "", "^a.*$"])
    ('a', 'a_2', 'a_3', 'column_4', 'column_5', '_^a.*$')
    """
    return unique_tables(
        plain_name(without_nul(name)) if name and name.strip() else f"column_{position}"
        for position, name in enumerate(raw, start=1)
    )


def is_pattern(name: str) -> bool:
    """Whether polars takes the name for a pattern of names."""
    return name.startswith("^") and name.endswith("$")


def plain_name(name: str) -> str:
    return f"_{name}" if is_pattern(name) else name


def without_nul(name: str) -> str:
    return name.replace("\0", "\N{REPLACEMENT CHARACTER}")


def unique_tables(raw: Iterable[str]) -> tuple[str, ...]:
    """Names as they are; a repeat gets `_2`, `_3`, never a name that another one already has.

    >>> unique_tables(["a", "a", "a_2"])
    ('a', 'a_3', 'a_2')
    """
    names = list(raw)
    taken = set(names)
    seen: set[str] = set()
    last: dict[str, int] = {}
    unique: list[str] = []
    for name in names:
        if name not in seen:
            seen.add(name)
            unique.append(name)
            continue
        number = last.get(name, 1) + 1
        while f"{name}_{number}" in taken:
            number += 1
        last[name] = number
        taken.add(f"{name}_{number}")
        unique.append(f"{name}_{number}")
    return tuple(unique)


class Told:
    """Names as they come, before it is known which follow: a repeat gets `_2`, `_3`.

    >>> told = Told()
    >>> [told.apart(name) for name in ("a", "a", "a_2", "a")]
    ['a', 'a_2', 'a_2_2', 'a_3']
    """

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def apart(self, name: str) -> str:
        if name not in self._last:
            self._last[name] = 1
            return name
        number = self._last[name] + 1
        while f"{name}_{number}" in self._last:
            number += 1
        self._last[name] = number
        return self.apart(f"{name}_{number}")


def table_name(filename: str) -> str:
    """The stem of a file or member, without its folders and its compression suffix.

    >>> table_name("2024/orders.v2.csv.gz"), table_name(".csv"), table_name("data")
    ('orders.v2', '.csv', 'data')
    """
    path = PurePosixPath(filename.replace("\\", "/"))
    while path.suffix.lower() in COMPRESSION_SUFFIXES and path.stem:
        path = path.with_suffix("")
    return path.stem or filename or "table"
