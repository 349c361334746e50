"""SQLite views: how many parts a view has, once the views in it are written out.

SQLite writes them out before it counts any of its work, and each of a few lines can double them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

MOST_PARTS = 2000
NAMES = re.compile(r'"((?:[^"]|"")*)"|\[([^\]]*)\]|`((?:[^`]|``)*)`|\'((?:[^\']|\'\')*)\'|(\w+)')


def too_many_parts(definitions: Mapping[str, str]) -> frozenset[str]:
    """The views, of these by name, that have more than `MOST_PARTS`; each mention is a part.

    >>> views = {f"v{i}": f"SELECT * FROM v{i - 1}, v{i - 1}" for i in range(12)}
    >>> sorted(too_many_parts(views))
    ['v10', 'v11']
    """
    named = {name.lower(): name for name in definitions}
    mentions = {
        name: [named[word] for word in _words(sql) if word in named and named[word] != name]
        for name, sql in definitions.items()
    }
    parts: dict[str, int] = {}
    for name in definitions:
        _count(name, mentions, parts)
    return frozenset(name for name, count in parts.items() if count > MOST_PARTS)


def _count(first: str, mentions: Mapping[str, list[str]], parts: dict[str, int]) -> None:
    """Those of the views that it mentions come first; a ring is cut where it closes."""
    stack: list[tuple[str, Iterator[str]]] = [(first, iter(mentions[first]))]
    is_open = {first}
    while stack:
        name, rest = stack[-1]
        inner = next((each for each in rest if each not in parts and each not in is_open), None)
        if inner is not None:
            is_open.add(inner)
            stack.append((inner, iter(mentions[inner])))
            continue
        parts[name] = min(1 + sum(parts.get(each, 0) for each in mentions[name]), 2 * MOST_PARTS)
        is_open.discard(name)
        stack.pop()


def _words(sql: str) -> Iterable[str]:
    return (next(filter(None, match), "").lower() for match in NAMES.findall(sql))
