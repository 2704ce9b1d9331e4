"""The report's section on the map of the modes."""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
from spikemodes.analysis.figures.flow import Flow, draw_flow, draw_response

from ..display.page import Figure, Section, Table
from .reported import Reported

_NEAR = 0.15
"""Distance from a fixed point, as a share of that between attractors, which counts as near."""


def map_of_modes(found: Reported) -> Section | None:
    """Show where the modes would go if they were held, and where they would rest."""
    numbers, arrays = found.answers.numbers.get("map"), found.answers.arrays.get("map")
    if numbers is None or arrays is None:
        return None
    return Section(
        title="The map of the modes",
        text=_METHOD,
        table=_table(numbers),
        figures=(_figure(numbers, arrays),),
    )


_METHOD = (
    "How it is measured: in Brian2 the recurrent drive of every neuron is held at xi_in Σ κ, and"
    " F(κ) = xi_outᵀ r is what the modes read of the filtered spikes r in answer, in the mean over"
    " time. The free network, which sets κ itself, rests where F(κ) = κ. A fixed point is stable if"
    " the eigenvalues λ of ∂F/∂κ have real parts below 1, so that κ returns to it by"
    " τ dκ/dt = F(κ) − κ, τ being the time constant of the filter. The neurons' own time to answer"
    " is left out: it moves no fixed point, and an instability with a real λ above 1 remains one,"
    " but a state with complex or large negative λ may oscillate in the network though it is called"
    " stable here. Inputs are held at their mean over the last epoch."
)


def _findings(numbers: Mapping[str, Any]) -> Iterator[str]:
    counts = [_counted(name, numbers) for name in numbers["contexts"]]
    yield f"{_sentence('; '.join(counts))}."
    known = [end for end in numbers["ends"] if end["distance"] is not None]
    if not known:
        yield "No state is stable, so that there is none that trials could end at."
        return
    worst = max(known, key=lambda end: end["distance"])
    distance = float(np.mean([end["distance"] for end in known]))
    place = f"“{worst['condition']}”"
    yield (
        f"Free trials end {_percent(distance)} of the distance between attractors"
        f" ({numbers['between']:.3g}) from the nearest stable fixed point of their context in the"
        f" mean over conditions, and {_percent(worst['distance'])} at most ({place})"
        + (
            "."
            if worst["distance"] <= _NEAR
            else ": something that the map leaves out decides where those end, such as inputs that"
            " change, a transient that lasts longer than the trial, or the neurons' time to answer."
        )
    )
    if len(known) < len(numbers["ends"]):
        yield "Conditions in contexts without a stable state are left out of this."


def _counted(name: str, numbers: Mapping[str, Any]) -> str:
    """How many fixed points and cycles a context has."""
    here = [point["stable"] for point in numbers["fixed_points"] if point["context"] == name]
    stable, cycles = sum(here), [c for c in numbers["cycles"] if c["context"] == name]
    turning = "".join(f", and a limit cycle of {cycle['period']:.3g} τ" for cycle in cycles)
    return f"{name} has {stable} stable and {len(here) - stable} unstable fixed points{turning}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"


def _table(numbers: Mapping[str, Any]) -> Table | None:
    rows = tuple(
        (
            point["context"],
            ", ".join(f"{value:.2f}" for value in point["kappa"]).replace("-", "−"),
            "stable" if point["stable"] else "unstable",
            _eigenvalue(point["eigenvalues"][0]),
            float(point["residual"]),
        )
        for point in numbers["fixed_points"]
    )
    if not rows:
        return None
    return Table(
        caption="Fixed points, and the eigenvalue λ of ∂F/∂κ of the largest real part there, known"
        f" to about {numbers['error_of_eigenvalues']:.1g}. |F(κ) − κ| counts as 0 up to"
        f" {numbers['tolerance']:.2g}.",
        columns=("", "κ", "", "leading λ", "|F(κ) − κ|"),
        rows=rows,
    )


def _eigenvalue(parts: tuple[float, float]) -> str:
    real, imaginary = parts
    text = f"{real:.2f}" + (f" ± {abs(imaginary):.2f} i" if imaginary else "")
    return text.replace("-", "−")


def _figure(numbers: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Figure:
    conditions = sorted({end["condition"] for end in numbers["ends"]})
    names, shown = numbers["contexts"], numbers["shown"]
    finding = " ".join(_findings(numbers))
    if len(shown) == 1:
        flows = {
            name: _flow(numbers, name, points, flow)
            for name, points, flow in zip(names, arrays["points"], arrays["flow"], strict=True)
        }
        return Figure(
            "map",
            "What the mode answers, F(κ), when it is held at κ (line), in each context: it would"
            " rest where the line meets the diagonal, F(κ) = κ. Points: fixed points, filled if"
            " stable, open if not. Crosses: where free trials end, by condition.",
            partial(draw_response, flows=flows, conditions=conditions),
            finding=finding,
        )
    planes = {
        name: {
            pair: _flow(numbers, name, arrays["plane_points"][c, k], arrays["plane_flow"][c, k])
            for k, pair in enumerate(combinations(shown, 2))
        }
        for c, name in enumerate(names)
    }
    others = len(numbers["fixed_points"][0]["kappa"]) > 2 if numbers["fixed_points"] else False
    return Figure(
        "map",
        "The flow F(κ) − κ of two modes at a time (lines with arrows), in each"
        " context. Thick lines: nullclines, on which κ does not change along the horizontal axis"
        " (solid) or the vertical one (dashed). Points: fixed points, filled if stable, open if"
        " not. Crosses: where free trials end, by condition."
        + " The other modes are held at the linear function of the two that fits the fixed points"
        " of the context best: one that is on it lies where nullclines cross, one that is off it"
        " beside." * others,
        partial(draw_flow, planes=planes, conditions=conditions),
        finding=finding,
    )


def _flow(numbers: Mapping[str, Any], context: str, points: np.ndarray, flow: np.ndarray) -> Flow:
    fixed = [point for point in numbers["fixed_points"] if point["context"] == context]
    return Flow(
        points=points,
        flow=flow,
        fixed=np.array([point["kappa"] for point in fixed]).reshape(len(fixed), points.shape[1]),
        stable=np.array([point["stable"] for point in fixed], bool),
        ends={
            end["condition"]: np.array(end["kappa"])
            for end in numbers["ends"]
            if end["context"] == context
        },
    )
