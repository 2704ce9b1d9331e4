"""Learning rules: how the gradient of a batch comes about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, Self, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from spikemodes.models.trials import Trials
    from torch import Tensor

    from ..task import Task
    from ..twin.rate_twin import RateResponse, RateTwin
    from ..twin.twin import Response, Twin
    from .penalties import Penalty


Cosines: TypeAlias = Mapping[str, Mapping[str, float]]
"""Of a gradient with others, by what these are (``e-prop``, ``bptt``) and by block of weights."""


@dataclass(frozen=True, eq=False)
class Differentiated:
    """A batch whose gradient lies in the parameters of the twin.

    Parameters
    ----------
    response
        What the twin answered.
    loss
        The task's loss, without penalties.
    cosines
        Of the gradient with those of other rules, where they were compared.
    """

    response: Response | RateResponse
    loss: Tensor
    cosines: Cosines | None = None


class Rule(Protocol):
    """A way to find the gradient of a batch."""

    name: ClassVar[str]

    def drawn(self, seed: int | np.random.SeedSequence) -> Self:
        """Give the rule with all that is random in it drawn, from the seed of the training."""
        ...

    def prepare(
        self, trials: Trials, twin: Twin | RateTwin, on_compile: Callable[[], None] | None = None
    ) -> None:
        """Compile what the rule needs for such trials, before time counts.

        `on_compile` is called if the compiler has to run.
        """
        ...

    def differentiate(
        self,
        task: Task,
        twin: Twin | RateTwin,
        trials: Trials,
        penalties: tuple[Penalty, ...],
        step: int,
    ) -> Differentiated:
        """Run the trials of update number `step` and leave the gradient in the parameters."""
        ...


@dataclass(frozen=True)
class BPTT:
    """Backpropagation through time with surrogate derivatives (Lin & Huang 2024)."""

    name: ClassVar[str] = "bptt"

    def drawn(self, seed: int | np.random.SeedSequence) -> Self:
        """See `Rule`: nothing is random."""
        return self

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
