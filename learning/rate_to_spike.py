"""Rate to spike, after Kim, Li & Sejnowski: one scale turns learned rates into spikes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from spikemodes.models.networks.modes import Modes
from spikemodes.models.networks.network import DenseNetwork, ModeNetwork, Network
from spikemodes.models.networks.rate_network import RateNetwork, RateUnit
from spikemodes.models.networks.transfer import Sigmoid
from spikemodes.models.neurons.biased import BiasedLIF
from spikemodes.models.neurons.neuron import NeuronModel
from spikemodes.models.neurons.synaptic_filter import DoubleExponential, SynapticFilter

from .training.bptt import Backpropagation
from .training.memory import peak_memory_mb
from .training.method import (
    Session,
    require_every_weight,
    require_free_weights,
    require_no_penalties,
    require_spiking,
)
from .training.result import TrainingResult
from .training.seeds import child_of

if TYPE_CHECKING:
    from spikemodes.models.trials import Trials

    from .task import Task
    from .training.recipe import Recipe


@dataclass(frozen=True)
class RateToSpike:
    """A sigmoid rate network learns by backpropagation; one scale λ makes it spike.

    Its units have the time constant of the synaptic filter. The longer that is, and the more
    neurons a mode averages over, the less is lost to the noise of spikes. λ is searched on a
    geometric grid, then on finer ones around the best.

    After Kim, Li & Sejnowski (2019), who have more: time constants that learn for each unit, noise,
    Dale's law, sparse weights and no modes, 25 mV from reset to threshold (here 50), and inputs
    that do not learn. `Kim2019` has their settings.

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

    Source: after Kim, Li & Sejnowski, PNAS 116, 22811 (2019).
    """

    name: ClassVar[str] = "rate-to-spike"
    settings: ClassVar[Mapping[str, Any]] = {
        "network": {
            "neurons": 200,
            "modes": 5,
            "neuron": {"name": "biased-lif", "v_threshold": 50.0, "bias": 50.0},
            "synapse": {"tau_decay": "100 ms"},
        },
        "train": {"updates": 200, "learning_rate": 3e-3},
    }
    needs_targets: ClassVar[bool] = False

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

    def require(self, recipe: Recipe) -> None:
        """See `Method`."""
        require_spiking(
            recipe,
            "the spiking one for rate-to-spike, which trains rate neurons of its own: got rate."
            " Leave it out.",
        )
        if "tau_decay" not in recipe.filter.parameters:
            raise ValueError(
                "`filter` must have a time constant tau_decay for rate-to-spike, that of the rate"
                f" neurons: {recipe.filter.name} has none. Take DoubleExponential."
            )
        require_free_weights(recipe, "rate-to-spike")
        require_no_penalties(recipe, "rate-to-spike, which trains rate neurons")
        require_every_weight(recipe, "rate-to-spike in its spiking neurons")

    def train(self, task: Task, recipe: Recipe, session: Session) -> TrainingResult[Network]:
        """See `Method`; the trials to search on are apart from those to learn from.

        Raises `ValueError` if the recipe does not fit.
        """
        self.require(recipe)
        rates = replace(recipe, neuron=RateUnit(recipe.filter.parameters["tau_decay"], Sigmoid()))
        learned = Backpropagation().train(task, rates, session)
        started = time.perf_counter()
        trials = task.sample(self.trials, np.random.default_rng(child_of(session.trials, 0)))

        def spiking(scale: float) -> Network:
            neuron = recipe.neuron
            assert isinstance(neuron, NeuronModel)
            return to_spikes(learned.network, scale, neuron=neuron, filter=recipe.filter)

        losses = self.search(lambda scale: _loss(task, spiking(scale), trials))
        scale = min(losses, key=losses.__getitem__)
        return TrainingResult(
            network=spiking(scale),
            method=self.name,
            updates=learned.updates,
            seconds=learned.seconds + time.perf_counter() - started,
            peak_memory_mb=peak_memory_mb(),
            final_loss=learned.final_loss,
            trainable_parameters=learned.trainable_parameters + 1,
            found={"scale": scale, "scaled_loss": losses[scale], "scales_tried": len(losses)},
        )

    def search(self, loss: Callable[[float], float]) -> dict[float, float]:
        """Give the losses of all λ tried; on grids, since a loss of spikes is not smooth in λ."""
        losses: dict[float, float] = {}
        lowest, highest = self.lowest, self.highest
        for _ in range(1 + self.refinements):
            for scale in map(float, np.geomspace(lowest, highest, self.points)):
                if scale not in losses:
                    losses[scale] = loss(scale)
            tried = sorted(losses)
            best = tried.index(min(losses, key=losses.__getitem__))
            lowest, highest = tried[max(best - 1, 0)], tried[min(best + 1, len(tried) - 1)]
        return losses


def to_spikes(
    rate: RateNetwork,
    scale: float,
    *,
    neuron: NeuronModel | None = None,
    filter: SynapticFilter | None = None,
) -> Network:
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


def _loss(task: Task, network: Network, trials: Trials) -> float:
    """Run the twin's plain step: the few runs of a search are not worth compiling kernels."""
    import torch

    from .twin.twin import Twin

    return float(task.loss(torch.from_numpy(Twin(network).record(trials).outputs), trials))
