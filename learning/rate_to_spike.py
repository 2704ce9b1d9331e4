"""Rate to spike: a rate network learns, and one scale turns its weights into spiking ones."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from spikemodes.models.networks.modes import Modes
from spikemodes.models.networks.network import DenseNetwork, ModeNetwork
from spikemodes.models.networks.rate_network import RateNetwork
from spikemodes.models.networks.transfer import Sigmoid
from spikemodes.models.neurons.biased import BiasedLIF
from spikemodes.models.neurons.neuron import NeuronModel
from spikemodes.models.neurons.synaptic_filter import DoubleExponential, SynapticFilter
from spikemodes.models.trials import Trials

from .task import Task
from .training.loop import TrainingOptions, TrainingResult, Update, train
from .training.memory import peak_memory_mb
from .twin.twin import Twin


@dataclass(frozen=True)
class RateToSpikeOptions:
    """How the scale λ is searched: on a geometric grid, then on finer ones around the best.

    Parameters
    ----------
    lowest, highest
        Ends of the first grid.
    points
        Points of each grid.
    refinements
        Grids after the first, each between the neighbours of the best λ so far.
    trials
        Trials on which each λ is tried, the same for all.

    Raises
    ------
    ValueError
        If a value is out of range.
    """

    lowest: float = 2.0
    highest: float = 30.0
    points: int = 7
    refinements: int = 1
    trials: int = 60

    def __post_init__(self) -> None:
        if not 0 < self.lowest < self.highest < np.inf:
            raise ValueError(
                f"`lowest` must be positive and below `highest` = {self.highest}:"
                f" got {self.lowest}."
            )
        for name, least in (("points", 3), ("refinements", 0), ("trials", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"`{name}` must be {least} or more: got {getattr(self, name)}.")


def to_spikes(
    rate: RateNetwork,
    scale: float,
    *,
    neuron: NeuronModel | None = None,
    filter: SynapticFilter | None = None,
) -> ModeNetwork | DenseNetwork:
    """Give the spiking network whose filtered spike trains stand for the rates.

    ::

        W_spikes = λ W      W_out_spikes = λ W_out      W_in_spikes = W_in

    A rate of 1 is a filtered spike train of 1/λ. Modes stay as they are, and scores are scaled.

    Parameters
    ----------
    rate
        A network of positive rates.
    scale
        λ.
    neuron
        By default the published one: a current of 1 is 1 mV, 25 mV lead from reset to threshold,
        and where the current of a unit is 0, that of the neuron is at threshold.
    filter
        Filter of the spike trains; its decay is best the time constant of the units.

    Raises
    ------
    ValueError
        If λ is not positive, or the rates may be negative.

    Source: Kim, Li & Sejnowski, PNAS 116, 22811 (2019).
    """
    if not 0 < scale < np.inf:
        raise ValueError(f"`scale` must be positive and finite: got {scale}.")
    if rate.unit.transfer != Sigmoid():
        raise ValueError(
            "`rate` must have positive rates, as filtered spike trains are: got"
            f" {rate.unit.transfer.name}. Train it with a sigmoid."
        )
    shared = {
        "neuron": neuron or millivolt_lif(),
        "filter": filter or DoubleExponential(tau_decay=rate.unit.tau_mem),
        "W_in": rate.W_in,
        "W_out": scale * rate.W_out,
        "dt": rate.dt,
        "readout": rate.readout,
    }
    if isinstance(W := rate.recurrence, Modes):
        return ModeNetwork(modes=replace(W, scores=scale * W.scores), **shared)
    return DenseNetwork(W=scale * W, **shared)


def millivolt_lif() -> NeuronModel:
    """Build the published neuron, its potential in mV above reset."""
    return BiasedLIF(v_threshold=25.0, bias=25.0)


def train_rate_to_spike(
    task: Task,
    rate: RateNetwork,
    training: TrainingOptions | None = None,
    options: RateToSpikeOptions | None = None,
    *,
    neuron: NeuronModel | None = None,
    filter: SynapticFilter | None = None,
    seed: int | np.random.SeedSequence = 0,
    on_update: Callable[[Update], None] | None = None,
    checkpoint: Path | None = None,
    resume: bool = False,
) -> TrainingResult[ModeNetwork | DenseNetwork]:
    """Train a rate network, and give the spiking one of the scale at which its loss is least.

    Parameters
    ----------
    task
        Where trials, loss and score come from.
    rate
        Initial network, of positive rates.
    training
        How the rate network learns.
    options
        How the scale is searched, in the twin of the spiking network.
    neuron, filter
        See `to_spikes`.
    seed
        Seed of the trials to learn from and, apart from these, of those to search on.
    on_update, checkpoint, resume
        See `training.train`, for the rate network.

    Raises
    ------
    TrainingDivergedError
        If loss or gradient become NaN or infinite.
    ValueError
        As `train` and `to_spikes` do.
    """
    options = options or RateToSpikeOptions()
    spiking = {"neuron": neuron, "filter": filter}
    to_spikes(rate, 1.0, **spiking)  # what is wrong shows before training
    learned = train(
        task,
        rate,
        training,
        seed=seed,
        on_update=on_update,
        checkpoint=checkpoint,
        resume=resume,
    )
    started = time.perf_counter()
    trials = task.sample(options.trials, np.random.default_rng(_apart(seed)))
    losses = search_scale(
        lambda scale: _loss(task, to_spikes(learned.network, scale, **spiking), trials), options
    )
    scale = min(losses, key=losses.__getitem__)
    return TrainingResult(
        network=to_spikes(learned.network, scale, **spiking),
        method="rate-to-spike",
        updates=learned.updates,
        seconds=learned.seconds + time.perf_counter() - started,
        peak_memory_mb=peak_memory_mb(),
        final_loss=learned.final_loss,
        trainable_parameters=learned.trainable_parameters + 1,
        found={"scale": scale, "scaled_loss": losses[scale], "scales_tried": len(losses)},
    )


def search_scale(loss: Callable[[float], float], options: RateToSpikeOptions) -> dict[float, float]:
    """Give the losses of all λ tried. Grids, since a loss of spikes is no smooth function of λ."""
    losses: dict[float, float] = {}
    lowest, highest = options.lowest, options.highest
    for _ in range(1 + options.refinements):
        for scale in map(float, np.geomspace(lowest, highest, options.points)):
            if scale not in losses:
                losses[scale] = loss(scale)
        tried = sorted(losses)
        best = tried.index(min(losses, key=losses.__getitem__))
        lowest, highest = tried[max(best - 1, 0)], tried[min(best + 1, len(tried) - 1)]
    return losses


def _loss(task: Task, network: ModeNetwork | DenseNetwork, trials: Trials) -> float:
    """Run the twin's plain step: the few runs of a search are not worth compiling kernels."""
    return float(task.loss(torch.from_numpy(Twin(network).record(trials).outputs), trials))


def _apart(seed: int | np.random.SeedSequence) -> np.random.SeedSequence:
    """Derive the seed of another stream; unlike ``spawn`` the same one at each call."""
    if not isinstance(seed, np.random.SeedSequence):
        seed = np.random.SeedSequence(seed)
    return np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, 0))
