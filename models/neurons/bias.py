"""A constant drive of neurons beside that of the inputs."""

import re
from dataclasses import replace

from .neuron import NeuronModel, Parameter

BIAS = "bias"
"""The parameter, in units of ``drive``; one value, or one for each neuron."""

_DRIVE, _BIASED, _NAMED = re.compile(r"\bdrive\b"), f"(drive + {BIAS})", " with bias"


def has_bias(neuron: NeuronModel) -> bool:
    """Whether a neuron has a bias that `with_bias` has given it."""
    return BIAS in neuron.parameters and _BIASED in neuron.equations + neuron.update


def with_bias(neuron: NeuronModel, bias: Parameter) -> NeuronModel:
    """Add a constant to what drives a neuron: ``drive`` becomes ``drive + bias`` in its text.

    Raises `ValueError` if the text has another ``bias``.
    """
    text = f"{neuron.equations}\n{neuron.update}"
    if BIAS in neuron.parameters or re.search(rf"\b{BIAS}\b", text):
        raise ValueError(
            f"`{BIAS}` must be no name of {neuron.name} to be its constant drive: it is one."
            " Rename it, or take it for the bias if it is a parameter."
        )
    return replace(
        neuron,
        name=f"{neuron.name}{_NAMED}",
        equations=_DRIVE.sub(_BIASED, neuron.equations),
        update=_DRIVE.sub(_BIASED, neuron.update),
        parameters={**neuron.parameters, BIAS: bias},
    )


def without_bias(neuron: NeuronModel) -> tuple[NeuronModel, Parameter]:
    """Take it away again; gives the bias, too."""
    others = {name: value for name, value in neuron.parameters.items() if name != BIAS}
    plain = replace(
        neuron,
        name=neuron.name.removesuffix(_NAMED),
        equations=neuron.equations.replace(_BIASED, "drive"),
        update=neuron.update.replace(_BIASED, "drive"),
        parameters=others,
    )
    return plain, neuron.parameters[BIAS]
