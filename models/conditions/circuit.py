"""A network as it is put to run: its step, and what lies between a spike and its effect."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from brian2 import Quantity
from jaxtyping import Float

from ..networks.network import Network
from ..networks.pathway import Pathway
from ..neurons.neuron import NeuronModel
from ..translation.program import SpikingProgram, StepProgram
from ..translation.translator import translate, translate_neuron
from ..trials import Trials


@dataclass(frozen=True, eq=False)
class Transmission:
    """How each of the N × N recurrent synapses (post × pre) passes spikes on.

    Parameters
    ----------
    gain
        Factor on each weight (N × N); where it is 0 there is no synapse.
    delays
        From a spike to its effect (N × N) [s]; a simulation rounds them to whole steps.
    release
        Probability that a spike passes a synapse, drawn for each spike and synapse.
    signs
        What each presynaptic neuron is (N): 1 excitatory, -1 inhibitory, 0 either.
    violation
        Share that remains of a weight whose sign is not its neuron's.
    lag
        Of inhibition behind excitation [s] where all projections are excitatory and interneurons
        inhibit; ``None`` without interneurons.
    """

    gain: Float[Any, "N N"]  # any array: the twin has tensors here
    delays: Float[np.ndarray, "N N"]
    release: float
    signs: Float[Any, " N"]
    violation: float
    lag: float | None = None

    @staticmethod
    def perfect(n: int) -> "Transmission":
        """Every spike passes at once, with the weight that was learned."""
        return Transmission(np.ones((n, n)), np.zeros((n, n)), 1.0, np.zeros(n), 1.0)

    def weights(self, W: Any) -> Any:
        """The weights that act in place of W (N × N).

        Made of operators alone, so that the twin can call it with tensors and differentiate it.
        """
        wrong = W * self.signs < 0
        return W * self.gain * (1 - (1 - self.violation) * wrong)


@dataclass(frozen=True, eq=False)
class Injection:
    """What neurons are driven with beside their inputs, the same in all trials.

    Parameters
    ----------
    weights
        What each neuron gets of it (N).
    start
        The step of the trials from which on there is any.
    course
        Its size in each step from then on (K); what goes beyond the trial is cut off.
    stop
        The step before which it has to find room in a trial.
    """

    weights: Float[np.ndarray, " N"]
    start: int
    course: Float[np.ndarray, " K"]
    stop: int

    def in_steps(self, n_steps: int) -> Float[np.ndarray, " T"]:
        """Its size in each step of a trial; raises `ValueError` for one that is too short."""
        if self.stop > n_steps:
            raise ValueError(
                "`epoch` must lie within the trial: an intervention from step"
                f" {self.start} to {self.stop} does not, of {n_steps} steps."
            )
        found = np.zeros(n_steps)
        found[self.start : self.start + len(self.course)] = self.course[: n_steps - self.start]
        return found


@dataclass(frozen=True, eq=False)
class Circuit:
    """A network and how it is put to run.

    Parameters
    ----------
    network
        Neurons and weights.
    dt
        Simulation step [s].
    transmission
        How conditions have recurrent synapses pass spikes on, in all pathways alike; ``None``: as
        the pathways do.
    replaced
        The LIF in whose place another neuron stands, if so.
    injected
        What neurons are driven with beside their inputs.
    """

    network: Network
    dt: Quantity
    transmission: Transmission | None = None
    replaced: NeuronModel | None = None
    injected: tuple[Injection, ...] = ()

    @cached_property
    def neuron_program(self) -> SpikingProgram:
        """The step program of its neurons."""
        return translate_neuron(self.network.neuron, self.dt)

    @cached_property
    def filter_program(self) -> StepProgram:
        """The step program of the filter of the readout, and of pathways without their own."""
        return translate(self.network.filter, self.dt)

    def filter_program_of(self, pathway: Pathway) -> StepProgram:
        """The step program of a pathway's filter."""
        if pathway.filter is None:
            return self.filter_program
        return translate(pathway.filter, self.dt)

    def transmission_of(self, pathway: Pathway) -> Transmission | None:
        """How the synapses of a pathway pass spikes on; ``None``: all at once, whatever they are.

        What conditions change comes on top of the pathway's own delays and failures.
        """
        single = pathway.has_single_synapses
        if self.transmission is None and not single:
            return None
        now = self.transmission or Transmission.perfect(self.network.n_neurons)
        if not single:
            return now
        delays = now.delays + self.network.delays_of(pathway)
        return replace(now, delays=delays, release=now.release * pathway.release)

    def injecting(self, injection: Injection) -> "Circuit":
        """The same circuit with something more driven into its neurons."""
        return replace(self, injected=(*self.injected, injection))

    def transmitting(self, **changes) -> "Circuit":
        """The same circuit with some properties of its transmission changed."""
        now = self.transmission or Transmission.perfect(self.network.n_neurons)
        return replace(self, transmission=replace(now, **changes))


def require_injectable(circuit: Circuit, trials: Trials) -> None:
    """Raise `ValueError` unless what is injected fits the step and the length of trials."""
    learned_at = circuit.network.dt
    if abs(float(trials.dt) / float(learned_at) - 1) > 1e-9:
        raise ValueError(
            f"`trials.dt` must be the network's own step under interventions, {learned_at!s}: got"
            f" {trials.dt!s}."
        )
    for injection in circuit.injected:
        injection.in_steps(trials.n_steps)
