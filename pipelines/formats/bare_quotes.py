"""Bare quotes: cells in quotes that hold some which are not doubled, and may close none."""


def cells(line: str, quote: str, delimiter: str, *, skips_space: bool = False) -> list[str] | None:
    r"""Of a line without its end; None if a quote is open that nothing closes.

    A quote closes a cell only before a delimiter or the end, blanks or not.

    >>> cells('1,"a "b" c",2', '"', ",")
    ['1', 'a "b" c', '2']
    """
    found, at = [], 0
    while at <= len(line):
        start = at
        while skips_space and line.startswith(" ", start):
            start += 1
        if not line.startswith(quote, start):
            end = line.find(delimiter, start)
            end = len(line) if end < 0 else end
            found.append(line[start:end])
            at = end + 1
            continue
        parts, at, is_open, has_strays = [], start + 1, True, False
        while is_open:
            end = line.find(quote, at)
            if end < 0:
                return None
            parts.append(line[at:end])
            edge = _behind_blanks(line, end + 1)
            if line[edge : edge + 1] in ("", delimiter):
                parts.append(line[end + 1 : edge])
                end = edge - 1
            following, beyond = line[end + 1 : end + 2], line[end + 2 : end + 3]
            is_open = following not in ("", delimiter)
            at = end + 1
            if is_open:
                parts.append(quote)
                if following != quote:
                    has_strays = True
                else:
                    is_open = not (has_strays and beyond in ("", delimiter))
                    at = end + 2
        found.append("".join(parts))
        at += 1
    return found


def _behind_blanks(line: str, at: int) -> int:
    """The first place from `at` on that holds no blank."""
    while line.startswith(" ", at):
        at += 1
    return at
