"""The report's section on low-dimensional activity: dimensions, axes, end states, decoding."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from spikemodes.analysis.figures.trajectories import (
    draw_decoding,
    draw_end_states,
    draw_tangling,
)

from ..computation.activity import SMOOTHING
from ..display.page import Figure, Section
from .dimensions import Arrays, Numbers, dimension_figures
from .reported import Reported

_KEYS = ("dimensions", "end_states", "axes", "decoding", "tangling")
_STABLE = 0.9  # share of the accuracy at the same time that is kept across times


def low_dimensional(found: Reported) -> Section | None:
    """Show the space that activity keeps to, where trials end in it, and what can be read."""
    known, arrays = found.answers.numbers, found.answers.arrays
    if not any(key in known for key in _KEYS):
        return None
    figures: list[Figure] = []
    if "dimensions" in known:
        figures += dimension_figures(known["dimensions"], arrays["dimensions"])
    if "end_states" in known:
        figures.append(_end_states(known, arrays))
    if "decoding" in known:
        figures.append(_decoding(known["decoding"], arrays["decoding"], found))
    if "tangling" in known:
        figures.append(_tangling(known["tangling"], arrays["tangling"], found))
    reasons = dict.fromkeys(
        found.answers.not_asked[key] for key in _KEYS if key in found.answers.not_asked
    )
    paragraphs = [
        "Activity here is the rate of each neuron in bins of 10 ms: spikes filtered by an"
        f" exponential of {1e3 * float(SMOOTHING):.0f} ms, which looks back alone (of a network of"
        " rates, f(x)). R is that activity, a point in a space with one axis for each neuron; a"
        " condition's course is the mean over its trials.",
        " ".join(("Not measured:", *reasons)) if reasons else "",
        _selected(known["axes"]) if "axes" in known else "",
    ]
    return Section(
        title="Low-dimensional activity",
        text="\n\n".join(filter(None, paragraphs)),
        figures=tuple(figures),
    )


def _end_states(known: Numbers, arrays: Mapping[str, Arrays]) -> Figure:
    numbers, own = known["end_states"], arrays["end_states"]
    n, value = len(numbers["conditions"]), numbers["silhouette"]
    clear = (
        "they are clearly apart"
        if value >= 0.5
        else ("they are apart in part" if value >= 0.25 else "they lie over each other")
    )
    finding = (
        f"Trials of {n} conditions end with a silhouette of {value:.2f} in the space of the"
        f" {numbers['space']}: {clear}."
    )
    plane = _plane(known, arrays)
    if plane is None:
        space = "mode" if numbers["space"] == "modes" else "principal component"
        coordinates = [f"{space} {i + 1}" for i in range(2)]
        paths = _two(own["paths"])
        draw = _drawn(paths, _two(own["ends"]), own["labels"], numbers["conditions"], coordinates)
        where = f"The plane is that of the first two {space}s."
    else:
        draw, angle, where = plane
        finding += f" The axes of context and choice have an angle of {angle:.0f}°."
    return Figure(
        "end-states",
        (
            f"Mean course of each condition, and the mean of the last {numbers['window_ms']:.0f}"
            f" ms of each trial. {where} The silhouette of a trial is (b − a)/max(a, b), a its"
            " mean distance to trials of its own condition and b that to the nearest other: 1 for"
            " points, 0 where conditions overlap (Rousseeuw 1987)."
        ),
        draw,
        finding=finding,
    )


def _plane(known: Numbers, arrays: Mapping[str, Arrays]) -> tuple[Any, float, str] | None:
    """Give the plane of choice and context, if there are both."""
    if "axes" not in known or known["axes"]["angle_deg"] is None:
        return None
    axes, own = known["axes"], arrays["axes"]
    chosen = [axes["names"].index(name) for name in ("choice", "context")]
    draw = _drawn(
        own["paths"][..., chosen],
        own["ends"][:, chosen],
        own["labels"],
        own["conditions"].tolist(),
        ["choice axis [s.d.]", "context axis [s.d.]"],
    )
    where = (
        "Each axis is the direction in which z-scored activity varies most with its variable:"
        " regression of each neuron on choice, context and evidence, at the time at which the"
        f" vector is longest, within {axes['dimensions']} principal components (Mante et al. 2013)."
        " For the figure they are made orthogonal, the choice first; the angle is from before."
    )
    return draw, axes["angle_deg"], where


def _drawn(
    paths: np.ndarray, ends: np.ndarray, labels: np.ndarray, names: list[str], axes: list[str]
) -> Any:
    by_name = {name: paths[:, i] for i, name in enumerate(names)}
    return partial(
        draw_end_states, paths=by_name, ends=ends, labels=labels, names=(axes[0], axes[1])
    )


def _two(coordinates: np.ndarray) -> np.ndarray:
    """Give the first two coordinates, 0 for the second where there is one alone."""
    if coordinates.shape[-1] >= 2:
        return coordinates[..., :2]
    return np.concatenate([coordinates, np.zeros_like(coordinates)], axis=-1)


def _selected(axes: Numbers) -> str:
    """Say what is summed in each context."""
    if not axes["selection"]:
        return ""
    parts = []
    for context, one in axes["selection"].items():
        slow = one["time_constant_s"]
        lasts = "does not decay" if slow is None else f"decays with {slow:.2g} s"
        turns = f" and turns {one['rotation_hz']:.2g} times a second" * (one["rotation_hz"] > 0)
        ratio = one["selectivity"]
        more = "alone" if ratio is None else f"{ratio:.1f} times as far as the other input"
        parts.append(
            f"with {context} the slowest mode {lasts}{turns}, and {one['attended']}, which counts,"
            f" moves activity along it {more}"
        )
    text = "; ".join(parts)
    return (
        "How evidence is selected, by linear dynamics x(t + 10 ms) = A x + B u fitted to the"
        f" deviations of trials from their mean while evidence u is shown: {text}. The slowest mode"
        " of A is the line attractor of Mante et al. (2013), if it hardly decays and does not turn;"
        " its left eigenvector, the selection vector, tells what part of an input is kept. The fit"
        " says nothing of dynamics that are not linear."
    )


def _decoding(known: Numbers, arrays: Arrays, found: Reported) -> Figure:
    conditions = known["conditions"]
    name = known["condition"]
    first = conditions[name]
    since = first["from_ms"]
    when = (
        f"from {since:.0f} ms to the end of the trial"
        if since is not None
        else "not to the end of the trial"
    )
    finding = (
        f"The {name} can be read above chance {when}, with {first['end']:.2f} of the trials right"
        f" at the end (chance {first['chance']:.2f})."
    )
    return Figure(
        "decoding",
        (
            "Accuracy of a linear decoder that is trained at one time and tested at another, on"
            " trials that it has not seen (five folds, values of a condition counting alike, 20"
            " principal components): a square is a code that stays, a diagonal one that moves."
            " Dotted: where epochs begin. Grey: the same with labels dealt to other trials."
        ),
        partial(
            draw_decoding,
            matrices={key: arrays[f"matrix {key}"] for key in conditions},
            chance={key: arrays[f"chance {key}"] for key in conditions},
            times=arrays["times"],
            epochs=found.epochs,
        ),
        finding=f"{finding} {_generalised(known, first)}",
    )


def _generalised(known: Numbers, first: Numbers) -> str:
    name, across = known["condition"], first["across_times"]
    over = {key: v for key, v in known["generalisation"].items() if key.startswith(f"{name} ")}
    if over:
        key, value = next(iter(over.items()))
        other = key.removeprefix(f"{name} across ")
        high = first["highest_by_chance"]
        low = 2 * first["chance"] - high  # as far below chance
        verdict = (
            "the code holds in the other"
            if value > high
            else (
                "the code is reversed in the other" if value < low else "each has a code of its own"
            )
        )
        return (
            f"A decoder trained in one {other} is right in {value:.2f} of the trials of another:"
            f" {verdict}."
        )
    if across is None:
        return ""
    stays = "stays the same" if across >= _STABLE * first["end"] else "changes"
    return f"Trained at other times of the end, it is right in {across:.2f}: the code {stays}."


def _tangling(known: Numbers, arrays: Arrays, found: Reported) -> Figure:
    own, outputs, share = known["activity"], known["outputs"], known["share_below"]
    finding = f"Tangling of the activity is {own['median']:,.0f}/s² in the median."
    curves = {"activity": arrays["activity"]}
    if outputs is not None:
        finding += (
            f" That of the outputs is {outputs['median']:,.0f}/s²; activity is the less tangled one"
            f" at {100 * share:.0f} % of the times."
        )
        curves["outputs"] = arrays["outputs"]
    else:
        finding += f" At a tenth of the times it exceeds {own['high']:,.0f}/s²."
    return Figure(
        "tangling",
        (
            "Q(t) is the largest |ẋ(t) − ẋ(t')|² / (|x(t) − x(t')|² + ε) over all other times t'"
            " of all conditions, x the means of conditions along eight PCs and ε a tenth of their"
            " variance. It is high where like states are followed by unlike ones, so that the"
            " state alone does not decide what comes next (Russo et al. 2018). Line: median over"
            " conditions; band: their range."
        ),
        partial(draw_tangling, tangling=curves, times=arrays["times"], epochs=found.epochs),
        finding=finding,
    )
