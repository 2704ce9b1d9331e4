"""The robustness test: every condition, and the levels over which it is swept."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from brian2 import ms, mV, nS, pA
from spikemodes.models.conditions.registry import CONDITIONS

from ..config.components import look_up
from .sweeps import AnySweep, Sweep, Together

_STEPS = "Times are rounded to whole simulation steps."
_NETWORK_SIZE = "The mean is kept; the effect falls as one over the root of synapses per neuron."
_MATCHED = "f-I matched to the LIF at 20 Hz on constant input."
_LEVELS: list[tuple[Any, ...]] = [
    ("simulation-step", "refinement", (1, 2, 4, 10, 20), "steps per step learned at", 1, 1),
    ("refractory-period", "longer", (0, 2, 4, 8, 16), "refractory period longer by [ms]", ms),
    (
        "heterogeneity", "cv", (0, 0.125, 0.25, 0.375, 0.5), "CV of time constants", 1, 0,
        "The gain of a neuron's input varies with its tau_syn.",
    ),
    (
        "delays", "mean", (0, 0.75, 1.5, 3, 6), "mean delay [ms]", ms, 0,
        f"Above 1.5 ms they are longer than those of local synapses in cortex. {_STEPS}",
    ),
    (
        "membrane-noise", "sd", (0, 0.05, 0.1, 0.2, 0.4), "s.d. of membrane noise [threshold]", 1,
        0, "Correlated over 5 ms.",
    ),
    (
        "release-failures", "failure", (0, 0.1, 0.25, 0.5, 0.75), "probability of failure", 1, 0,
        "Spikes that pass count 1/(1 - f): the mean is kept.",
    ),
    (
        "weaker-synapses", "loss", (0, 0.1, 0.25, 0.5, 0.75), "loss of all weights", 1, 0,
        "W (1 - loss): what failures that nothing makes up for do to the mean.",
    ),
    (
        "short-term-plasticity", "tau_depression", (0, 10, 25, 50, 100),
        "recovery from depression [ms]", ms, 0,
        "Weights count as learned for neurons that fire at 20 Hz, more at the onset; cortex is"
        " beyond the sweep, at some 800 ms.",
    ),
    ("weight-noise", "cv", (0, 0.25, 0.5, 1, 2), "CV of weight factors", 1, 0, _NETWORK_SIZE),
    (
        "sparse-connectivity", "missing", (0, 0.25, 0.5, 0.75, 0.9), "share of synapses missing", 1,
        0, _NETWORK_SIZE,
    ),
    ("lesion", "dead", (0, 0.05, 0.1, 0.2, 0.4), "share of neurons dead"),
    (
        "conductances", "driving_force", (0, 0.25, 0.5, 0.75, 1), "share of driving force", 1, 0,
        "f-I unmatched; weights mean what was learned at -60 mV alone.",
    ),
    (
        "adaptation", "b", (0, 0.02, 0.05, 0.1, 0.2), "adaptation per spike [threshold]", 1, 0,
        "f-I unmatched: neurons fire less on the same input.",
    ),
    ("spike-onset", "slope", (0, 0.5, 1, 1.5, 2), "slope of spike onset [mV]", mV, 0, _MATCHED),
    (
        "subthreshold-adaptation", "a", (0, 0.5, 1, 1.5, 2), "adaptation conductance [nS]", nS, 0,
        _MATCHED,
    ),
    (
        "spike-triggered-adaptation", "b", (0, 15, 30, 45, 60), "adaptation per spike [pA]", pA, 0,
        _MATCHED,
    ),
    (
        "dales-law", "obedience", (0, 0.25, 0.5, 0.75, 1), "loss of weights of the wrong sign", 1,
        0, "Prunes up to half of W, and nothing makes up for it.",
    ),
    (
        "dales-law-interneurons", "lag", (0, 2, 4, 8, 16), "lag of inhibition [ms]", ms, 0,
        "Dale's law holds at every level; interneurons are linear, their delay is the level."
        f" {_STEPS}",
    ),
    (
        "input-noise", "sd", (0, 0.5, 1, 2, 4), "s.d. of input noise [input r.m.s.]", 1, 0,
        "On cue channels as well.",
    ),
    (
        "missing-channels", "probability", (0, 0.05, 0.1, 0.25, 0.5), "share of channels missing",
        1, 0, "Answers may lie in a silent channel: compare with the ideal observer.",
    ),
]  # fmt: skip

BATTERY: dict[str, Sweep] = {name: Sweep(CONDITIONS[name], *rest) for name, *rest in _LEVELS}
"""Every condition by name, with five levels each."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "neurons": (
        "refractory-period", "heterogeneity", "membrane-noise", "lesion", "adaptation",
        "spike-onset", "subthreshold-adaptation", "spike-triggered-adaptation",
    ),
    "synapses": (
        "delays", "release-failures", "weaker-synapses", "short-term-plasticity", "weight-noise",
        "sparse-connectivity", "conductances", "dales-law", "dales-law-interneurons",
    ),
    "inputs and simulation": ("input-noise", "missing-channels", "simulation-step"),
}  # fmt: skip
"""What each condition is about."""


def choose(names: Sequence[str], levels: Mapping[str, Sequence[float]]) -> dict[str, AnySweep]:
    """Pick conditions by name, all if none is named, with levels of their own where given.

    Names that a ``+`` joins are tested together. The undisturbed level goes first, whether named or
    not, and none comes twice. Raises `ValueError` for an unknown name, a level out of range, levels
    of a condition not picked, or of conditions that are combined and have not as many.
    """
    parts = {name: _parts(name) for name in names or BATTERY}
    known = {part: look_up(BATTERY, part) for own in parts.values() for part in own}
    for name, values in levels.items():
        sweep = look_up(BATTERY, name)
        if name not in known:
            raise ValueError(
                f"`--levels` must name a condition that is to run: got {name}."
                f" Add it to --conditions."
            )
        first = sweep.undisturbed
        known[name] = replace(sweep, values=(first, *sorted({*values} - {first})))
    for sweep in known.values():
        for value in sweep.values:
            sweep.at(value)
    return {
        name: known[own[0]] if len(own) == 1 else Together({part: known[part] for part in own})
        for name, own in parts.items()
    }


def _parts(name: str) -> list[str]:
    parts = [part.strip() for part in name.split("+")]
    if len({*parts}) < len(parts):
        raise ValueError(
            f"`--conditions` must combine different conditions: got {name}. Name each once."
        )
    return parts


def parse_levels(text: str) -> tuple[str, list[float]]:
    """Read ``condition=level,level,...``. Raises `ValueError` if it is not of that form."""
    name, _, values = text.partition("=")
    try:
        return name.strip(), [float(value) for value in values.split(",")]
    except ValueError:
        raise ValueError(
            f"`--levels` must be CONDITION=LEVEL,LEVEL,... with plain numbers: got {text!r}."
            " Write it like --levels delays=0,5,10, in the unit that the report names."
        ) from None
