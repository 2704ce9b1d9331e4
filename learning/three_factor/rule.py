"""The three-factor rule, as a rule of gradients and a method of training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from ..training.method import GradientMethod, require_no_penalties, require_spiking
from ..training.rules import BPTT, Differentiated
from .feedback import FEEDBACKS, Feedback, Symmetric

if TYPE_CHECKING:
    from spikemodes.models.trials import Trials

    from ..task import Task
    from ..training.penalties import Penalty
    from ..training.recipe import Recipe
    from ..twin.rate_twin import RateTwin
    from ..twin.twin import Twin


@dataclass(frozen=True)
class ThreeFactor(GradientMethod):
    """Eligibility times learning signal, in memory O(NP) however long the trial.

    With L_j the output error fed back to neuron j, ē_jp the eligibility of its input from mode p
    (filtered like the readout), m_p the mode activity, tr_i the trace of neuron i filtered like
    a synaptic input, ψ_j the surrogate derivative and F = xi_in · Sigma::

        Δxi_in = G Sigmaᵀ          G_jp = Σ_t L_j ē_jp
        ΔSigma = xi_inᵀ G
        Δxi_out[i, p] = Σ_t tr_i Σ_j F_jp L_j ψ_j

    W_in learns like G, from the inputs in place of modes; W_out from error times trace.

    Parameters
    ----------
    feedback
        How output errors reach the neurons: `Symmetric()` or `RandomFeedback(seed)`.
    compare_every
        Updates between comparisons with the gradient of `BPTT`, which takes memory that grows with
        the trial; 0 compares never.

    Raises
    ------
    ValueError
        If `compare_every` is negative.

    Source: Bellec et al., Nat. Commun. 11, 3625 (2020) (e-prop), in mode space.
    """

    name: ClassVar[str] = "three-factor"
    needs_targets: ClassVar[bool] = True

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
        require_no_penalties(recipe, "the three-factor rule, which is local")

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
        without targets, or penalties, for which there is no local rule.
        """
        from .gradients import cosine, fitting, flat, learn

        twin = fitting(twin, trials, penalties)
        reference = None
        if self.compare_every and (step - 1) % self.compare_every == 0:
            BPTT().differentiate(task, twin, trials, (), step)
            reference = flat(twin)
            twin.zero_grad()
        response = learn(twin, trials, self.feedback)
        return Differentiated(
            response,
            task.loss(response.outputs, trials),
            None if reference is None else cosine(reference, flat(twin)),
        )
