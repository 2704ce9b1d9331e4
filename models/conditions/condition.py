"""Conditions of a more biological circuit: what they are, and how a network is put under them.

A condition turns a `Circuit` into a more biological one, or trials into harder ones. Whatever it
draws comes from a generator of its own, so that a seed gives the same circuit in whatever company.
"""

from collections.abc import Sequence
from copy import copy
from itertools import pairwise
from typing import ClassVar, Self
from zlib import crc32

import numpy as np
from brian2 import Quantity

from ..networks.network import Network
from ..quantities import shown
from ..trials import Trials
from .circuit import Circuit

NEURON, STEP, VALUES, NOISE, INTERVENTION = range(5)
"""The order in which conditions act: other neurons first, noise on top of them, then what is done
to the network at times."""


class Condition:
    """A disturbance with a level; at level zero it changes nothing that a spike could show.

    Subclasses are frozen dataclasses, their fields the level and what else describes it.
    """

    name: ClassVar[str]
    stage: ClassVar[int] = VALUES
    trainable: ClassVar[bool] = True
    """Whether the twin can learn under it."""
    draws: ClassVar[bool] = False
    """Whether it draws anything: a circuit once and for all, trials, or noise as it runs."""
    neuron: ClassVar[str] = ""
    """The neuron that it puts in place of the LIF; conditions with another exclude it."""
    draw = 0  # no field: which of its draws, see `redrawn`

    def on_circuit(self, circuit: Circuit, rng: np.random.Generator) -> Circuit:
        """Put the circuit under the condition. Raises `ValueError` if it cannot be."""
        return circuit

    def on_trials(self, trials: Trials, rng: np.random.Generator) -> Trials:
        """Put the trials under the condition."""
        return trials

    def redrawn(self, draw: int) -> Self:
        """Give the same condition with other draws for each `draw`, whatever the seed."""
        other = copy(self)
        object.__setattr__(other, "draw", draw)
        return other


class UnfitError(ValueError):
    """A condition cannot act on a network; `reason` says why, in a clause."""

    def __init__(self, condition: Condition, reason: str, fix: str = "") -> None:
        self.reason = reason
        super().__init__(
            f"`conditions` must fit the neuron: {condition.name} does not, since {reason}."
            f" {fix or f'Leave {condition.name} out.'}"
        )


def realise(
    network: Network, conditions: Sequence[Condition], dt: Quantity, seed: int = 0
) -> Circuit:
    """Put a network under conditions; the same seed gives the same circuit.

    Raises
    ------
    ValueError
        If two conditions exclude each other, or one cannot act on this network.
    """
    circuit = Circuit(network, dt)
    for condition in _in_order(conditions):
        circuit = condition.on_circuit(circuit, _generator(seed, condition, 0))
    return circuit


def disturbed(
    trials: Trials, conditions: Sequence[Condition], seed: int = 0, batch: int = 0
) -> Trials:
    """Put trials under conditions; another `batch` of the same seed gets draws of its own."""
    for condition in _in_order(conditions):
        trials = condition.on_trials(trials, _generator(seed, condition, 1 + batch))
    return trials


def _in_order(conditions: Sequence[Condition]) -> list[Condition]:
    ordered = sorted(conditions, key=lambda c: (c.stage, c.name))
    for first, second in pairwise(ordered):
        if first.name == second.name:
            raise ValueError(
                f"`conditions` must not name {first.name} twice: got {first} and {second}."
                " Keep one of them."
            )
    others = {condition.neuron: condition.name for condition in ordered if condition.neuron}
    if len(others) > 1:
        first, second, *_ = others.values()
        raise ValueError(
            f"`conditions` must have one neuron in place of the LIF at most: {first} and"
            f" {second} exclude each other. Keep one of them."
        )
    return ordered


def _generator(seed: int, condition: Condition, draw: int) -> np.random.Generator:
    again = (condition.draw,) if condition.draw else ()
    key = (crc32(condition.name.encode()), draw, *again)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def seed_of_noise(conditions: Sequence[Condition], seed: int) -> int:
    """Give the seed of what is drawn step by step: another one for other draws of a condition."""
    draws = [condition.draw for condition in _in_order(conditions)]
    if not any(draws):
        return seed
    return int(np.random.SeedSequence((seed, *draws)).generate_state(1)[0])


def require_trainable(conditions: Sequence[Condition]) -> None:
    """Raise `ValueError` for a condition that the twin cannot express."""
    for condition in conditions:
        if not condition.trainable:
            raise ValueError(
                f"`conditions` must be ones that the twin can express to learn under them: got"
                f" {condition.name}. Leave it out; `simulate` takes it."
            )


def require(condition: Condition, level: str, rule: str, holds: bool) -> None:
    """Raise `ValueError` if the level of a condition is out of range."""
    if not holds:
        raise ValueError(
            f"`{level}` of the condition {condition.name} must be {rule}:"
            f" got {shown(getattr(condition, level))}."
        )


def log_normal(cv: float, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Draw log-normal factors of mean 1 and coefficient of variation `cv`; exactly 1 at 0."""
    sigma = np.sqrt(np.log1p(cv**2))
    return np.exp(sigma * rng.standard_normal(shape) - sigma**2 / 2)
