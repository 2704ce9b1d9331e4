"""Spiking FORCE: a random network of spiking neurons, tamed by a readout that learns online."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from brian2 import ms
from jaxtyping import Float
from spikemodes.models.brian.compilation import program_of
from spikemodes.models.brian.plan import Plan
from spikemodes.models.brian.wiring import dense_wiring
from spikemodes.models.conditions.circuit import Circuit
from spikemodes.models.networks.network import DenseNetwork
from spikemodes.models.neurons.biased import BiasedLIF
from spikemodes.models.neurons.neuron import CURRENT, NeuronModel
from spikemodes.models.neurons.synaptic_filter import DoubleExponential, SynapticFilter
from spikemodes.models.recording import Recording, joined
from spikemodes.models.trials import Trials, in_batches

from ..task import Task
from ..training.loop import TrainingResult, Update
from .online import Answer, OnlineOptions, require_target_trace, train_online
from .rate import draw_recurrence
from .readout import ReadoutLearning, ReadoutState

TARGETS = ("cpp_standalone", "numpy")


@dataclass(frozen=True)
class SpikingForceOptions(OnlineOptions):
    """How a network is drawn and how its readout learns.

    Parameters
    ----------
    neuron, filter
        Neurons and synapses.
    feedback
        Q: weights from the output back to the neurons are uniform in ±Q.
    inputs
        Standard deviation of the input weights.

    The others are those of `OnlineOptions`; all trials run one after the other.

    Raises
    ------
    ValueError
        If a value is out of range, or neuron or filter cannot be fed back to.
    """

    updates: int = 200
    neuron: NeuronModel = field(default_factory=BiasedLIF)
    filter: SynapticFilter = field(default_factory=lambda: DoubleExponential(2 * ms, 20 * ms))
    feedback: float = 2.0
    inputs: float = 0.3

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.neuron.inputs != CURRENT:
            raise ValueError(
                f"`neuron` must take currents to be fed back a sum of weights: {self.neuron.name}"
                " takes conductances."
            )
        if self.filter.jump == "r":
            raise ValueError(
                "`filter` must not jump at a spike, so that what is read out is what is fed back:"
                f" {self.filter.name} does. Take DoubleExponential."
            )


def train_spiking_force(
    task: Task,
    options: SpikingForceOptions | None = None,
    *,
    seed: int | np.random.SeedSequence = 0,
    target: str = "cpp_standalone",
    on_update: Callable[[Update], None] | None = None,
    on_compile: Callable[[], None] | None = None,
) -> TrainingResult[DenseNetwork]:
    """Learn the readout of a random spiking network by recursive least squares, online.

    Network and learning run in Brian2's generated code.

    Parameters
    ----------
    task
        Where trials, loss and score come from; it must have target traces.
    options
        How the network is drawn and learns.
    seed
        Seed of the weights and the trials.
    target
        Brian2's code generation: ``cpp_standalone`` or, slower, ``numpy``.
    on_update
        Called after each batch.
    on_compile
        Called if the C++ compiler has to run.

    Raises
    ------
    ValueError
        If the task has no target traces, or Brian2 cannot learn in that `target`.
    TrainingDivergedError
        If the outputs become NaN or infinite.

    Source: Nicola & Clopath, Nat. Commun. 8, 2208 (2017).
    """
    options, rng = options or SpikingForceOptions(), np.random.default_rng(seed)
    require_target_trace(task)
    learner = SpikingForce(task, options, rng, target=target, on_compile=on_compile)
    return train_online(
        task,
        learner,
        rng,
        method="spiking-force",
        updates=options.updates,
        batch_size=options.batch_size,
        on_update=on_update,
    )


class SpikingForce:
    """The network that learns, compiled.

    ::

        input of the neurons = W_in u[k] + (g J + w_fb phiᵀ) R[k-1],   z = phiᵀ R

    with R the filtered spike trains. With the phi that it has learned it is the `DenseNetwork` of
    W = g J + w_fb phiᵀ: a perturbation of g J by one mode for each output.

    Parameters as for `train_spiking_force`; `rng` draws the weights.
    """

    def __init__(
        self,
        task: Task,
        options: SpikingForceOptions,
        rng: np.random.Generator,
        *,
        target: str = "cpp_standalone",
        on_compile: Callable[[], None] | None = None,
    ) -> None:
        if target not in TARGETS:
            raise ValueError(f"`target` must be {' or '.join(TARGETS)}: got {target!r}.")
        n, self._every = options.n_neurons, options.every
        self._fixed = DenseNetwork(
            neuron=options.neuron,
            filter=options.filter,
            W=draw_recurrence(n, options.gain, options.connectivity, rng).toarray(),
            W_in=options.inputs * rng.standard_normal((n, task.n_inputs)),
            W_out=np.zeros((task.n_outputs, n)),
            dt=task.dt,
        )
        self._feedback = options.feedback * rng.uniform(-1, 1, (n, task.n_outputs))
        self._state = ReadoutState(np.zeros((n, task.n_outputs)), np.eye(n) / options.alpha)
        example = task.sample(1, np.random.default_rng(0))
        self._plan = Plan.of(Circuit(self._fixed, task.dt), example, dense_wiring)
        learning = ReadoutLearning(task.n_outputs)
        self._structure = replace(self._plan.structure(1, (), ()), extension=learning)
        self._program, *_ = program_of(self._structure, target, on_compile)

    @property
    def phi(self) -> Float[np.ndarray, "N O"]:
        """The weights of the readout."""
        return self._state.phi

    @property
    def n_learned(self) -> int:
        """See `Learner`."""
        return self.phi.size

    def network(self) -> DenseNetwork:
        """See `Learner`."""
        W = self._fixed.W + self._feedback @ self.phi.T
        return replace(self._fixed, W=W, W_out=self.phi.T.copy())

    def learn(self, trials: Trials) -> Answer:
        """See `Learner`."""
        recording = self.record(trials)
        return Answer(recording.outputs, recording.rate_hz)

    def record(self, trials: Trials) -> Recording:
        """Run trials, one after the other, while learning."""
        return joined([self._record(trial) for trial in in_batches(trials, 1)], trials.n_trials)

    def _record(self, trial: Trials) -> Recording:
        assert trial.targets is not None
        s, plan = self._structure, self._plan
        sampled = np.arange(trial.n_steps) % self._every == 0
        active = trial.scored[:, 0] & sampled
        learning = self._state.values(self._feedback, trial.targets[:, 0], active)
        results = self._program.run({**plan.values(s, trial), **plan.trace_values(s), **learning})
        self._state = ReadoutState.of(results)
        outputs = results["readout_monitor.z"][:, None, :]
        return replace(plan.recording(s, results), outputs=outputs)
