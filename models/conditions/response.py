"""How fast a neuron fires on constant input, by its own step program: f-I curves."""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import sympy
from brian2 import Quantity, second
from jaxtyping import Float

from ..neurons.neuron import NeuronModel
from ..translation.functions import NUMERIC
from ..translation.program import Assignment, Block, SpikingProgram
from ..translation.translator import translate_neuron

_SETTLE, _MEASURE = 1.5, 1.5  # s; adaptation of some 300 ms has settled by then
_DRIVES = np.geomspace(0.01, 100, 1000)  # in steps of 1 %, finer than those of a rate of 20 Hz


def firing_rates(
    neuron: NeuronModel, drive: Float[np.ndarray, " D"], dt: Quantity
) -> Float[np.ndarray, " D"]:
    """Compute the steady rate [Hz] of a neuron on each constant drive, 0 below two spikes.

    The neuron runs its step program at step `dt`; it has no noise and a refractory period.
    """
    program = translate_neuron(neuron, dt)
    step, n = _Step(program), len(drive)
    state = {name: np.full(n, float(np.mean(program.initial[name]))) for name in program.state}
    inputs = {name: np.zeros(n) for name in program.inputs} | {"drive": drive}
    awake_from = np.zeros(n, int)
    first, last, spikes = np.full(n, -1), np.full(n, -1), np.zeros(n, int)
    settled, end = (round(t / float(dt)) for t in (_SETTLE, _SETTLE + _MEASURE))
    with np.errstate(all="ignore"):  # of branches that are not taken
        for k in range(end):
            active = awake_from <= k
            state, fired = step(state, inputs, active)
            awake_from = np.where(fired, k + step.refractory_steps, awake_from)
            counts = fired & (k >= settled)
            first = np.where(counts & (first < 0), k, first)
            last = np.where(counts, k, last)
            spikes += counts
    intervals = np.maximum(spikes - 1, 0)
    return intervals / (np.maximum(last - first, 1) * float(dt))


def drive_for(neuron: NeuronModel, rate: Quantity, dt: Quantity) -> float:
    """Find the constant drive on which a neuron fires at a rate [Hz], as near as whole steps allow.

    Raises `ValueError` if no drive makes it fire so fast.
    """
    return _drive_for(neuron, float(rate), float(dt))


@lru_cache(maxsize=64)  # by content of the neuron
def _drive_for(neuron: NeuronModel, rate: float, dt: float) -> float:
    wanted = 1 / (max(round(1 / (rate * dt)), 1) * dt)
    rates = firing_rates(neuron, _DRIVES, dt * second)
    slower, faster = rates < wanted * (1 - 1e-9), rates > wanted * (1 + 1e-9)
    if not slower.any() or not faster.any():
        raise ValueError(
            f"`matched` must be a rate that {neuron.name} can fire at: got {rate:g} Hz. Lower it."
        )
    return float((_DRIVES[slower].max() + _DRIVES[faster].min()) / 2)


class _Step:
    """A step program on arrays; parameters that differ between neurons are at their mean."""

    def __init__(self, program: SpikingProgram) -> None:
        self.program = program
        self.constants = {name: float(np.mean(v)) for name, v in program.constants.items()}
        self.refractory_steps = int(np.rint(np.mean(program.refractory_steps)))
        self.update, self.reset = _compiled(program.update), _compiled(program.reset)
        t = program.threshold
        self.margin = _function(t.left - t.right)

    def __call__(
        self, state: Mapping[str, np.ndarray], inputs: Mapping[str, np.ndarray], active: np.ndarray
    ) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Give the state after the step, and who fired in it."""
        after = self._run(self.update, self.program.update, {**state, **inputs}, active)
        known = {**self.constants, **inputs, **state, **after}
        fired = active & (_value(self.margin, known) > 0)
        reset = self._run(self.reset, self.program.reset, {**inputs, **state, **after}, active)
        both = {**state, **after}
        return {n: np.where(fired, reset.get(n, v), v) for n, v in both.items()}, fired

    def _run(self, compiled, block: Block, values: dict, active: np.ndarray) -> dict:
        known = {**self.constants, **values}
        for target, one, other in compiled:
            value = _value(one, known)
            known[target] = (
                value if other is None else np.where(active, value, _value(other, known))
            )
        return {name: known[target] for name, target in block.results.items()}


def _compiled(block: Block) -> list:
    def cases(a: Assignment) -> tuple:
        return a.active, a.refractory if a.depends_on_refractoriness else None

    return [
        (a.target, *(None if case is None else _function(case) for case in cases(a)))
        for a in block.assignments
    ]


def _function(expression: sympy.Expr):
    names = sorted(s.name for s in expression.free_symbols)
    symbols = {s.name: s for s in expression.free_symbols}
    return names, sympy.lambdify([symbols[n] for n in names], expression, NUMERIC)


def _value(function, known: Mapping) -> np.ndarray:
    names, call = function
    return call(*(known[name] for name in names))
