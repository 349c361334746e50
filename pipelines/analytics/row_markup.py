"""Row markup: rows of plain values in SpreadsheetML, one string a row.

A library makes an object of each cell first, which takes three times as long.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

Plain = str | int | float | None
END = b"</sheetData>"


@dataclass(frozen=True, slots=True)
class Styles:
    """The numbers of the styles that the cells of a column have, by what is in them.

    A `quoted` text would become a formula once it was edited.
    """

    figure: int
    text: int
    quoted: int


def row(
    number: int,
    letters: Sequence[str],
    styles: Sequence[Styles],
    values: Sequence[Plain],
    *,
    live: tuple[str, ...],
    height: int | None = None,
) -> str:
    """A row of a sheet; texts that begin with one of `live` are quoted. `height` in points.

    >>> row(2, "AB", [Styles(3, 1, 2)] * 2, [None, 0.5], live=("=",), height=30)
    '<row r="2" customHeight="1" ht="30"><c r="B2" s="3"><v>0.5</v></c></row>'
    >>> row(2, "A", [Styles(3, 1, 2)], ["=1 & 2"], live=("=",))
    '<row r="2"><c r="A2" s="2" t="inlineStr"><is><t>=1 &amp; 2</t></is></c></row>'
    """
    cells = [
        _text(f"{letter}{number}", style, value, live)
        if isinstance(value, str)
        else f'<c r="{letter}{number}" s="{style.figure}"><v>{value:.16g}</v></c>'
        for letter, style, value in zip(letters, styles, values, strict=True)
        if value is not None
    ]
    custom = "" if height is None else f' customHeight="1" ht="{height}"'
    return f'<row r="{number}"{custom}>{"".join(cells)}</row>'


def _text(place: str, styles: Styles, words: str, live: tuple[str, ...]) -> str:
    style = styles.quoted if words.startswith(live) else styles.text
    kept = ' xml:space="preserve"' if words != words.strip() else ""
    told = f"<is><t{kept}>{escape(words)}</t></is>"
    return f'<c r="{place}" s="{style}" t="inlineStr">{told}</c>'
