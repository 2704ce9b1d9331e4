"""The look of figures: colours and sizes for light and dark backgrounds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure


def figure_text(name: str, most: int = 40) -> str:
    """Make a name of the user's fit for figures: no formula where it has $, and not too long."""
    start = 2 * most // 3
    short = name if len(name) <= most else f"{name[:start]}…{name[start + 1 - most :]}"
    return " ".join(short.split()).replace("$", r"\$")


class Epoch(NamedTuple):
    """A named part of the trial, such as stimulus or response, from `start` to `stop` [s]."""

    name: str
    start: float
    stop: float


@dataclass(frozen=True)
class Theme:
    """Colours of a figure. Its background is transparent; `surface` is what it is made for.

    Parameters
    ----------
    name
        ``light`` or ``dark``.
    surface, text, muted, faint
        Background, foreground, secondary text and axes, and lines that should hardly show.
    palette
        Colours of conditions; the first six are told apart by colour-blind readers as well (after
        Okabe & Ito), and ten suffice for digits.
    negative, positive
        Ends of the diverging colour map, whose middle is `surface`.
    font_size
        Of labels [points].
    """

    name: str
    surface: str
    text: str
    muted: str
    faint: str
    palette: tuple[str, ...]
    negative: str
    positive: str
    font_size: float = 9.0

    def colours(self, names: Iterable[str]) -> dict[str, str]:
        """Give each name a colour, in the order of the palette, which repeats when used up."""
        return {name: self.palette[i % len(self.palette)] for i, name in enumerate(names)}

    @property
    def diverging(self) -> Colormap:
        """Colour map for signed values, `surface` at its middle."""
        return LinearSegmentedColormap.from_list(
            f"spikemodes-{self.name}", [self.negative, self.surface, self.positive]
        )

    def figure(self, width: float, height: float) -> Figure:
        """An empty figure with a transparent background, of a size in inches."""
        return Figure(figsize=(width, height), layout="constrained", facecolor="none")

    def style(self, axes: Axes, x: str = "", y: str = "", title: str = "") -> Axes:
        """Give axes the theme's colours and their labels, with units."""
        axes.set_facecolor("none")
        for side, spine in axes.spines.items():
            spine.set(color=self.muted, linewidth=0.7, visible=side in {"left", "bottom"})
        axes.tick_params(
            which="both", color=self.muted, labelcolor=self.muted, width=0.7, labelsize=self.small
        )
        axes.tick_params(which="major", length=3)
        axes.tick_params(which="minor", length=1.5)
        axes.set_xlabel(x, color=self.text, fontsize=self.font_size)
        axes.set_ylabel(y, color=self.text, fontsize=self.font_size)
        axes.set_title(title, color=self.text, fontsize=self.font_size, loc="left")
        return axes

    @property
    def small(self) -> float:
        """Size of tick labels, legends and notes [points]."""
        return self.font_size - 1

    def note(
        self,
        axes: Axes,
        x: float,
        y: float,
        text: str,
        shift: tuple[float, float] = (0.0, 0.0),
        **properties: Any,
    ) -> None:
        """Write a short note, `shift` points from (x, y) in data coordinates unless told else."""
        axes.annotate(
            text,
            (x, y),
            xytext=shift,
            textcoords="offset points",
            fontsize=self.small,
            **{"color": self.muted, **properties},
        )

    def legend(self, figure: Figure, handles: Sequence[Any], columns: int | None = None) -> None:
        """Put the legend above the plots, where it covers no data; more than 4 take two rows."""
        usual = len(handles) if len(handles) <= 4 else -(-len(handles) // 2)
        figure.legend(
            handles=handles,
            loc="outside upper center",
            ncols=columns or usual,
            frameon=False,
            fontsize=self.small,
            labelcolor=self.text,
            handlelength=1.6,
            columnspacing=1.6,
        )

    def shade(self, axes: Axes, epochs: Iterable[Epoch]) -> None:
        """Shade epochs along a time axis in milliseconds."""
        for i, epoch in enumerate(epochs):
            start, stop = 1e3 * epoch.start, 1e3 * epoch.stop
            alpha = (0.16, 0.08)[i % 2]
            axes.axvspan(start, stop, color=self.muted, alpha=alpha, linewidth=0, zorder=0)

    def name_epochs(self, axes: Axes, epochs: Iterable[Epoch]) -> None:
        """Write the names of epochs above the axes."""
        for epoch in epochs:
            middle = 1e3 * (epoch.start + epoch.stop) / 2
            place = {"xycoords": axes.get_xaxis_transform(), "ha": "center"}
            self.note(axes, middle, 1.0, epoch.name, shift=(0, 3), **place)


LIGHT = Theme(
    name="light",
    surface="#ffffff",
    text="#1f2328",
    muted="#59636e",
    faint="#d1d9e0",
    palette=(
        "#0072b2",
        "#d55e00",
        "#009e73",
        "#cc79a7",
        "#e69f00",
        "#56b4e9",
        "#882255",
        "#999933",
        "#332288",
        "#7f7f7f",
    ),
    negative="#d55e00",
    positive="#0072b2",
)

DARK = Theme(
    name="dark",
    surface="#15181d",
    text="#e8eaed",
    muted="#a3abb5",
    faint="#3a414b",
    palette=(
        "#5cb3ee",
        "#f58a4b",
        "#3fca9c",
        "#e39cc5",
        "#f2c14e",
        "#b7dcf7",
        "#c2527f",
        "#b3b35c",
        "#9788ee",
        "#9a9a9a",
    ),
    negative="#f58a4b",
    positive="#5cb3ee",
)
