"""What a pass through the twin takes and gives, whichever backend runs it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeAlias

import numpy as np
from jaxtyping import Bool, Float, Int
from spikemodes.models.networks.plasticity import PlasticityStep
from spikemodes.models.neurons.synaptic_filter import ACTIVITY
from spikemodes.models.translation.program import SpikingProgram, StepProgram
from torch import Tensor

from .sparse import SparseRows
from .surrogates import Surrogate

SPIKES = "spike trains"
"""What spikes are recorded as; no variable of a neuron can be called so."""


@dataclass(frozen=True)
class SpikeOnset:
    """Where spikes begin: the centre and the unit of the surrogate's axis.

    Parameters
    ----------
    below
        How far the onset lies below threshold, in the SI unit of the threshold variable.
    width
        Distance that counts as 1, such as that from rest to the onset, in the same unit.
    """

    below: float
    width: float


@dataclass(frozen=True, eq=False)
class Filter:
    """A synaptic filter: its step program, and where a spike of weight w adds gain·w to it."""

    program: StepProgram
    jump: str
    gain: float

    @property
    def jump_at(self) -> int:
        """Where `jump` is among the states."""
        return self.program.state.index(self.jump)

    @property
    def output_at(self) -> int:
        """Where the activity is among the states."""
        return self.program.state.index(ACTIVITY)


@dataclass(frozen=True, eq=False)
class StepModel:
    r"""Everything about a step that is not a weight.

    Parameters
    ----------
    neuron
        Step program of the neurons.
    filter
        Step program of the synaptic filter.
    jump, gain
        A spike of weight w adds gain·w to the filter's state variable `jump`.
    surrogate
        Derivative of the spike.
    detach_reset
        Whether the reset stops the gradient.
    onset
        Where spikes begin, if not at threshold. What a neuron without reset does beyond it, it does
        by itself: no gradient comes back from there.
    height
        Factor on the surrogate.
    capped
        Whether the gradient of a threshold variable grows over a step by itself at most by a factor
        of 1: it is multiplied by min(1, 1/\|∂v'/∂v\|).
    substeps
        Steps for which each input is held.
    learned, learned_filter
        Constants of neuron and filter that learn, by name: each pass gives their values.
    further
        Filters beside that of the readout, of pathways that have others.
    """

    neuron: SpikingProgram
    filter: StepProgram
    jump: str
    gain: float
    surrogate: Surrogate
    detach_reset: bool = False
    onset: SpikeOnset | None = None
    height: float = 1.0
    capped: bool = False
    substeps: int = 1
    learned: tuple[str, ...] = ()
    learned_filter: tuple[str, ...] = ()
    further: tuple[Filter, ...] = ()

    @property
    def filters(self) -> tuple[Filter, ...]:
        """All filters, that of the readout first."""
        return Filter(self.filter, self.jump, self.gain), *self.further

    @property
    def axis(self) -> SpikeOnset:
        """Centre and unit of the surrogate's axis."""
        return self.onset or SpikeOnset(0.0, self.neuron.scale)

    @property
    def forgets(self) -> bool:
        """Whether gradients from beyond the onset are dropped: no reset ends what goes on there."""
        return self.onset is not None and not self.neuron.reset.results

    @property
    def kinds(self) -> tuple[str, ...]:
        """Inputs through which spikes act on neurons: one, or excitation and inhibition."""
        return self.neuron.inputs[1:]

    @property
    def has_own_filters(self) -> bool:
        """Whether the synaptic filters of the neurons differ."""
        return any(np.ndim(value) for value in self.filter.constants.values())


@dataclass(frozen=True, eq=False)
class LearnedValues:
    """Values in place of those that the step programs have; of one unit each, or shared by all.

    Parameters
    ----------
    neuron, filter
        Of the constants that learn, by name.
    initial
        Of the neurons' state variables whose first value follows from what learns.
    """

    neuron: Mapping[str, Tensor]
    filter: Mapping[str, Tensor]
    initial: Mapping[str, Tensor]


@dataclass(frozen=True, eq=False)
class Units:
    """Relay units: what spikes add to them, and what their filtered activity acts on.

    Parameters
    ----------
    encoder
        What a spike adds to each unit (N × U); as `SparseRows` where it is little, and fixed.
    feedback
        What each unit adds to each neuron (N × U); ``None`` if each drives one neuron alone: then
        they are N for each of the `inputs`, one input after the other.
    inputs
        Which of the neurons' inputs, `StepModel.kinds`, they act on; none if they are only
        recorded.
    filter
        Which of the model's filters, see `StepModel.filters`.
    delays
        Steps from a spike of each neuron to its effect on each unit (U × N).
    release
        Probability that a spike reaches a unit, drawn for each spike and unit: see `passes`.
    stop
        Whether the gradient stops where spikes enter.
    plasticity
        Of each neuron's synapses, at the time of its spike; ``None``: spikes count 1.
    """

    encoder: Float[Tensor, "N U"] | SparseRows
    feedback: Float[Tensor, "N U"] | None = None
    inputs: tuple[int, ...] = ()
    filter: int = 0
    delays: Int[Tensor, "U N"] | None = None
    release: float = 1.0
    stop: bool = False
    plasticity: PlasticityStep | None = None

    @property
    def n(self) -> int:
        """U."""
        return self.encoder.shape[1]

    @property
    def weights(self) -> Float[Tensor, "N U"]:
        """What a spike adds to each unit, multiplied out."""
        return self.encoder.dense() if isinstance(self.encoder, SparseRows) else self.encoder

    @property
    def one_by_one(self) -> bool:
        """Whether synapses delay spikes or fail."""
        return self.delays is not None or self.release < 1

    @property
    def one_to_one(self) -> bool:
        """Whether each unit drives one neuron alone."""
        return bool(self.inputs) and self.feedback is None


@dataclass(frozen=True, eq=False)
class Weights:
    """Effective weights of a pass.

    Parameters
    ----------
    W_in
        Input weights (N × C).
    units
        Groups of relay units: those that feed back, then others that are only recorded.
    values
        Of what learns beside the weights; ``None`` if nothing does.
    """

    W_in: Float[Tensor, "N C"]
    units: tuple[Units, ...]
    values: LearnedValues | None = None

    @property
    def fails(self) -> bool:
        """Whether it is drawn which spikes pass."""
        return any(group.release < 1 for group in self.units)

    @property
    def feeding(self) -> tuple[Units, ...]:
        """Groups that feed back."""
        return tuple(group for group in self.units if group.inputs)

    def stopping(self) -> "Weights":
        """The same where the gradient stops wherever spikes enter units that feed back.

        What is left is the gradient of e-prop (Bellec et al., Nat. Commun. 11, 3625, 2020).
        """
        units = tuple(replace(g, stop=True) if g.inputs else g for g in self.units)
        return replace(self, units=units)


@dataclass(frozen=True, eq=False)
class Activity:
    """What a pass gives back.

    Parameters
    ----------
    relay
        Filtered activity of all relay units after each step's update (T × B × K); the kernels leave
        out those that drive one neuron alone.
    spike_counts
        Spikes of each neuron in the trial (B × N), differentiable.
    peaks
        Largest filtered activity of each neuron (B × N), where asked for.
    states
        Recorded variables after the update, before the reset, inputs, and `SPIKES` (T × B × N).
    """

    relay: Float[Tensor, "T B K"]
    spike_counts: Float[Tensor, "B N"]
    peaks: Float[Tensor, "B N"] | None = None
    states: dict[str, Tensor] = field(default_factory=dict)


Inputs: TypeAlias = Float[Tensor, "S B C"] | Bool[Tensor, "S B C"]
"""Input channels of samples and trials: numbers, or events."""


class Backend(Protocol):
    """Runs a batch of trials through the dynamics, differentiably.

    Where neurons draw random numbers, each pass takes a key from PyTorch's generator (`new_key`):
    from the same state of it, all backends draw the same.
    """

    def __call__(self, inputs: Inputs, weights: Weights, *, peaks: bool = False) -> Activity:
        """Run; `peaks` asks for the largest filtered activity of each neuron."""
        ...

    def prepare(
        self,
        inputs: Inputs,
        weights: Weights,
        *,
        peaks: bool,
        on_compile: Callable[[], None] | None = None,
    ) -> None:
        """Compile what runs such inputs and weights, before time counts.

        `on_compile` is called if a compiler has to run. Weights may be left with a gradient.
        """
        ...


MakeBackend: TypeAlias = Callable[[StepModel], Backend]
"""A kind of backend, such as `FusedBackend` or `ReferenceBackend`: makes that of a step."""
