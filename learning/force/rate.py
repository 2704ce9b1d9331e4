"""FORCE: a chaotic rate network is tamed by a readout that learns while it feeds back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from brian2 import Quantity
from jaxtyping import Float
from scipy import sparse
from spikemodes.models.networks.rate_network import RateNetwork, RateUnit
from spikemodes.models.networks.transfer import Tanh

from .online import Answer, Learner, LeastSquares

if TYPE_CHECKING:
    from spikemodes.models.trials import Trials

    from ..task import Task
    from ..training.method import Session
    from ..training.recipe import Recipe


@dataclass(frozen=True)
class Force(LeastSquares):
    """Rate FORCE: recursive least squares on the readout of a chaotic network.

    A batch of trials runs side by side.

    Parameters
    ----------
    inputs
        Standard deviation of the input weights.

    The others, and what it raises, are those of `LeastSquares`.

    Source: Sussillo & Abbott, Neuron 63, 544 (2009).
    """

    name: ClassVar[str] = "force"
    settings: ClassVar[Mapping[str, Any]] = {
        "network": {
            "neurons": 500,
            "neuron": {"name": "rate", "tau_mem": "10 ms"},
            "parameterisation": "dense",
        },
        "train": {"updates": 100, "batch": 1},
    }

    def require(self, recipe: Recipe) -> None:
        """See `Method`."""
        unit = recipe.neuron
        if not isinstance(unit, RateUnit):
            raise ValueError(
                f"`neuron` must be rate for FORCE: got {unit.name}. Leave it out, or use"
                " spiking-force."
            )
        if unit.transfer != Tanh():
            raise ValueError(
                f"`neuron.transfer` must be tanh for FORCE: got {unit.transfer.name}. Leave it out."
            )
        super().require(recipe)

    def learner(
        self, task: Task, recipe: Recipe, session: Session, rng: np.random.Generator
    ) -> Learner[RateNetwork]:
        """See `LeastSquares`."""
        return RateLearner(Reservoir.draw(task, self, recipe, rng), self, task.dt)


@dataclass(frozen=True, eq=False)
class Reservoir:
    """All that FORCE does not learn.

    ::

        x[k] = a_mem x[k-1] + (1 - a_mem) (g J r[k-1] + W_in u[k] + w_fb z[k-1])
        r = tanh(x),   z = wᵀ r

    With the learned w it is the `RateNetwork` of W = g J + w_fb wᵀ: a perturbation of g J by one
    mode for each output.

    Parameters
    ----------
    J
        Fixed weights, g included (N × N).
    W_in
        Input weights (N × C).
    w_fb
        Feedback weights (N × O), uniform in ±1.
    unit
        The neuron.
    """

    J: sparse.csr_array
    W_in: Float[np.ndarray, "N C"]
    w_fb: Float[np.ndarray, "N O"]
    unit: RateUnit

    @staticmethod
    def draw(task: Task, force: Force, recipe: Recipe, rng: np.random.Generator) -> Reservoir:
        """Draw the weights."""
        n, unit = recipe.n_neurons, recipe.neuron
        assert isinstance(unit, RateUnit)
        return Reservoir(
            J=force.draw_recurrence(n, rng),
            W_in=force.inputs * rng.standard_normal((n, task.n_inputs)),
            w_fb=rng.uniform(-1, 1, (n, task.n_outputs)),
            unit=unit,
        )

    def network(self, w: Float[np.ndarray, "N O"], dt: Quantity) -> RateNetwork:
        """The network with the readout w."""
        return RateNetwork(
            recurrence=self.J.toarray() + self.w_fb @ w.T,
            W_in=self.W_in,
            W_out=w.T.copy(),
            dt=dt,
            unit=self.unit,
        )


class RateLearner:
    """The reservoir while it learns; see `Learner`."""

    def __init__(self, reservoir: Reservoir, force: Force, dt: Quantity) -> None:
        from .least_squares import RecursiveLeastSquares

        self.reservoir, self.every, self.dt = reservoir, force.every, dt
        self.readout = RecursiveLeastSquares(np.zeros_like(reservoir.w_fb), force.alpha)
        n, n_outputs = reservoir.w_fb.shape
        self._last = np.zeros((1, n)), np.zeros((1, n_outputs))  # of the trial that goes on

    @property
    def n_learned(self) -> int:
        """See `Learner`."""
        return self.readout.weights.size

    def network(self) -> RateNetwork:
        """See `Learner`."""
        return self.reservoir.network(self.readout.weights, self.dt)

    def learn(self, trials: Trials) -> Answer:
        """See `Learner`."""
        x, z = (np.zeros((trials.n_trials, part.shape[1])) for part in self._last)
        answer, _ = self._run(trials, x, z)
        return answer

    def learn_on(self, trial: Trials) -> Answer:
        """See `Learner`."""
        answer, self._last = self._run(trial, *self._last)
        return answer

    def _run(
        self, trials: Trials, x: Float[np.ndarray, "B N"], z: Float[np.ndarray, "B O"]
    ) -> tuple[Answer, tuple[np.ndarray, np.ndarray]]:
        """Run trials from the state x and the output z; gives those at the end, too."""
        assert trials.targets is not None
        reservoir, readout = self.reservoir, self.readout
        decay = reservoir.unit.decay(trials.dt)
        drive = trials.inputs.astype(float) @ reservoir.W_in.T
        outputs = np.empty(trials.targets.shape)
        r = np.tanh(x)
        for k, current in enumerate(drive):
            total = current + (reservoir.J @ r.T).T + z @ reservoir.w_fb.T
            x = decay * x + (1 - decay) * total
            r = np.tanh(x)
            z = outputs[k] = r @ readout.weights  # what comes back still errs, so that it learns
            if k % self.every == 0:  # to return from errors
                for trial in np.flatnonzero(trials.scored[k]):
                    readout.update(r[trial], trials.targets[k, trial])
        return Answer(outputs), (x, z)
