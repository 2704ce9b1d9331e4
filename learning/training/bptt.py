"""Backpropagation through time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from spikemodes.models.networks.rate_network import RateUnit

from .method import GradientMethod, require_free_weights, require_no_penalties
from .rules import BPTT

if TYPE_CHECKING:
    from .recipe import Recipe


@dataclass(frozen=True)
class Backpropagation(BPTT, GradientMethod):
    """The rule `BPTT` as a method of training."""

    needs_targets: ClassVar[bool] = False

    def require(self, recipe: Recipe) -> None:
        """See `Method`."""
        constraint = recipe.parameterisation.constraint
        if isinstance(recipe.neuron, RateUnit):
            if constraint is not None and not constraint.of_rates:
                require_free_weights(recipe, "rate neurons")
            require_no_penalties(recipe, "rate neurons, which have no firing rate")
        elif constraint is not None and not constraint.of_spikes:
            raise ValueError(
                "`parameterisation` must be one for spiking neurons: got"
                f" {recipe.parameterisation.name}. Leave it out, or take the neuron rate."
            )
