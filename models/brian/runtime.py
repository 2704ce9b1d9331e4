"""Brian2's runtime targets (numpy, cython): a network is built and run in this process."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..brian_state import brian_runtime
from .objects import BrianNetwork, build
from .structure import Structure


@dataclass(frozen=True)
class RuntimeProgram:
    """A structure to run with a runtime code generation target.

    `extend` may add objects to the network, once its values are set.
    """

    structure: Structure
    codegen: str
    extend: Callable[[BrianNetwork], None] | None = None

    def run(self, values: dict[str, np.ndarray], seed: int = 0) -> dict[str, np.ndarray]:
        """Build the network with these values, run it, and read its monitors."""
        with brian_runtime(self.codegen, seed):
            brian = build(self.structure, values)
            for name, value in values.items():
                owner, _, variable = name.partition(".")
                if variable != "values":  # those of timed arrays are in place already
                    view = getattr(brian.objects[owner], f"{variable}_")
                    view[:] = value
            if self.extend is not None:
                self.extend(brian)
            brian.network.run(brian.duration, namespace={})
            results = {}
            for name in brian.results:
                owner, _, variable = name.partition(".")
                array = np.asarray(getattr(brian.objects[owner], f"{variable}_"))
                results[name] = array.T.copy() if "monitor" in owner else array.copy()
            return results
