"""What the options of learning are called in a configuration, so that advice can be followed."""

import re
from collections.abc import Mapping

KEYS: Mapping[str, str] = {
    "n_neurons": "network.neurons",
    "filter": "network.synapse",
    "updates": "train.updates",
    "batch_size": "train.batch",
    "learning_rate": "train.learning_rate",
    "clip_norm": "train.clip_norm",
    "surrogate": "train.surrogate",
    "learn": "train.learn",
    "detach_reset": "train.detach_reset",
    "centre": "train.surrogate_at",
    "through_background": "train.gradient_through_background",
    "capped": "train.cap_gradient",
    "input_gain": "network.input_gain",
    "circuitry": "network.background",
    "checkpoint_every": "train.checkpoint_every",
    "target": "simulate.target",
}
"""Keys for fields of `Recipe` that are no keys of the network by that name."""

_WRITTEN = {
    "`detach_reset=True`": "`train.detach_reset=true`",
    "a penalty, `FiringRate`": "`train.rate_penalty` and `train.rate_target`",
}
_OPTION = re.compile("`(" + "|".join(KEYS) + ")`")


def in_keys(text: str) -> str:
    """Write a message that names options of learning so that it names keys."""
    for option, key in _WRITTEN.items():
        text = text.replace(option, key)
    return _OPTION.sub(lambda found: f"`{KEYS[found[1]]}`", text)


def reason_of(error: BaseException) -> str:
    """Say in one line what an error says, in keys of a configuration, or else what it is."""
    return in_keys(" ".join(str(error).split())) or type(error).__name__
