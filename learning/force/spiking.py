"""Spiking FORCE: a random network of spiking neurons, tamed by a readout that learns online."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from jaxtyping import Float
from scipy import sparse
from spikemodes.models.brian.compilation import program_of
from spikemodes.models.brian.plan import Plan
from spikemodes.models.brian.wiring import dense_wiring
from spikemodes.models.conditions.circuit import Circuit
from spikemodes.models.networks.connectivity import Sparse
from spikemodes.models.networks.modes import Modes
from spikemodes.models.networks.network import DenseNetwork, Network
from spikemodes.models.networks.pathway import Pathway
from spikemodes.models.networks.rate_network import RateUnit
from spikemodes.models.neurons.neuron import CURRENT, NeuronModel
from spikemodes.models.recording import Recording, joined
from spikemodes.models.trials import Trials, in_batches

from .online import Answer, Learner, LeastSquares, example_of
from .readout import ReadoutLearning, ReadoutState, carried, carried_states

if TYPE_CHECKING:
    from ..task import Task
    from ..training.method import Session
    from ..training.recipe import Recipe


@dataclass(frozen=True)
class SpikingForce(LeastSquares):
    """Spiking FORCE: recursive least squares on the readout of a random spiking network.

    Network and learning run in Brian2's generated code, all trials one after the other. Fixed
    weights have a mean of 0 over what each neuron receives, so that excitation and inhibition
    balance.

    Parameters
    ----------
    feedback
        Q: weights from the output back to the neurons are uniform in ±Q.

    The others, and what it raises, are those of `LeastSquares`.

    Source: Nicola & Clopath, Nat. Commun. 8, 2208 (2017).
    """

    name: ClassVar[str] = "spiking-force"
    settings: ClassVar[Mapping[str, Any]] = {
        "network": {
            "neurons": 500,
            "neuron": "biased-lif",
            "synapse": {"tau_rise": "2 ms", "tau_decay": "20 ms"},
            "parameterisation": "dense",
        },
        "train": {"updates": 200, "batch": 1},
    }

    gain: float = 1.6
    alpha: float = 2.0
    feedback: float = 2.0

    def require(self, recipe: Recipe) -> None:
        """See `Method`."""
        neuron, filter = recipe.neuron, recipe.filter
        if isinstance(neuron, RateUnit) or neuron.inputs != CURRENT:
            raise ValueError(
                "`neuron` must be a spiking neuron that takes currents for spiking FORCE: got"
                f" {neuron.name}. Leave it out."
            )
        if filter.jump == "r":
            raise ValueError(
                "`filter` must not jump at a spike, so that what is read out is what is fed back:"
                f" {filter.name} does. Take a double exponential, with a rise."
            )
        super().require(recipe)

    def draw_recurrence(self, n: int, rng: np.random.Generator) -> sparse.csr_array:
        """See `LeastSquares`; the mean of each row's weights is taken from them."""
        W = super().draw_recurrence(n, rng).tocoo()
        means = W.sum(axis=1) / np.maximum(1, np.bincount(W.row, minlength=n))
        return sparse.csr_array((W.data - means[W.row], (W.row, W.col)), shape=W.shape)

    def learner(
        self, task: Task, recipe: Recipe, session: Session, rng: np.random.Generator
    ) -> Learner[Network]:
        """See `LeastSquares`."""
        on_compile = session.compiling("the network that learns")
        return SpikingLearner(task, self, recipe, rng, on_compile)


class SpikingLearner:
    """The network that learns, compiled.

    ::

        input of the neurons = W_in u[k] + (g J + w_fb phiᵀ) R[k-1],   z = phiᵀ R

    with R the filtered spike trains. With the phi that it has learned it is the `Network` of
    W = g J + w_fb phiᵀ: a perturbation of g J by one mode for each output.

    `rng` draws the weights; `on_compile` is called if the C++ compiler has to run.
    """

    def __init__(
        self,
        task: Task,
        force: SpikingForce,
        recipe: Recipe,
        rng: np.random.Generator,
        on_compile: Callable[[], None] | None = None,
    ) -> None:
        n, neuron, self._every = recipe.n_neurons, recipe.neuron, force.every
        assert isinstance(neuron, NeuronModel)
        self._fixed = DenseNetwork(
            neuron=neuron,
            filter=recipe.filter,
            W=force.draw_recurrence(n, rng).toarray(),
            W_in=force.inputs * rng.standard_normal((n, task.n_inputs)),
            W_out=np.zeros((task.n_outputs, n)),
            dt=task.dt,
        )
        self._feedback = force.feedback * rng.uniform(-1, 1, (n, task.n_outputs))
        self._state = ReadoutState(np.zeros((n, task.n_outputs)), np.eye(n) / force.alpha)
        self._plan = Plan(Circuit(self._fixed, task.dt), example_of(task), dense_wiring)
        structure = self._plan.structure(1, (), ())
        learning = ReadoutLearning(task.n_outputs, carried_states(structure))
        self._structure = replace(structure, extension=learning)
        self._last: dict[str, np.ndarray] = {}  # state of the trial that goes on
        # the matrix of least squares is written in C++ alone
        target = "numpy" if recipe.target == "numpy" else "cpp_standalone"
        self._program, *_ = program_of(self._structure, target, on_compile)

    @property
    def phi(self) -> Float[np.ndarray, "N O"]:
        """The weights of the readout."""
        return self._state.phi

    @property
    def n_learned(self) -> int:
        """See `Learner`."""
        return self.phi.size

    def network(self) -> Network:
        """See `Learner`."""
        modes = Modes(self._feedback, np.ones(self.phi.shape[1]), self.phi)
        background = Pathway(connectivity=Sparse.of(self._fixed.W), learned=False)
        pathways = (Pathway(connectivity=modes), background)
        return replace(self._fixed, pathways=pathways, W_out=self.phi.T.copy())

    def learn(self, trials: Trials) -> Answer:
        """See `Learner`."""
        recording = self.record(trials)
        return Answer(recording.outputs, recording.rate_hz)

    def learn_on(self, trial: Trials) -> Answer:
        """See `Learner`."""
        recording, self._last = self._record(trial, self._last)
        return Answer(recording.outputs, recording.rate_hz)

    def record(self, trials: Trials) -> Recording:
        """Run trials from rest, one after the other, while learning."""
        parts = [self._record(trial, {})[0] for trial in in_batches(trials, 1)]
        return joined(parts, trials.n_trials)

    def _record(
        self, trial: Trials, state: dict[str, np.ndarray]
    ) -> tuple[Recording, dict[str, np.ndarray]]:
        """Run a trial from a state, at rest if there is none; gives that at its end, too."""
        assert trial.targets is not None
        s, plan = self._structure, self._plan
        sampled = np.arange(trial.n_steps) % self._every == 0
        active = trial.scored[:, 0] & sampled
        learning = self._state.values(self._feedback, trial.targets[:, 0], active)
        values = {**plan.values(s, trial), **plan.trace_values(s), **learning, **state}
        results = self._program.run(values)
        self._state = ReadoutState.of(results)
        outputs = results["readout_monitor.z"][:, None, :]
        return replace(plan.recording(s, results), outputs=outputs), carried(s, results)
