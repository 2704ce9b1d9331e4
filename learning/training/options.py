"""How a network learns by gradients."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..step.background import ExactGradient, GradientThroughBackground
from ..step.centre import AtOnset, SurrogateCentre
from ..step.surrogates import FastSigmoid, Surrogate
from ..twin.learned import EVERY_WEIGHT, Learned
from .constraints import Constraint
from .penalties import Penalty
from .rules import BPTT

if TYPE_CHECKING:
    from .rules import Rule


@dataclass(frozen=True)
class TrainingOptions:
    """How to learn.

    Parameters
    ----------
    updates
        Number of updates, each on a fresh batch.
    batch_size
        Trials of a batch.
    learning_rate
        Adam's step size at the start; it decays to 0 as a cosine.
    clip_norm
        Largest global norm of the gradient.
    surrogate
        Derivative of the spike.
    detach_reset
        Whether the reset stops the gradient; by default as `Twin` has it.
    centre
        Where the surrogate has its peak.
    through_background
        Whether the gradient passes through synapses that do not learn.
    capped
        Whether potentials with an upswing have gradients that are kept from growing by it.
    rule
        How the gradient of a batch comes about.
    constraint
        What modes and scores must obey, such as `Dale`; the initial network must, too.
    learn
        What learns: all weights that the parameterisation has, unless something else is said.
    penalties
        Terms of the loss beside the task's.
    checkpoint_every
        Updates between checkpoints.
    """

    updates: int = 700
    batch_size: int = 100
    learning_rate: float = 2e-2
    clip_norm: float = 20.0
    surrogate: Surrogate = field(default_factory=FastSigmoid)
    detach_reset: bool | None = None
    centre: SurrogateCentre = field(default_factory=AtOnset)
    through_background: GradientThroughBackground = field(default_factory=ExactGradient)
    capped: bool = True
    rule: Rule = field(default_factory=BPTT)
    constraint: Constraint | None = None
    learn: tuple[Learned, ...] = EVERY_WEIGHT
    penalties: tuple[Penalty, ...] = ()
    checkpoint_every: int = 50

    @property
    def of_twin(self) -> dict[str, Any]:
        """How spikes pass gradients, as `Twin` takes it."""
        names = ("surrogate", "detach_reset", "centre", "through_background", "capped")
        return {name: getattr(self, name) for name in names}

    def __post_init__(self) -> None:
        for name in ("updates", "batch_size", "learning_rate", "clip_norm", "checkpoint_every"):
            if not getattr(self, name) > 0:
                raise ValueError(f"`{name}` must be positive: got {getattr(self, name)}.")
        if not self.learn:
            raise ValueError("`learn` must name something: got nothing. Leave it out for weights.")
