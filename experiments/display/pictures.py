"""Figures as bytes: SVG for the page in both themes, SVG and PNG for files, drawn side by side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import product
from warnings import catch_warnings, filterwarnings

import matplotlib as mpl
from matplotlib.figure import Figure as Drawing
from spikemodes.analysis.figures.theme import DARK, LIGHT, Theme

from ..cores import side_by_side

_DPI = 200
_FEWEST = 4  # figures; a pool for fewer costs what it saves
Draw = Callable[[Theme], Drawing]


@dataclass(frozen=True)
class Pictures:
    """A figure in both themes; the PNG is light, on a white background."""

    light: bytes
    png: bytes
    dark: bytes


def pictures_of(draws: Sequence[Draw]) -> list[Pictures]:
    """Draw figures, several at a time where the system can fork, to the same bytes."""
    tasks = list(product(range(len(draws)), (LIGHT, DARK)))

    def render(i: int, theme: Theme) -> tuple[bytes, ...]:
        return _render_theme(draws[i], theme)

    few = len(draws) < _FEWEST
    drawn = [render(*task) for task in tasks] if few else side_by_side(render, tasks)
    lights, darks = drawn[::2], drawn[1::2]
    return [
        Pictures(light=light[0], png=light[1], dark=dark[0])
        for light, dark in zip(lights, darks, strict=True)
    ]


def _render_theme(draw: Draw, theme: Theme) -> tuple[bytes, ...]:
    """The SVG, and of a light figure the PNG."""
    drawing = draw(theme)
    svg = _render(drawing, "svg")
    if theme == DARK:
        return (svg,)
    drawing.set_layout_engine("none")  # the first rendering has settled the layout
    return svg, _render(drawing, "png", background=LIGHT.surface)


def _render(drawing: Drawing, extension: str, background: str = "none") -> bytes:
    """Bytes of a picture that depend on the drawing alone: no date, no random ids."""
    buffer = BytesIO()
    metadata = {"Date": None} if extension == "svg" else {}
    with mpl.rc_context({"svg.hashsalt": "spikemodes", "svg.fonttype": "path"}), catch_warnings():
        filterwarnings("ignore", "Glyph .* missing from font")  # names in the user's script
        drawing.savefig(buffer, format=extension, dpi=_DPI, facecolor=background, metadata=metadata)
    return buffer.getvalue()
