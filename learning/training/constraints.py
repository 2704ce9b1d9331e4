"""Constraints on modes and scores: Dale's law, fixed modes, and no recurrence at all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
from spikemodes.models.networks.modes import Modes
from spikemodes.models.networks.network import ModeNetwork

if TYPE_CHECKING:
    from torch import nn

    from ..twin.parameters import ModeParameters


class Constraint(Protocol):
    """What modes and scores must obey throughout training."""

    def start(self, network: ModeNetwork, rng: np.random.Generator) -> ModeNetwork:
        """Give an initial network that obeys it, near to `network`."""
        ...

    def apply(self, recurrent: nn.Module) -> None:
        """Hold parameters to it from now on; raises `ValueError` if they do not obey it yet."""
        ...


@dataclass(frozen=True)
class Dale:
    """Dale's law: all outgoing weights of a neuron are of one sign, and W keeps its low rank.

    ``xi_in ≥ 0``, ``scores ≥ 0``, and each row of xi_out is of one sign: that of its neuron, which
    does not change. Each value is the size of a free number, so every update keeps the law.

    Parameters
    ----------
    excitatory
        Share of excitatory neurons of the initial network; 0.8 is about that of cortex.

    Raises
    ------
    ValueError
        If `excitatory` is not between 0 and 1.

    Source: Song, Yang & Wang, PLoS Comput. Biol. 12, e1004792 (2016), for rate networks.
    """

    excitatory: float = 0.8

    def __post_init__(self) -> None:
        if not 0 < self.excitatory < 1:
            raise ValueError(f"`excitatory` must lie between 0 and 1: got {self.excitatory:g}.")

    def start(self, network: ModeNetwork, rng: np.random.Generator) -> ModeNetwork:
        """Give every neuron a sign; inhibition is stronger by as much as it is rarer."""
        modes, n = network.modes, network.n_neurons
        n_excitatory = min(max(round(self.excitatory * n), 1), n - 1)
        strength = np.ones(n)
        strength[rng.permutation(n)[n_excitatory:]] = -n_excitatory / (n - n_excitatory)
        xi_out = strength[:, None] * np.abs(modes.xi_out)
        return replace(network, modes=Modes(np.abs(modes.xi_in), np.abs(modes.scores), xi_out))

    def apply(self, recurrent: nn.Module) -> None:
        """See the class."""
        import torch

        from ..twin.parameters import hold_signs

        modes = _mode_parameters(recurrent)
        signs = torch.sign(modes.xi_out.detach().sum(dim=1, keepdim=True))
        mixed = (modes.xi_out.detach() * signs < 0).any()
        if mixed or any((x.detach() < 0).any() for x in (modes.xi_in, modes.scores)):
            raise ValueError(
                "`network` must obey Dale's law from the start: got modes or scores of mixed sign."
                " Begin with Dale().start(network, rng)."
            )
        for name, sign in (
            ("xi_in", torch.ones(())),
            ("scores", torch.ones(())),
            ("xi_out", torch.where(signs == 0, 1.0, signs)),
        ):
            hold_signs(modes, name, sign)


@dataclass(frozen=True)
class FixedModes:
    """Random modes that stay as they are: of the recurrent weights, only the scores learn."""

    def start(self, network: ModeNetwork, rng: np.random.Generator) -> ModeNetwork:
        """Give the network itself: any modes will do."""
        return network

    def apply(self, recurrent: nn.Module) -> None:
        """See the class."""
        modes = _mode_parameters(recurrent)
        modes.xi_in.requires_grad_(False)
        modes.xi_out.requires_grad_(False)


@dataclass(frozen=True)
class Silenced:
    """No recurrence: scores of 0 that stay 0, so that only W_in and W_out learn.

    What such a network learns shows what a task asks of recurrence.
    """

    def start(self, network: ModeNetwork, rng: np.random.Generator) -> ModeNetwork:
        """Set the scores to 0."""
        return network.with_modes(network.modes.scaled(np.zeros(network.n_modes)))

    def apply(self, recurrent: nn.Module) -> None:
        """See the class."""
        modes = _mode_parameters(recurrent)
        if modes.scores.detach().any():
            raise ValueError(
                "`network` must have scores of 0 for no recurrence: got others."
                " Begin with Silenced().start(network, rng)."
            )
        modes.requires_grad_(False)


def _mode_parameters(recurrent: nn.Module) -> ModeParameters:
    from ..twin.parameters import ModeParameters

    if not isinstance(recurrent, ModeParameters):
        raise ValueError(
            "`network` must have modes to constrain: got dense weights. Use a ModeNetwork."
        )
    return recurrent
