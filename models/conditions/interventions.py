"""Interventions in time: cells driven or silenced in an epoch, a mode kicked at a moment.

They act as optogenetics does, on chosen cells from one time to another, and add to what the inputs
drive neurons with (`Injection`). So they fit any neuron, need no code of their own, and leave the
trials as they are. They act last, on the network as other conditions have made it.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import sympy
from brian2 import Quantity
from jaxtyping import Float

from ..networks.connectivity import modes_of
from ..neurons.neuron import CURRENT
from ..neurons.synaptic_filter import ACTIVITY
from ..quantities import time, whole_steps
from ..translation.functions import NUMERIC
from ..translation.program import StepProgram
from .circuit import Circuit, Injection
from .condition import INTERVENTION, Condition, UnfitError, require

_FORGOTTEN = 1e-16  # of a kick: below it, a sum of doubles does not see what is left


@dataclass(frozen=True)
class Stimulate(Condition):
    """A constant drive of cells in an epoch, as light drives cells that express an opsin.

    Parameters
    ----------
    cells
        Their indices, from 0.
    epoch
        When it starts and stops [s], in whole steps of the trials.
    amplitude
        What is added to ``drive``, W_in · x, in each step of the epoch; negative: an inhibitory
        current. At 0 nothing changes.

    Raises
    ------
    ValueError
        If there are no cells, one comes twice, times are none, or the amplitude is not finite.
        A network refuses cells that it does not have, trials an epoch that they do not.
    """

    name: ClassVar[str] = "stimulate"
    stage: ClassVar[int] = INTERVENTION
    cells: tuple[int, ...]
    epoch: tuple[Quantity, Quantity]
    amplitude: float

    def __post_init__(self) -> None:
        _require_cells(self, self.cells)
        _require_epoch(self.epoch)
        require(self, "amplitude", "finite", bool(np.isfinite(self.amplitude)))

    def on_circuit(self, circuit: Circuit, rng: np.random.Generator) -> Circuit:
        """Add the drive."""
        return _driving(circuit, self.cells, self.epoch, self.amplitude)


@dataclass(frozen=True)
class Silence(Condition):
    """Cells silenced in an epoch by a strong negative drive, as inhibitory opsins do.

    It works with any neuron that a negative drive keeps from spiking. The membrane is
    hyperpolarised meanwhile and takes its own time to come back, so that cells stay silent for
    longer, the more so the stronger the drive: take one that is just strong enough.

    Parameters
    ----------
    cells, epoch
        See `Stimulate`.
    strength
        What is taken from ``drive``, W_in · x, in each step of the epoch. At 0 nothing changes.

    Raises
    ------
    ValueError
        As `Stimulate` does, and for a negative strength.
    """

    name: ClassVar[str] = "silence"
    stage: ClassVar[int] = INTERVENTION
    cells: tuple[int, ...]
    epoch: tuple[Quantity, Quantity]
    strength: float = 4.0

    def __post_init__(self) -> None:
        _require_cells(self, self.cells)
        _require_epoch(self.epoch)
        require(self, "strength", "finite, zero or positive", 0 <= self.strength < np.inf)

    def on_circuit(self, circuit: Circuit, rng: np.random.Generator) -> Circuit:
        """Take the drive away."""
        return _driving(circuit, self.cells, self.epoch, -self.strength)


@dataclass(frozen=True)
class Kick(Condition):
    """The activity of a mode jumps by `kappa` at a moment, once, and decays as its filter does.

    What a jump of r_μ adds to the neurons, xi_in Σ e_μ r_μ, is driven into them from outside: since
    the filter is linear and the feedback adds to the drive, this is the kick itself, without its
    share in the recorded activity of the mode; see `trace`.

    Parameters
    ----------
    mode
        Its index, from 0.
    kappa
        By how much r_μ jumps. At 0 nothing changes.
    at
        When [s], before the step that begins there.

    Raises
    ------
    ValueError
        If the mode is no index, the size is not finite, or the time is none. A network refuses a
        mode that it does not have, trials a time that they do not.
    """

    name: ClassVar[str] = "kick"
    stage: ClassVar[int] = INTERVENTION
    mode: int
    kappa: float
    at: Quantity

    def __post_init__(self) -> None:
        require(self, "mode", "an index, 0 or more", self.mode == int(self.mode) >= 0)
        require(self, "kappa", "finite", bool(np.isfinite(self.kappa)))
        time(self.at, "at", zero=True)

    def on_circuit(self, circuit: Circuit, rng: np.random.Generator) -> Circuit:
        """Drive what the mode would."""
        network = circuit.network
        if network.neuron.inputs != CURRENT:
            raise UnfitError(
                self, "its synapses are conductances, on which the drive of a kick does not act"
            )
        modes = modes_of(network.placed(network.main))
        if modes is None or not self.mode < network.n_modes:
            raise ValueError(
                f"`mode` of the condition kick must be one of {network.n_modes} modes,"
                f" counted from 0: got {self.mode}."
            )
        course = self.kappa * self.trace(circuit)
        at = whole_steps(self.at, network.dt, "at")
        return circuit.injecting(Injection(modes.feedback[:, self.mode], at, course, at + 1))

    def trace(self, circuit: Circuit) -> Float[np.ndarray, " K"]:
        """What is left of a kick of 1 in each step from its own on, until nothing is.

        Where the circuit runs at a finer step than the trials, the mean over theirs.
        """
        substeps = whole_steps(circuit.network.dt, circuit.dt, "network.dt")
        left = _decay(circuit.filter_program_of(circuit.network.main))
        whole = np.append(left, np.zeros(-len(left) % substeps))
        return whole.reshape(-1, substeps).mean(1)


def _driving(
    circuit: Circuit, cells: tuple[int, ...], epoch: tuple[Quantity, Quantity], amplitude: float
) -> Circuit:
    network = circuit.network
    unknown = [cell for cell in cells if not cell < network.n_neurons]
    if unknown:
        raise ValueError(
            f"`cells` must be cells of the network, from 0 to {network.n_neurons - 1}: got"
            f" {unknown[0]}."
        )
    weights = np.zeros(network.n_neurons)
    weights[list(cells)] = amplitude
    start, stop = (whole_steps(t, network.dt, "epoch") for t in epoch)
    return circuit.injecting(Injection(weights, start, np.ones(stop - start), stop))


def _require_cells(condition: Condition, cells: tuple[int, ...]) -> None:
    whole = all(isinstance(cell, int | np.integer) and cell >= 0 for cell in cells)
    rule = "indices of cells, one or more and each once"
    require(condition, "cells", rule, whole and 0 < len(cells) == len({*cells}))


def _require_epoch(epoch: tuple[Quantity, Quantity]) -> None:
    start, stop = (time(t, "epoch", zero=True) for t in epoch)
    if not start < stop:
        raise ValueError(
            f"`epoch` must be (start, stop) with start before stop: got {start} and {stop}."
        )


def _decay(program: StepProgram) -> Float[np.ndarray, " K"]:
    """The activity of a filter from 1 on, without spikes, step by step."""
    state = dict.fromkeys(program.state, 0.0) | {ACTIVITY: 1.0}
    compiled = []
    for a in program.update.assignments:
        names = sorted(a.names)
        compiled.append((a.target, names, sympy.lambdify(names, a.active, NUMERIC)))
    found = [1.0]
    while abs(found[-1]) > _FORGOTTEN and len(found) < 1_000_000:
        known = {**program.constants, **state}
        for target, names, function in compiled:
            known[target] = float(function(*(known[name] for name in names)))
        state |= {name: known[target] for name, target in program.update.results.items()}
        found.append(state[ACTIVITY])
    return np.array(found)
