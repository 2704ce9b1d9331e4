"""What training gives: a network, what each update did, and the error of one that diverged."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Generic, Self, TypeVar

from spikemodes.models.networks.network import Network
from spikemodes.models.networks.rate_network import RateNetwork

from ..twin.bounds import ParameterCourse
from .rules import Cosines

OnNetwork = Callable[[int, Callable[[], Network | RateNetwork]], None]
"""Takes a number of updates, and what gives the network after them."""


class TrainingDivergedError(RuntimeError):
    """The loss or a gradient became NaN or infinite."""


@dataclass(frozen=True)
class Update:
    """What one update did, evaluated on its batch before the weights changed.

    `cosines` are those of the gradient with others, where the rule compared them.
    """

    step: int
    loss: float
    accuracy: float | None
    mse: float | None
    rate_hz: float | None
    gradient_norm: float | None
    learning_rate: float | None
    seconds: float
    cosines: Cosines | None = None
    explained_variance: float | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Read a row of a file; of what older versions wrote besides, nothing is kept."""
        return cls(**{field.name: row[field.name] for field in fields(cls) if field.name in row})


Kind = TypeVar("Kind", bound=Network | RateNetwork)


@dataclass(frozen=True)
class TrainingResult(Generic[Kind]):
    """A trained network and what it took.

    Parameters
    ----------
    network
        The network, ready for Brian2.
    method
        Name of the learning method.
    updates
        Updates done.
    seconds
        Training time, set-up and compilation excluded [s].
    peak_memory_mb
        Largest resident memory of the process so far [MB].
    final_loss
        Loss of the last batch.
    trainable_parameters
        How many numbers were learned.
    learned
        Of each parameter of neurons or filters that learned, where it began and ended.
    found
        What else the method found, by name.
    """

    network: Kind
    method: str
    updates: int
    seconds: float
    peak_memory_mb: float
    final_loss: float
    trainable_parameters: int
    learned: tuple[ParameterCourse, ...] = ()
    found: Mapping[str, Any] = field(default_factory=dict)
