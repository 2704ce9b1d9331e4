"""FORCE: a chaotic rate network is tamed by a readout that learns while it feeds back."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from brian2 import Quantity, ms
from jaxtyping import Float
from scipy import sparse
from spikemodes.models.networks.rate_network import RateNetwork, RateUnit
from spikemodes.models.trials import Trials

from ..task import Task
from ..training.loop import TrainingResult, Update
from .least_squares import RecursiveLeastSquares
from .online import Answer, OnlineOptions, require_target_trace, train_online


@dataclass(frozen=True)
class ForceOptions(OnlineOptions):
    """How a network is drawn, chaotic for a gain above 1, and how its readout learns.

    Parameters
    ----------
    tau_mem
        Time constant τ of the neurons [s].

    The others, and what it raises, are those of `OnlineOptions`; a batch runs side by side.
    """

    alpha: float = 0.1
    tau_mem: Quantity = field(default_factory=lambda: 10 * ms)


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
        Input weights (N × C), standard normal.
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
    def draw(task: Task, options: ForceOptions, rng: np.random.Generator) -> "Reservoir":
        """Draw the weights."""
        n = options.n_neurons
        return Reservoir(
            J=draw_recurrence(n, options.gain, options.connectivity, rng),
            W_in=rng.standard_normal((n, task.n_inputs)),
            w_fb=rng.uniform(-1, 1, (n, task.n_outputs)),
            unit=RateUnit(options.tau_mem),
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


def draw_recurrence(
    n: int, gain: float, connectivity: float, rng: np.random.Generator
) -> sparse.csr_array:
    """Draw the fixed weights g J, a fraction p not zero, of variance g²/(pN) (N × N)."""
    J = rng.standard_normal((n, n)) * (rng.random((n, n)) < connectivity)
    return sparse.csr_array(gain / np.sqrt(connectivity * n) * J)


def train_force(
    task: Task,
    options: ForceOptions | None = None,
    *,
    seed: int | np.random.SeedSequence = 0,
    on_update: Callable[[Update], None] | None = None,
) -> TrainingResult[RateNetwork]:
    """Learn the readout of a random network by recursive least squares, online.

    Parameters
    ----------
    task
        Where trials, loss and score come from; it must have target traces.
    options
        How the network is drawn and learns.
    seed
        Seed of the weights and the trials.
    on_update
        Called after each batch.

    Raises
    ------
    ValueError
        If the task has no target traces.
    TrainingDivergedError
        If the outputs become NaN or infinite.

    Source: Sussillo & Abbott, Neuron 63, 544 (2009).
    """
    options, rng = options or ForceOptions(), np.random.default_rng(seed)
    require_target_trace(task)
    return train_online(
        task,
        _RateForce(Reservoir.draw(task, options, rng), options, task.dt),
        rng,
        method="force",
        updates=options.updates,
        batch_size=options.batch_size,
        on_update=on_update,
    )


class _RateForce:
    """See `Learner`."""

    def __init__(self, reservoir: Reservoir, options: ForceOptions, dt: Quantity) -> None:
        self.reservoir, self.every, self.dt = reservoir, options.every, dt
        self.readout = RecursiveLeastSquares(np.zeros_like(reservoir.w_fb), options.alpha)

    @property
    def n_learned(self) -> int:
        return self.readout.weights.size

    def network(self) -> RateNetwork:
        return self.reservoir.network(self.readout.weights, self.dt)

    def learn(self, trials: Trials) -> Answer:
        assert trials.targets is not None
        reservoir, readout = self.reservoir, self.readout
        decay = reservoir.unit.decay(trials.dt)
        drive = trials.inputs.astype(float) @ reservoir.W_in.T
        outputs = np.empty(trials.targets.shape)
        x = np.zeros(drive.shape[1:])
        r, z = np.tanh(x), np.zeros_like(outputs[0])
        for k, current in enumerate(drive):
            total = current + (reservoir.J @ r.T).T + z @ reservoir.w_fb.T
            x = decay * x + (1 - decay) * total
            r = np.tanh(x)
            z = outputs[k] = r @ readout.weights  # what comes back still errs, so that it learns
            if k % self.every == 0:  # to return from errors
                for trial in np.flatnonzero(trials.scored[k]):
                    readout.update(r[trial], trials.targets[k, trial])
        return Answer(outputs)
