"""Where the spikes of a neuron begin, measured by kicks of the resting cell.

A threshold that ends an upswing lies far above the potential at which the spike is certain; there
the surrogate gradient would say that nothing near rest has an effect on spikes.
"""

from functools import lru_cache

import torch
from spikemodes.models.neurons.names import coded
from spikemodes.models.translation.program import SpikingProgram

from .backend import SpikeOnset, StepModel
from .reference import ReferenceBackend
from .surrogates import FastSigmoid

_SETTLING, _STILL, _WAIT = 0.5, 5e-3, 10e-3
"""Longest time to come to rest, a time without change at rest, and how soon a kick has to work."""
_KICKS, _REFINEMENTS = 64, 2


class _Cell:
    """One uncoupled cell of each kind in a program, without input, in float64."""

    def __init__(self, program: SpikingProgram) -> None:
        self.step = ReferenceBackend(StepModel(program, program, "", 1.0, FastSigmoid()))
        like = torch.zeros((), dtype=torch.float64)
        self.program, (self.values, _) = program, self.step.values(like)
        arrays = [value.numel() for value in self.values.constants if value.ndim]
        self.n = max(arrays, default=1)

    def initial(self, n_trials: int = 1) -> dict[str, torch.Tensor]:
        """First state of so many copies."""
        state = self.values.initial
        return {name: state[name].expand(n_trials, self.n) for name in self.program.state}

    def advance(self, state: dict[str, torch.Tensor], n_steps: int):
        """Run without input or noise; give the last state, and which cells spiked on the way."""
        like = next(iter(state.values()))
        inputs = [torch.zeros_like(like)] * len(self.program.inputs) + self.step.mean_draws(like)
        awake_from = torch.zeros(like.shape, dtype=torch.long)
        refractory = torch.as_tensor(self.program.refractory_steps)
        spiked = torch.zeros(like.shape, dtype=torch.bool)
        for k in range(n_steps):
            active = self.step.awake(state, awake_from, k, self.values)
            state = self.step.update(state, inputs, active, self.values)
            state = {n: torch.as_tensor(x).expand_as(like) for n, x in state.items()}
            spike = self.step.spike(state, active, self.values)
            spiked |= spike > 0
            state = self.step.reset(state, spike, self.values)
            awake_from = self.step.silent_until(awake_from, active, spike, k, refractory)
        return state, spiked


def rest_of(program: SpikingProgram, dt: float) -> dict[str, torch.Tensor]:
    """Run a cell without input until nothing changes, half a second at most (1 × cells each)."""
    cell = _Cell(program)
    with torch.no_grad():
        state = cell.initial()
        for _ in range(round(_SETTLING / _STILL)):
            before = state
            state, _ = cell.advance(state, max(1, round(_STILL / dt)))
            if all(torch.allclose(state[n], before[n], rtol=1e-4, atol=0) for n in state):
                break
    return state


@lru_cache(maxsize=64)
def spike_onset(program: SpikingProgram, dt: float) -> SpikeOnset | None:
    """Measure where spikes begin: the lowest potential from which a resting cell spikes by itself.

    The cell is kicked to potentials between rest and threshold; the onset is the lowest from which
    it spikes within 10 ms. Cells with parameters of their own are measured each, and averaged.

    Parameters
    ----------
    program
        Step program of the neurons.
    dt
        Its step [s].

    Returns
    -------
    onset
        ``None`` where it is the threshold itself, as of a LIF, where spikes depend on more than
        one variable or on chance, or where the cell does not rest below threshold.
    """
    if program.is_random or len(program.watched) != 1:
        return None
    name, cell, n_steps = coded(program.watched[0]), _Cell(program), max(1, round(_WAIT / dt))
    rest = rest_of(program, dt)
    below = -cell.step.distance(rest, cell.values)  # from rest up to threshold
    up = cell.step.distance({**rest, name: rest[name] + 1}, cell.values) + below
    if not (torch.isfinite(below).all() and (below > 0).all() and torch.allclose(up, up**0)):
        return None
    low, high = torch.zeros_like(below), torch.ones_like(below)  # shares of the way to threshold
    spiked = torch.zeros_like(below, dtype=torch.bool)
    for _ in range(_REFINEMENTS):
        shares = low + (high - low) * torch.linspace(0, 1, _KICKS, dtype=low.dtype)[:, None]
        kicked = {n: value.expand(_KICKS, -1) for n, value in rest.items()}
        kicked[name] = kicked[name] + shares * below
        with torch.no_grad():
            _, spiked = cell.advance(kicked, n_steps)
        first = torch.where(spiked.any(0), spiked.int().argmax(0), _KICKS - 1).clamp(min=1)
        low = shares.gather(0, first[None] - 1)
        high = shares.gather(0, first[None])
    if not spiked.any() or float((high * below).mean()) <= 0:
        return None
    onset = high * below  # above rest
    return SpikeOnset(below=float((below - onset).mean()), width=float(onset.mean()))
