"""The report's section on which modes carry the computation."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from spikemodes.analysis.figures.causality import (
    MOST_SETS,
    draw_causal_ranks,
    draw_lost_performance,
    draw_mode_sets,
)

from ..display.page import Figure, Section, Table
from .reported import Reported

_MOST_LISTED = 12
_ALIKE = 0.7  # of rank correlations
_MEASURES = {"importance": "importance τ", "score": "score |λ|", "shapley": "Shapley value"}


def causality(found: Reported) -> Section | None:
    """Show what sets of modes reach, what is lost without each, and how that fits τ and |λ|."""
    known = found.answers.numbers.get("causality")
    if known is None:
        return None
    arrays = found.answers.arrays["causality"]
    return Section(
        title="Which modes carry the computation",
        text=_how(known, arrays),
        table=_table(known, arrays),
        figures=(_sets(known, arrays), _lost(known, arrays), _ranks(known)),
    )


def _smallest(known: Mapping[str, Any]) -> str:
    """Say which modes are needed."""
    few, n_modes = known["smallest_set"], len(known["lost"])
    reached, whole = known["smallest_performance"], known["performance"]
    if not few:
        return (
            f"No mode is needed: without any the network keeps {reached:.3f} of its performance of"
            f" {whole:.3f}."
        )
    every = "all of them" if len(few) == n_modes else f"{len(few)} of {n_modes} modes"
    kind = "The smallest set" if known["all_subsets"] else "The smallest set found"
    return (
        f"{kind} of modes that keeps {100 * known['share']:.0f} % of the performance ({whole:.3f})"
        f" has {every}: {_named(few)}, with {reached:.3f}. Without any mode it is"
        f" {known['without_modes']:.3f}."
    )


def _costs(known: Mapping[str, Any]) -> str:
    """Say what is lost at most and at least."""
    lost = np.array(known["lost"])
    most, least = int(lost.argmax()), int(lost.argmin())
    if most == least:
        return f"Without its mode the network loses {lost[most]:.3f}."
    return (
        f"Most is lost without mode {most + 1}: {lost[most]:.3f}. Least is lost without mode"
        f" {least + 1}: {lost[least]:.3f}."
    )


def _fit(known: Mapping[str, Any]) -> str:
    """Say whether weights tell which modes count."""
    told = {
        label: value
        for name, label in _MEASURES.items()
        if (value := known["agreement"].get(name)) is not None
    }
    if not told:
        return ""
    importance = told.get(_MEASURES["importance"])
    first = (
        ""
        if importance is None
        else f"The importance τ ranks the {len(known['lost'])} modes"
        f" {'as their loss does' if importance > _ALIKE else 'otherwise than their loss'}. "
    )
    values = ", ".join(f"{label} {value:.2f}" for label, value in told.items())
    return f"{first}Spearman's ρ of the ranks: {values}."


def _named(modes: list[int]) -> str:
    """Write modes as figures number them."""
    shown = ", ".join(f"{mode + 1}" for mode in modes[:_MOST_LISTED])
    more = f" and {len(modes) - _MOST_LISTED} more" if len(modes) > _MOST_LISTED else ""
    return f"mode{'s' * (len(modes) > 1)} {shown}{more}"


def _how(known: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> str:
    tested = (
        "with every set of its modes"
        if known["all_subsets"]
        else "without each mode, and with sets that grow from none by the one mode that helps most"
        " of the eight whose own loss costs most"
    )
    text = (
        f"Brian2 runs the compiled network on {known['trials']:,} trials of the validation"
        f" {tested}; nothing is learned anew. Performance is 1 for a perfect answer and 0 for a"
        " constant one; what is lost is the whole network's performance less that without the mode,"
        " and can exceed 1 where the rest answers worse than a constant."
    )
    if known["shapley"] is not None:
        text += (
            " A mode's Shapley value is what it adds to sets of the other modes, in the mean over"
            " all orders in which modes can join; the values sum to the performance with all modes"
            " less that with none (Keinan et al. 2004)."
        )
    if len(swapped := arrays["swapped"]):
        pairs = [f"{a + 1} and {b + 1}" for a, b in arrays["swapped_modes"]]
        leaves = (
            "; ".join(f"{x:.3f} for {pair}" for pair, x in zip(pairs, swapped, strict=True))
            if len(pairs) <= 3
            else f"{swapped.min():.3f} ({pairs[swapped.argmin()]}) to {swapped.max():.3f}"
            f" ({pairs[swapped.argmax()]})"
        )
        text += (
            " Exchanging xi_in of two modes, so that each acts back where the other did while what"
            f" it reads and its score stay, leaves a performance of {leaves}."
        )
    return text


def _table(known: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Table:
    factors = [f"× {factor:g}" for factor in arrays["factors"]]
    shapley = known["shapley"] or [np.nan] * len(known["lost"])
    rows = [
        (
            f"{mode + 1}",
            known["importance"][mode],
            known["score"][mode],
            known["lost"][mode],
            shapley[mode],
            *row.tolist(),
        )
        for mode, row in zip(arrays["scaled_modes"].tolist(), arrays["scaled"], strict=True)
    ]
    return Table(
        caption="By mode: importance τ, size |λ| of its score, the performance that is lost without"
        " it, its Shapley value, and the performance with its score λ times a factor, the other"
        " modes as they are."
        + f" The {len(rows)} modes that cost most."
        * (len(rows) < len(known["lost"])),
        columns=("mode", "τ", "|λ|", "lost", "Shapley value", *factors),
        rows=tuple(rows),
    )


def _sets(known: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Figure:
    present = arrays["present"]
    smallest = np.zeros(present.shape[1], bool)
    smallest[known["smallest_set"]] = True
    best = f" The best {MOST_SETS} of {len(present)} sets." * (len(present) > MOST_SETS)
    return Figure(
        "mode-sets",
        "Performance with sets of modes alone, the others' scores λ set to 0; below, a dot for each"
        f" mode that a set has. Dotted line: {100 * known['share']:.0f} % of the whole network's"
        f" performance; coloured: the smallest set that reaches it.{best}",
        partial(
            draw_mode_sets,
            present=present,
            performance=arrays["performance"],
            enough=known["share"] * known["performance"],
            smallest=int(np.flatnonzero((present == smallest).all(1))[0]),
        ),
        finding=_smallest(known),
    )


def _lost(known: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Figure:
    names = [str(name) for name in arrays["conditions"]]
    within = (
        " Points: in the trials of each condition, on the scale of all trials (error over the"
        " variance of all targets, or accuracy above the chance of all), so that their mean over"
        " trials is the bar."
    )
    return Figure(
        "lost-performance",
        f"Performance lost when the score of one mode is set to 0.{within * bool(names)}",
        partial(
            draw_lost_performance,
            lost=np.array(known["lost"]),
            by_condition=arrays["lost_by_condition"],
            conditions=names,
        ),
        finding=_costs(known),
    )


def _ranks(known: Mapping[str, Any]) -> Figure:
    measures = {
        label: np.array(known[name])
        for name, label in _MEASURES.items()
        if known.get(name) is not None
    }
    return Figure(
        "causal-ranks",
        "Performance lost without each mode against what its weights say of it: importance"
        " τ = |λ| + γ (‖xi_in‖ + ‖xi_out‖), γ the ratio of the sums of both terms over the modes,"
        " and the size of its score λ.",
        partial(draw_causal_ranks, lost=np.array(known["lost"]), measures=measures),
        finding=_fit(known),
    )
