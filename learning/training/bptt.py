"""Backpropagation through time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from spikemodes.models.networks.rate_network import RateUnit

from .method import GradientMethod, require_free_weights, require_no_penalties
from .rules import Differentiated

if TYPE_CHECKING:
    from spikemodes.models.trials import Trials

    from ..task import Task
    from ..twin.rate_twin import RateTwin
    from ..twin.twin import Twin
    from .penalties import Penalty
    from .recipe import Recipe


@dataclass(frozen=True)
class BPTT(GradientMethod):
    """Backpropagation through time with surrogate derivatives (Lin & Huang 2024)."""

    name: ClassVar[str] = "bptt"
    needs_targets: ClassVar[bool] = False

    def require(self, recipe: Recipe) -> None:
        """See `Method`."""
        if isinstance(recipe.neuron, RateUnit):
            require_free_weights(recipe, "rate neurons")
            require_no_penalties(recipe, "rate neurons, which have no firing rate")

    def prepare(
        self, trials: Trials, twin: Twin | RateTwin, on_compile: Callable[[], None] | None = None
    ) -> None:
        """See `Rule`."""
        import torch

        twin.prepare(torch.from_numpy(trials.inputs), on_compile)

    def differentiate(
        self,
        task: Task,
        twin: Twin | RateTwin,
        trials: Trials,
        penalties: tuple[Penalty, ...],
        step: int,
    ) -> Differentiated:
        """See `Rule`."""
        import torch

        from ..twin.rate_twin import RateResponse

        response = twin(torch.from_numpy(trials.inputs))
        loss = task.loss(response.outputs, trials)
        total = loss
        if penalties:
            if isinstance(response, RateResponse):
                raise ValueError(
                    "`penalties` must be left out for a rate network, which has no firing rate:"
                    f" got {penalties[0]!r}."
                )
            rates = response.activity.spike_counts.mean(dim=0)
            rates = rates / (trials.n_steps * float(trials.dt))
            for penalty in penalties:
                total = total + penalty(twin.recurrent, rates)
        total.backward()
        return Differentiated(response, loss)
