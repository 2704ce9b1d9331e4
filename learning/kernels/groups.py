"""Groups of relay units as the kernels take them.

The first group is what few units do: all modes, with a matrix that feeds back, or, where there are
none, one dense pathway of a unit for each neuron; behind it lie the units that are only recorded.
All further pathways have a unit for each neuron and are gone through synapse by synapse, or row by
row where all synapses are there.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ..step.backend import StepModel, Units, Weights
from ..step.delivery import first_call
from ..step.sparse import SparseRows
from .adjoint import NoKernelError


@dataclass(frozen=True)
class Synapses:
    """What a kernel has to know of a further group: a unit for each neuron.

    Parameters
    ----------
    kind
        Which of the neurons' inputs it acts on.
    filter
        Which of the model's filters it has.
    sparse
        Whether only some synapses are there, see `SparseRows`.
    learned
        Whether gradients of the weights are wanted.
    delayed, failing
        Whether synapses delay spikes, or fail.
    stop
        Whether the gradient of spikes stops here.
    """

    kind: int
    filter: int = 0
    sparse: bool = False
    learned: bool = False
    delayed: bool = False
    failing: bool = False
    stop: bool = False

    @property
    def lanes(self) -> bool:
        """Whether the adjoint takes eight trials at a time back through its synapses."""
        return self.sparse and not self.stop


@dataclass(frozen=True)
class Groups:
    """Which groups of relay units a pass has.

    Parameters
    ----------
    one_to_one
        Whether each unit of the first group feeds back to one neuron alone: a unit for each neuron
        and kind of input. Otherwise its few units act on all neurons.
    mixed
        Whether the units of the first group, and those recorded, differ in their filters.
    synapses
        The further groups.
    """

    one_to_one: bool = False
    mixed: bool = False
    synapses: tuple[Synapses, ...] = ()


MODES, ONE_TO_ONE = Groups(), Groups(one_to_one=True)
"""Modes alone, and dense weights alone."""


@dataclass(frozen=True, eq=False)
class Further:
    """A further group: what kernels have to know of it, and its values.

    Parameters
    ----------
    synapses
        The former.
    rows
        Where synapses are, if few; all are there for ``None``.
    weights
        What spikes add to the filter's state: of each synapse (S), or all (N × N).
    delays
        Of each weight, in steps.
    release
        See `Units`.
    call, place
        Number of the call that draws for the first neuron, and of the first unit.
    """

    synapses: Synapses
    rows: SparseRows | None
    weights: Tensor
    delays: Tensor | None
    release: float
    call: int
    place: int


@dataclass(frozen=True, eq=False)
class Grouped:
    """All groups of a pass.

    Parameters
    ----------
    groups
        What kernels have to know of them.
    encoder
        What a spike adds to the states of the first group's units, and of those recorded (N × K).
    feedback
        Of the first group; ``None`` if it is one-to-one.
    stopped
        At which units the gradient of spikes stops (K).
    filters
        Filter of each unit (K).
    spare
        Units that stand in for a first group that there is not.
    further
        The others.
    """

    groups: Groups
    encoder: Tensor
    feedback: Tensor | None
    stopped: np.ndarray
    filters: np.ndarray
    spare: int
    further: tuple[Further, ...]


def grouped(weights: Weights, model: StepModel) -> Grouped:
    """Sort the groups of a pass.

    Raises `NoKernelError` for synapses with short-term plasticity, and for modes that open
    conductances or whose filters have other states.
    """
    if any(units.plasticity for units in weights.units):
        raise NoKernelError("its synapses have short-term plasticity")
    numbered = merged(tuple(enumerate(weights.units)))
    n, every = len(weights.W_in), tuple(range(len(model.kinds)))
    modes = [units for _, units in numbered if units.inputs and not units.one_to_one]
    alone = [(i, units) for i, units in numbered if units.one_to_one]
    recorded = [units for _, units in numbered if not units.inputs]
    if modes and (len(every) > 1 or model.has_own_filters):
        raise NoKernelError("no kernel has modes that open conductances, or filter differently")
    first, spare = modes, 0
    if not modes:
        fit = [i for i, u in alone if _is_first(u, every)]
        first = [u for i, u in alone if i in fit[:1]]
        alone = [(i, u) for i, u in alone if i not in fit[:1]]
    if not first:
        spare, none = 1, weights.W_in.new_zeros(n, 1)
        first = [Units(none, none, every)]
    one_to_one = first[0].feedback is None
    there = [*first, *recorded]
    filters = np.repeat([units.filter for units in there], [units.n for units in there])
    further = tuple(f for i, units in alone for f in _by_kind(i, units, model, n))
    mixed = bool(filters.any())
    if mixed:
        _require_alike(model, {units.filter for units in there})
    gains = [model.filters[units.filter].gain for units in there]
    return Grouped(
        Groups(one_to_one, mixed, tuple(f.synapses for f in further)),
        torch.cat([gain * units.weights for gain, units in zip(gains, there, strict=True)], 1),
        None if one_to_one else torch.cat([u.feedback for u in first if u.feedback is not None], 1),
        np.repeat([units.stop for units in there], [units.n for units in there]),
        filters,
        spare,
        further,
    )


def merged(units: tuple[tuple[int, Units], ...]) -> tuple[tuple[int, Units], ...]:
    """Make one of pathways of one filter that act on each neuron by itself, dense ones first.

    Their filters are linear: what their units add to a neuron is what one unit does that gets the
    spikes of both.
    """
    groups: list[tuple[int, Units]] = []
    for i, each in sorted(units, key=lambda pair: isinstance(pair[1].encoder, SparseRows)):
        for at, (number, other) in enumerate(groups):
            if _alike(each, other):
                groups[at] = number, replace(other, encoder=other.weights + each.weights)
                break
        else:
            groups.append((i, each))
    return tuple(groups)


def _alike(units: Units, other: Units) -> bool:
    """Whether a dense group can stand for both; of each sign there is one weight between cells."""
    if len(units.inputs) > 1 or isinstance(other.encoder, SparseRows):
        return False
    what = [(u.inputs, u.filter, u.stop, u.one_by_one, u.plasticity) for u in (units, other)]
    return units.one_to_one and other.one_to_one and what[0] == what[1] and not units.one_by_one


def _is_first(units: Units, every: tuple[int, ...]) -> bool:
    plain = not units.filter and not units.one_by_one
    return plain and units.inputs == every and not isinstance(units.encoder, SparseRows)


def _require_alike(model: StepModel, filters: set[int]) -> None:
    """Raise `NoKernelError` unless filters have states alike."""
    states = {
        (len(f.program.state), f.jump_at, f.output_at)
        for f in (model.filters[i] for i in {0, *filters})
    }
    if len(states) > 1 or model.has_own_filters or model.learned_filter:
        raise NoKernelError("the filters of its modes and of its readout have other states")


def _by_kind(number: int, units: Units, model: StepModel, n: int) -> Iterator[Further]:
    """Take a group apart into one for each kind of input."""
    if model.learned_filter and not units.filter:
        raise NoKernelError("no kernel learns the filter of several pathways")
    gain, encoder = model.filters[units.filter].gain, units.encoder
    for i, kind in enumerate(units.inputs):
        start, stop = i * n, (i + 1) * n
        if isinstance(encoder, SparseRows):
            rows = encoder if len(units.inputs) == 1 else encoder.onto(start, stop)
            weights = gain * rows.weights
        else:
            rows, weights = None, gain * encoder[:, start:stop]
        delays = None
        if units.delays is not None:
            late = units.delays[start:stop]
            delays = late.T if rows is None else late[rows.unit, rows.neuron]
        yield Further(
            Synapses(
                kind,
                units.filter,
                sparse=rows is not None,
                learned=weights.requires_grad,
                delayed=delays is not None,
                failing=units.release < 1,
                stop=units.stop,
            ),
            rows,
            weights,
            delays,
            units.release,
            first_call(number),
            start,
        )
