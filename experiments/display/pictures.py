"""Figures as bytes: SVG for the page in both themes, SVG, PNG and numbers, drawn side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import product
from warnings import catch_warnings, filterwarnings

import matplotlib as mpl
from matplotlib.figure import Figure as Drawing
from spikemodes.analysis.figures.theme import DARK, LIGHT, Theme

from ..cores import side_by_side
from .numbers import drawn_numbers, given_numbers
from .page import Figure

_DPI = 200
_FEWEST = 4  # figures; a pool for fewer costs what it saves


@dataclass(frozen=True)
class Pictures:
    """A figure in both themes, and its numbers as CSV; the PNG is light, on a white background."""

    light: bytes
    png: bytes
    numbers: str
    dark: bytes


def pictures_of(figures: Sequence[Figure]) -> list[Pictures]:
    """Draw figures, several at a time where the system can fork, to the same bytes."""
    tasks = list(product(range(len(figures)), (LIGHT, DARK)))

    def render(i: int, theme: Theme) -> tuple[bytes, ...]:
        return _render_theme(figures[i], theme)

    few = len(figures) < _FEWEST
    drawn = [render(*task) for task in tasks] if few else side_by_side(render, tasks)
    lights, darks = drawn[::2], drawn[1::2]
    return [
        Pictures(light=light[0], png=light[1], numbers=light[2].decode(), dark=dark[0])
        for light, dark in zip(lights, darks, strict=True)
    ]


def _render_theme(figure: Figure, theme: Theme) -> tuple[bytes, ...]:
    """The SVG, and of a light figure the PNG and the numbers."""
    drawing = figure.draw(theme)
    svg = _render(drawing, "svg")
    if theme == DARK:
        return (svg,)
    drawing.set_layout_engine("none")  # the first rendering has settled the layout
    numbers = given_numbers(figure.numbers()) if figure.numbers else drawn_numbers(drawing)
    return svg, _render(drawing, "png", background=LIGHT.surface), numbers.encode()


def _render(drawing: Drawing, extension: str, background: str = "none") -> bytes:
    """Bytes of a picture that depend on the drawing alone: no date, no random ids."""
    buffer = BytesIO()
    metadata = {"Date": None} if extension == "svg" else {}
    with mpl.rc_context({"svg.hashsalt": "spikemodes", "svg.fonttype": "path"}), catch_warnings():
        filterwarnings("ignore", "Glyph .* missing from font")  # names in the user's script
        drawing.savefig(buffer, format=extension, dpi=_DPI, facecolor=background, metadata=metadata)
    return buffer.getvalue()
