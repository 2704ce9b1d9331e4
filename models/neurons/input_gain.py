"""The gain of a neuron's inputs, written into its text."""

import re

from .neuron import NeuronModel

GAIN, BIAS = "input_gain", "input_bias"
"""Parameters of a neuron with a gain: its factor on all that arrives, and what drives it always."""


def with_input_gain(neuron: NeuronModel, gain: float = 1.0, bias: float = 0.0) -> NeuronModel:
    """Give what arrives at a neuron a gain, and add a constant drive.

    The equations get ``input_gain*drive + input_bias`` for ``drive``, and ``input_gain`` times
    every other input, so that weights of one size serve neurons in any units. A neuron that has
    these parameters gets new values; one whose author wrote ``input_gain`` into it keeps its text.

    Raises
    ------
    ValueError
        For a bias of a neuron with an `input_gain` and no `input_bias`.
    """
    if GAIN in neuron.parameters:
        if BIAS in neuron.parameters:
            return neuron.with_parameters(**{GAIN: gain, BIAS: bias})
        if bias:
            raise ValueError(
                f"`{BIAS}` must be a parameter of {neuron.name} to hold it still: it has {GAIN}"
                f" alone. Leave {GAIN} out of the equations, or add {BIAS} to drive."
            )
        return neuron.with_parameters(**{GAIN: gain})
    values = {
        name: f"({GAIN}*{name} + {BIAS})" if name == "drive" else f"({GAIN}*{name})"
        for name in neuron.inputs
    }
    arrives = re.compile(rf"\b({'|'.join(values)})\b")

    def scaled(text: str) -> str:
        return arrives.sub(lambda found: values[found[1]], text)

    return neuron.__class__(
        **{
            **{name: getattr(neuron, name) for name in neuron.__dataclass_fields__},
            "equations": scaled(neuron.equations),
            "update": scaled(neuron.update),
            "parameters": {**neuron.parameters, GAIN: gain, BIAS: bias},
        }
    )
