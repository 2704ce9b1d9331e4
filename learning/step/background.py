"""Whether gradients pass through synapses that do not learn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .backend import Units


class GradientThroughBackground(Protocol):
    """Decides what the gradient does at pathways that are fixed while others learn."""

    def of(self, units: Units) -> Units:
        """Give the relay units of such a pathway as they learn."""
        ...


@dataclass(frozen=True)
class ExactGradient:
    """It passes, as through all other synapses."""

    def of(self, units: Units) -> Units:
        """See `GradientThroughBackground`."""
        return units


@dataclass(frozen=True)
class StoppedGradient:
    """It stops: what learns is credited for what it does beside the background, not through it."""

    def of(self, units: Units) -> Units:
        """See `GradientThroughBackground`."""
        return replace(units, stop=True)
