"""The report's section on classes of cells."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from spikemodes.analysis.figures.populations import draw_cells, draw_resampled, draw_stability
from spikemodes.analysis.populations.stability import FEWEST_AGREEMENT

from ..display.page import Figure, Section, Table
from ..pipeline.plain import number
from ..populations.sizes import Drawn, read_sizes
from .reported import Reported

_KEY = "populations"


def populations(found: Reported) -> Section | None:
    """Say which classes of cells there are, and whether their statistics compute."""
    known, reason = found.answers.numbers.get(_KEY), found.answers.not_asked.get(_KEY)
    if known is None:
        return None if reason is None else Section("Populations", f"Not asked: {reason}")
    arrays = found.answers.arrays[_KEY]
    sizes = read_sizes(found.run.populations)
    figures = [_cells(arrays, known), _stability(arrays, known)]
    if drawn := [row for row in sizes if row.times]:
        figures.append(_sizes(drawn, _trained(sizes)))
    return Section(
        title="Populations",
        text="\n\n".join(_paragraphs(known, bool(figures[2:]))),
        table=_table(known["silenced"]) if known["silenced"] else None,
        figures=tuple(figures),
    )


def _paragraphs(known: Mapping[str, Any], larger: bool) -> Iterator[str]:
    yield (
        "Each cell is a row of weights (xi_in, xi_out, W_in, W_out), and the cells are taken for"
        " draws from a mixture of Gaussians. A class is a Gaussian: cells of several classes differ"
        " in how their weights go together."
    )
    yield from _drawn(known)
    if not larger and not known["not_resampled"]:
        yield "`spikemodes populations` draws larger networks, in which overlaps scatter less."


def _apart(known: Mapping[str, Any]) -> str:
    """Say how many classes there are, and whether one Gaussian would do."""
    k, p, angle = known["classes"], known["epairs_p"], known["epairs"]
    where = "nearer to" if angle > 0 else "farther from"
    return (
        f"The cells are of {k} {'class' if k == 1 else 'classes'}. Neighbouring cells are"
        f" {abs(angle):.1%} {where} each other in direction than those of one Gaussian (ePAIRS,"
        f" p = {p:.3f}):"
        f" {'a Gaussian does not describe them' if p < 0.05 else 'one Gaussian would do as well'}."
    )


def _stable(known: Mapping[str, Any]) -> str:
    """Say how stable a division in several classes would be."""
    stability, null = known["stability"], known["stability_of_one_gaussian"]
    best = max((n for n in stability if int(n) > 1), key=lambda n: stability[n], default=None)
    if best is None:
        return "There are too few cells to look for more than one class."
    return (
        f"The most stable division in several classes, in {best}, has an adjusted Rand index of"
        f" {stability[best]:.2f} between fits to parts of the cells (cells of one Gaussian:"
        f" {null[best]:.2f}). BIC prefers {known['classes_by_bic']}."
    )


def _drawn(known: Mapping[str, Any]) -> Iterator[str]:
    """Say what networks do that are drawn from the fit."""
    if known["not_resampled"]:
        yield f"No network was drawn from the fit. {known['not_resampled']}"
        return
    drawn, whole = known["resampled"], known["performance"]
    if drawn["performance"] is not None and whole is not None:
        n = len(drawn["performances"])
        yield (
            f"{n} networks of the same size, each cell drawn from the fit, have a performance of"
            f" {drawn['performance']:.2f} in the mean ({min(drawn['performances']):.2f} to"
            f" {max(drawn['performances']):.2f}), the trained network {whole:.2f}. A network that"
            " does as well computes by the statistics of its weights; one that does not needs them"
            " as they are, or more cells: overlaps of a few cells scatter."
        )


def _large(rows: Sequence[Drawn], whole: float) -> str:
    """Say what the largest networks do."""
    most = max(row.neurons for row in rows)
    means = {
        k: float(np.mean([r.performance for r in rows if (r.neurons, r.classes) == (most, k)]))
        for k in sorted({row.classes for row in rows if row.neurons == most})
    }
    enough = [k for k, mean in means.items() if mean >= whole / 2]
    each = ", ".join(f"{mean:.2f} with {k}" for k, mean in means.items())
    return (
        f"{most:,} cells drawn from fits have a mean performance of {each}"
        f" {'class' if list(means) == [1] else 'classes'}, the trained network {whole:.2f} in"
        f" the same {rows[0].trials} trials. "
        + (
            f"The statistics of {enough[0]} {'class' if enough[0] == 1 else 'classes'} are"
            " enough to compute the task"
            if enough
            else "The statistics of these classes are not enough to compute the task"
        )
        + ", by half of the trained performance, a convention."
    )


def _trained(sizes: Sequence[Drawn]) -> float:
    return next(row.performance for row in sizes if not row.times)


def _table(silenced: Sequence[Mapping[str, Any]]) -> Table:
    conditions = list(dict.fromkeys(name for one in silenced for name in one["lost_by_condition"]))
    rows = [
        (
            f"class {k}",
            one["cells"],
            number(one["performance_without"]),
            number(one["lost"]),
            *(number(one["lost_by_condition"].get(name)) for name in conditions),
        )
        for k, one in enumerate(silenced, start=1)
    ]
    return Table(
        caption="Each class silenced: no weight from or to its cells. Lost: by how much the"
        " performance falls, over all trials and in those of each condition, whose performance is"
        " beside the best constant answer of these trials.",
        columns=("silenced", "cells", "performance", "lost", *(f"lost, {c}" for c in conditions)),
        rows=tuple(rows),
    )


def _cells(arrays: Mapping[str, np.ndarray], known: Mapping[str, Any]) -> Figure:
    columns = [str(name) for name in arrays["columns"]]
    return Figure(
        "populations-cells",
        "Each mark is a cell. ξ^in: what the recurrent input along a mode does to it; ξ^out: what"
        " its spikes add to the mode; W^in: its weight from an input channel. Colours and marks:"
        " classes; ellipses: two standard deviations of each class in the fit.",
        partial(
            draw_cells,
            rows=arrays["rows"],
            columns=columns,
            labels=arrays["labels"],
            means=arrays["means"],
            covariances=arrays["covariances"],
            planes=_planes(columns),
        ),
        finding=_apart(known),
    )


def _planes(columns: Sequence[str]) -> list[tuple[str, str]]:
    """Choose the planes to show: either side of the first three modes, and two inputs."""
    n_modes = sum(name.startswith("xi_in") for name in columns)
    planes = [(f"xi_in {k}", f"xi_out {k}") for k in range(1, min(n_modes, 3) + 1)]
    inputs = [name for name in columns if name.startswith("W_in")]
    return planes + ([(inputs[0], inputs[1])] if len(inputs) > 1 else [])


def _stability(arrays: Mapping[str, np.ndarray], known: Mapping[str, Any]) -> Figure:
    return Figure(
        "populations-stability",
        "Left: how far fits to parts of the cells (80 % each) agree, by the number of classes, for"
        " these cells and for as many of one Gaussian with their covariance; 1: the same division,"
        f" 0: chance; below the line ({FEWEST_AGREEMENT:g}) classes do not count. Right: Bayesian"
        " information criterion, lower is better. Dotted: the number that was chosen.",
        partial(
            draw_stability,
            numbers=arrays["numbers"],
            stability=arrays["stability"],
            null=arrays["null"],
            bic=arrays["bic"],
            chosen=known["classes"],
            enough=FEWEST_AGREEMENT,
        ),
        finding=_stable(known),
    )


def _sizes(drawn: Sequence[Drawn], trained: float) -> Figure:
    return Figure(
        "populations-sizes",
        "Performance in Brian2 of networks whose cells are all drawn from the fit, against their"
        " size. Colours: with how many classes; marks: networks; lines: their mean; dashed: the"
        " trained network in the same trials; 0: the best constant answer. Below -0.5 all are drawn"
        " at the edge.",
        partial(
            draw_resampled,
            neurons=np.array([row.neurons for row in drawn]),
            classes=np.array([row.classes for row in drawn]),
            performances=np.array([row.performance for row in drawn]),
            trained=trained,
        ),
        finding=_large(drawn, trained),
    )
