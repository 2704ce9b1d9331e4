"""The ways to get a trained network, by the name that ``train.method`` has in a configuration."""

from collections.abc import Callable, Mapping
from typing import Any

from .config.nested_keys import named_keys
from .method import Method
from .methods_force import Force, SpikingForce
from .methods_gradient import Bptt, RateToSpike, ThreeFactor

METHODS: dict[str, Callable[..., Method]] = {
    "bptt": Bptt,
    "three-factor": ThreeFactor,
    "rate-to-spike": RateToSpike,
    "force": Force,
    "spiking-force": SpikingForce,
}


def settings_of(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the settings of the method that a configuration names, ``{}`` if it names none."""
    train = config.get("train")
    name = named_keys(train.get("method")).get("name") if isinstance(train, Mapping) else None
    method = METHODS.get(name) if isinstance(name, str) else None
    return {} if method is None else method.settings  # type: ignore[attr-defined]
