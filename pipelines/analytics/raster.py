"""Raster: a drawing as PNG, the same bytes on every machine. The only importer of Pillow."""

import io
from functools import cache
from pathlib import Path

from PIL import Image, ImageColor, ImageDraw, ImageFont

from pipelines.analytics.drawing import Boxes, Dots, Drawing, Line, Mark, Role, Text

FONT = Path(__file__).parent / "templates" / "DejaVuSans.ttf"
SCALE = 2  # pixels a unit, so that the picture is sharp on a dense screen and in a document
PALETTE: dict[Role, tuple[int, ...]] = {
    "paper": ImageColor.getrgb("#ffffff"),
    "ink": ImageColor.getrgb("#1c2530"),
    "soft": ImageColor.getrgb("#5a6673"),
    "grid": ImageColor.getrgb("#e2e6ea"),
    "bar": ImageColor.getrgb("#3f6f9c"),
    "alert": ImageColor.getrgb("#b8472a"),
    "positive": ImageColor.getrgb("#2f6aa3"),
    "negative": ImageColor.getrgb("#b8562f"),
}
SHADES = 31  # steps from paper to each colour; 7 x 31 and paper fit a palette
COMPRESSION = 3  # a third of the time of the usual 6, and half as many bytes again
ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}


def png(drawing: Drawing) -> bytes:
    """The drawing on white, twice its size in pixels."""
    size = (round(drawing.width * SCALE), round(drawing.height * SCALE))
    image = Image.new("RGB", size, PALETTE["paper"])
    draw = ImageDraw.Draw(image)
    for mark in drawing.marks:
        _draw(image, draw, mark)
    # Pixels of one byte compress in half the time to a third of the size.
    flat = image.quantize(palette=_lookup(), dither=Image.Dither.NONE)
    flat.putpalette(_shades())
    out = io.BytesIO()
    flat.save(out, "PNG", compress_level=COMPRESSION)
    return out.getvalue()


def _draw(image: Image.Image, draw: ImageDraw.ImageDraw, mark: Mark) -> None:
    match mark:
        case Boxes(boxes, role, opacity):
            for x, y, width, height in boxes:
                left, top = round(x * SCALE), round(y * SCALE)
                right, bottom = round((x + width) * SCALE) - 1, round((y + height) * SCALE) - 1
                if left <= right and top <= bottom:
                    draw.rectangle((left, top, right, bottom), fill=_blend(role, opacity))
        case Dots(points, role, radius, opacity):
            dot = _dot(radius, opacity)
            for x, y in points:
                corner = (round((x - radius) * SCALE), round((y - radius) * SCALE))
                image.paste(PALETTE[role], corner, dot)
        case Line(x1, y1, x2, y2, role, width):
            ends = [(round(x * SCALE), round(y * SCALE)) for x, y in ((x1, y1), (x2, y2))]
            draw.line(ends, fill=PALETTE[role], width=round(width * SCALE))
        case Text(x, y, words, role, size, anchor):
            place = (round(x * SCALE), round(y * SCALE))
            draw.text(place, words, fill=PALETTE[role], font=_font(size), anchor=ANCHORS[anchor])


def _blend(role: Role, opacity: float) -> tuple[int, ...]:
    paper = PALETTE["paper"]
    return tuple(round(p + (c - p) * opacity) for p, c in zip(paper, PALETTE[role], strict=True))


@cache
def _shades() -> bytes:
    """Every colour that a drawing is made of."""
    coloured = [role for role in PALETTE if role != "paper"]
    colours = [PALETTE["paper"]]
    colours += [_blend(role, step / SHADES) for role in coloured for step in range(1, SHADES + 1)]
    return bytes(channel for colour in colours for channel in colour)


@cache
def _lookup() -> Image.Image:
    """The shades as Pillow compares them: to multiples of four, so that paper stays paper."""
    image = Image.new("P", (1, 1))
    image.putpalette(bytes(channel & 0xFC for channel in _shades()))
    return image


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    # The basic layout engine is always there; Raqm is not, and would place letters otherwise.
    return ImageFont.truetype(FONT, size * SCALE, layout_engine=ImageFont.Layout.BASIC)


@cache
def _dot(radius: float, opacity: float) -> Image.Image:
    """A soft-edged disc as a mask, drawn at four times its size."""
    side = round(2 * radius * SCALE)
    mask = Image.new("L", (side * 4, side * 4))
    ImageDraw.Draw(mask).ellipse((0, 0, side * 4 - 1, side * 4 - 1), fill=round(255 * opacity))
    return mask.resize((side, side), Image.Resampling.BOX)
