"""The Neural Engineering Framework as a way to get a network for a task."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from spikemodes.models.neurons.neuron import CURRENT, NeuronModel

from ..task import SumsEvidence
from ..training.memory import peak_memory_mb
from ..training.method import (
    Session,
    require_every_weight,
    require_no_penalties,
    require_spiking,
)
from ..training.parameterisation import LowRank
from ..training.result import TrainingResult, Update

if TYPE_CHECKING:
    from spikemodes.models.networks.network import Network

    from ..task import Task
    from ..training.recipe import Recipe

_MODES = 3
_FEWEST = 20


@dataclass(frozen=True)
class NEF:
    """A gated integrator whose decoders are solved for in closed form: nothing is trained.

    It is for tasks that sum evidence which other inputs gate, and answer with the sign of the sum
    once nothing is shown any more, as selective integration: what is to be computed must be known.
    Three modes carry the sum, what is added to it, and whether anything is shown; their xi_in are
    encoders, drawn, their xi_out decoders, solved for by least squares from measured tuning curves.

    Parameters
    ----------
    noise
        Standard deviation of the noise that decoders expect on an activity, in parts of the largest
        in the tuning curves.
    gates, integrators
        Shares of the cells that gate the evidence and that hold the sum; the others answer.

    Raises
    ------
    ValueError
        If a value is out of range.

    Source: Eliasmith & Anderson, Neural Engineering, MIT Press (2003).
    """

    name: ClassVar[str] = "nef"
    settings: ClassVar[Mapping[str, Any]] = {"train": {"updates": 1}}
    needs_targets: ClassVar[bool] = False

    noise: float = 0.1
    gates: float = 0.4
    integrators: float = 0.3

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not 0 < value < 1:
                raise ValueError(f"`{name}` must be between 0 and 1: got {value}.")
        if self.gates + self.integrators >= 1:
            raise ValueError(
                "`gates` and `integrators` must leave cells to answer: got"
                f" {self.gates} and {self.integrators}. Lower them."
            )

    def require(self, recipe: Recipe) -> None:
        """See `Method`."""
        require_spiking(recipe, "a spiking one for NEF, as all here: got rate. Leave it out.")
        if isinstance(recipe.neuron, NeuronModel) and recipe.neuron.inputs != CURRENT:
            raise ValueError(
                f"`neuron` must take currents for NEF: {recipe.neuron.name} takes conductances."
                " Leave it out."
            )
        if recipe.parameterisation != LowRank(_MODES):
            raise ValueError(
                f"`parameterisation` must be modes, {_MODES} of them, for NEF: got"
                f" {recipe.parameterisation.name}, {recipe.parameterisation.n_modes}."
                " Leave both out."
            )
        if recipe.n_neurons < _FEWEST:
            raise ValueError(
                f"`n_neurons` must be {_FEWEST} or more for NEF, whose cells are of several kinds:"
                f" got {recipe.n_neurons}."
            )
        if recipe.input_gain is not None:
            raise ValueError(
                "`input_gain` must be left out for NEF, which gives each neuron its own: got"
                f" {type(recipe.input_gain).__name__}. Leave it out."
            )
        require_no_penalties(recipe, "NEF, which trains nothing")
        require_every_weight(recipe, "NEF")

    def require_task(self, task: Task) -> None:
        """Raise `ValueError` for a task that is no sum of gated evidence."""
        if not isinstance(task, SumsEvidence):
            raise ValueError(
                "`task` must be a sum of gated evidence for NEF, such as selective-integration,"
                f" since its dynamics have to be known: got {task.name}. Take the method bptt."
            )

    def train(self, task: Task, recipe: Recipe, session: Session) -> TrainingResult[Network]:
        """See `Method`; `session.initial` is the seed of the encoders.

        Raises `ValueError` if recipe or task do not fit.
        """
        self.require(recipe)
        self.require_task(task)
        assert isinstance(task, SumsEvidence)
        assert isinstance(recipe.neuron, NeuronModel)
        import torch

        from ..twin.twin import Twin
        from .integrator import Populations, solve_integrator
        from .tuning import Bench

        started = time.perf_counter()
        found = solve_integrator(
            Bench(recipe.neuron, recipe.filter, task.dt),
            task.gated_evidence,
            task.n_inputs,
            Populations.of(recipe.n_neurons, self.gates, self.integrators),
            self.noise,
            np.random.default_rng(session.initial),
        )
        seconds = time.perf_counter() - started
        trials = task.sample(recipe.batch_size, np.random.default_rng(session.trials))
        recording = Twin(found.network).record(trials)
        loss = float(task.loss(torch.from_numpy(recording.outputs), trials))
        score = task.score(recording.outputs, trials)
        if session.on_update:
            session.on_update(
                Update(
                    step=1,
                    loss=loss,
                    accuracy=score.accuracy,
                    mse=score.mse,
                    explained_variance=score.explained_variance,
                    rate_hz=recording.rate_hz,
                    gradient_norm=None,
                    learning_rate=None,
                    seconds=seconds,
                )
            )
        return TrainingResult(
            network=found.network,
            method=self.name,
            updates=1,
            seconds=seconds,
            peak_memory_mb=peak_memory_mb(),
            final_loss=loss,
            trainable_parameters=found.n_solved,
            found={"delay_ms": 1e3 * found.delay, "decoding_errors": found.errors},
        )
