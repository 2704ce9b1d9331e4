"""The gain at which the cells of a network fire as they should in the trials of a task.

Weights that suit one neuron leave another silent, or make it fire at every step: they are numbers
without unit, and what a neuron makes of them is a matter of its equations. With the gain, weights,
modes and learning rates of all neurons are of one size: that of the `LIF`, whose gain is 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
from spikemodes.models.networks.network import Network
from spikemodes.models.neurons.input_gain import BIAS, GAIN, with_input_gain
from spikemodes.models.neurons.lif import ContinuousLIF, is_lif
from spikemodes.models.neurons.neuron import NeuronModel
from spikemodes.models.trials import Trials

if TYPE_CHECKING:
    from .cells import UncoupledCells


LARGEST = 1e4
"""A gain beyond this is that of a neuron which something else is wrong with."""
LADDER = np.geomspace(1e-3, LARGEST, 29)
"""Gains, or constant drives, on which one is looked for: four to a decade."""
_RUNGS = 16
_AT_REST = 0.5
"""Share of the wanted rate above which cells without input are held still by a bias."""


class ExcitabilityError(ValueError):
    """No drive makes a neuron fire as it should; the message has what was measured."""


class InputGain(Protocol):
    """Decides how strongly a neuron feels its inputs."""

    @property
    def rate(self) -> float:
        """The rate that it is set for [Hz]."""
        ...

    @property
    def penalty(self) -> float:
        """Strength of a penalty toward that rate [1/Hz²]."""
        ...

    def match(self, network: Network, trials: Trials) -> Network:
        """Give the network with neurons of that gain. `trials` are some of the task's."""
        ...


@dataclass(frozen=True)
class GivenGain:
    """A gain that is known; 1 leaves the neuron as it is."""

    gain: float = 1.0
    rate: float = 0.0
    penalty: float = 0.0

    def match(self, network: Network, trials: Trials) -> Network:
        """See `InputGain`."""
        if self.gain == 1:
            return network
        return replace(network, neuron=with_input_gain(network.neuron, self.gain))


@dataclass(frozen=True)
class MatchedGain:
    """The smallest gain at which the uncoupled cells fire at a rate in a few of the task's trials.

    Where the equations have an `input_gain` of their own, it is changed. Cells that fire without
    any input get a bias, too: the smallest that leaves them silent.

    Parameters
    ----------
    rate
        Mean rate of the cells [Hz].
    penalty
        Strength of a penalty toward that rate while learning [1/Hz²]. Neurons without saturation
        need it: nothing else keeps their rates from running away.
    """

    rate: float = 20.0
    penalty: float = 1e-4

    def match(self, network: Network, trials: Trials) -> Network:
        """See `InputGain`.

        Raises
        ------
        ExcitabilityError
            If no gain up to `LARGEST` makes the cells fire, or no bias keeps them still.
        """
        from .cells import UncoupledCells

        network = replace(network, neuron=with_input_gain(network.neuron))
        cells = UncoupledCells(network, trials)
        bias = self._bias(cells, network.neuron)
        rates = cells.rates(LADDER, np.full(len(LADDER), bias)).mean(axis=1)
        top = float(rates.max())
        if top <= 0:
            raise ExcitabilityError(
                f"`neuron` must be one that its inputs can make fire: {network.neuron.name} is"
                f" silent in the task's trials at every `{GAIN}` from {LADDER[0]:g} to"
                f" {LARGEST:g}. Check threshold and units, and that the inputs act on what the"
                " threshold reads."
            )
        if rates[-1] == top < self.rate:  # still on its way up
            raise ExcitabilityError(
                f"`neuron` must fire at {self.rate:g} Hz at an `{GAIN}` below {LARGEST:g}:"
                f" {network.neuron.name} has {rates[-1]:.3g} Hz there and {rates[-5]:.3g} Hz at a"
                " tenth of it. Give the inputs a larger unit in the equations."
            )
        wanted = min(self.rate, top / 2)  # some saturate below
        above = int(np.argmax(rates >= wanted))
        low = LADDER[max(above - 1, 0)]
        rungs = np.geomspace(low, LADDER[above], _RUNGS)
        finer = cells.rates(rungs, np.full(_RUNGS, bias)).mean(axis=1)
        reached = np.flatnonzero(finer >= wanted)
        gain = rungs[reached[0]] if reached.size else LADDER[above]
        # three digits: the same on machines that round differently
        return replace(network, neuron=with_input_gain(network.neuron, float(f"{gain:.3g}"), bias))

    def _bias(self, cells: UncoupledCells, neuron: NeuronModel) -> float:
        """The weakest constant drive that keeps cells still which fire without input."""
        at_rest = float(cells.rates([0.0], [0.0], constant=True).mean())
        if at_rest <= _AT_REST * self.rate:
            return 0.0
        held = cells.rates(np.zeros(len(LADDER)), -LADDER, constant=True).mean(axis=1)
        if held.min() > _AT_REST * self.rate:
            raise ExcitabilityError(
                f"`neuron` must be one that can be silent: {neuron.name} fires at {at_rest:.3g} Hz"
                f" without input and at {held.min():.3g} Hz at best with a constant drive of down"
                f" to -{LARGEST:g}. Check its rest and threshold."
            )
        first = int(np.argmax(held <= _AT_REST * self.rate))
        rungs = np.geomspace(LADDER[max(first - 1, 0)], LADDER[first], _RUNGS)
        held = cells.rates(np.zeros(_RUNGS), -rungs, constant=True).mean(axis=1)
        still = np.flatnonzero(held <= 0)
        bias = rungs[still[0]] if still.size else rungs[-1]
        return -float(f"{bias:.3g}")


def default_gain(neuron: NeuronModel) -> InputGain:
    """1 for the LIF, in whose unit weights are; a matched gain for all others."""
    in_unit = is_lif(neuron) or neuron.scheme == ContinuousLIF().scheme
    return GivenGain() if in_unit else MatchedGain()


def gain_of(neuron: NeuronModel) -> tuple[float, float]:
    """Gain and bias of a neuron's inputs."""
    gain, bias = (neuron.parameters.get(n, v) for n, v in ((GAIN, 1.0), (BIAS, 0.0)))
    return float(gain), float(np.mean(np.asarray(bias)))
