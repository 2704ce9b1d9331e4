"""Short-term plasticity in Brian2: variables of the neurons, for each group of relay units.

u and x decay with the neurons' update, and the slot *resets* changes those of neurons that spiked,
after the slot *synapses* has taken what is released. Where synapses delay spikes, each has its own
u and x, which its spikes change as they arrive: since all of them are as late, they meet what they
would have met at the time of the spike.
"""

from collections.abc import Iterable

import numpy as np
from brian2 import second

from ..networks.plasticity import ShortTermPlasticity
from .structure import RelayStructure

SHORTEST = 1e-9
"""Time constant [s] that stands for none in differential equations: far below any step."""

IN_SYNAPSES = """
plastic_use : 1 (shared, constant)
plastic_scale : 1 (shared, constant)
tau_facilitation : second (shared, constant)
tau_depression : second (shared, constant)
du/dt = -u/tau_facilitation : 1 (event-driven)
dx/dt = (1 - x)/tau_depression : 1 (event-driven)
"""
RELEASED_BY_SYNAPSE = "released"
AT_ARRIVAL = f"""
u = u + plastic_use*(1 - u)
{RELEASED_BY_SYNAPSE} = plastic_scale*u*x
x = x - u*x
"""
"""Before a spike that arrives through a synapse with u and x of its own is added."""


def released(relay: RelayStructure) -> str:
    """The variable of the neurons that holds what a spike now counts in a group of relay units."""
    return _own("released", relay.name)


def declarations(relays: Iterable[RelayStructure]) -> list[str]:
    """Variables and constants that the neurons have for their plastic synapses."""
    return [
        line
        for relay in relays
        if relay.plastic
        for line in (
            *(f"{_own(name, relay.name)} : 1" for name in ("u", "x", "raised", "released")),
            *(f"{_own(name, relay.name)} : 1 (constant, shared)" for name in _CONSTANTS),
        )
    ]


def update(relays: Iterable[RelayStructure]) -> str:
    """Abstract code of each step: decay, and what a spike would find."""
    return _code(
        relays,
        "{u} = {keep_u}*{u}\n"
        "{x} = 1 - {keep_x}*(1 - {x})\n"
        "{raised} = {u} + {U}*(1 - {u})\n"
        "{released} = {scale}*{raised}*{x}",
    )


def reset(relays: Iterable[RelayStructure]) -> str:
    """Abstract code for neurons that spiked."""
    return _code(relays, "{u} = {raised}\n{x} = {x} - {raised}*{x}")


def values(
    relay: RelayStructure, plasticity: ShortTermPlasticity, dt: float
) -> dict[str, np.ndarray]:
    """Constants and initial values at a step [s], by ``object.variable``."""
    step = plasticity.at_step(dt * second)
    of_neurons = {**{name: getattr(step, name) for name in _CONSTANTS}, "x": 1.0}
    found = {f"neurons.{_own(name, relay.name)}": value for name, value in of_neurons.items()}
    if relay.by_synapse:
        of_synapses = {
            "plastic_use": step.U,
            "plastic_scale": step.scale,
            "tau_facilitation": max(float(plasticity.tau_facilitation), SHORTEST),
            "tau_depression": max(float(plasticity.tau_depression), SHORTEST),
            "x": 1.0,
        }
        found |= {f"{relay.single}.{name}": value for name, value in of_synapses.items()}
    return {name: np.asarray(value, float) for name, value in found.items()}


_CONSTANTS = ("U", "keep_u", "keep_x", "scale")


def _own(name: str, relay: str) -> str:
    return f"plastic_{name}_of_{relay}_"


def _code(relays: Iterable[RelayStructure], code: str) -> str:
    names = ("u", "x", "raised", "released", *_CONSTANTS)
    return "\n".join(
        code.format(**{name: _own(name, relay.name) for name in names})
        for relay in relays
        if relay.plastic
    )
