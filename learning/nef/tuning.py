"""Tuning of cells that are driven along encoders, measured with the cells uncoupled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from brian2 import Quantity
from jaxtyping import Float
from spikemodes.models.networks.modes import Modes
from spikemodes.models.networks.network import ModeNetwork
from spikemodes.models.neurons.neuron import NeuronModel
from spikemodes.models.neurons.synaptic_filter import SynapticFilter
from spikemodes.models.trials import Trials

from ..excitability.gain import LADDER
from ..twin.twin import Twin

_SETTLE, _MEASURE = 0.2, 0.8  # [s]
_DRIVES, _FASTEST = 301, 100.0


@dataclass(frozen=True, eq=False)
class Bench:
    """Where cells of a kind are measured, one by one: nothing they send comes back.

    Parameters
    ----------
    neuron, filter
        Of the cells and of what they send.
    dt
        Step [s].
    """

    neuron: NeuronModel
    filter: SynapticFilter
    dt: Quantity

    def outputs(
        self,
        weights: Float[np.ndarray, "N C"],
        decoders: Float[np.ndarray, "N O"],
        inputs: Float[np.ndarray, "T B C"],
    ) -> tuple[Float[np.ndarray, "T B O"], Float[np.ndarray, "S 3"]]:
        """Run cells with these input weights; gives what is decoded, and the spikes."""
        n = len(weights)
        none = Modes(np.zeros((n, 1)), np.zeros(1), np.zeros((n, 1)))
        network = ModeNetwork(
            modes=none,
            neuron=self.neuron,
            filter=self.filter,
            W_in=weights,
            W_out=decoders.T,
            dt=self.dt,
        )
        recording = Twin(network).record(Trials(inputs=inputs, dt=self.dt))
        return recording.outputs, recording.spikes

    def tuning(
        self, weights: Float[np.ndarray, "N C"], points: Float[np.ndarray, "S C"]
    ) -> Float[np.ndarray, "S N"]:
        """Measure the mean filtered spike train of each cell under constant inputs (S × N)."""
        settle, measure = (round(time / float(self.dt)) for time in (_SETTLE, _MEASURE))
        inputs = np.tile(points, (settle + measure, 1, 1))
        outputs, spikes = self.outputs(weights, np.ones((len(weights), 1)), inputs)
        late = spikes[spikes[:, 0] >= settle]
        counts = np.zeros((len(points), len(weights)))
        np.add.at(counts, (late[:, 1], late[:, 2]), 1)
        area = outputs[settle:].sum() / max(len(late), 1)  # of the filter's answer to a spike
        return counts / measure * area

    def f_i_curve(self) -> tuple[Float[np.ndarray, " D"], Float[np.ndarray, " D"]]:
        """Measure the rate [Hz] against a constant drive, up to one that makes a cell fire fast.

        Raises `ValueError` if no drive makes it fire.
        """
        one = np.ones((1, 1))

        def rates(drives: np.ndarray) -> np.ndarray:
            steps = round(_MEASURE / float(self.dt))
            _, spikes = self.outputs(one, one, np.tile(drives[:, None], (steps, 1, 1)))
            return np.bincount(spikes[:, 1], minlength=len(drives)) / _MEASURE

        found = rates(LADDER)
        if not found.any():
            raise ValueError(
                f"`neuron` must fire under a constant drive: {self.neuron.name} does not, up to"
                f" {LADDER[-1]:g}. Raise the gain of its inputs."
            )
        enough = found >= min(_FASTEST, found.max())
        drives = np.linspace(0, LADDER[int(np.argmax(enough))], _DRIVES)
        return drives, rates(drives)


@dataclass(frozen=True, eq=False)
class Tuning:
    """Gains and biases of cells that are driven by ``gain · (encoder · x) + bias``.

    Parameters
    ----------
    gains, biases
        One of each cell.
    signs
        The encoder of each cell, 1 or -1.
    """

    gains: Float[np.ndarray, " N"]
    biases: Float[np.ndarray, " N"]
    signs: Float[np.ndarray, " N"]

    @property
    def encoders(self) -> Float[np.ndarray, " N"]:
        """Gain times sign."""
        return self.gains * self.signs

    @classmethod
    def drawn(
        cls,
        n: int,
        curve: tuple[Float[np.ndarray, " D"], Float[np.ndarray, " D"]],
        rng: np.random.Generator,
        *,
        radius: float,
        intercepts: tuple[float, float],
        rates: tuple[float, float],
    ) -> Tuning:
        """Draw where cells begin to fire and how fast they do at the end of what they represent.

        Parameters
        ----------
        n
            How many cells.
        curve
            Drives and rates of the f-I curve.
        rng
            Source of both.
        radius
            Largest x that is represented.
        intercepts
            Between which x cells begin to fire, as parts of `radius`.
        rates
            Between which rates they fire at `radius` [Hz].
        """
        drives, of_drives = curve
        rising = np.maximum.accumulate(of_drives)
        rheobase = drives[int(np.argmax(of_drives > 0))]
        first = np.array([int(np.argmax(rising >= r)) for r in _within(rng, n, rates, rising[-1])])
        strongest = np.maximum(drives[first], rheobase + drives[1])
        begins = radius * rng.uniform(*intercepts, n)
        gains = (strongest - rheobase) / (radius - begins)
        return cls(gains, rheobase - gains * begins, np.where(np.arange(n) % 2, 1.0, -1.0))


def _within(
    rng: np.random.Generator, n: int, rates: tuple[float, float], most: float
) -> Float[np.ndarray, " N"]:
    """Rates between two ends, lower by as much as the cells cannot fire as fast."""
    return rng.uniform(*rates, n) * min(1.0, most / rates[1])


def decoders(
    tuning: Float[np.ndarray, "S N"], wanted: Float[np.ndarray, " S"], noise: float
) -> Float[np.ndarray, " N"]:
    """Solve for the weights that decode `wanted` from the cells' activities.

    ::

        D = (AᵀA + S (noise · max A)² 1)⁻¹ Aᵀ wanted

    Source: Eliasmith & Anderson, Neural Engineering (2003), ch. 2, with noise on each activity.
    """
    ridge = len(tuning) * (noise * max(float(tuning.max()), np.finfo(float).tiny)) ** 2
    gram = tuning.T @ tuning + ridge * np.eye(tuning.shape[1])
    return np.linalg.solve(gram, tuning.T @ wanted)
