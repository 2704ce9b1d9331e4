"""The three-factor rule, as a rule of gradients and a method of training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from ..training.method import (
    GradientMethod,
    Session,
    require_every_weight,
    require_no_penalties,
    require_spiking,
)
from ..training.rules import BPTT, Differentiated
from ..training.seeds import child_of
from .feedback import FEEDBACKS, Feedback, Symmetric

if TYPE_CHECKING:
    from spikemodes.models.trials import Trials

    from ..task import Task
    from ..training.penalties import Penalty
    from ..training.recipe import Recipe
    from ..training.result import TrainingResult
    from ..twin.rate_twin import RateTwin
    from ..twin.twin import Twin


@dataclass(frozen=True)
class ThreeFactor(GradientMethod):
    """E-prop in mode space, which transports xi_in.

    Eligibilities are carried forward online, in memory O(B N (P + C)) for B trials and C channels
    however long the trials; targets and outputs are kept (T × B × O), and weights change after each
    batch.

    With L_j the output error fed back to neuron j, ē_jp the eligibility of its input from mode p
    (filtered like the readout), ψ̄_j that of a recurrent input that is always 1, r̄_i the mean trace
    of neuron i over the past that ψ̄_j spans, and F = xi_in · Sigma::

        Δxi_in = G Sigmaᵀ          G_jp = Σ_t L_j ē_jp
        ΔSigma = xi_inᵀ G
        Δxi_out[i, p] = Σ_t r̄_i Σ_j F_jp L_j ψ̄_j

    W_in learns like G, from the inputs in place of modes; W_out from error times trace. All but
    Δxi_out are the gradients of e-prop; `eligibility` derives Δxi_out.

    Parameters
    ----------
    feedback
        How output errors reach the neurons, and neurons the modes: `Symmetric()`,
        `RandomFeedback()`, or `RandomModes()`, which transports neither W_out nor xi_in.
    compare_every
        Updates between comparisons with the gradients of e-prop and `BPTT`, block by block, which
        take memory that grows with the trial; the trained network is compared, too, on a batch of
        its own. 0 compares never.

    Raises
    ------
    ValueError
        If `compare_every` is negative.

    Source: Bellec et al., Nat. Commun. 11, 3625 (2020) (e-prop), in mode space.
    """

    name: ClassVar[str] = "three-factor"
    needs_targets: ClassVar[bool] = True
    has_penalties: ClassVar[bool] = False

    feedback: Feedback = field(default_factory=Symmetric, metadata={"one_of": FEEDBACKS})
    compare_every: int = 50

    def __post_init__(self) -> None:
        if self.compare_every < 0:
            raise ValueError(f"`compare_every` must be 0 or more: got {self.compare_every}.")

    def require(self, recipe: Recipe) -> None:
        """See `Method`."""
        require_spiking(
            recipe,
            "one that spikes for the three-factor rule: got rate. Leave it out, or train rate"
            " neurons by bptt or force.",
        )
        if recipe.parameterisation.n_modes is None:
            raise ValueError(
                "`parameterisation` must have modes for the three-factor rule: got"
                f" {recipe.parameterisation.name}. Use modes, modes-full, dale or scores."
            )
        require_no_penalties(recipe, "the three-factor rule, which has no eligibility for them")
        require_every_weight(recipe, "the three-factor rule")

    def drawn(self, seed: int | np.random.SeedSequence) -> Self:
        """See `Rule`."""
        return replace(self, feedback=self.feedback.drawn(seed))

    def train(self, task: Task, recipe: Recipe, session: Session) -> TrainingResult:
        """See `Method`. Raises `ValueError` if the recipe does not fit."""
        result = super().train(task, recipe, session)
        if not self.compare_every:
            return result
        from ..twin.twin import Twin
        from .alignment import alignment

        twin = Twin(result.network, **recipe.of_twin)
        if recipe.parameterisation.constraint is not None:
            recipe.parameterisation.constraint.apply(twin)
        rng = np.random.default_rng(child_of(session.trials, 1))
        feedback = self.feedback.drawn(session.trials)  # as the training drew it
        cosines = alignment(task, twin, feedback, recipe.batch_size, rng)
        return replace(result, found={**result.found, "cosines": cosines})

    def prepare(
        self, trials: Trials, twin: Twin | RateTwin, on_compile: Callable[[], None] | None = None
    ) -> None:
        """See `Rule`."""
        from .gradients import fitting, prepare

        if self.compare_every:
            BPTT().prepare(trials, twin, on_compile)
        prepare(fitting(twin, trials), trials, self.feedback, on_compile)

    def differentiate(
        self,
        task: Task,
        twin: Twin | RateTwin,
        trials: Trials,
        penalties: tuple[Penalty, ...],
        step: int,
    ) -> Differentiated:
        """See `Rule`.

        Raises `ValueError` for a network without modes or spikes, a readout without traces, trials
        without targets, or penalties, which have no eligibility.
        """
        from .alignment import by_block, cosines, reference_gradients
        from .gradients import fitting, learn

        twin = fitting(twin, trials, penalties)
        compared = self.compare_every and (step - 1) % self.compare_every == 0
        references = reference_gradients(task, twin, trials) if compared else None
        response = learn(twin, trials, self.feedback)
        return Differentiated(
            response,
            task.loss(response.outputs, trials),
            cosines(by_block(twin), references) if references else None,
        )
