"""Rate to spike after Kim, Li & Sejnowski (2019), nearer to their settings."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from brian2 import Quantity, ms, second
from scipy.special import expit
from spikemodes.models.networks.network import Network
from spikemodes.models.networks.rate_network import RateNetwork, RateUnit
from spikemodes.models.networks.transfer import Sigmoid
from spikemodes.models.neurons.neuron import NeuronModel
from spikemodes.models.neurons.synaptic_filter import DoubleExponential
from spikemodes.models.quantities import time as duration

from .coarser import Coarser
from .rate_to_spike import to_spikes
from .training.memory import peak_memory_mb
from .training.method import Session, require_every_weight, require_no_penalties, require_spiking
from .training.result import TrainingResult
from .training.seeds import child_of

if TYPE_CHECKING:
    from spikemodes.models.trials import Trials

    from .task import Score, Task
    from .training.recipe import Recipe
    from .twin.rate_twin import RateTwin
    from .twin.twin import Twin

BETWEEN_TESTS = 100
"""Updates between two tests of whether the rates have learned."""

NEAR = 0.1
"""The mean squared error of rates that have learned: 7²/499 of the published loss for 499 steps."""


@dataclass(frozen=True)
class Kim2019:
    """A network of rates learns weights and time constants, for a spiking network made from it.

    Rates learn at a coarser step than spikes need, 5 ms as published where the task's step allows
    it, from inputs averaged over it. Units are sigmoid, sparsely connected under Dale's law, and
    noisy; the decay of each unit's synapses, which is its time constant, learns between two ends.
    One trial makes an update, and learning ends once fresh trials are right.

    The spiking network has the same weights, divided by the rate in Hz that stands for 1, and
    synapses of the same decay. That rate is searched on a grid for the most trials that are right,
    and where several have as many, for the least squared error of target traces. Right is what the
    published criterion says, ``accuracy_kim_2019``, or the accuracy of a task that has none: an
    output that overshoots is right by it. The network nearest to the targets stands beside it in
    what was found. Weights free of Dale's law are the `parameterisation` ``dense``.

    Parameters
    ----------
    tau_shortest, tau_longest
        Ends between which the time constants learn [s].
    rate_step
        The longest step of the rates [s]; it is a multiple of the task's that divides a trial.
    noise
        Of the rates, see `RateUnit`: √2 adds 1/10 in the published step of 5 ms.
    lowest_hz, highest_hz, points
        The grid of rates that stand for 1.
    trials
        Trials on which each is tried, the same for all, and on which the rates are tested.
    enough
        The share of trials that rates must have right to stop learning, before all updates are
        done; 1 for all updates.
    least_updates
        Updates after which they may stop.

    Raises
    ------
    ValueError
        If a value is out of range.

    Source: Kim, Li & Sejnowski, PNAS 116, 22811 (2019), and their code. What differs is listed in
    docs/deviations.md.
    """

    name: ClassVar[str] = "kim-2019"
    settings: ClassVar[Mapping[str, Any]] = {
        "network": {
            "neurons": 200,
            "parameterisation": "dale-sparse",
            "neuron": {"name": "biased-lif", "v_threshold": 25.0, "bias": 25.0, "noise": 0.04},
        },
        "train": {"updates": 5000, "batch": 1, "learning_rate": 1e-2},
    }
    needs_targets: ClassVar[bool] = False

    tau_shortest: Quantity = field(default_factory=lambda: 20 * ms)
    tau_longest: Quantity = field(default_factory=lambda: 100 * ms)
    rate_step: Quantity = field(default_factory=lambda: 5 * ms)
    noise: float = 1.41421356
    lowest_hz: float = 20.0
    highest_hz: float = 75.0
    points: int = 12
    trials: int = 100
    enough: float = 0.95
    least_updates: int = 1500

    def __post_init__(self) -> None:
        RateUnit(
            0.5 * (self.tau_shortest + self.tau_longest),
            noise=self.noise,
            tau_learned=(self.tau_shortest, self.tau_longest),
        )
        duration(self.rate_step, "rate_step")
        if not 0 < self.lowest_hz < self.highest_hz < np.inf:
            raise ValueError(
                f"`lowest_hz` must be positive and below `highest_hz` = {self.highest_hz}:"
                f" got {self.lowest_hz}."
            )
        for name, least in (("points", 2), ("trials", 1), ("least_updates", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"`{name}` must be {least} or more: got {getattr(self, name)}.")
        if not 0 < self.enough <= 1:
            raise ValueError(f"`enough` must be above 0 and at most 1: got {self.enough}.")

    def require(self, recipe: Recipe) -> None:
        """See `Method`."""
        require_spiking(
            recipe,
            "the spiking one for kim-2019, which trains rate neurons of its own: got rate."
            " Leave it out.",
        )
        if recipe.parameterisation.n_modes is not None:
            raise ValueError(
                "`parameterisation` must be dale-sparse or dense for kim-2019, whose synapses"
                f" differ between neurons: got {recipe.parameterisation.name}. Leave it out."
            )
        if recipe.filter.scheme != DoubleExponential().scheme:
            raise ValueError(
                "`filter` must be a double exponential for kim-2019, with the rise that all"
                f" synapses share: got {recipe.filter.name}. Leave it out."
            )
        require_no_penalties(recipe, "kim-2019, which trains rate neurons")
        require_every_weight(recipe, "kim-2019 in its spiking neurons")

    def train(self, task: Task, recipe: Recipe, session: Session) -> TrainingResult[Network]:
        """See `Method`; the trials to search on are apart from those to learn from.

        Raises `ValueError` if the recipe does not fit.
        """
        from .training.loop import train

        self.require(recipe)
        rng = np.random.default_rng(child_of(session.initial, 0))
        low, high = self.tau_shortest, self.tau_longest
        tau = low + (high - low) * expit(rng.standard_normal(recipe.n_neurons))
        unit = RateUnit(tau, Sigmoid(), self.noise, tau_learned=(low, high))
        coarse = Coarser.of(task, self.rate_step)
        initial = replace(recipe, neuron=unit).draw(coarse, np.random.default_rng(session.initial))
        assert isinstance(initial, RateNetwork)
        learned = train(
            coarse,
            initial,
            replace(recipe, constraint=recipe.parameterisation.constraint),
            seed=session.trials,
            on_update=session.on_update,
            on_compile=session.compiling("training kernels, once per neuron model"),
            until=partial(self._has_learned, coarse, session),
            checkpoint=session.checkpoint,
            resume=session.resume,
        )
        rates = replace(learned.network, dt=task.dt)
        started = time.perf_counter()
        trials = task.sample(self.trials, np.random.default_rng(child_of(session.trials, 0)))
        scores, networks = {}, {}
        for rate_hz in map(float, np.linspace(self.lowest_hz, self.highest_hz, self.points)):
            networks[rate_hz] = self.spiking(rates, recipe, rate_hz)
            scores[rate_hz] = _score(task, networks[rate_hz], trials)
        best = max(scores, key=lambda rate_hz: (_right(scores[rate_hz]), _near(scores[rate_hz])))
        nearest = max(scores, key=lambda rate_hz: _near(scores[rate_hz]))
        found = {"rate_of_one_hz": best, "nearest_rate_of_one_hz": nearest}
        for name, score in (
            ("searched", scores[best]),
            ("nearest", scores[nearest]),
            ("rates", _score(task, rates, trials)),
        ):
            found |= {f"{name}_{measure}": value for measure, value in score.measures.items()}
        return TrainingResult(
            network=networks[best],
            method=self.name,
            updates=learned.updates,
            seconds=learned.seconds + time.perf_counter() - started,
            peak_memory_mb=peak_memory_mb(),
            final_loss=learned.final_loss,
            trainable_parameters=learned.trainable_parameters + 1,
            found=found | {"tau_mean_ms": float(np.mean(rates.unit.tau_mem) * 1e3)},
        )

    def _has_learned(
        self, task: Coarser, session: Session, twin: Twin | RateTwin, updates: int
    ) -> bool:
        """Whether the rates may stop learning, by fresh trials."""
        if self.enough == 1 or updates < self.least_updates or updates % BETWEEN_TESTS:
            return False
        rng = np.random.default_rng(child_of(child_of(session.trials, 1), updates))
        network = twin.network()
        assert isinstance(network, RateNetwork)
        score = _score(task, network, task.sample(self.trials, rng))
        return _right(score) > self.enough and _near(score) > -NEAR

    def spiking(self, rates: RateNetwork, recipe: Recipe, rate_hz: float) -> Network:
        """Give the spiking network whose neurons fire at `rate_hz` for a rate of 1."""
        assert isinstance(recipe.neuron, NeuronModel)
        rise = recipe.filter.parameters["tau_rise"]
        own = DoubleExponential(tau_rise=rise, tau_decay=np.asarray(rates.unit.tau_mem) * second)
        # the area under a filtered spike, whatever the decay
        area = float(rates.dt) / -np.expm1(-float(rates.dt / rise))
        network = to_spikes(rates, 1 / (rate_hz * area), neuron=recipe.neuron, filter=own)
        assert isinstance(network, Network)
        return network


def _right(score: Score) -> float:
    """The share of trials that are right, by the published criterion where the task has it."""
    right = score.further.get("accuracy_kim_2019", score.accuracy)
    return 0.0 if right is None else right


def _near(score: Score) -> float:
    """How near outputs are to target traces: larger is nearer."""
    return 0.0 if score.mse is None else -score.mse


def _score(task: Task, network: Network | RateNetwork, trials: Trials) -> Score:
    """Run the plain step; what it draws is the same for all."""
    import torch

    from .step.reference import ReferenceBackend
    from .twin.rate_twin import RateTwin
    from .twin.twin import Twin

    if isinstance(network, RateNetwork):
        twin = RateTwin(network)
    else:
        twin = Twin(network, backend=ReferenceBackend)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return task.score(twin.record(trials).outputs, trials)
