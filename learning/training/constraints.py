"""Constraints on weights: Dale's law, and parts that stay as they were drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar

import numpy as np
from spikemodes.models.networks.modes import Modes
from spikemodes.models.networks.rate_network import RateNetwork

if TYPE_CHECKING:
    from spikemodes.models.networks.network import Network

    from ..twin.parameters import ModeParameters
    from ..twin.rate_twin import RateTwin
    from ..twin.twin import Twin


Kind = TypeVar("Kind", bound="Network | RateNetwork")


class Constraint(Protocol):
    """What weights must obey throughout training.

    `of_rates` and `of_spikes` tell for which kinds of neurons there is one.
    """

    of_rates: ClassVar[bool]
    of_spikes: ClassVar[bool]

    def start(self, network: Kind, rng: np.random.Generator) -> Kind:
        """Give an initial network that obeys it, of the kind of `network`."""
        ...

    def apply(self, twin: Twin | RateTwin) -> None:
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

    of_rates: ClassVar[bool] = False
    of_spikes: ClassVar[bool] = True
    excitatory: float = 0.8

    def __post_init__(self) -> None:
        _require_share(self.excitatory)

    def start(self, network: Kind, rng: np.random.Generator) -> Kind:
        """Give every neuron a sign; inhibition is stronger by as much as it is rarer."""
        if not isinstance(network, RateNetwork) and network.populations:
            return network  # whose weights have the signs of their cells already
        signs = _signs(network.n_neurons, self.excitatory, rng)
        return _with_modes(network, of_signs(_modes(network), signs))

    def apply(self, twin: Twin | RateTwin) -> None:
        """See the class."""
        import torch

        from ..twin.parameters import hold_signs

        modes = _mode_parameters(twin)
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

    of_rates: ClassVar[bool] = False
    of_spikes: ClassVar[bool] = True

    def start(self, network: Kind, rng: np.random.Generator) -> Kind:
        """Give the network itself: any modes will do."""
        return network

    def apply(self, twin: Twin | RateTwin) -> None:
        """See the class."""
        modes = _mode_parameters(twin)
        modes.xi_in.requires_grad_(False)
        modes.xi_out.requires_grad_(False)


@dataclass(frozen=True)
class Silenced:
    """No recurrence: scores of 0 that stay 0, so that only W_in and W_out learn.

    What such a network learns shows what a task asks of recurrence.
    """

    of_rates: ClassVar[bool] = True
    of_spikes: ClassVar[bool] = True

    def start(self, network: Kind, rng: np.random.Generator) -> Kind:
        """Set the scores to 0."""
        modes = _modes(network)
        return _with_modes(network, modes.scaled(np.zeros(modes.n_modes)))

    def apply(self, twin: Twin | RateTwin) -> None:
        """See the class."""
        modes = _mode_parameters(twin)
        if modes.scores.detach().any():
            raise ValueError(
                "`network` must have scores of 0 for no recurrence: got others."
                " Begin with Silenced().start(network, rng)."
            )
        modes.requires_grad_(False)


@dataclass(frozen=True)
class FixedScores:
    """Scores of 1/N that stay as they are: of the recurrent weights, only the modes learn.

    xi_in and xi_out start independent of each other, with variance 1/P.

    Source: the networks of rates of Lin & Huang, Phys. Rev. E 110, 024306 (2024), and their code.
    """

    of_rates: ClassVar[bool] = True
    of_spikes: ClassVar[bool] = True

    def start(self, network: Kind, rng: np.random.Generator) -> Kind:
        """Draw the modes anew."""
        n, p = _modes(network).xi_in.shape
        xi_in, xi_out = rng.standard_normal((2, n, p)) / np.sqrt(p)
        return _with_modes(network, Modes(xi_in, np.full(p, 1 / n), xi_out))

    def apply(self, twin: Twin | RateTwin) -> None:
        """See the class."""
        _mode_parameters(twin).scores.requires_grad_(False)


@dataclass(frozen=True)
class SparseDale:
    """Dale's law on all N² weights of a network of rates, of which few are not 0 at the start.

    Each weight is the size of a free number, of the sign of the neuron that it comes from. One that
    is 0 stays so, as it does in the published code, where the gradient of the size is 0 there.
    Input weights of variance 1 stay as they were drawn.

    Parameters
    ----------
    excitatory
        Share of excitatory neurons.
    connected
        Share of weights that are not 0.
    gain
        g: sizes are those of a normal distribution of variance g²/(connected·N).

    Raises
    ------
    ValueError
        If a share lies outside of its range, or the gain is not positive.

    Source: Kim, Li & Sejnowski, PNAS 116, 22811 (2019), and their code.
    """

    of_rates: ClassVar[bool] = True
    of_spikes: ClassVar[bool] = False
    excitatory: float = 0.8
    connected: float = 0.2
    gain: float = 1.5

    def __post_init__(self) -> None:
        _require_share(self.excitatory)
        if not 0 <= self.connected <= 1:
            raise ValueError(f"`connected` must lie between 0 and 1: got {self.connected:g}.")
        if not 0 < self.gain < np.inf:
            raise ValueError(f"`gain` must be positive and finite: got {self.gain:g}.")

    def start(self, network: Kind, rng: np.random.Generator) -> Kind:
        """Draw all weights anew; those of the readout have a standard deviation of 1/100."""
        assert isinstance(network, RateNetwork)
        n = network.n_neurons
        there = rng.random((n, n)) < self.connected
        size = self.gain / np.sqrt(max(self.connected, 1 / n) * n)
        W = size * np.abs(rng.standard_normal((n, n))) * there
        return replace(
            network,
            recurrence=W * _signs(n, self.excitatory, rng),
            W_in=rng.standard_normal(network.W_in.shape),
            W_out=0.01 * rng.standard_normal(network.W_out.shape),
        )

    def apply(self, twin: Twin | RateTwin) -> None:
        """See the class."""
        import torch

        from ..twin.parameters import DenseParameters, hold_signs

        dense = twin.recurrent
        if not isinstance(dense, DenseParameters):
            raise ValueError("`network` must have dense weights for this law: got modes.")
        W = dense.W.detach()
        if ((W > 0).any(0) & (W < 0).any(0)).any():
            raise ValueError(
                "`network` must obey Dale's law from the start: got neurons of both signs."
                " Begin with SparseDale().start(network, rng)."
            )
        hold_signs(dense, "W", torch.where((W < 0).any(0), -1.0, 1.0).to(W))
        twin.W_in.requires_grad_(False)


def of_signs(modes: Modes, signs: np.ndarray) -> Modes:
    """Modes of which each neuron's outgoing weights have its sign.

    Inhibition is stronger by as much as it is rarer.
    """
    n_excitatory = int((signs > 0).sum())
    strength = np.where(signs > 0, 1.0, -n_excitatory / (len(signs) - n_excitatory))
    xi_out = strength[:, None] * np.abs(modes.xi_out)
    return Modes(np.abs(modes.xi_in), np.abs(modes.scores), xi_out)


def _require_share(excitatory: float) -> None:
    if not 0 < excitatory < 1:
        raise ValueError(f"`excitatory` must lie between 0 and 1: got {excitatory:g}.")


def _signs(n: int, excitatory: float, rng: np.random.Generator) -> np.ndarray:
    """1 for each of a share of the neurons, -1 for the others; at least one of each."""
    n_excitatory = min(max(round(excitatory * n), 1), n - 1)
    signs = np.ones(n)
    signs[rng.permutation(n)[n_excitatory:]] = -1
    return signs


def _modes(network: Network | RateNetwork) -> Modes:
    modes = network.recurrence
    assert isinstance(modes, Modes)
    return modes


def _with_modes(network: Kind, modes: Modes) -> Kind:
    if isinstance(network, RateNetwork):
        return replace(network, recurrence=modes)
    return network.with_recurrence(modes)


def _mode_parameters(twin: Twin | RateTwin) -> ModeParameters:
    from ..twin.parameters import ModeParameters

    if not isinstance(twin.recurrent, ModeParameters):
        raise ValueError(
            "`network` must have modes to constrain: got dense weights. Use a ModeNetwork."
        )
    return twin.recurrent
