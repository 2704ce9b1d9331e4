"""Penalties: what a solution costs beyond its errors; each adds a term to the loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor

    from ..twin.parameters import DenseParameters, ModeParameters

    Recurrent = ModeParameters | DenseParameters


class Penalty(Protocol):
    """A term of the loss."""

    def __call__(self, recurrent: Recurrent, rates: Tensor) -> Tensor:
        """Compute it from the recurrent weights and the mean rate of each neuron (N) [Hz]."""
        ...


@dataclass(frozen=True)
class FiringRate:
    """``strength · mean_j (rate_j - target)²``.

    Parameters
    ----------
    strength
        Weight in the loss [1/Hz²].
    target
        Wanted rate of every neuron [Hz].
    """

    strength: float
    target: float = 10.0

    def __call__(self, recurrent: Recurrent, rates: Tensor) -> Tensor:
        """See the class."""
        return self.strength * (rates - self.target).square().mean()


@dataclass(frozen=True)
class WeightSize:
    """``strength · Σ_ij W_ij² / N``, from the modes in O(N P²)."""

    strength: float

    def __call__(self, recurrent: Recurrent, rates: Tensor) -> Tensor:
        """See the class."""
        encoder, feedback = recurrent.encoder(), recurrent.feedback()
        if feedback is None:
            return self.strength * encoder.square().sum() / len(encoder)
        products = (encoder.T @ encoder) * (feedback.T @ feedback)
        return self.strength * products.sum() / len(encoder)


@dataclass(frozen=True)
class Orthogonality:
    """``strength · Σ_p≠q cos²``, of the angles between input modes and between output modes."""

    strength: float

    def __call__(self, recurrent: Recurrent, rates: Tensor) -> Tensor:
        """See the class. Raises `ValueError` for weights without modes."""
        import torch

        from ..twin.parameters import ModeParameters

        if not isinstance(recurrent, ModeParameters):
            raise ValueError(
                "`penalties` must fit the network: got Orthogonality for dense weights, which"
                " have no modes. Leave it out."
            )
        total = rates.new_zeros(())
        for modes in (recurrent.xi_in, recurrent.xi_out):
            unit = modes / modes.norm(dim=0).clamp_min(torch.finfo(modes.dtype).tiny)
            cosines = unit.T @ unit
            total = total + cosines.square().sum() - cosines.diagonal().square().sum()
        return self.strength * total
