"""What the network of a run is put under in Brian2: the conditions under which it learned on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from spikemodes.models.conditions.circuit import Circuit
from spikemodes.models.conditions.condition import Condition, realise
from spikemodes.models.conditions.neurons import ContinuousForm
from spikemodes.models.networks.network import Network

from ..config.spec import Spec


@dataclass(frozen=True)
class Circumstances:
    """Conditions, and the seed of what they draw: the same in training and ever after.

    Parameters
    ----------
    conditions
        None for a network that learned undisturbed.
    seed
        That of the run.
    """

    conditions: tuple[Condition, ...]
    seed: int

    @classmethod
    def of(cls, spec: Spec) -> Self:
        """Read them from the configuration of a run."""
        return cls(tuple(spec.train.build_conditions()), spec.seed)

    @property
    def options(self) -> dict[str, Any]:
        """What `simulate` and `Twin` take."""
        return {"conditions": self.conditions, "seed": self.seed}

    def circuit(self, network: Network) -> Circuit:
        """The network as it runs at the step at which it learned."""
        return realise(network, self.conditions, network.dt, self.seed)

    def continuous(self, dt: Any) -> Self:
        """The same in continuous form at a step of `dt` [s], whatever step there was."""
        step = ContinuousForm(dt)
        others = (c for c in self.conditions if c.stage != step.stage)
        return type(self)((*others, step), self.seed)

    def with_conditions(self, *conditions: Condition) -> Self:
        """More conditions, each in place of one of the same name."""
        names = {condition.name for condition in conditions}
        others = (c for c in self.conditions if c.name not in names)
        return type(self)((*others, *conditions), self.seed)


UNDISTURBED = Circumstances((), 0)


def described(conditions: Iterable[Mapping[str, Any]]) -> str:
    """Write conditions, as a configuration has them, for people: ``delays, 10 ms; lesion, 0.1``."""
    return "; ".join(", ".join(map(str, condition.values())) for condition in conditions)
