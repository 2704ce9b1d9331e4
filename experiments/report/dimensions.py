"""Figures of the report on the dimensions of activity, and how they lie to the weights."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from spikemodes.analysis.figures.manifold import draw_alignments, draw_dimensions, draw_overlaps

from ..display.page import Figure

Numbers = Mapping[str, Any]
Arrays = Mapping[str, np.ndarray]

_MOST_ANGLES = 4


def dimension_figures(known: Numbers, arrays: Arrays) -> list[Figure]:
    """Show the spectrum, |PC · v|, and the overlaps of modes, if there are any."""
    ratio, of_means = known["participation_ratio"], known["participation_ratio_of_means"]
    explained = {
        "all trials": _array(known["explained"]),
        "means of conditions": _array(known["explained_of_means"]),
    }
    spectrum = Figure(
        "dimensions",
        (
            "Share of the variance along each principal component (PC), the axes along which"
            " activity varies most. The participation ratio (Σλ)²/Σλ², λ the variances along"
            " them, is the number of dimensions if all had the same variance (Gao et al. 2017)."
        ),
        partial(
            draw_dimensions,
            explained=explained,
            ratios={"all trials": ratio, "means of conditions": of_means},
        ),
        finding=(
            f"Activity has {of_means:.1f} dimensions in the means of conditions and {ratio:.1f} in"
            " all trials, by the participation ratio."
            f" {_count(known['leading'], 'principal component')} of the means have 90 % of their"
            " variance."
        ),
    )
    figures = [spectrum, _alignment(known, arrays)]
    if known["overlaps"] is not None:
        figures.append(_overlaps(known))
    return figures


def _alignment(known: Numbers, arrays: Arrays) -> Figure:
    values, names = arrays["alignments"], arrays["directions"].tolist()
    row, column = np.unravel_index(np.nanargmax(values), values.shape)
    return Figure(
        "alignments",
        (
            "Cosine of the angle between each leading PC of the means of conditions and each"
            " direction v along which neurons are driven: a column of W_in for each input, one of"
            " xi_in for each mode, and the global axis on which all neurons rise together."
            " Principal angles are the smallest ones between two spaces, then those orthogonal to"
            " these: 0° where a direction is in both. The threshold of neurons turns activity"
            " away from what drives them; two random directions have |PC · v| of"
            f" {np.sqrt(2 / np.pi / max(_n_neurons(arrays), 1)):.2f} in the mean."
        ),
        partial(draw_alignments, alignments=values, directions=names),
        finding=(
            f"{_angles(known['principal_angles_deg'])} The strongest single likeness is that of PC"
            f" {row + 1} and {names[column]}: |PC · v| = {values[row, column]:.2f}."
        ),
    )


def _angles(spans: Mapping[str, list[float]]) -> str:
    if not spans:
        return "No weights drive the neurons."
    name, found = list(spans.items())[-1]  # of all weights together
    listed = ", ".join(f"{angle:.0f}°" for angle in found[:_MOST_ANGLES])
    more = f" to {found[-1]:.0f}°" if len(found) > _MOST_ANGLES else ""
    return f"The leading PCs and the space of {name} have principal angles of {listed}{more}."


def _n_neurons(arrays: Arrays) -> int:
    return len(arrays["components"])


def _overlaps(known: Numbers) -> Figure:
    overlaps = _array(known["overlaps"])
    loop = known["loop_eigenvalues"]
    values = np.array([complex(one["real"], one["imaginary"]) for one in loop])
    kinds = [one["kind"] for one in loop]
    own = np.abs(np.diag(overlaps)).sum()
    share = 1 - own / np.abs(overlaps).sum() if np.abs(overlaps).sum() > 0 else 0.0
    first = (
        f"Of the overlaps, {100 * share:.0f} % (in absolute value) are between different modes,"
        " through which one drives another."
        if len(overlaps) > 1
        else f"The one mode reads {overlaps[0, 0]:.3g} of what it writes."
    )
    return Figure(
        "overlaps",
        (
            "Left: xi_outᵀ xi_in, how strongly an output mode reads what an input mode writes."
            " Right: the eigenvalues of W, which are those of Σ xi_outᵀ xi_in, Σ the scores."
            " Where neurons have one gain g, activity along an eigenvector comes back times g λ:"
            " it feeds itself from g λ = 1 on, and dies out for negative λ. A complex pair turns"
            " activity in a plane; two equal positive ones have no preferred direction in theirs,"
            " which makes a ring of states if weights are Gaussian (Beiran et al. 2021)."
        ),
        partial(draw_overlaps, overlaps=overlaps, eigenvalues=values, kinds=kinds),
        finding=f"{first} {_meaning(values, kinds)}",
    )


def _meaning(values: np.ndarray, kinds: list[str]) -> str:
    if not len(values) or not np.abs(values).max() > 0:
        return "All eigenvalues of W are 0: nothing comes back."
    number = f"{np.real(values[0]):.3g}".replace("-", "−")
    match kinds[0]:
        case "rotation":
            pair = f"{number} ± {abs(np.imag(values[0])):.3g}i"
            return f"The largest eigenvalues of W are a complex pair, {pair}: a plane that turns."
        case "ring":
            return f"The largest eigenvalues of W are nearly the same, {number}: a plane."
    return f"The largest eigenvalue of W is real, {number}: a line."


def _array(values: list[float | None]) -> np.ndarray:
    return np.array(values, float)


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
