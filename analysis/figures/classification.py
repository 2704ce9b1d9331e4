"""Figures of classification: which classes are taken for which."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from ..psychometric import wilson_intervals
from .theme import Theme, figure_text

_LEAST_SHOWN = 0.05  # percent
_PALE = 1.8  # times the largest share: where colours would be full, and hide the numbers
_MOST_WRITTEN = 20  # classes, for numbers that can be read
_SHORT, _LONGEST = 3, 16  # characters of a name: as it is, and cut


def confusion(
    labels: Int[np.ndarray, " B"], answers: Int[np.ndarray, " B"], n_classes: int
) -> Int[np.ndarray, "K K"]:
    """Count the trials of each class (row) that were taken for each class (column)."""
    counts = np.zeros((n_classes, n_classes), int)
    np.add.at(counts, (labels, answers), 1)
    return counts


def draw_confusion(
    theme: Theme,
    labels: Int[np.ndarray, " B"],
    answers: Int[np.ndarray, " B"],
    n_classes: int,
    names: Sequence[str] = (),
) -> Figure:
    """Draw the confusion matrix in percent of each class's trials, errors in another colour.

    Parameters
    ----------
    labels, answers
        Class of each trial, and the class that the network took it for (B).
    n_classes
        K.
    names
        Of the classes (K); numbers from 0 by default.
    """
    counts = confusion(labels, answers, n_classes)
    percent = 100 * counts / np.maximum(counts.sum(1, keepdims=True), 1)
    diagonal = np.eye(n_classes, dtype=bool)
    size = float(np.clip(1.2 + 0.42 * n_classes, 3.0, 7.0))
    beside = _room(names)
    figure = theme.figure(size + beside, size + beside)
    axes = theme.style(figure.subplots(), x="answer", y="class")
    most = max(float(np.max(percent, where=~diagonal, initial=0)), 1.0)
    for hidden, colour, end in ((diagonal, theme.negative, most), (~diagonal, theme.positive, 100)):
        colours = LinearSegmentedColormap.from_list("share", [theme.surface, colour])
        shown = np.ma.masked_array(percent, hidden)
        axes.imshow(shown, cmap=colours, vmin=0, vmax=_PALE * end, interpolation="nearest")
    for spine in axes.spines.values():
        spine.set(color=theme.faint, visible=True)
    axes.set_anchor("W")
    if n_classes > _MOST_WRITTEN:
        return figure
    _name_classes(axes, range(n_classes), names)
    axes.set_yticks(range(n_classes), [figure_text(n, _LONGEST) for n in names] or None)
    for (row, column), share in np.ndenumerate(percent):
        if share >= _LEAST_SHOWN:
            text = f"{share:.1f}"
            theme.note(axes, column, row, text, color=theme.text, ha="center", va="center")
    return figure


def draw_class_accuracy(
    theme: Theme,
    labels: Int[np.ndarray, " B"],
    answers: Int[np.ndarray, " B"],
    n_classes: int,
    names: Sequence[str] = (),
) -> Figure:
    """Draw the share of each class's trials that are right, with Wilson 95 % intervals.

    Parameters as for `draw_confusion`; classes without trials are left out.
    """
    counts = confusion(labels, answers, n_classes)
    present = np.flatnonzero(counts.sum(1))
    right = counts[present, present]
    trials = counts[present].sum(1)
    share = right / trials
    low, high = wilson_intervals(right, trials).T
    figure = theme.figure(float(np.clip(1.6 + 0.36 * n_classes, 3.2, 7.0)), 2.8 + _room(names))
    axes = theme.style(figure.subplots(), x="class", y="right [%]")
    axes.axhline(100 * right.sum() / trials.sum(), color=theme.muted, linewidth=1.0)
    axes.errorbar(
        present,
        100 * share,
        yerr=100 * np.maximum([share - low, high - share], 0),
        color=theme.palette[0],
        linestyle="none",
        marker="o",
        markersize=5,
        linewidth=1.2,
        clip_on=False,
        zorder=3,
    )
    if n_classes <= _MOST_WRITTEN:
        _name_classes(axes, present, names)
    axes.set_ylim(top=100)
    return figure


def _name_classes(axes: Axes, shown: Sequence[int] | np.ndarray, names: Sequence[str]) -> None:
    """Name classes along the x axis, upwards if names are long."""
    if not names:
        axes.set_xticks(shown)
        return
    texts = [figure_text(names[k], _LONGEST) for k in shown]
    axes.set_xticks(shown, texts, rotation=90 if _room(names) else 0)


def _room(names: Sequence[str]) -> float:
    """Inches that long names take."""
    longest = max((min(len(name), _LONGEST) for name in names), default=0)
    return 0.07 * longest if longest > _SHORT else 0.0


def draw_examples(
    theme: Theme,
    images: Float[np.ndarray, "K H W"],
    outputs: Float[np.ndarray, "K O"],
    labels: Int[np.ndarray, " K"],
) -> Figure:
    """Draw images above the outputs that they get, the largest in colour.

    Parameters
    ----------
    images
        Intensities from 0 to 1 (K × H × W).
    outputs
        Outputs for each of O classes (K × O).
    labels
        Class of each image (K).
    """
    figure = theme.figure(float(np.clip(0.6 + 1.0 * len(images), 2.0, 8.0)), 2.4)
    panels = figure.subplots(2, len(images), sharey="row", squeeze=False)
    ink = LinearSegmentedColormap.from_list("ink", [theme.surface, theme.text])
    places = np.arange(outputs.shape[1])
    for image, output, label, above, below in zip(images, outputs, labels, *panels, strict=True):
        answer = int(output.argmax())
        text = f"{answer}" if answer == label else f"{answer}, is {label}"
        theme.style(above, title=text)
        above.imshow(image, cmap=ink, vmin=0, vmax=1, interpolation="nearest")
        above.set(xticks=[], yticks=[])
        for side in ("left", "bottom"):
            above.spines[side].set_visible(False)
        colours = [
            theme.palette[int(answer != label)] if k == answer else theme.muted for k in places
        ]
        theme.style(below, x="class").bar(places, output, color=colours, width=0.8)
        below.set_xticks(places[:: max(1, len(places) // 3)])
    panels[1, 0].set_ylabel("output", color=theme.text, fontsize=theme.font_size)
    return figure
