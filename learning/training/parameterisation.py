"""How recurrent weights are written, and so what of them learns."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

from .constraints import Constraint, Dale, FixedModes, FixedScores, Silenced, SparseDale


class Parameterisation(Protocol):
    """A way to write the recurrent weights; its fields come from keys of a configuration."""

    name: ClassVar[str]
    full_scores: ClassVar[bool]
    """Whether Sigma is a full P × P matrix."""

    @property
    def n_modes(self) -> int | None:
        """P, or ``None`` for all N² weights."""
        ...

    @property
    def constraint(self) -> Constraint | None:
        """What modes and scores must obey."""
        ...


@dataclass(frozen=True)
class LowRank:
    """W = xi_in · Sigma · xi_outᵀ with diagonal scores: 2NP + P numbers learn."""

    name: ClassVar[str] = "modes"
    full_scores: ClassVar[bool] = False
    n_modes: int = 3

    @property
    def constraint(self) -> Constraint | None:
        """See `Parameterisation`."""
        return None


@dataclass(frozen=True)
class FullScores(LowRank):
    """The same with a full score matrix: 2NP + P² numbers learn."""

    name: ClassVar[str] = "modes-full"
    full_scores: ClassVar[bool] = True


@dataclass(frozen=True)
class DaleModes(LowRank):
    """The same under Dale's law, with a share of `excitatory` neurons; see `Dale`."""

    name: ClassVar[str] = "dale"
    excitatory: float = 0.8

    @property
    def constraint(self) -> Constraint | None:
        """See `Parameterisation`."""
        return Dale(self.excitatory)


@dataclass(frozen=True)
class ScoresAlone(LowRank):
    """The same with random modes that stay as they are: P numbers learn."""

    name: ClassVar[str] = "scores"

    @property
    def constraint(self) -> Constraint | None:
        """See `Parameterisation`."""
        return FixedModes()


@dataclass(frozen=True)
class ModesAlone(LowRank):
    """The same with scores that stay at 1/N, as of the rates in Lin & Huang (2024): 2NP learn."""

    name: ClassVar[str] = "fixed-scores"

    @property
    def constraint(self) -> Constraint | None:
        """See `Parameterisation`."""
        return FixedScores()


@dataclass(frozen=True)
class NoRecurrence(LowRank):
    """The same with scores of 0: input and readout learn alone, as a control."""

    name: ClassVar[str] = "no-recurrence"
    n_modes: int = 1

    @property
    def constraint(self) -> Constraint | None:
        """See `Parameterisation`."""
        return Silenced()


@dataclass(frozen=True)
class FullRank:
    """All N² weights learn."""

    name: ClassVar[str] = "dense"
    full_scores: ClassVar[bool] = False

    @property
    def n_modes(self) -> None:
        """See `Parameterisation`."""
        return

    @property
    def constraint(self) -> Constraint | None:
        """See `Parameterisation`."""
        return None


@dataclass(frozen=True)
class DaleSparse(FullRank):
    """All weights of a sparse network of rate neurons learn under Dale's law; see `SparseDale`."""

    name: ClassVar[str] = "dale-sparse"
    excitatory: float = 0.8
    connected: float = 0.2
    gain: float = 1.5

    @property
    def constraint(self) -> Constraint | None:
        """See `Parameterisation`."""
        return SparseDale(self.excitatory, self.connected, self.gain)


PARAMETERISATIONS = {
    kind.name: kind
    for kind in (
        LowRank,
        FullScores,
        FullRank,
        DaleModes,
        ScoresAlone,
        NoRecurrence,
        ModesAlone,
        DaleSparse,
    )
}
