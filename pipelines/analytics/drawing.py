"""Drawing: a chart as a few marks with roles, not colours; it becomes SVG here, PNG in raster."""

from dataclasses import dataclass
from html import escape
from typing import Literal

Role = Literal["ink", "soft", "grid", "bar", "alert", "positive", "negative", "paper"]
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Boxes:
    """Filled rectangles (x, y, width, height) of one role."""

    boxes: tuple[tuple[float, float, float, float], ...]
    role: Role
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Dots:
    """Filled circles around (x, y)."""

    points: tuple[tuple[float, float], ...]
    role: Role
    radius: float = 2.5
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line, drawn for its length and not its ends."""

    x1: float
    y1: float
    x2: float
    y2: float
    role: Role
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Text:
    """Words whose baseline starts, is centred or ends at (x, y). Foreign text comes in visible."""

    x: float
    y: float
    words: str
    role: Role = "soft"
    size: int = 12
    anchor: Anchor = "start"


Mark = Boxes | Dots | Line | Text


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart of so many units, with the words that say the same to who cannot see it."""

    width: float
    height: float
    title: str
    description: str
    marks: tuple[Mark, ...]


def svg(drawing: Drawing) -> str:
    """An inline `<svg>`; colours come from the page's classes, all text is escaped.

    >>> svg(Drawing(10, 5, "A & B", "", ()))
    '<svg viewBox="0 0 10 5" width="10" role="img"><title>A &amp; B</title></svg>'
    """
    description = f"<desc>{escape(drawing.description)}</desc>" if drawing.description else ""
    return (
        f'<svg viewBox="0 0 {_n(drawing.width)} {_n(drawing.height)}"'
        f' width="{_n(drawing.width)}" role="img">'
        f"<title>{escape(drawing.title)}</title>{description}"
        f"{''.join(_element(mark) for mark in drawing.marks)}</svg>"
    )


def _element(mark: Mark) -> str:
    match mark:
        case Boxes(boxes, role, opacity):
            path = "".join(f"M{_n(x)} {_n(y)}h{_n(w)}v{_n(h)}h{_n(-w)}z" for x, y, w, h in boxes)
            return f'<path class="f {role}"{_faded(opacity)} d="{path}"/>'
        case Dots(points, role, radius, opacity):
            path = "".join(f"M{_n(x)} {_n(y)}h0" for x, y in points)
            width = f' stroke-width="{_n(2 * radius)}"'
            return f'<path class="s d {role}"{width}{_faded(opacity)} d="{path}"/>'
        case Line(x1, y1, x2, y2, role, width):
            thick = "" if width == 1 else f' stroke-width="{_n(width)}"'
            path = f"M{_n(x1)} {_n(y1)}L{_n(x2)} {_n(y2)}"
            return f'<path class="s {role}"{thick} d="{path}"/>'
        case Text(x, y, words, role, size, anchor):
            large = "" if size == 12 else f' font-size="{size}"'
            turned = "" if anchor == "start" else f' text-anchor="{anchor}"'
            place = f'x="{_n(x)}" y="{_n(y)}"'
            return f'<text class="f {role}" {place}{large}{turned}>{escape(words)}</text>'


def _faded(opacity: float) -> str:
    return "" if opacity == 1 else f' opacity="{round(opacity, 2):g}"'


def _n(value: float) -> str:
    """A coordinate to a tenth of a unit."""
    return f"{round(value, 1):g}"
