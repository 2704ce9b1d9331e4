"""Lines of generated kernels that draw random numbers, for neurons whose text does.

A row for each call and each of the steps that share a block of the generator is filled before the
loop over neurons, which reads the row of its step. Rows are those of a trial and stay in cache; the
adjoint draws again what its coefficients depend on.
"""

from collections.abc import Collection
from importlib.resources import files
from string import Template

from spikemodes.models.translation.program import SpikingProgram

from ..step.random import STEPS, source
from .frame_lines import indented

KEY = ("key",)
"""What a kernel is called with beside all else where it draws."""


def functions(neuron: SpikingProgram, dtype: str, *, failing: bool = False) -> str:
    """Functions to draw with; none where neither the neuron draws nor synapses are failing."""
    if not (neuron.draws or failing):
        return ""
    template = files("spikemodes.learning.kernels").joinpath("draws.template").read_text()
    compiled = source(dtype).replace("def ", "@njit(forceinline=True)\ndef ")
    integers = dtype.replace("float", "int")
    return f"\n\n\nfrom numpy import {integers} as I\n\n\n" + Template(template).substitute(
        functions=compiled
    )


def rows(neuron: SpikingProgram, wanted: Collection[str]) -> str:
    """Room for what is drawn, behind the line that counts neurons."""
    if not set(wanted) & set(neuron.draws):
        return ""
    shape = f"({len(neuron.draws)}, {STEPS}, n_)"
    lines = [f"draws_ = np.zeros({shape}, F)", f"raw_ = np.zeros(({STEPS}, n_), np.uint32)"]
    return "\n" + indented(4, lines)


def fill_rows(neuron: SpikingProgram, wanted: Collection[str], first: str) -> str:
    """Draw what is `wanted` in the `first` step of a block that the kernel comes to."""
    calls = [
        f"    draw_{function}(draws_, raw_, {i}, key_, k_ // {STEPS}, b_)"
        for i, (name, function) in enumerate(neuron.draws.items())
        if name in wanted
    ]
    if not calls:
        return ""
    return "\n" + indented(12, [f"slot_ = k_ % {STEPS}", f"if {first}:", *calls])


def draw_loads(neuron: SpikingProgram, wanted: Collection[str]) -> list[str]:
    """Read what was drawn for a neuron."""
    return [f"{n} = draws_[{i}, slot_, j_]" for i, n in enumerate(neuron.draws) if n in wanted]
