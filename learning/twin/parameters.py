"""Parameterisations of the recurrent weights: what is learned, and the weights it stands for."""

from collections.abc import Collection

import numpy as np
import torch
from jaxtyping import Float
from spikemodes.models.networks.modes import Modes
from torch import Tensor, nn
from torch.nn.utils import parametrize

WEIGHTS = frozenset({"W_in", "W_out", "xi_in", "xi_out", "scores", "W"})
"""What the weights of a twin are called."""


class ModeParameters(nn.Module):
    """Modes and scores: 2NP + P numbers, or 2NP + P² with a full score matrix."""

    def __init__(self, modes: Modes, dtype: torch.dtype) -> None:
        super().__init__()
        self.xi_in = parameter(modes.xi_in, dtype)
        self.scores = parameter(modes.scores, dtype)
        self.xi_out = parameter(modes.xi_out, dtype)

    def encoder(self) -> Float[Tensor, "M P"]:
        """What a spike adds to each mode."""
        return self.xi_out

    def feedback(self) -> Float[Tensor, "N P"]:
        """What each mode adds to each neuron's input: xi_in · Sigma."""
        return self.xi_in * self.scores if self.scores.ndim == 1 else self.xi_in @ self.scores

    def dense(self) -> Float[Tensor, "N M"]:
        """W = xi_in · Sigma · xi_outᵀ."""
        return self.feedback() @ self.xi_out.T

    def recurrence(self) -> Modes:
        """The modes with the present values."""
        return Modes(array(self.xi_in), array(self.scores), array(self.xi_out))


class DenseParameters(nn.Module):
    """All N² recurrent weights."""

    def __init__(self, W: np.ndarray, dtype: torch.dtype) -> None:
        super().__init__()
        self.W = parameter(W, dtype)

    def encoder(self) -> Float[Tensor, "M N"]:
        """What a spike adds to the filter of each neuron's input."""
        return self.W.T

    def feedback(self) -> None:
        """One filter per neuron."""
        return

    def dense(self) -> Float[Tensor, "N M"]:
        """W."""
        return self.W

    def recurrence(self) -> Float[np.ndarray, "N M"]:
        """The weights with the present values."""
        return array(self.W)


def recurrent_parameters(
    recurrence: Modes | Float[np.ndarray, "N M"], dtype: torch.dtype
) -> ModeParameters | DenseParameters:
    """The parameterisation that modes, or all weights, stand for."""
    if isinstance(recurrence, Modes):
        return ModeParameters(recurrence, dtype)
    return DenseParameters(recurrence, dtype)


def parameter(values: np.ndarray, dtype: torch.dtype) -> nn.Parameter:
    """A trainable copy of an array."""
    return nn.Parameter(torch.tensor(values, dtype=dtype))


def array(values: Tensor) -> Float[np.ndarray, "..."]:
    """A float64 copy of a tensor, exact for float32."""
    return values.detach().cpu().numpy().astype(np.float64)


def keep_weights(twin: nn.Module, learned: Collection[str]) -> None:
    """Let only the `learned` ones of a twin's weights learn from now on."""
    for name, weights in twin.named_parameters():
        name = name.rpartition(".")[2]
        if name in WEIGHTS and name not in learned:
            weights.requires_grad_(False)


def hold_signs(module: nn.Module, name: str, sign: Tensor) -> None:
    """Make a parameter the size of a free number with a given sign from now on."""
    parametrize.register_parametrization(module, name, _Signed(sign))


class _Signed(nn.Module):
    """The size of a free number with a given sign."""

    sign: Tensor

    def __init__(self, sign: Tensor) -> None:
        super().__init__()
        self.register_buffer("sign", sign)

    def forward(self, free: Tensor) -> Tensor:
        """Give the constrained value."""
        return self.sign * free.abs()

    def right_inverse(self, value: Tensor) -> Tensor:
        """Give a free number that stands for a value."""
        return value.abs()
