"""Where the surrogate gradient has its peak, on the axis of what the threshold reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from spikemodes.models.translation.program import SpikingProgram

    from .backend import SpikeOnset


class SurrogateCentre(Protocol):
    """Decides where the surrogate gradient has its peak."""

    def of(self, program: SpikingProgram, dt: float) -> SpikeOnset | None:
        """Give the centre for a neuron at the step `dt` [s]; ``None`` for its threshold."""
        ...


@dataclass(frozen=True)
class AtOnset:
    """Where spikes begin, as `spike_onset` measures it."""

    def of(self, program: SpikingProgram, dt: float) -> SpikeOnset | None:
        """See `SurrogateCentre`."""
        from .onset import spike_onset

        return spike_onset(program, dt)


@dataclass(frozen=True)
class AtThreshold:
    """The threshold, with the neuron's own `scale` as unit."""

    def of(self, program: SpikingProgram, dt: float) -> SpikeOnset | None:
        """See `SurrogateCentre`."""
        return None
