"""Figures of low-dimensional activity: its spectrum, its angles to the weights, their overlaps."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Complex, Float
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .theme import Theme, figure_text

_MOST_WRITTEN = 12  # rows and columns, for numbers that can be read
_DARK = 0.6  # share of the range, from which numbers in cells take the colour of the surface


def draw_dimensions(
    theme: Theme,
    explained: Mapping[str, Float[np.ndarray, " K"]],
    ratios: Mapping[str, float],
) -> Figure:
    """Draw the share of the variance along principal components, and as these add up.

    Parameters
    ----------
    explained
        Shares by what they are of, such as trials and the means of conditions (K each).
    ratios
        Participation ratio of each, a line at it.
    """
    figure = theme.figure(7.4, 2.9)
    alone, together = figure.subplots(1, 2)
    theme.style(alone, x="principal component", y="share of the variance")
    theme.style(together, x="number of components", y="share together")
    for i, (name, colour) in enumerate(theme.colours(explained).items()):
        shares = explained[name]
        look: dict[str, Any] = {"color": colour, "linewidth": 1.2, "marker": "os"[i % 2]}
        look["markersize"] = 3.5
        ranks = np.arange(1, len(shares) + 1)
        alone.plot(ranks, shares, **look, label=figure_text(name))
        together.plot(ranks, np.cumsum(shares), **look)
        alone.axvline(ratios[name], color=colour, linewidth=0.9, linestyle=(0, (4, 3)), zorder=0)
        text = f"participation ratio {ratios[name]:.1f}"
        place: dict[str, Any] = {"xycoords": alone.get_xaxis_transform(), "va": "top"}
        right = max(ratios.values())  # of all lines, none of which runs through the text
        theme.note(alone, right, 1 - 0.12 * i, text, shift=(4, 0), color=colour, **place)
    together.axhline(0.9, color=theme.faint, linewidth=0.8, zorder=0)
    theme.note(together, 1, 0.9, "0.9", shift=(-2, 3), ha="left")
    together.set_ylim(0, 1.04)
    alone.set_ylim(bottom=0)
    for axes in (alone, together):
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    theme.legend(figure, alone.get_legend_handles_labels()[0])
    return figure


def draw_alignments(
    theme: Theme, alignments: Float[np.ndarray, "K D"], directions: Sequence[str]
) -> Figure:
    """Draw |PC · v| of the leading principal components (rows) and named directions (columns).

    Parameters
    ----------
    alignments
        From `alignments` (K × D).
    directions
        Names (D).
    """
    n_rows, n_columns = alignments.shape
    width = float(np.clip(1.6 + 0.5 * n_columns, 3.6, 7.6))
    height = float(np.clip(1.6 + 0.34 * n_rows, 2.2, 5.0))
    figure = theme.figure(width, height)
    axes = theme.style(figure.subplots(), y="principal component")
    image = axes.imshow(
        alignments, cmap=_sequential(theme), vmin=0, vmax=1, aspect="auto", interpolation="nearest"
    )
    _frame(theme, axes)
    axes.set_yticks(range(n_rows), [f"{i + 1}" for i in range(n_rows)])
    texts = [_named_direction(name) for name in directions]
    axes.set_xticks(range(n_columns), texts, rotation=0 if n_columns <= _MOST_WRITTEN else 90)
    if n_columns <= _MOST_WRITTEN:
        _write(theme, axes, alignments, 0, 1)
    _bar(theme, figure, image, axes, r"$|\mathrm{PC}\cdot v|$")
    return figure


def draw_overlaps(
    theme: Theme,
    overlaps: Float[np.ndarray, "P P"],
    eigenvalues: Complex[np.ndarray, " P"],
    kinds: Sequence[str],
) -> Figure:
    """Draw the overlaps of output and input modes, and the eigenvalues of W in the complex plane.

    Parameters
    ----------
    overlaps
        xi_outᵀ xi_in: row: output mode; column: input mode (P × P).
    eigenvalues
        Of W (P), those that need not be 0.
    kinds
        What each means: ``rotation``, ``ring`` or ``line`` (P).
    """
    figure = theme.figure(7.4, 3.1)
    matrix, plane = figure.subplots(1, 2, width_ratios=(1, 1.1))
    title = r"overlaps $\xi_\mathrm{out}^\top\,\xi_\mathrm{in}$"
    theme.style(matrix, x="input mode", y="output mode", title=title)
    limit = float(np.abs(overlaps).max()) or 1.0
    image = matrix.imshow(
        overlaps, cmap=theme.diverging, vmin=-limit, vmax=limit, interpolation="nearest"
    )
    _frame(theme, matrix)
    if len(overlaps) <= _MOST_WRITTEN:
        numbers = [f"{i + 1}" for i in range(len(overlaps))]
        matrix.set_xticks(range(len(overlaps)), numbers)
        matrix.set_yticks(range(len(overlaps)), numbers)
        _write(theme, matrix, overlaps, -limit, limit)
    _bar(theme, figure, image, matrix, "")
    theme.style(plane, x="real part", y="imaginary part", title="eigenvalues of W")
    for line in (plane.axhline, plane.axvline):
        line(0, color=theme.faint, linewidth=0.8, zorder=0)
    marks = {"rotation": "o", "ring": "D", "line": "s"}
    for kind, colour in theme.colours(marks).items():
        own = eigenvalues[[k == kind for k in kinds]]
        if len(own):
            plane.plot(
                np.real(own), np.imag(own), marks[kind], color=colour, markersize=6, label=kind,
                clip_on=False,
            )  # fmt: skip
    reach = 1.25 * float(np.abs(np.imag(eigenvalues)).max(initial=0.0))
    reach = max(reach, 0.25 * float(np.abs(eigenvalues).max(initial=0.0)), 1e-12)
    plane.set_ylim(-reach, reach)
    plane.margins(x=0.12)
    theme.legend(figure, plane.get_legend_handles_labels()[0])
    return figure


def _named_direction(name: str) -> str:
    """Write ``W_in 1`` and ``xi_in 1`` as symbols."""
    base, _, number = name.rpartition(" ")
    symbols = {"W_in": r"W_\mathrm{in}", "xi_in": r"\xi_\mathrm{in}"}
    if base in symbols:
        return f"${symbols[base]}$\n{number}"
    return figure_text(name)


def _sequential(theme: Theme) -> Colormap:
    return LinearSegmentedColormap.from_list("share", [theme.surface, theme.positive])


def _write(
    theme: Theme, axes: Axes, values: Float[np.ndarray, "R C"], low: float, high: float
) -> None:
    """Write each value into its cell, in a colour that can be read there."""
    decimals = 2 if high <= 1 else (1 if high < 100 else 0)
    for (row, column), value in np.ndenumerate(values):
        if not np.isfinite(value):
            continue
        strong = abs(value) > _DARK * max(abs(low), abs(high))
        text = f"{value:.{decimals}f}".replace("-", "−")
        colour = theme.surface if strong else theme.text
        theme.note(axes, column, row, text, color=colour, ha="center", va="center")


def _frame(theme: Theme, axes: Axes) -> None:
    for spine in axes.spines.values():
        spine.set(color=theme.faint, visible=True)
    axes.tick_params(length=0)


def _bar(theme: Theme, figure: Figure, image: Any, axes: Axes, label: str) -> None:
    bar = figure.colorbar(image, ax=axes, shrink=0.9, aspect=20)
    theme.style(bar.ax, y=label)
    bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
