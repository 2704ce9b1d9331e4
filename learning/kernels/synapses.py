"""Further groups of relay units in one pass: their arrays, as the kernels take them."""

from collections.abc import Mapping

import numpy as np

from ..step.backend import StepModel
from .groups import Further
from .layout import LANES, in_lanes, whole

Arrays = dict[str, np.ndarray]
"""By the kernels' names, which end in the number of the group."""


class FurtherRun:
    """The further groups of one pass.

    Parameters
    ----------
    further
        The groups.
    model
        Neuron and filters.
    matrices
        What a step does to the states of each of the model's filters.
    n_wanted, n_neurons
        Neurons without and with the spare ones.
    dtype
        Precision.
    """

    def __init__(
        self,
        further: tuple[Further, ...],
        model: StepModel,
        matrices: Mapping[int, np.ndarray],
        n_wanted: int,
        n_neurons: int,
        dtype: np.dtype,
    ) -> None:
        self.further, self.dtype = further, dtype
        self.n_wanted, self.n_neurons = n_wanted, n_neurons
        self.n_states = [len(matrices[f.synapses.filter]) for f in further]
        self.values: dict[str, np.ndarray | np.generic | bool] = {}
        self.rings = [0 if f.delays is None else int(f.delays.max()) + 1 for f in further]
        for i, group in enumerate(further):
            matrix = matrices[group.synapses.filter].astype(dtype)
            found = {
                "filter": whole(matrix, mode="edge") if matrix.ndim > 2 else matrix,
                "weight": self._placed(group, group.weights.detach().numpy().astype(dtype)),
                "release": dtype.type(group.release),
                "call": np.int64(group.call),
                "place": np.int64(group.place),
            }
            if group.rows is not None:
                found["first"] = self._first(group.rows.first.numpy())
                found["unit"] = group.rows.unit.numpy().astype(np.uint32)
            if group.delays is not None:
                found["delay"] = self._placed(group, group.delays.numpy().astype(np.int32))
            self.values |= {f"{name}{i}": value for name, value in found.items()}

    def _placed(self, group: Further, values: np.ndarray) -> np.ndarray:
        """Values of synapses; of whole rows, those of spare neurons behind them."""
        return values if group.rows is not None else whole(whole(values), axis=0)

    def _first(self, first: np.ndarray) -> np.ndarray:
        """Where each neuron's synapses begin; spare neurons have none."""
        return np.pad(first, (0, self.n_neurons - self.n_wanted), mode="edge").astype(np.uint64)

    @property
    def n_sums(self) -> int:
        """Gradients of weights."""
        return sum(f.synapses.learned for f in self.further) * self.n_neurons**2

    def state(self, n_trials: int, name: str = "") -> Arrays:
        """Units before the first step, and what is on its way to them; ``g_``: their adjoints."""
        n, found = self.n_neurons, Arrays()
        for i, (states, steps) in enumerate(zip(self.n_states, self.rings, strict=True)):
            found[f"{name}filtered{i}"] = np.zeros((states, n_trials, n), self.dtype)
            found[f"{name}ring{i}"] = np.zeros((n_trials, steps, n), self.dtype)
        return found

    def gradients(self, n_trials: int, blocks: int) -> Arrays:
        """Adjoints carried from step to step, and sums per block."""
        shape = blocks, self.n_neurons, self.n_neurons
        in_eights = -(-n_trials // blocks) // LANES + 1
        rings = {
            f"g_ring{i}": in_lanes(
                (blocks, in_eights, max(1, steps), self.n_neurons, LANES), self.dtype
            )
            for i, (group, steps) in enumerate(zip(self.further, self.rings, strict=True))
            if group.synapses.lanes
        }
        sums = {
            f"g_weight{i}": np.zeros(shape, self.dtype)
            for i, group in enumerate(self.further)
            if group.synapses.learned
        }
        return self.state(n_trials, "g_") | rings | sums

    def weight_gradients(self, gradients: Arrays) -> list[np.ndarray]:
        """Those of each group whose weights learn."""
        n = self.n_wanted
        return [
            gradients[f"g_weight{i}"].sum(0)[:n, :n]
            for i, group in enumerate(self.further)
            if group.synapses.learned
        ]
