"""Traces of single neurons: what decides on their spikes, whatever the neuron calls it."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import sympy
from jaxtyping import Float
from spikemodes.analysis.figures.activity import Trace, draw_neurons
from spikemodes.analysis.figures.theme import Epoch
from spikemodes.models.neurons.names import coded
from spikemodes.models.neurons.neuron import NeuronModel
from spikemodes.models.recording import Recording
from spikemodes.models.translation.functions import NUMERIC
from spikemodes.models.translation.program import SpikingProgram

from ..display.page import Figure

_CURRENT = "I"
_MEANINGS = {"v": "membrane potential v", _CURRENT: "current I"}
_UNITS = {"volt": (1e3, "mV"), "amp": (1e12, "pA"), "siemens": (1e9, "nS"), "1": (1.0, "")}


def traced_states(program: SpikingProgram) -> list[str]:
    """Name what is worth recording: the variables of the threshold, and the current I if any."""
    current = _CURRENT in program.variables and _CURRENT not in program.watched
    return [*program.watched, *([_CURRENT] if current else [])]


def threshold_level(
    program: SpikingProgram, recording: Recording, trial: int
) -> Float[np.ndarray, "T K"] | None:
    """At which value the first variable of the threshold spikes, in SI units.

    ``None`` unless the threshold is linear in it, however others move it. `recording` holds the
    variables of the threshold.
    """
    if not program.watched:
        return None
    watched = [sympy.Symbol(coded(name), real=True) for name in program.watched]
    first = watched[0]
    excess = program.threshold.left - program.threshold.right
    slope = sympy.diff(excess, first)
    if not slope.free_symbols.isdisjoint(watched):
        return None
    level = sympy.expand(first - excess / slope)
    neurons = recording.state_neurons
    known = {coded(name): states[:, trial] for name, states in recording.states.items()} | {
        name: np.asarray(value)[neurons] if np.ndim(value) else value
        for name, value in program.constants.items()
    }
    symbols = sorted(level.free_symbols, key=str)
    value = sympy.lambdify(symbols, level, NUMERIC)(*(known[s.name] for s in symbols))
    return np.broadcast_to(np.asarray(value, float), (recording.n_steps, len(neurons)))


def membrane_figure(
    neuron: NeuronModel,
    program: SpikingProgram,
    states: Mapping[str, np.ndarray],
    traces: Mapping[str, np.ndarray],
    dt: float,
    epochs: list[Epoch],
) -> Figure:
    """Draw `states` and `traces` of a few neurons, as `Findings` has them."""
    factors = {name: _unit(program.units[coded(name)]) for name in states}
    shown = [
        Trace(
            f"{name} [{unit}]" if unit else name,
            _MEANINGS.get(name, name),
            factor * states[name],
        )
        for name, (factor, unit) in factors.items()
    ]
    first, *_ = factors
    level = traces.get("threshold")
    draw = partial(
        draw_neurons,
        traces=shown,
        spikes=traces["spikes"],
        neurons=traces["neurons"].tolist(),
        dt=dt,
        threshold=None if level is None else factors[first][0] * level,
        epochs=epochs,
    )
    watched = [name for name in states if name in program.watched]
    current = ", and the current I," if _CURRENT in states and _CURRENT not in watched else ""
    dashed = f" Dashed: the {first} at which they spike." if level is not None else ""
    caption = (
        f"{_listed(watched)}, on which spikes depend ({neuron.threshold}){current} in a few neurons"
        f" in the first trial.{dashed}"
    )
    spikes, unit = traces["spikes"].sum(0), factors[first][1]
    values = factors[first][0] * states[first]
    finding = (
        f"These {len(spikes)} neurons fire {spikes.min()} to {spikes.max()} times in the trial."
        f" Before resets, their {first} goes from {values.min():.3g} to {values.max():.3g} {unit}"
    )
    return Figure("neurons", caption, draw, finding=f"{finding.rstrip()}.")


def _unit(name: str) -> tuple[float, str]:
    """By what to multiply a value in an SI unit, and the unit in which it is shown then."""
    return _UNITS.get(name, (1.0, name))


def _listed(names: list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
